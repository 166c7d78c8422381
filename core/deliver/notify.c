#include "deliver/book.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/message_id.h"

static void
on_stored_alert(void *arg, const struct alert_record *record)
{
    book_put(arg, alert_copy(record));
}

static void
on_message(void *arg, const struct outbox_record *record)
{
    struct notify *notify = arg;
    deliver_add(notify->deliver, record);
}

struct notify *
notify_new(struct loop *loop, struct store *store, struct connector *connector,
           struct deliver *deliver, const char *name)
{
    struct notify *notify = mem_zero(sizeof(*notify));
    notify->loop = loop;
    notify->store = store;
    notify->connector = connector;
    notify->deliver = deliver;
    notify->name = mem_text(name);
    notify->last = &notify->committing;
    notify->opening_floor = store_opening_floor(store);
    notify->due_timer = timer_new(loop, on_due, notify);
    silences_load(notify);
    states_load(notify);
    shelves_load(notify);
    handlers_load(notify);
    store_each_alert(store, on_stored_alert, notify);
    store_each_ready(store, on_message, notify);
    store_set_on_added(store, on_message, notify);
    return notify;
}

static void
batch_delete(struct notify_batch *batch)
{
    alerts_fini(&batch->alerts);
    states_fini(&batch->states);
    handlers_delete(batch->handlers);
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
    book_fini(notify);
    silences_fini(notify);
    shelves_fini(notify);
    handlers_fini(notify);
    timer_free(notify->due_timer);
    free(notify->name);
    free(notify);
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

static void
add_runs(struct notify_batch *batch, const struct connector_transition *transition,
         const struct connector_plan *plan)
{
    for (size_t i = 0; i < plan->run_count; i++) {
        const struct connector_run *run = &plan->runs[i];
        struct handler_record record = {
            .id = mem_format("%s-%lld/%s/%lld", transition->fingerprint,
                             (long long)transition->opening, run->kind,
                             (long long)run->n),
            .rule = (char *)(uintptr_t)transition->rule,
            .kind = run->kind,
            .alert = run->alert,
            .created_ms = batch->now_ms,
        };
        handlers_add(batch, &record);
        free(record.id);
    }
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
        .raised = strcmp(transition->kind, "clear") != 0 &&
                  strcmp(transition->kind, "close") != 0,
        .opening = transition->opening,
        .state = plan->state,
        .due_ms = plan->due_ms,
    };
    if (!alert.raised)
        alert.ended_ms = batch->now_ms;
    const struct alert_record *before = find_alert(batch, transition->fingerprint);
    if (before && before->opening == transition->opening) {
        alert.note = before->note;
        alert.note_size = before->note_size;
    }
    txn_put_alert(batch->txn, &alert);
    for (size_t i = 0; i < plan->message_count; i++) {
        const struct connector_message *message = &plan->messages[i];
        char *origin = mem_format("%s-%lld/%s/%lld", transition->fingerprint,
                                  (long long)transition->opening, message->kind,
                                  (long long)message->n);
        char *id = message_id_new(store_instance(batch->notify->store), origin,
                                  message->destination, 0);
        add_message(batch, id, message->destination, transition->fingerprint,
                    message->kind, message->message);
        free(id);
        free(origin);
    }
    add_runs(batch, transition, plan);
    /* Last: the transition may borrow its texts from what this replaces. */
    alerts_put(&batch->alerts, alert_copy(&alert));
    if (!plan->log)
        return;
    batch->lines = mem_grow(batch->lines, batch->line_count + 1, sizeof(*batch->lines));
    batch->lines[batch->line_count++] = plan->log;
    plan->log = NULL;
}

static bool
take_step(struct notify_batch *batch, const struct connector_transition *transition,
          struct error *error)
{
    struct connector_plan plan;
    if (!connector_notify(batch->notify->connector, transition, &plan, error))
        return false;
    add_plan(batch, transition, &plan);
    connector_plan_fini(&plan);
    return true;
}

bool
batch_step(struct notify_batch *batch, const struct alert_record *alert,
           const char *kind, const char *event, size_t event_size, struct error *error)
{
    struct connector_transition transition = {
        .fingerprint = alert->fingerprint,
        .opening = alert->opening,
        .center = alert->center,
        .rule = alert->rule,
        .key = alert->key,
        .script = alert->script ? alert->script : batch->script,
        .kind = kind,
        .event = event,
        .event_size = event_size,
        .state = alert->state,
        .now_ms = batch->now_ms,
    };
    return take_step(batch, &transition, error);
}

static bool
open_alert(struct notify_batch *batch, const struct alert_record *before,
           const struct alert_record *alert, const char *event, size_t event_size,
           struct error *error)
{
    struct alert_record fresh = *alert;
    fresh.opening = (before ? before->opening : batch->notify->opening_floor) + 1;
    fresh.state = before ? before->state : NULL;
    return batch_step(batch, &fresh, "raise", event, event_size, error);
}

bool
notify_alert(struct notify_batch *batch, const char *center, const char *rule,
             const char *key, const char *kind, const char *event, size_t event_size,
             struct error *error)
{
    char fingerprint[17];
    notify_fingerprint(batch->notify->name, center, rule, key, fingerprint);
    const struct alert_record *alert = find_alert(batch, fingerprint);
    const struct alert_record named = {
        .fingerprint = fingerprint,
        .center = (char *)(uintptr_t)center,
        .rule = (char *)(uintptr_t)rule,
        .key = (char *)(uintptr_t)key,
    };
    bool is_raised = alert && alert->raised;
    if (!strcmp(kind, "raise"))
        return is_raised || open_alert(batch, alert, &named, event, event_size, error);
    if (!strcmp(kind, "clear") || !strcmp(kind, "level"))
        return !is_raised || batch_step(batch, alert, kind, event, event_size, error);
    error_set(error, ERROR_DECODE, "", "an alert has no transition '%s'", kind);
    return false;
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
    char *id = message_id_of_send(store_instance(batch->notify->store), origin,
                                  destination, ordinal, key);
    add_message(batch, id, destination, "", "message", event);
    free(id);
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
            book_put(notify, batch->alerts.slots[i].value);
    table_fini(&batch->alerts);
    states_take(batch);
    handlers_take(batch);
    *notify->last = batch;
    notify->last = &batch->next;
    bool has_runs = batch->has_runs;
    store_commit(notify->store, batch->txn, on_committed, notify);
    if (has_runs)
        handlers_tell(notify);
}

void
notify_drop(struct notify_batch *batch)
{
    txn_delete(batch->txn);
    batch_delete(batch);
}
