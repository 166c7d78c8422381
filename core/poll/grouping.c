#include "poll/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "model/span.h"

/* A stretch is told again when it has changed by this factor. */
#define STRETCH_NEWS 1.1
/* Ids whose slots close together are asked within this time. */
#define SLOT_SPREAD_MS 60000

/* ---- who gets what ---- */

static void
add_row(struct batch *batch, struct subscription *subscription, size_t row)
{
    struct feed *feed = batch->feeds ? &batch->feeds[subscription->feed] : NULL;
    if (subscription->feed >= batch->feed_count || feed->subscription != subscription) {
        subscription->feed = batch->feed_count++;
        batch->feeds = mem_grow(batch->feeds, batch->feed_count, sizeof *feed);
        feed = &batch->feeds[subscription->feed];
        *feed = (struct feed){
            .subscription = subscription,
            .rows = mem_grow(NULL, batch->id_count, sizeof *feed->rows),
        };
    }
    if (!feed->count || feed->rows[feed->count - 1] != row)
        feed->rows[feed->count++] = row;
}

static bool
is_owed(const struct batch *before, const struct subscription *subscription)
{
    for (size_t i = 0; i < before->feed_count; i++)
        if (before->feeds[i].subscription == subscription)
            return before->feeds[i].refused;
    return false;
}

/* What somebody had no room for is still owed. */
static void
connect_feeds(struct batch *batch, const struct demand *demand,
              const struct demand_request *request)
{
    struct batch before = {.feeds = batch->feeds, .feed_count = batch->feed_count};
    batch->feeds = NULL;
    batch->feed_count = 0;
    batch->last_ms = 0;
    for (size_t i = 0; i < request->id_count; i++)
        for (const struct claim *claim = request->claims[i]; claim;
             claim = demand_next(demand, claim)) {
            add_row(batch, claim->asker, i);
            if (claim->last_ms > batch->last_ms)
                batch->last_ms = claim->last_ms;
        }
    for (size_t i = 0; i < batch->feed_count; i++) {
        struct feed *feed = &batch->feeds[i];
        feed->refused = is_owed(&before, feed->subscription);
        if (feed->count < batch->id_count)
            continue;
        free(feed->rows);
        feed->rows = NULL;
    }
    batch_drop_feeds(&before);
}

static void
disconnect(struct batch *batch, const struct subscription *subscription)
{
    for (; batch; batch = batch->next) {
        size_t kept = 0;
        for (size_t i = 0; i < batch->feed_count; i++) {
            if (batch->feeds[i].subscription == subscription)
                free(batch->feeds[i].rows);
            else
                batch->feeds[kept++] = batch->feeds[i];
        }
        batch->feed_count = kept;
    }
}

void
plan_disconnect(const struct subscription *subscription)
{
    disconnect(subscription->planner->batches, subscription);
    disconnect(subscription->planner->kept, subscription);
}

/* ---- samples of histories ---- */

void
plan_put_away(struct batch *batch)
{
    struct planner *planner = batch->planner;
    if (!batch->query->has_span || !batch->rows_mono_ms) {
        batch_delete(batch);
        return;
    }
    lane_remove(&batch->errand);
    timer_stop(batch->timer);
    batch->next = planner->kept;
    planner->kept = batch;
}

static void
forget_old(struct planner *planner)
{
    int64_t day_ago = clock_mono_ms() - SPAN_DAY * 1000;
    for (struct batch **at = &planner->kept; *at;) {
        struct batch *batch = *at;
        if (batch->rows_mono_ms >= day_ago) {
            at = &batch->next;
            continue;
        }
        *at = batch->next;
        batch_delete(batch);
    }
}

/* The batch that was put away and has the history of this id; NULL: none. */
static struct batch *
take_back(struct planner *planner, const struct demand_request *request)
{
    struct batch **at = &planner->kept;
    while (*at && ((*at)->center != request->center || (*at)->query != request->query ||
                   (*at)->ids[0] != request->ids[0]))
        at = &(*at)->next;
    struct batch *batch = *at;
    if (!batch)
        return NULL;
    *at = batch->next;
    batch->lot = request->lot;
    batch->failures = 0; /* they counted in another search */
    batch->is_judged = false;
    batch->error = (struct error){0};
    return batch;
}

