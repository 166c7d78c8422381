/* Runs of handlers that are due: who has claimed which, and how often each was begun.
 * They are the book's, so that they outlive the host that runs them. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/step.h"
#include "deliver/book.h"

#define ATTEMPTS_MAX 3

struct handler {
    struct handler_record record;
    const void *holder; /* NULL: nobody */
    struct handler *next;
};

/* A claim whose attempt is not on disk yet. */
struct starting {
    char *id; /* NULL: it was taken back */
    struct starting *next;
};

static void
handler_delete(struct handler *handler)
{
    handler_record_fini(&handler->record);
    free(handler);
}

static struct handler **
end_of(struct handler **list)
{
    while (*list)
        list = &(*list)->next;
    return list;
}

static void
append(void *arg, const struct handler_record *record)
{
    struct handler **at = end_of(arg);
    *at = mem_zero(sizeof(**at));
    handler_record_init(&(*at)->record, record);
}

void
handlers_load(struct notify *notify)
{
    store_each_handler(notify->store, append, &notify->handlers);
}

void
handlers_delete(struct handler *list)
{
    while (list) {
        struct handler *handler = list;
        list = handler->next;
        handler_delete(handler);
    }
}

static void
pop_starting(struct notify *notify)
{
    struct starting *starting = notify->starting;
    notify->starting = starting->next;
    free(starting->id);
    free(starting);
}

void
handlers_fini(struct notify *notify)
{
    handlers_delete(notify->handlers);
    while (notify->starting)
        pop_starting(notify);
    free(notify->runners);
}

static struct handler **
find(struct notify *notify, const char *id)
{
    struct handler **at = &notify->handlers;
    while (*at && strcmp((*at)->record.id, id) != 0)
        at = &(*at)->next;
    return at;
}

static void
take_out(struct handler **at)
{
    struct handler *handler = *at;
    *at = handler->next;
    handler_delete(handler);
}

static void
drop(struct notify *notify, struct txn *txn, const char *id)
{
    struct handler **at = find(notify, id);
    txn_end_handler(txn, id);
    if (*at)
        take_out(at);
}

/* "fingerprint-opening/kind/n" */
static bool
is_same_action(const char *a, const char *b)
{
    size_t size = (size_t)(strrchr(a, '/') - a) + 1;
    return strncmp(a, b, size) == 0;
}

/* A reminder that nobody has begun to act on is replaced by the next: a script that is
 * down for a night has one to catch up with. Where that one is; NULL: nowhere. */
static struct handler **
find_superseded(struct notify *notify, const struct handler_record *record)
{
    struct handler **at = &notify->handlers;
    if (strcmp(record->kind, "remind") != 0)
        return NULL;
    while (*at &&
           ((*at)->record.attempts || !is_same_action(record->id, (*at)->record.id)))
        at = &(*at)->next;
    return *at ? at : NULL;
}

void
handlers_add(struct notify_batch *batch, const struct handler_record *record)
{
    struct handler **superseded = find_superseded(batch->notify, record);
    if (*find(batch->notify, record->id))
        return;
    if (superseded)
        txn_end_handler(batch->txn, (*superseded)->record.id);
    append(&batch->handlers, record);
    txn_put_handler(batch->txn, record);
    batch->has_runs = true;
}

void
handlers_take(struct notify_batch *batch)
{
    struct notify *notify = batch->notify;
    for (struct handler *fresh = batch->handlers; fresh; fresh = fresh->next) {
        struct handler **superseded = find_superseded(notify, &fresh->record);
        if (superseded)
            take_out(superseded);
    }
    *end_of(&notify->handlers) = batch->handlers;
    batch->handlers = NULL;
}

void
notify_end_run(struct notify_batch *batch, const char *id)
{
    drop(batch->notify, batch->txn, id);
    batch->has_runs = true;
}

void
handlers_shift(struct notify_batch *batch, int64_t by_ms)
{
    for (struct handler *handler = batch->notify->handlers; handler;
         handler = handler->next) {
        handler->record.created_ms = step_shift(handler->record.created_ms, by_ms);
        txn_put_handler(batch->txn, &handler->record);
    }
}

