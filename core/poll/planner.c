#include "poll/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void on_turn(void *arg);

static void
make_lanes(struct planner *planner, size_t center, const struct conf_center *conf)
{
    struct lane **lanes = planner->lanes + center * PLAN_DOORS;
    planner->rates[center] = rate_new(conf);
    for (size_t door = 0; door < PLAN_DOORS; door++) {
        lanes[door] = lane_new(planner->loop, planner->pool, conf,
                               (enum query_door)door, planner->rates[center]);
        if (planner->player)
            lane_play(lanes[door], planner->player);
    }
}

/* The places of so many centres, which are to be filled. */
static void
make_room(struct planner *planner, size_t count)
{
    planner->center_count = count;
    planner->lanes = mem_zero((count + 1) * PLAN_DOORS * sizeof *planner->lanes);
    planner->rates = mem_zero((count + 1) * sizeof *planner->rates);
    free(planner->paces);
    planner->paces = mem_zero((count + 1) * sizeof *planner->paces);
    for (size_t i = 0; i < count; i++)
        planner->paces[i] = (struct pace){1, 1};
}

struct planner *
planner_new(struct loop *loop, struct http_pool *pool, const struct conf *conf)
{
    struct planner *planner = mem_zero(sizeof *planner);
    planner->loop = loop;
    planner->pool = pool;
    planner->turn_timer = timer_new(loop, on_turn, planner);
    planner->slots = slots_new(NULL);
    make_room(planner, conf->center_count);
    for (size_t i = 0; i < conf->center_count; i++)
        make_lanes(planner, i, &conf->centers[i]);
    return planner;
}

void
planner_play(struct planner *planner, const struct lane_player *player)
{
    planner->player = player;
    planner->played_ms = clock_mono_ms();
    for (size_t i = 0; i < planner->center_count * PLAN_DOORS; i++)
        lane_play(planner->lanes[i], player);
}

void
planner_wake(struct planner *planner)
{
    for (size_t i = 0; i < planner->center_count * PLAN_DOORS; i++)
        lane_wake(planner->lanes[i]);
}

void
planner_set_store(struct planner *planner, struct store *store)
{
    slots_delete(planner->slots);
    planner->slots = slots_new(store);
}

/* ---- for all files of the planner ---- */

const struct conf_center *
plan_center(const struct planner *planner, uint32_t center)
{
    return lane_center(planner->lanes[center * PLAN_DOORS]);
}

struct lane *
plan_lane(const struct planner *planner, uint32_t center, const struct query *query)
{
    return planner->lanes[center * PLAN_DOORS + query->door];
}

void
plan_request(const struct planner *planner, uint32_t center, const struct query *query,
             const int64_t *ids, size_t id_count, const struct query_span *span,
             struct buf *body, struct errand *errand)
{
    const struct conf_center *conf = plan_center(planner, center);
    buf_clear(body);
    if (query->has_span)
        query_body_span(query, conf->cc_id, conf->vdn, ids[0], span, body);
    else if (query->body)
        query_body(query, conf->cc_id, conf->vdn, ids, id_count, body);
    errand->query = query;
    errand->body = body->data;
    errand->body_size = body->size;
    errand->id = ids[0];
    if (span)
        errand->span = *span;
}

void
plan_change(struct planner *planner)
{
    planner->is_changed = true;
    timer_start(planner->turn_timer, 0);
}

/* ---- subscriptions ---- */

