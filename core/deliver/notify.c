#include "deliver/notify.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "deliver/table.h"
#include "net/sign.h"

#define FINGERPRINT_BYTES 8

struct tally {
    char *script;
    size_t raised;
};

struct notify {
    struct store *store;
    struct connector *connector;
    struct deliver *deliver;
    char *name;
    struct table alerts;  /* fingerprint → struct alert_record, owned */
    struct table tallies; /* script → struct tally, owned */
    struct notify_batch *committing, **last; /* on their way to the disk, in order */
};

struct notify_batch {
    struct notify *notify;
    char *script;
    int64_t now_ms;
    struct txn *txn;
    struct table alerts; /* as in the book, those that this batch changed */
    char **lines;        /* for the log, once it is on disk */
    size_t line_count;
    struct notify_batch *next;
};

/* ---- ids ---- */

static void
add_part(struct buf *parts, const char *part)
{
    buf_add(parts, part, strlen(part) + 1);
}

static void
hash_parts(const char *const *list, size_t count, unsigned char out[SIGN_SHA256_SIZE])
{
    struct buf parts = {0};
    for (size_t i = 0; i < count; i++)
        add_part(&parts, list[i]);
    sign_sha256(parts.data, parts.size, out);
    buf_fini(&parts);
}

void
notify_fingerprint(const char *name, const char *center, const char *rule,
                   const char *key, char out[17])
{
    unsigned char hash[SIGN_SHA256_SIZE];
    hash_parts((const char *const[]){name, center, rule, key}, 4, hash);
    struct buf hex = {0};
    sign_add_hex(&hex, hash, FINGERPRINT_BYTES);
    memcpy(out, hex.data, 17);
    buf_fini(&hex);
}

char *
notify_message_id(const char *instance, const char *origin, const char *destination,
                  uint64_t ordinal)
{
    unsigned char hash[SIGN_SHA256_SIZE];
    char *number = mem_format("%llu", (unsigned long long)ordinal);
    hash_parts((const char *const[]){instance, origin, destination, number}, 4, hash);
    free(number);
    struct buf id = {0};
    buf_add_text(&id, "msg_");
    sign_add_base62(&id, hash, sizeof(hash));
    return buf_take(&id);
}

/* ---- the book ---- */

static struct alert_record *
alert_copy(const struct alert_record *record)
{
    struct alert_record *alert = mem_zero(sizeof(*alert));
    alert_record_init(alert, record);
    return alert;
}

static void
alert_delete(struct alert_record *alert)
{
    if (alert)
        alert_record_fini(alert);
    free(alert);
}

static void
alerts_fini(struct table *alerts)
{
    for (size_t i = 0; i < alerts->room; i++)
        if (alerts->slots[i].key)
            alert_delete(alerts->slots[i].value);
    table_fini(alerts);
}

/* Replaces what was there; takes `alert`. */
static void
put_alert(struct table *alerts, struct alert_record *alert)
{
    struct alert_record *old = table_get(alerts, alert->fingerprint);
    table_put(alerts, alert->fingerprint, alert);
    alert_delete(old);
}

static struct tally *
tally_of(struct notify *notify, const char *script)
{
    struct tally *tally = table_get(&notify->tallies, script);
    if (!tally) {
        tally = mem_zero(sizeof(*tally));
        tally->script = mem_text(script);
        table_put(&notify->tallies, tally->script, tally);
    }
    return tally;
}

/* Takes `alert`. */
static void
book(struct notify *notify, struct alert_record *alert)
{
    const struct alert_record *old = table_get(&notify->alerts, alert->fingerprint);
    if (old && old->raised)
        tally_of(notify, old->script)->raised--;
    if (alert->raised)
        tally_of(notify, alert->script)->raised++;
    put_alert(&notify->alerts, alert);
}

static void
on_stored_alert(void *arg, const struct alert_record *record)
{
    book(arg, alert_copy(record));
}

static void
on_message(void *arg, const struct outbox_record *record)
{
    struct notify *notify = arg;
    deliver_add(notify->deliver, record);
}