void
handlers_forget(struct notify *notify, const struct swept *row)
{
    struct handler **at = find(notify, row->texts[0]);
    if (!*at || (*at)->holder || (*at)->record.created_ms != row->number)
        return;
    log_warn("notify",
             "rule %s: on_%s was due for a week and nobody could run it: given up (%s)",
             (*at)->record.rule, (*at)->record.kind, (*at)->record.id);
    take_out(at);
}

/* ---- runners ---- */

void
notify_add_runner(struct notify *notify, const struct notify_runner *runner)
{
    notify->runners =
        mem_grow(notify->runners, notify->runner_count + 1, sizeof(*notify->runners));
    notify->runners[notify->runner_count++] = *runner;
}

void
handlers_tell(struct notify *notify)
{
    for (size_t i = 0; i < notify->runner_count; i++)
        notify->runners[i].on_due(notify->runners[i].arg);
}

/* A claim that nobody was told to start was no attempt. False: it was told. */
static bool
take_back(struct notify *notify, struct handler *handler, struct txn *txn)
{
    struct starting *starting = notify->starting;
    while (starting && (!starting->id || strcmp(starting->id, handler->record.id) != 0))
        starting = starting->next;
    if (!starting)
        return false;
    free(starting->id);
    starting->id = NULL;
    handler->record.attempts--;
    handler->holder = NULL;
    txn_put_handler(txn, &handler->record);
    return true;
}

/* Of what it has claimed; returns how many. */
static size_t
let_go(struct notify *notify, const void *arg, const char *rule, bool begun_too)
{
    struct txn *txn = txn_new();
    size_t count = 0;
    for (struct handler *handler = notify->handlers; handler; handler = handler->next) {
        if (handler->holder != arg || (rule && strcmp(handler->record.rule, rule) != 0))
            continue;
        if (!take_back(notify, handler, txn)) {
            if (!begun_too)
                continue;
            handler->holder = NULL;
        }
        count++;
    }
    if (txn_is_empty(txn))
        txn_delete(txn);
    else
        store_commit(notify->store, txn, NULL, NULL);
    if (count)
        handlers_tell(notify);
    return count;
}

size_t
notify_remove_runner(struct notify *notify, const void *arg)
{
    size_t i = 0;
    while (i < notify->runner_count && notify->runners[i].arg != arg)
        i++;
    if (i == notify->runner_count)
        return 0;
    notify->runners[i] = notify->runners[--notify->runner_count];
    return let_go(notify, arg, NULL, false);
}

size_t
notify_release(struct notify *notify, const void *arg, const char *rule)
{
    return let_go(notify, arg, rule, true);
}

/* "fingerprint-opening/kind/n" */
static size_t
fingerprint_size(const char *id)
{
    return strcspn(id, "-");
}

/* Is it the first of its alert? Those of one key come in order, over openings, too. */
static bool
is_first(const struct notify *notify, const struct handler *handler)
{
    size_t size = fingerprint_size(handler->record.id) + 1;
    const struct handler *other = notify->handlers;
    while (strncmp(other->record.id, handler->record.id, size) != 0)
        other = other->next;
    return other == handler;
}

static void
give_up(struct notify *notify, const struct handler *handler)
{
    struct txn *txn = txn_new();
    log_error(
        "notify", "rule %s: on_%s was begun %d times and never ended: given up (%s)",
        handler->record.rule, handler->record.kind, ATTEMPTS_MAX, handler->record.id);
    char *id = mem_text(handler->record.id);
    drop(notify, txn, id);
    free(id);
    store_commit(notify->store, txn, NULL, NULL);
}

/* Claims come back in the order in which they were handed over. One that was taken
 * back, and may be another's by now, starts nothing: that one's own claim does. */
