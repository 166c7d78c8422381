#include "deliver/deliver_inside.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "deliver/schedule.h"

#define POOL_CALLS 256 /* over all destinations: only a ceiling for descriptors */

/* ---- outlets ---- */

static void
on_time(void *arg)
{
    outlet_pump(arg);
}

/* Nothing is started from here: a caller may be reading the store. */
void
outlet_arm(struct outlet *outlet)
{
    const struct message *first = lines_first(&outlet->lines);
    if (!first || !outlet->conf || outlet->deliver->draining ||
        outlet->in_flight == PARALLEL) {
        timer_stop(outlet->timer);
        return;
    }
    int64_t now_ms = clock_mono_ms();
    int64_t due_in_ms = first->due_ms - now_ms;
    int64_t wait_ms = bucket_wait(&outlet->bucket, now_ms);
    timer_start(outlet->timer, due_in_ms > wait_ms ? due_in_ms : wait_ms);
}

/* Finds its section; the first time that there is none, the log says so. */
static void
find_conf(struct outlet *outlet, bool is_new)
{
    const struct conf_destination *before = outlet->conf;
    const struct deliver_player *player = outlet->deliver->player;
    outlet->conf = conf_find_destination(outlet->deliver->conf, outlet->name);
    if (!outlet->conf && player)
        outlet->conf = player->on_missing(player->arg, outlet->name);
    if (!outlet->conf && (before || is_new))
        log_warn("deliver", "no destination '%s' in the configuration: messages wait",
                 outlet->name);
    if (!outlet->conf)
        return;
    struct connector_traits traits =
        connector_traits(outlet->deliver->connector, outlet->conf->kind);
    double rate = outlet->conf->rate > 0 ? outlet->conf->rate : traits.rate;
    bucket_set(&outlet->bucket, rate, clock_mono_ms());
    outlet->merges = traits.merges;
    outlet->remembers = traits.remembers;
}

static struct outlet *
outlet_new(struct deliver *deliver, const char *name)
{
    struct outlet *outlet = mem_zero(sizeof(*outlet));
    outlet->deliver = deliver;
    outlet->name = mem_text(name);
    outlet->timer = timer_new(deliver->loop, on_time, outlet);
    for (size_t i = 0; i < PARALLEL; i++)
        outlet->flights[i].outlet = outlet;
    find_conf(outlet, true);
    table_put(&deliver->outlets, outlet->name, outlet);
    return outlet;
}

static void
outlet_delete(struct outlet *outlet)
{
    timer_free(outlet->timer);
    for (size_t i = 0; i < PARALLEL; i++) {
        connector_request_fini(&outlet->flights[i].request);
        free(outlet->flights[i].messages);
        free(outlet->flights[i].memo);
    }
    lines_fini(&outlet->lines);
    free(outlet->name);
    free(outlet);
}

void
outlet_pump(struct outlet *outlet)
{
    int64_t now_ms = clock_mono_ms();
    const struct message *first;
    while (outlet->conf && !outlet->deliver->draining && outlet->in_flight < PARALLEL &&
           (first = lines_first(&outlet->lines)) && first->due_ms <= now_ms &&
           bucket_wait(&outlet->bucket, now_ms) == 0) {
        struct message **taken = mem_grow(NULL, DIGEST_MOST, sizeof(struct message *));
        size_t count = outlet_take(outlet, now_ms, taken);
        bucket_take(&outlet->bucket, now_ms);
        flight_begin(outlet, taken, count);
    }
    outlet_arm(outlet);
}

/* ---- what has lost its point ---- */

static void
commit_marks(void *arg)
{
    struct deliver *deliver = arg;
    store_commit(deliver->store, deliver->marks, NULL, NULL);
    deliver->marks = NULL;
}

/* Not from here: a caller may be reading the store. */
static void
mark_superseded(struct deliver *deliver, const char *id)
{
    if (!deliver->marks)
        deliver->marks = txn_new();
    txn_mark_outbox(deliver->marks, id, OUTBOX_SUPERSEDED, clock_wall_ms(), 0, NULL);
    timer_start(deliver->mark_timer, 0);
}

/* ---- the outside ---- */

/* Of a destination that is no longer there nobody is told. */
static void
on_dead(void *arg, const char *destination, size_t count)
{
    struct deliver *deliver = arg;
    if (conf_find_destination(deliver->conf, destination))
        outlet_new(deliver, destination)->letters = count;
}

struct deliver *
deliver_new(struct loop *loop, struct store *store, struct connector *connector,
            const struct conf *conf)
{
    struct deliver *deliver = mem_zero(sizeof(*deliver));
    deliver->loop = loop;
    deliver->store = store;
    deliver->connector = connector;
    deliver->conf = conf;
    deliver->pool = http_pool_new(loop, POOL_CALLS);
    deliver->mark_timer = timer_new(loop, commit_marks, deliver);
    memos_load(&deliver->memos, store);
    store_each_dead(store, on_dead, deliver);
    return deliver;
}

void
deliver_delete(struct deliver *deliver)
{
    if (!deliver)
        return;
    http_pool_delete(deliver->pool);
    for (size_t i = 0; i < deliver->outlets.room; i++)
        if (deliver->outlets.slots[i].key)
            outlet_delete(deliver->outlets.slots[i].value);
    table_fini(&deliver->outlets);
    memos_fini(&deliver->memos);
    dealt_fini(deliver);
    timer_free(deliver->mark_timer);
    if (deliver->marks)
        txn_delete(deliver->marks); /* found again at the next start */
    free(deliver);
}

void
deliver_add(struct deliver *deliver, const struct outbox_record *record)
{
    struct outlet *outlet = table_get(&deliver->outlets, record->destination);
    if (!outlet)
        outlet = outlet_new(deliver, record->destination);
    struct message *message = mem_zero(sizeof(*message));
    int64_t wait_ms = schedule_left(record->attempts, record->next_ms, clock_wall_ms());
    *message = (struct message){
        .id = mem_text(record->id),
        .kind = mem_text(record->kind),
        .event = mem_text(record->message),
        .body = mem_text(record->body),
        .attempts = record->attempts,
        .refusals = record->refusals,
        .created_ms = record->created_ms,
        .due_ms = clock_mono_ms() + wait_ms,
    };
    char *superseded = lines_add(&outlet->lines, message, record->order_key);
    if (superseded)
        mark_superseded(deliver, superseded);
    else if (lines_first(&outlet->lines) == message)
        outlet_arm(outlet);
    free(superseded);
}

void
deliver_set_conf(struct deliver *deliver, const struct conf *conf)
{
    deliver->conf = conf;
    for (size_t i = 0; i < deliver->outlets.room; i++)
        if (deliver->outlets.slots[i].key) {
            struct outlet *outlet = deliver->outlets.slots[i].value;
            find_conf(outlet, false);
            outlet_arm(outlet);
        }
}

void
deliver_drain(struct deliver *deliver)
{
    deliver->draining = true;
    for (size_t i = 0; i < deliver->outlets.room; i++)
        if (deliver->outlets.slots[i].key)
            outlet_arm(deliver->outlets.slots[i].value);
}