int
plan_by_id(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

struct subscription *
planner_subscribe(struct planner *planner, const char *name,
                  const struct planner_want *wants, size_t count,
                  planner_on_rows *on_rows, void *arg)
{
    struct subscription *subscription = mem_zero(sizeof *subscription);
    subscription->planner = planner;
    subscription->name = mem_text(name);
    subscription->on_rows = on_rows;
    subscription->arg = arg;
    subscription->wants = mem_zero((count + 1) * sizeof *wants);
    subscription->want_count = count;
    for (size_t i = 0; i < count; i++) {
        int64_t *ids = mem_copy(wants[i].ids, wants[i].id_count * sizeof *ids);
        qsort(ids, wants[i].id_count, sizeof *ids, plan_by_id);
        subscription->wants[i] = wants[i];
        subscription->wants[i].ids = ids;
    }
    subscription->next = planner->subscriptions;
    planner->subscriptions = subscription;
    plan_change(planner);
    planner_replay(subscription);
    return subscription;
}

void
planner_unsubscribe(struct subscription *subscription)
{
    struct planner *planner = subscription->planner;
    struct subscription **at = &planner->subscriptions;
    while (*at != subscription)
        at = &(*at)->next;
    *at = subscription->next;
    for (size_t i = 0; i < subscription->want_count; i++)
        free((void *)(uintptr_t)subscription->wants[i].ids);
    plan_disconnect(subscription);
    free(subscription->wants);
    free(subscription->name);
    free(subscription);
    plan_change(planner);
}

static void
send_known(struct subscription *subscription, bool only_refused)
{
    for (struct batch *batch = subscription->planner->batches; batch;
         batch = batch->next) {
        for (size_t i = 0; i < batch->feed_count; i++) {
            struct feed *feed = &batch->feeds[i];
            if (feed->subscription == subscription &&
                (only_refused ? feed->refused : sample_is_fresh(batch)))
                sample_send(batch, feed);
        }
    }
}

void
planner_resume(struct subscription *subscription)
{
    send_known(subscription, true);
}

void
planner_replay(struct subscription *subscription)
{
    subscription->wants_replay = true;
    timer_start(subscription->planner->turn_timer, 0);
}

static void
forget_sample(struct batch *batch)
{
    batch->rows_mono_ms = 0;
    for (size_t i = 0; i < batch->feed_count; i++)
        batch->feeds[i].refused = false;
}

void
planner_refresh(struct planner *planner)
{
    for (size_t i = 0; i < planner->center_count * PLAN_DOORS; i++)
        lane_count_anew(planner->lanes[i]);
    for (struct batch *batch = planner->batches; batch; batch = batch->next) {
        if (!batch->query->has_span)
            forget_sample(batch);
        if (!batch->is_refused)
            batch_start(batch);
    }
}

static void
on_turn(void *arg)
{
    struct planner *planner = arg;
    if (planner->is_changed)
        plan_rebuild(planner);
    for (struct subscription *s = planner->subscriptions; s; s = s->next) {
        if (!s->wants_replay)
            continue;
        s->wants_replay = false;
        send_known(s, false);
    }
}

/* ---- configuration and the end ---- */

int
planner_find_center(const struct planner *planner, const char *name)
{
    for (uint32_t i = 0; i < planner->center_count; i++)
        if (!strcmp(plan_center(planner, i)->name, name))
            return (int)i;
    return -1;
}

double
planner_stretch(const struct planner *planner, uint32_t center)
{
    return planner->paces[center].stretch;
}

/* The session of a lane that ended, or NULL: it lives until it is out. */
static void
see_off(struct planner *planner, struct session *session)
{
    if (!session || !session_is_busy(session)) {
        session_delete(session);
        return;
    }
    planner->leaving =
        mem_grow(planner->leaving, planner->leaving_count + 1, sizeof session);
    planner->leaving[planner->leaving_count++] = session;
}

/* Those that are out are gone; with `is_all` the others, too. */
static void
forget_leaving(struct planner *planner, bool is_all)
{
    size_t kept = 0;
    for (size_t i = 0; i < planner->leaving_count; i++)
        if (!is_all && session_is_busy(planner->leaving[i]))
            planner->leaving[kept++] = planner->leaving[i];
        else
            session_delete(planner->leaving[i]);
    planner->leaving_count = kept;
}

/* The lanes and rates of the configuration before; those that are taken over are NULL.
 */
struct old_lanes {
    struct lane **lanes;
    struct rate **rates;
    size_t count;
};

/* Gives the lanes and the rate of `center`, those it had or new ones, place `i`. */
static void
place_lanes(struct planner *planner, size_t i, const struct conf_center *center,
            struct old_lanes *old)
{
    size_t at = 0;
    while (at < old->count &&
           (!old->rates[at] ||
            strcmp(lane_center(old->lanes[at * PLAN_DOORS])->name, center->name) != 0))
        at++;
    if (at == old->count) {
        make_lanes(planner, i, center);
        return;
    }
    planner->rates[i] = old->rates[at];
    old->rates[at] = NULL;
    rate_set(planner->rates[i], center);
    for (size_t door = 0; door < PLAN_DOORS; door++) {
        struct lane **from = &old->lanes[at * PLAN_DOORS + door];
        planner->lanes[i * PLAN_DOORS + door] = *from;
        lane_set_center(*from, center);
        *from = NULL;
    }
}

static void
delete_lanes(struct planner *planner, struct old_lanes *old)
{
    for (size_t i = 0; i < old->count * PLAN_DOORS; i++)
        if (old->lanes[i])
            see_off(planner, lane_end(old->lanes[i]));
    for (size_t i = 0; i < old->count; i++)
        rate_delete(old->rates[i]);
    free(old->lanes);
    free(old->rates);
}

/* Wants keep their centre, under its number in `conf`. */
static void
renumber(struct planner *planner, const struct conf *conf)
{
    for (struct subscription *s = planner->subscriptions; s; s = s->next) {
        for (size_t i = 0; i < s->want_count; i++) {
            struct planner_want *want = &s->wants[i];
            if (!want->id_count)
                continue;
            const struct conf_center *center =
                conf_find_center(conf, plan_center(planner, want->center)->name);
            if (center)
                want->center = (uint32_t)(center - conf->centers);
            else
                want->id_count = 0;
        }
    }
}

static void
drop_batches(struct batch **batches)
{
    while (*batches) {
        struct batch *batch = *batches;
        *batches = batch->next;
        batch_delete(batch);
    }
}

/* What is wanted is put together anew; only samples of histories go along, with their
 * centre. */
static void
keep_histories(struct planner *planner, const struct conf *conf)
{
    while (planner->batches) {
        struct batch *batch = planner->batches;
        planner->batches = batch->next;
        plan_put_away(batch);
    }
    for (struct batch **at = &planner->kept; *at;) {
        struct batch *batch = *at;
        const struct conf_center *center =
            conf_find_center(conf, plan_center(planner, batch->center)->name);
        if (center) {
            batch->center = (uint32_t)(center - conf->centers);
            at = &batch->next;
        } else {
            *at = batch->next;
            batch_delete(batch);
        }
    }
}

void
planner_set_conf(struct planner *planner, const struct conf *conf)
{
    struct old_lanes old = {planner->lanes, planner->rates, planner->center_count};
    struct error changed;
    keep_histories(planner, conf);
    search_forget(planner);
    error_set(&changed, ERROR_CANCELLED, "", "the configuration changed");
    fetch_fail_all(planner, &changed);
    ask_fail_all(planner, &changed);
    renumber(planner, conf);
    make_room(planner, conf->center_count);
    for (size_t i = 0; i < conf->center_count; i++)
        place_lanes(planner, i, &conf->centers[i], &old);
    forget_leaving(planner, false);
    delete_lanes(planner, &old);
    plan_rebuild(planner);
}

void
planner_drain(struct planner *planner)
{
    struct error stopping;
    error_set(&stopping, ERROR_CANCELLED, "", "the gateway is stopping");
    fetch_fail_all(planner, &stopping);
    ask_fail_all(planner, &stopping);
    planner->is_draining = true;
    for (size_t i = 0; i < planner->center_count * PLAN_DOORS; i++)
        lane_drain(planner->lanes[i]);
}

size_t
planner_busy(const struct planner *planner)
{
    size_t busy = 0;
    for (size_t i = 0; i < planner->center_count * PLAN_DOORS; i++)
        busy += lane_busy(planner->lanes[i]);
    for (size_t i = 0; i < planner->leaving_count; i++)
        busy += session_is_busy(planner->leaving[i]);
    return busy;
}

void
planner_delete(struct planner *planner)
{
    if (!planner)
        return;
    while (planner->subscriptions)
        planner_unsubscribe(planner->subscriptions);
    while (planner->fetches)
        fetch_cancel(planner->fetches);
    while (planner->asks)
        ask_cancel(planner->asks);
    drop_batches(&planner->batches);
    drop_batches(&planner->kept);
    search_forget(planner);
    delete_lanes(planner, &(struct old_lanes){planner->lanes, planner->rates,
                                              planner->center_count});
    forget_leaving(planner, true);
    slots_delete(planner->slots);
    timer_free(planner->turn_timer);
    block_fini(&planner->scratch);
    free(planner->leaving);
    free(planner->paces);
    free(planner);
}