static void
on_attempt(void *arg)
{
    struct notify *notify = arg;
    const char *id = notify->starting->id;
    const struct handler *handler = id ? *find(notify, id) : NULL;
    pop_starting(notify);
    for (size_t i = 0; handler && i < notify->runner_count; i++)
        if (notify->runners[i].arg == handler->holder) {
            notify->runners[i].on_start(notify->runners[i].arg, &handler->record);
            return;
        }
}

static void
begin(struct notify *notify, struct handler *handler, const void *holder)
{
    struct txn *txn = txn_new();
    struct starting **last = &notify->starting;
    while (*last)
        last = &(*last)->next;
    *last = mem_zero(sizeof(**last));
    (*last)->id = mem_text(handler->record.id);
    handler->holder = holder;
    handler->record.attempts++;
    txn_put_handler(txn, &handler->record);
    store_commit(notify->store, txn, on_attempt, notify);
}

bool
notify_claim(struct notify *notify, const void *arg,
             bool (*is_mine)(const void *arg, const char *rule))
{
    struct handler *next;
    for (struct handler *handler = notify->handlers; handler; handler = next) {
        next = handler->next;
        if (handler->holder || !is_mine(arg, handler->record.rule) ||
            !is_first(notify, handler))
            continue;
        if (handler->record.attempts < ATTEMPTS_MAX) {
            begin(notify, handler, arg);
            return true;
        }
        give_up(notify, handler);
        next = notify->handlers; /* the next of its alert has its turn */
    }
    return false;
}

/* ---- rules that are gone ---- */

static const char *
script_of(const struct notify *notify, const struct handler *handler)
{
    char *fingerprint =
        mem_copy(handler->record.id, fingerprint_size(handler->record.id));
    const struct alert_record *alert = table_get(&notify->alerts, fingerprint);
    free(fingerprint);
    return alert ? alert->script : "";
}

void
notify_end_runs(struct notify *notify, notify_is_over *is_over, const void *arg)
{
    struct txn *txn = txn_new();
    for (struct handler **at = &notify->handlers; *at;) {
        const struct handler_record *record = &(*at)->record;
        if ((*at)->holder || !is_over(arg, record->rule, script_of(notify, *at))) {
            at = &(*at)->next;
            continue;
        }
        log_warn("notify",
                 "rule %s: on_%s was due and does not run: the rule was "
                 "removed (%s)",
                 record->rule, record->kind, record->id);
        txn_end_handler(txn, record->id);
        take_out(at);
    }
    if (txn_is_empty(txn))
        txn_delete(txn);
    else
        store_commit(notify->store, txn, NULL, NULL);
}

/* ---- alert.note ---- */

static const struct alert_record *
find_alert(const struct table *alerts, const char *id)
{
    char *fingerprint = mem_copy(id, fingerprint_size(id));
    const struct alert_record *alert = table_get(alerts, fingerprint);
    int64_t opening = strtoll(id + strlen(fingerprint) + 1, NULL, 10);
    free(fingerprint);
    return alert && alert->opening == opening ? alert : NULL;
}

void
notify_note(struct notify_batch *batch, const char *id, const char *note, size_t size)
{
    const struct alert_record *alert = find_alert(&batch->alerts, id);
    if (!alert)
        alert = find_alert(&batch->notify->alerts, id);
    if (!alert)
        return;
    struct alert_record noted = *alert;
    noted.note = (char *)(uintptr_t)note;
    noted.note_size = size;
    txn_put_alert(batch->txn, &noted);
    alerts_put(&batch->alerts, alert_copy(&noted));
}

void
notify_refs(const struct notify *notify, const char *id, struct buf *out)
{
    char *alert = mem_copy(id, strcspn(id, "/"));
    char *fingerprint = mem_copy(alert, strcspn(alert, "-"));
    deliver_refs(notify->deliver, fingerprint, alert, out);
    free(fingerprint);
    free(alert);
}

const char *
notify_note_of(const struct notify *notify, const char *id, size_t *size)
{
    const struct alert_record *alert = find_alert(&notify->alerts, id);
    *size = alert && alert->note ? alert->note_size : 0;
    return alert ? alert->note : NULL;
}
