/* What people see of the outbox in memory, and what they do to a message. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/trouble.h"
#include "deliver/deliver_inside.h"

/* ---- how much there is, and what is known ---- */

void
deliver_refs(const struct deliver *deliver, const char *fingerprint, const char *alert,
             struct buf *out)
{
    memos_write(&deliver->memos, fingerprint, alert, out);
}

void
deliver_forget(struct deliver *deliver, const struct swept *row)
{
    memos_forget(&deliver->memos, row->texts[0], row->texts[1], row->texts[2]);
}

size_t
deliver_busy(const struct deliver *deliver)
{
    size_t busy = 0;
    for (size_t i = 0; i < deliver->outlets.room; i++) {
        const struct outlet *outlet = deliver->outlets.slots[i].value;
        busy += outlet ? outlet->in_flight : 0;
    }
    return busy;
}

size_t
deliver_waiting(const struct deliver *deliver)
{
    size_t waiting = 0;
    for (size_t i = 0; i < deliver->outlets.room; i++) {
        const struct outlet *outlet = deliver->outlets.slots[i].value;
        waiting += outlet ? outlet->lines.count : 0;
    }
    return waiting;
}

static void
look(const struct outlet *outlet, const char *name, const char *kind,
     deliver_on_look *on_look, void *arg)
{
    struct deliver_look found = {.name = name, .kind = kind};
    if (outlet) {
        found.waiting = outlet->lines.count;
        found.in_flight = outlet->in_flight;
        found.oldest_ms = lines_oldest(&outlet->lines);
        found.done = outlet->counts[OUTBOX_DONE];
        found.dead = outlet->counts[OUTBOX_DEAD];
        found.failed = outlet->counts[OUTBOX_READY];
        found.letters = outlet->letters;
    }
    on_look(arg, &found);
}

void
deliver_each(const struct deliver *deliver, deliver_on_look *on_look, void *arg)
{
    const struct conf *conf = deliver->conf;
    for (size_t i = 0; i < conf->destination_count; i++) {
        const char *name = conf->destinations[i].name;
        look(table_get(&deliver->outlets, name), name, conf->destinations[i].kind,
             on_look, arg);
    }
    for (size_t i = 0; i < deliver->outlets.room; i++) {
        const struct outlet *outlet = deliver->outlets.slots[i].value;
        if (outlet && !outlet->conf)
            look(outlet, outlet->name, NULL, on_look, arg);
    }
}

bool
deliver_has(const struct deliver *deliver, const char *destination, const char *id)
{
    const struct outlet *outlet = table_get(&deliver->outlets, destination);
    return outlet && lines_has(&outlet->lines, id);
}

/* ---- dead letters ---- */

static void
tell_trouble(void *arg, const struct deliver_look *found)
{
    (void)arg;
    if (found->letters)
        trouble_tell(TROUBLE_DESTINATION, found->name,
                     "%s: %zu message%s could not be delivered; ccgate outbox list "
                     "shows what, retry and drop end it",
                     found->name, found->letters, found->letters == 1 ? "" : "s");
    else
        trouble_over(TROUBLE_DESTINATION, found->name);
}

void
deliver_tell_troubles(const struct deliver *deliver)
{
    deliver_each(deliver, tell_trouble, NULL);
}

/* One that somebody has dealt with, until that is on disk: what was read of the store
 * before may still say that it is dead. */
struct dealt {
    char *id;
    struct dealt *next;
};

static void
pop_dealt(void *arg)
{
    struct deliver *deliver = arg;
    struct dealt *dealt = deliver->dealt;
    deliver->dealt = dealt->next;
    free(dealt->id);
    free(dealt);
}

void
dealt_fini(struct deliver *deliver)
{
    while (deliver->dealt)
        pop_dealt(deliver);
}

static bool
is_dealt_with(const struct deliver *deliver, const char *id)
{
    const struct dealt *dealt = deliver->dealt;
    while (dealt && strcmp(dealt->id, id) != 0)
        dealt = dealt->next;
    return dealt;
}

static bool
is_dead(const struct deliver *deliver, const struct outbox_record *record)
{
    return record->state == OUTBOX_DEAD && !is_dealt_with(deliver, record->id);
}

/* Commits come back in the order in which they were handed over. */
static void
bury(struct deliver *deliver, const struct outbox_record *record,
     enum outbox_state state, int64_t attempts)
{
    struct outlet *outlet = table_get(&deliver->outlets, record->destination);
    struct dealt **last = &deliver->dealt;
    struct txn *txn = txn_new();
    while (*last)
        last = &(*last)->next;
    *last = mem_zero(sizeof(**last));
    (*last)->id = mem_text(record->id);
    txn_mark_outbox(txn, record->id, state, clock_wall_ms(), attempts, NULL);
    store_commit(deliver->store, txn, pop_dealt, deliver);
    if (outlet && outlet->letters && --outlet->letters == 0)
        trouble_over(TROUBLE_DESTINATION, outlet->name);
}

/* ---- one message ---- */

static void
refuse(const struct outbox_record *record, struct error *error)
{
    static const char *const reasons[OUTBOX_STATES] = {
        [OUTBOX_READY] = "is on its way just now",
        [OUTBOX_IN_FLIGHT] = "is on its way just now",
        [OUTBOX_DONE] = "has been delivered",
        [OUTBOX_SUPERSEDED] = "is not to be sent any more",
        [OUTBOX_DEAD] = "has just been dealt with",
    };
    error_set(error, ERROR_API, "", "%s %s", record->id, reasons[record->state]);
}

bool
deliver_retry(struct deliver *deliver, const struct outbox_record *record,
              struct error *error)
{
    struct outlet *outlet = table_get(&deliver->outlets, record->destination);
    if (outlet && lines_hurry(&outlet->lines, record->id, clock_mono_ms())) {
        outlet_arm(outlet);
        return true;
    }
    bool is_here = outlet && lines_has(&outlet->lines, record->id);
    if (is_here || !is_dead(deliver, record)) {
        refuse(record, error);
        return false;
    }
    struct outbox_record fresh = *record;
    fresh.attempts = fresh.refusals = 0;
    fresh.next_ms = clock_wall_ms();
    bury(deliver, record, OUTBOX_READY, 0);
    deliver_add(deliver, &fresh);
    return true;
}

/* One that is still to be sent. */
static bool
drop_waiting(struct outlet *outlet, const struct outbox_record *record)
{
    if (!lines_drop(&outlet->lines, record->id))
        return false;
    struct txn *txn = txn_new();
    txn_mark_outbox(txn, record->id, OUTBOX_SUPERSEDED, clock_wall_ms(),
                    record->attempts, NULL);
    store_commit(outlet->deliver->store, txn, NULL, NULL);
    outlet_arm(outlet);
    return true;
}

bool
deliver_drop(struct deliver *deliver, const struct outbox_record *record,
             struct error *error)
{
    struct outlet *outlet = table_get(&deliver->outlets, record->destination);
    bool is_here = outlet && lines_has(&outlet->lines, record->id);
    bool is_buried = !is_here && is_dead(deliver, record);
    if (is_buried)
        bury(deliver, record, OUTBOX_SUPERSEDED, record->attempts);
    if (is_buried || (is_here && drop_waiting(outlet, record))) {
        await_tell_dropped(deliver, record);
        return true;
    }
    refuse(record, error);
    return false;
}