struct notify *
notify_new(struct store *store, struct connector *connector, struct deliver *deliver,
           const char *name)
{
    struct notify *notify = mem_zero(sizeof(*notify));
    notify->store = store;
    notify->connector = connector;
    notify->deliver = deliver;
    notify->name = mem_text(name);
    notify->last = &notify->committing;
    store_each_alert(store, on_stored_alert, notify);
    store_each_ready(store, on_message, notify);
    store_set_on_added(store, on_message, notify);
    return notify;
}

static void
batch_delete(struct notify_batch *batch)
{
    alerts_fini(&batch->alerts);
    for (size_t i = 0; i < batch->line_count; i++)
        free(batch->lines[i]);
    free(batch->lines);
    free(batch->script);
    free(batch);
}

void
notify_delete(struct notify *notify)
{
    if (!notify)
        return;
    store_set_on_added(notify->store, NULL, NULL);
    while (notify->committing) {
        struct notify_batch *batch = notify->committing;
        notify->committing = batch->next;
        batch_delete(batch);
    }
    alerts_fini(&notify->alerts);
    for (size_t i = 0; i < notify->tallies.room; i++) {
        struct tally *tally = notify->tallies.slots[i].value;
        if (tally)
            free(tally->script);
        free(tally);
    }
    table_fini(&notify->tallies);
    free(notify->name);
    free(notify);
}

void
notify_each_raised(struct notify *notify, const char *rule, notify_on_alert *on_alert,
                   void *arg)
{
    struct alert_record **found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < notify->alerts.room; i++) {
        const struct alert_record *alert = notify->alerts.slots[i].value;
        if (!alert || !alert->raised || (rule && strcmp(alert->rule, rule) != 0))
            continue;
        if ((count & (count - 1)) == 0)
            found = mem_grow(found, count ? 2 * count : 1, sizeof(*found));
        found[count++] = alert_copy(alert);
    }
    for (size_t i = 0; i < count; i++) {
        on_alert(arg, found[i]);
        alert_delete(found[i]);
    }
    free(found);
}

struct adoption {
    struct notify *notify;
    const char *script;
    struct txn *txn;
};

static void
adopt(void *arg, const struct alert_record *record)
{
    struct adoption *adoption = arg;
    struct alert_record fresh = *record;
    if (!strcmp(record->script, adoption->script))
        return;
    fresh.script = (char *)(uintptr_t)adoption->script;
    txn_put_alert(adoption->txn, &fresh);
    book(adoption->notify, alert_copy(&fresh));
}

void
notify_adopt(struct notify *notify, const char *rule, const char *script)
{
    struct adoption adoption = {notify, script, txn_new()};
    notify_each_raised(notify, rule, adopt, &adoption);
    if (txn_is_empty(adoption.txn))
        txn_delete(adoption.txn);
    else
        store_commit(notify->store, adoption.txn, NULL, NULL);
}

size_t
notify_raised_of(struct notify *notify, const char *script)
{
    const struct tally *tally = table_get(&notify->tallies, script);
    return tally ? tally->raised : 0;
}

/* ---- batches ---- */

struct notify_batch *
notify_begin(struct notify *notify, const char *script, int64_t now_ms)
{
    struct notify_batch *batch = mem_zero(sizeof(*batch));
    batch->notify = notify;
    batch->script = mem_text(script);
    batch->now_ms = now_ms;
    batch->txn = txn_new();
    return batch;
}

static void
add_message(struct notify_batch *batch, const char *id, const char *destination,
            const char *order_key, const char *kind, char *message)
{
    struct outbox_record record = {
        .id = (char *)(uintptr_t)id,
        .destination = (char *)(uintptr_t)destination,
        .order_key = (char *)(uintptr_t)order_key,
        .kind = (char *)(uintptr_t)kind,
        .message = message,
        .state = OUTBOX_READY,
        .created_ms = batch->now_ms,
        .next_ms = batch->now_ms,
    };
    txn_add_outbox(batch->txn, &record);
}

/* The alert as this batch sees it. */
static const struct alert_record *
find_alert(const struct notify_batch *batch, const char *fingerprint)
{
    const struct alert_record *alert = table_get(&batch->alerts, fingerprint);
    return alert ? alert : table_get(&batch->notify->alerts, fingerprint);
}