/* ---- batches ---- */

static struct demand_request
request_of(const struct batch *batch)
{
    return (struct demand_request){.center = batch->center,
                                   .lot = batch->lot,
                                   .query = batch->query,
                                   .every_ms = batch->every_ms,
                                   .ids = batch->ids,
                                   .id_count = batch->id_count};
}

/* The batch for this request: the one that is there, or a new one. Requests and old
 * batches have the same order: what comes before the request is not wanted any more. */
static struct batch *
obtain(struct planner *planner, struct batch **old,
       const struct demand_request *request)
{
    while (*old) {
        struct batch *batch = *old;
        struct demand_request former = request_of(batch);
        int order = demand_compare(&former, request);
        if (order > 0)
            break;
        *old = batch->next;
        if (!order && former.id_count == request->id_count &&
            !memcmp(former.ids, request->ids, former.id_count * sizeof *former.ids))
            return batch;
        plan_put_away(batch);
    }
    struct batch *kept = take_back(planner, request);
    return kept ? kept : batch_new(planner, request);
}

static void
take_requests(struct planner *planner, const struct demand *demand)
{
    struct batch *old = planner->batches, **last = &planner->batches;
    struct batch **made = mem_zero((demand->request_count + 1) * sizeof *made);
    for (size_t i = 0; i < demand->request_count; i++) {
        struct batch *batch = obtain(planner, &old, &demand->requests[i]);
        connect_feeds(batch, demand, &demand->requests[i]);
        batch->is_refused =
            search_refusal(planner, batch->center, batch->query, batch->ids[0]) != NULL;
        size_t carrier = demand->requests[i].carrier;
        batch->carrier = carrier == DEMAND_ALONE ? NULL : made[carrier];
        made[i] = batch;
        *last = batch;
        last = &batch->next;
    }
    *last = NULL;
    while (old) {
        struct batch *batch = old;
        old = batch->next;
        plan_put_away(batch);
    }
    free(made);
}

/* Sessions are held for those doors only that something is polled through. */
static void
want_lanes(const struct planner *planner)
{
    for (size_t i = 0; i < planner->center_count * PLAN_DOORS; i++) {
        const struct batch *batch = planner->batches;
        while (batch &&
               plan_lane(planner, batch->center, batch->query) != planner->lanes[i])
            batch = batch->next;
        lane_want(planner->lanes[i], batch != NULL);
    }
}

/* What has been refused is asked so seldom that its silence means nothing. */
static void
expect_answers(const struct planner *planner)
{
    size_t count = query_count();
    int64_t *shortest =
        mem_zero((planner->center_count * count + 1) * sizeof *shortest);
    for (const struct batch *batch = planner->batches; batch; batch = batch->next) {
        int64_t *every =
            &shortest[batch->center * count + (size_t)query_number(batch->query)];
        if (!batch->is_refused && (!*every || batch->period_ms < *every))
            *every = batch->period_ms;
    }
    for (size_t i = 0; i < planner->center_count * count; i++) {
        const struct query *query = queries[i % count];
        lane_expect(plan_lane(planner, (uint32_t)(i / count), query), query,
                    shortest[i]);
    }
    free(shortest);
}

/* ---- timetables ---- */

static void
tell_stretch(const struct conf_center *center, double load, double stretch)
{
    if (stretch > 1)
        log_warn("poll",
                 "center %s: scripts ask for %.1f requests per second, rate is %g/s: "
                 "all intervals are %.2f times as long",
                 center->name, load, center->rate, stretch);
    else
        log_info("poll", "center %s: rate is enough again, intervals are as asked for",
                 center->name);
}

