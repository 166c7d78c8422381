#include "poll/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/sign.h"

static void on_turn(void *arg);

static void
make_paces(struct planner *planner)
{
    free(planner->paces);
    planner->paces = mem_zero((planner->lane_count + 1) * sizeof *planner->paces);
    for (size_t i = 0; i < planner->lane_count; i++)
        planner->paces[i] = (struct pace){1, 1};
}

static void
make_lanes(struct planner *planner, const struct conf *conf)
{
    planner->lane_count = conf->center_count;
    planner->lanes = mem_zero((conf->center_count + 1) * sizeof *planner->lanes);
    planner->rates = mem_zero((conf->center_count + 1) * sizeof *planner->rates);
    make_paces(planner);
    for (size_t i = 0; i < conf->center_count; i++) {
        planner->rates[i] = rate_new(&conf->centers[i]);
        planner->lanes[i] = lane_new(planner->loop, planner->pool, &conf->centers[i],
                                     DOOR_CMS, planner->rates[i]);
    }
}

struct planner *
planner_new(struct loop *loop, struct http_pool *pool, const struct conf *conf)
{
    struct planner *planner = mem_zero(sizeof *planner);
    planner->loop = loop;
    planner->pool = pool;
    planner->turn_timer = timer_new(loop, on_turn, planner);
    sign_random(&planner->random, sizeof planner->random);
    make_lanes(planner, conf);
    return planner;
}

double
plan_random(struct planner *planner)
{
    planner->random ^= planner->random << 13;
    planner->random ^= planner->random >> 7;
    planner->random ^= planner->random << 17;
    return (double)(planner->random >> 11) / (double)(1ULL << 53);
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
    int64_t now = clock_mono_ms();
    for (struct batch *batch = subscription->planner->batches; batch;
         batch = batch->next) {
        bool is_fresh =
            batch->rows_mono_ms && now - batch->rows_mono_ms <= batch->period_ms;
        for (size_t i = 0; i < batch->feed_count; i++) {
            struct feed *feed = &batch->feeds[i];
            if (feed->subscription == subscription &&
                (only_refused ? feed->refused : is_fresh))
                batch_send(batch, feed);
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
    for (size_t i = 0; i < planner->lane_count; i++)
        if (!strcmp(lane_center(planner->lanes[i])->name, name))
            return (int)i;
    return -1;
}

/* Gives the lane and the rate of `center`, those it had or new ones, place `i`. */
static void
place_lane(struct planner *planner, size_t i, const struct conf_center *center,
           struct lane **lanes, struct rate **rates, size_t count)
{
    size_t old = 0;
    while (old < count &&
           (!lanes[old] || strcmp(lane_center(lanes[old])->name, center->name) != 0))
        old++;
    if (old == count) {
        planner->rates[i] = rate_new(center);
        planner->lanes[i] =
            lane_new(planner->loop, planner->pool, center, DOOR_CMS, planner->rates[i]);
        return;
    }
    planner->rates[i] = rates[old];
    planner->lanes[i] = lanes[old];
    rate_set(rates[old], center);
    lane_set_center(lanes[old], center);
    rates[old] = NULL;
    lanes[old] = NULL;
}

static void
delete_lanes(struct lane **lanes, struct rate **rates, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lane_delete(lanes[i]);
        rate_delete(rates[i]);
    }
    free(lanes);
    free(rates);
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
                conf_find_center(conf, lane_center(planner->lanes[want->center])->name);
            if (center)
                want->center = (uint32_t)(center - conf->centers);
            else
                want->id_count = 0;
        }
    }
}

static void
drop_batches(struct planner *planner)
{
    while (planner->batches) {
        struct batch *batch = planner->batches;
        planner->batches = batch->next;
        batch_delete(batch);
    }
}

void
planner_set_conf(struct planner *planner, const struct conf *conf)
{
    struct lane **old_lanes = planner->lanes;
    struct rate **old_rates = planner->rates;
    size_t old_count = planner->lane_count;
    struct error changed;
    drop_batches(planner);
    search_forget(planner);
    error_set(&changed, ERROR_CANCELLED, "", "the configuration changed");
    fetch_fail_all(planner, &changed);
    ask_fail_all(planner, &changed);
    renumber(planner, conf);
    planner->lane_count = conf->center_count;
    planner->lanes = mem_zero((conf->center_count + 1) * sizeof *planner->lanes);
    planner->rates = mem_zero((conf->center_count + 1) * sizeof *planner->rates);
    make_paces(planner);
    for (size_t i = 0; i < conf->center_count; i++)
        place_lane(planner, i, &conf->centers[i], old_lanes, old_rates, old_count);
    delete_lanes(old_lanes, old_rates, old_count);
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
    for (size_t i = 0; i < planner->lane_count; i++)
        lane_drain(planner->lanes[i]);
}

size_t
planner_busy(const struct planner *planner)
{
    size_t busy = 0;
    for (size_t i = 0; i < planner->lane_count; i++)
        busy += lane_busy(planner->lanes[i]);
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
    drop_batches(planner);
    search_forget(planner);
    delete_lanes(planner->lanes, planner->rates, planner->lane_count);
    timer_free(planner->turn_timer);
    block_fini(&planner->scratch);
    free(planner->paces);
    free(planner);
}