/* Puts the transition and its plan into the batch; takes what it uses of the plan. */
static void
add_plan(struct notify_batch *batch, const struct connector_transition *transition,
         struct connector_plan *plan)
{
    struct alert_record alert = {
        .fingerprint = (char *)(uintptr_t)transition->fingerprint,
        .center = (char *)(uintptr_t)transition->center,
        .rule = (char *)(uintptr_t)transition->rule,
        .key = (char *)(uintptr_t)transition->key,
        .script = (char *)(uintptr_t)transition->script,
        .raised = !strcmp(transition->kind, "raise"),
        .opening = transition->opening,
        .state = plan->state,
    };
    txn_put_alert(batch->txn, &alert);
    put_alert(&batch->alerts, alert_copy(&alert));
    for (size_t i = 0; i < plan->message_count; i++) {
        const struct connector_message *message = &plan->messages[i];
        char *origin = mem_format("%s-%lld/%s/%lld", transition->fingerprint,
                                  (long long)transition->opening, message->kind,
                                  (long long)message->n);
        char *id = notify_message_id(store_instance(batch->notify->store), origin,
                                     message->destination, 0);
        add_message(batch, id, message->destination, transition->fingerprint,
                    message->kind, message->message);
        free(id);
        free(origin);
    }
    batch->lines = mem_grow(batch->lines, batch->line_count + 1, sizeof(*batch->lines));
    batch->lines[batch->line_count++] = plan->log;
    plan->log = NULL;
}

bool
notify_alert(struct notify_batch *batch, const char *center, const char *rule,
             const char *key, const char *kind, const char *event, size_t event_size,
             struct error *error)
{
    char fingerprint[17];
    notify_fingerprint(batch->notify->name, center, rule, key, fingerprint);
    const struct alert_record *alert = find_alert(batch, fingerprint);
    bool is_raise = !strcmp(kind, "raise");
    if (!is_raise && strcmp(kind, "clear") != 0) {
        error_set(error, ERROR_DECODE, "", "an alert has no transition '%s'", kind);
        return false;
    }
    if (is_raise == (alert && alert->raised))
        return true;
    struct connector_transition transition = {
        .fingerprint = fingerprint,
        .opening = (alert ? alert->opening : 0) + (is_raise ? 1 : 0),
        .center = center,
        .rule = rule,
        .key = key,
        .script = batch->script,
        .kind = kind,
        .event = event,
        .event_size = event_size,
        .state = is_raise ? NULL : alert->state,
        .now_ms = batch->now_ms,
    };
    struct connector_plan plan;
    if (!connector_notify(batch->notify->connector, &transition, &plan, error))
        return false;
    add_plan(batch, &transition, &plan);
    connector_plan_fini(&plan);
    return true;
}

bool
notify_send(struct notify_batch *batch, const char *origin, const char *destination,
            uint32_t ordinal, const char *key, const char *message, size_t message_size,
            struct error *error)
{
    char *event = connector_message(batch->notify->connector, message, message_size,
                                    batch->script, batch->now_ms, error);
    if (!event)
        return false;
    bool has_key = key && *key;
    char *own = has_key ? mem_format("key %s", key) : mem_text(origin);
    char *id = notify_message_id(store_instance(batch->notify->store), own, destination,
                                 has_key ? 0 : ordinal);
    add_message(batch, id, destination, "", "message", event);
    free(id);
    free(own);
    free(event);
    return true;
}

/* Batches come back in the order in which they were handed over. */
static void
on_committed(void *arg)
{
    struct notify *notify = arg;
    struct notify_batch *batch = notify->committing;
    notify->committing = batch->next;
    if (!notify->committing)
        notify->last = &notify->committing;
    for (size_t i = 0; i < batch->line_count; i++)
        log_info("notify", "%s", batch->lines[i]);
    batch_delete(batch);
}

void
notify_commit(struct notify_batch *batch)
{
    struct notify *notify = batch->notify;
    if (txn_is_empty(batch->txn)) {
        notify_drop(batch);
        return;
    }
    for (size_t i = 0; i < batch->alerts.room; i++)
        if (batch->alerts.slots[i].key)
            book(notify, batch->alerts.slots[i].value);
    table_fini(&batch->alerts);
    *notify->last = batch;
    notify->last = &batch->next;
    store_commit(notify->store, batch->txn, on_committed, notify);
}

void
notify_drop(struct notify_batch *batch)
{
    txn_delete(batch->txn);
    batch_delete(batch);
}
