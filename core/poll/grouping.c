#include "poll/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* One id that somebody wants. */
struct target {
    uint32_t center;
    const struct query *query;
    int64_t id;
    int64_t every_ms;
};

static int
compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int
by_id(const void *left, const void *right)
{
    const struct target *a = left, *b = right;
    int order = compare(a->center, b->center);
    if (!order)
        order = compare(query_number(a->query), query_number(b->query));
    if (!order)
        order = compare(a->id, b->id);
    return order ? order : compare(a->every_ms, b->every_ms);
}

static int
by_interval(const void *left, const void *right)
{
    const struct target *a = left, *b = right;
    int order = compare(a->center, b->center);
    if (!order)
        order = compare(query_number(a->query), query_number(b->query));
    if (!order)
        order = compare(a->every_ms, b->every_ms);
    return order ? order : compare(a->id, b->id);
}

/* Everything that is wanted, each id once at its shortest interval, by interval. */
static struct target *
collect(const struct planner *planner, size_t *count)
{
    struct target *targets = NULL;
    size_t all = 0, unique = 0;
    for (struct subscription *s = planner->subscriptions; s; s = s->next)
        for (size_t w = 0; w < s->want_count; w++)
            all += s->wants[w].id_count;
    targets = mem_grow(NULL, all + 1, sizeof *targets);
    all = 0;
    for (struct subscription *s = planner->subscriptions; s; s = s->next) {
        for (size_t w = 0; w < s->want_count; w++) {
            const struct planner_want *want = &s->wants[w];
            for (size_t i = 0; i < want->id_count; i++)
                targets[all++] = (struct target){want->center, want->query,
                                                 want->ids[i], want->every_ms};
        }
    }
    qsort(targets, all, sizeof *targets, by_id);
    for (size_t i = 0; i < all; i++) {
        const struct target *last = unique ? &targets[unique - 1] : NULL;
        if (!last || last->center != targets[i].center ||
            last->query != targets[i].query || last->id != targets[i].id)
            targets[unique++] = targets[i];
    }
    qsort(targets, unique, sizeof *targets, by_interval);
    *count = unique;
    return targets;
}

/* FNV-1a over what names a timetable: equal on every start, different per centre. */
static uint64_t
hash_timetable(const char *center, const char *query, int64_t every_ms)
{
    const char *parts[] = {center, query};
    uint64_t hash = 14695981039346656037ULL;
    for (size_t i = 0; i < 2; i++)
        for (const char *c = parts[i]; *c; c++)
            hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
    return (hash ^ (uint64_t)every_ms) * 1099511628211ULL;
}

/* Batches of one interval are spread evenly over it, from a phase of their own. */
static void
spread_phases(struct planner *planner, struct batch **group, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct batch *batch = group[i];
        int64_t every = batch->every_ms;
        uint64_t hash = hash_timetable(lane_center(planner->lanes[batch->center])->name,
                                       batch->query->name, every);
        batch->phase_ms =
            (int64_t)((hash % (uint64_t)every + (uint64_t)every * i / count) %
                      (uint64_t)every);
    }
}

static bool
is_same(const struct batch *batch, const struct planner_want *what)
{
    return batch->center == what->center && batch->query == what->query &&
           batch->every_ms == what->every_ms && batch->id_count == what->id_count &&
           memcmp(batch->ids, what->ids, what->id_count * sizeof *what->ids) == 0;
}

/* The batch for these ids: the one that is there, or a new one. */
static struct batch *
obtain(struct planner *planner, struct batch **old, const struct planner_want *what)
{
    for (struct batch **at = old; *at; at = &(*at)->next) {
        struct batch *batch = *at;
        if (!is_same(batch, what))
            continue;
        *at = batch->next;
        return batch;
    }
    return batch_new(planner, what);
}

/* The batches of `count` targets of one centre, query and interval. */
static void
cut_group(struct planner *planner, const struct target *targets, size_t count,
          struct batch **old)
{
    int64_t *ids = mem_grow(NULL, count, sizeof *ids);
    struct batch **group = mem_grow(NULL, count, sizeof *group);
    size_t made = 0;
    for (size_t i = 0; i < count; i++)
        ids[i] = targets[i].id;
    for (size_t at = 0; at < count;) {
        size_t fit = query_fit(targets[0].query, ids + at, count - at);
        struct planner_want what = {targets[0].center, targets[0].query,
                                    targets[0].every_ms, ids + at, fit};
        struct batch *batch = obtain(planner, old, &what);
        batch->next = planner->batches;
        planner->batches = batch;
        group[made++] = batch;
        at += fit;
    }
    spread_phases(planner, group, made);
    free(group);
    free(ids);
}

static bool
wants_id(const struct subscription *subscription, const struct batch *batch, int64_t id)
{
    for (size_t w = 0; w < subscription->want_count; w++) {
        const struct planner_want *want = &subscription->wants[w];
        if (want->center != batch->center || want->query != batch->query)
            continue;
        for (size_t low = 0, high = want->id_count; low < high;) {
            size_t middle = low + (high - low) / 2;
            if (want->ids[middle] == id)
                return true;
            if (want->ids[middle] < id)
                low = middle + 1;
            else
                high = middle;
        }
    }
    return false;
}

static bool
is_owed(const struct feed *feeds, size_t count, const struct subscription *subscription)
{
    for (size_t i = 0; i < count; i++)
        if (feeds[i].subscription == subscription)
            return feeds[i].refused;
    return false;
}

static void
connect_feed(struct batch *batch, struct subscription *subscription, bool refused)
{
    size_t *rows = mem_grow(NULL, batch->id_count, sizeof *rows), count = 0;
    for (size_t i = 0; i < batch->id_count; i++)
        if (wants_id(subscription, batch, batch->ids[i]))
            rows[count++] = i;
    if (count == batch->id_count) {
        free(rows);
        rows = NULL;
    }
    if (!count) {
        free(rows);
        return;
    }
    batch->feeds = mem_grow(batch->feeds, batch->feed_count + 1, sizeof *batch->feeds);
    batch->feeds[batch->feed_count++] =
        (struct feed){subscription, rows, count, refused};
}

/* Who gets what of a batch; what somebody had no room for is still owed. */
static void
connect_feeds(struct planner *planner, struct batch *batch)
{
    struct batch before = {.feeds = batch->feeds, .feed_count = batch->feed_count};
    batch->feeds = NULL;
    batch->feed_count = 0;
    for (struct subscription *s = planner->subscriptions; s; s = s->next)
        connect_feed(batch, s, is_owed(before.feeds, before.feed_count, s));
    batch_drop_feeds(&before);
}

/* New batches go out at once; the lane's rate spreads them. */
static void
start_new(struct planner *planner)
{
    for (struct batch *batch = planner->batches; batch; batch = batch->next)
        if (!timer_is_running(batch->timer))
            batch_start(batch);
}

void
plan_rebuild(struct planner *planner)
{
    struct batch *old = planner->batches;
    size_t count;
    struct target *targets = collect(planner, &count);
    planner->batches = NULL;
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count; to++)
            if (targets[to].center != targets[from].center ||
                targets[to].query != targets[from].query ||
                targets[to].every_ms != targets[from].every_ms)
                break;
        cut_group(planner, targets + from, to - from, &old);
    }
    free(targets);
    while (old) {
        struct batch *batch = old;
        old = batch->next;
        batch_delete(batch);
    }
    for (struct batch *batch = planner->batches; batch; batch = batch->next)
        connect_feeds(planner, batch);
    start_new(planner);
}