static void
stretch_intervals(struct planner *planner, const struct demand *demand)
{
    for (size_t i = 0; i < planner->center_count; i++) {
        const struct conf_center *center = plan_center(planner, (uint32_t)i);
        struct pace *pace = &planner->paces[i];
        double load = demand_load(demand, (uint32_t)i);
        pace->stretch = demand_stretch(load, center->rate);
        double change = pace->stretch / pace->told;
        if (search_is_open(planner, (uint32_t)i))
            continue; /* its requests are not what scripts ask for */
        if (change < STRETCH_NEWS && change > 1 / STRETCH_NEWS &&
            (pace->stretch > 1) == (pace->told > 1))
            continue;
        pace->told = pace->stretch;
        tell_stretch(center, load, pace->stretch);
    }
}

/* FNV-1a over what names a timetable, with its interval or id: equal on every start,
 * different per centre. */
static uint64_t
hash_timetable(const char *center, const char *query, int64_t number)
{
    const char *parts[] = {center, query};
    uint64_t hash = 14695981039346656037ULL;
    for (size_t i = 0; i < 2; i++)
        for (const char *c = parts[i]; *c; c++)
            hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
    return (hash ^ (uint64_t)number) * 1099511628211ULL;
}

static bool
is_same_group(const struct batch *a, const struct batch *b)
{
    return a->center == b->center && a->query == b->query &&
           a->every_ms == b->every_ms && a->lot == b->lot;
}

/* A quarter of an hour is no longer for a busy centre, and ids that are due with it are
 * spread over a minute. */
static struct batch *
spread_slots(const struct planner *planner, struct batch *first)
{
    const char *center = plan_center(planner, first->center)->name;
    struct batch *batch;
    for (batch = first; batch && is_same_group(first, batch); batch = batch->next) {
        batch->period_ms = batch->every_ms;
        batch->phase_ms =
            (int64_t)(hash_timetable(center, first->query->name, batch->ids[0]) %
                      SLOT_SPREAD_MS);
        if (planner->player)
            batch->phase_ms = 0;
    }
    return batch;
}

/* Batches of one group are spread evenly over its interval, from a phase of their own.
 * Returns the first batch of the next group. */
static struct batch *
spread_group(const struct planner *planner, struct batch *first)
{
    int64_t wanted = first->every_ms;
    int64_t period = (int64_t)((double)wanted * planner->paces[first->center].stretch);
    uint64_t hash = hash_timetable(plan_center(planner, first->center)->name,
                                   first->query->name, wanted);
    uint64_t every = (uint64_t)period, count = 0, place = 0;
    struct batch *batch;
    for (batch = first; batch && is_same_group(first, batch); batch = batch->next)
        count++;
    for (batch = first; batch && is_same_group(first, batch); batch = batch->next) {
        bool is_new_pace = batch->period_ms && batch->period_ms != period;
        batch->period_ms = period;
        batch->phase_ms = (int64_t)((hash % every + every * place++ / count) % every);
        if (planner->player)
            batch->phase_ms = planner->played_ms;
        if (is_new_pace && timer_is_running(batch->timer))
            batch_arm(batch);
    }
    return batch;
}

/* New batches go out at once; the lane's rate spreads them. */
static void
start_new(struct planner *planner)
{
    for (struct batch *batch = planner->batches; batch; batch = batch->next) {
        if (timer_is_running(batch->timer))
            continue;
        if (batch->is_refused && search_wait_ms(batch) > 0)
            batch_arm(batch);
        else
            batch_start(batch);
    }
}

void
plan_rebuild(struct planner *planner)
{
    struct demand demand = {0};
    planner->is_changed = false;
    forget_old(planner);
    for (struct subscription *s = planner->subscriptions; s; s = s->next)
        for (size_t i = 0; i < s->want_count; i++)
            demand_add(&demand, &s->wants[i], s);
    search_set_apart(planner, &demand);
    demand_merge(&demand);
    take_requests(planner, &demand);
    stretch_intervals(planner, &demand);
    demand_fini(&demand);
    for (struct batch *batch = planner->batches; batch;)
        batch = batch->query->has_span ? spread_slots(planner, batch)
                                       : spread_group(planner, batch);
    want_lanes(planner);
    expect_answers(planner);
    start_new(planner);
}
