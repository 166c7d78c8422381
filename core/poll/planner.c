#include "poll/planner.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/sign.h"
#include "poll/lane.h"

/* Requests are moved by up to ± this share of their interval, so that gateways which
 * were started together drift apart. */
#define JITTER 0.05

/* What one subscriber gets of a batch. */
struct feed {
    struct subscription *subscription;
    size_t *rows; /* positions in the batch; NULL: all of them */
    size_t count;
    bool refused; /* the newest sample has not been taken */
};

/* Ids that are asked together, again and again. */
struct batch {
    struct errand errand;
    struct planner *planner;
    uint32_t center;
    const struct query *query;
    int64_t every_ms;
    int64_t *ids; /* ascending */
    size_t id_count;
    struct buf body;
    struct timer *timer;
    int64_t phase_ms;
    struct block rows;                  /* the newest sample, in the order of ids */
    int64_t rows_wall_ms, rows_mono_ms; /* 0: none yet */
    struct error error;                 /* of the last answer */
    struct feed *feeds;
    size_t feed_count;
    struct batch *next;
};

struct subscription {
    struct planner *planner;
    struct planner_want *wants; /* ids owned */
    size_t want_count;
    planner_on_rows *on_rows;
    void *arg;
    bool wants_replay;
    struct subscription *next;
};

struct planner {
    struct loop *loop;
    struct http_pool *pool;
    struct lane **lanes; /* one per centre, in the order of conf */
    size_t lane_count;
    struct batch *batches;
    struct subscription *subscriptions;
    struct fetch *fetches;
    struct timer *replay_timer;
    struct block scratch;
    uint64_t random;
    bool is_draining;
};

static void on_replay(void *arg);

static void
make_lanes(struct planner *planner, const struct conf *conf)
{
    planner->lane_count = conf->center_count;
    planner->lanes = mem_zero((conf->center_count + 1) * sizeof *planner->lanes);
    for (size_t i = 0; i < conf->center_count; i++)
        planner->lanes[i] = lane_new(planner->loop, planner->pool, &conf->centers[i]);
}

struct planner *
planner_new(struct loop *loop, struct http_pool *pool, const struct conf *conf)
{
    struct planner *planner = mem_zero(sizeof *planner);
    planner->loop = loop;
    planner->pool = pool;
    planner->replay_timer = timer_new(loop, on_replay, planner);
    sign_random(&planner->random, sizeof planner->random);
    make_lanes(planner, conf);
    return planner;
}

/* ---- samples ---- */

/* Puts the rows of an answer into the order of `ids`; what the answer lacks is gone,
 * what nobody asked for is dropped. Answers mostly come in the order asked. */
static void
arrange(struct block *out, const int64_t *ids, size_t id_count,
        const struct block *answer)
{
    const struct query *query = out->query;
    size_t width = query_width(query), expected = 0;
    block_clear(out);
    for (size_t i = 0; i < id_count; i++) {
        int64_t *row = block_add(out);
        row[0] = (int64_t)(ROW_GONE | (uint64_t)1 << query->key);
        row[1 + query->key] = ids[i];
    }
    for (size_t r = 0; r < answer->row_count; r++) {
        const int64_t *row = block_row(answer, r);
        for (size_t tries = 0; tries < id_count; tries++) {
            size_t at = (expected + tries) % id_count;
            if (ids[at] != row[1 + query->key])
                continue;
            memcpy(out->cells + at * width, row, width * sizeof *row);
            expected = at + 1;
            break;
        }
    }
}

/* The rows of one feed; the batch's own block where it gets all. */
static const struct block *
rows_of(struct batch *batch, const struct feed *feed)
{
    struct block *scratch = &batch->planner->scratch;
    if (!feed->rows)
        return &batch->rows;
    scratch->query = batch->query;
    block_clear(scratch);
    for (size_t i = 0; i < feed->count; i++)
        memcpy(block_add(scratch), block_row(&batch->rows, feed->rows[i]),
               query_width(batch->query) * sizeof(int64_t));
    return scratch;
}

static void
feed_send(struct batch *batch, struct feed *feed)
{
    struct subscription *to = feed->subscription;
    feed->refused =
        !to->on_rows(to->arg, batch->center, rows_of(batch, feed), batch->rows_wall_ms);
}

static void
report(struct batch *batch, const struct error *error)
{
    const char *center = lane_center(batch->planner->lanes[batch->center])->name;
    bool is_own = error->kind == ERROR_API || error->kind == ERROR_DECODE;
    if (is_own && (batch->error.kind != error->kind ||
                   strcmp(batch->error.code, error->code) != 0))
        log_warn("poll", "center %s: %s %lld…%lld: %s %s: %s; alerts are held", center,
                 batch->query->name, (long long)batch->ids[0],
                 (long long)batch->ids[batch->id_count - 1], error_word(error->kind),
                 error->code, error->message);
    batch->error = *error;
}

static void
on_batch_answer(struct errand *errand, const struct poll_answer *answer)
{
    struct batch *batch = (struct batch *)errand;
    report(batch, &answer->error);
    if (answer->error.kind != ERROR_NONE)
        return;
    arrange(&batch->rows, batch->ids, batch->id_count, answer->rows);
    batch->rows_wall_ms = clock_wall_ms();
    batch->rows_mono_ms = clock_mono_ms();
    log_debug("poll", "polled %s: %zu rows (%lld ms)", batch->query->name,
              batch->rows.row_count, (long long)(answer->duration_us / 1000));
    for (size_t i = 0; i < batch->feed_count; i++)
        feed_send(batch, &batch->feeds[i]);
}

/* ---- the timetable ---- */

static double
random_share(struct planner *planner)
{
    planner->random ^= planner->random << 13;
    planner->random ^= planner->random >> 7;
    planner->random ^= planner->random << 17;
    return (double)(planner->random >> 11) / (double)(1ULL << 53);
}

/* The next time of the batch's own grid that is at least half an interval away. */
static void
arm(struct batch *batch)
{
    int64_t now = clock_mono_ms(), every = batch->every_ms;
    int64_t earliest = now + every / 2;
    int64_t turns = (earliest - batch->phase_ms + every - 1) / every;
    double jitter = (random_share(batch->planner) * 2 - 1) * JITTER * (double)every;
    int64_t wait = batch->phase_ms + turns * every - now + (int64_t)jitter;
    timer_start(batch->timer, wait > 1 ? wait : 1);
}

static void
on_batch_due(void *arg)
{
    struct batch *batch = arg;
    if (batch->planner->is_draining)
        return;
    arm(batch);
    lane_add(batch->planner->lanes[batch->center], &batch->errand);
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

/* ---- batches ---- */

static void
drop_feeds(struct batch *batch)
{
    for (size_t i = 0; i < batch->feed_count; i++)
        free(batch->feeds[i].rows);
    free(batch->feeds);
    batch->feeds = NULL;
    batch->feed_count = 0;
}

static void
batch_delete(struct batch *batch)
{
    lane_remove(&batch->errand);
    timer_free(batch->timer);
    drop_feeds(batch);
    free(batch->ids);
    buf_fini(&batch->body);
    block_fini(&batch->rows);
    free(batch);
}

static struct batch *
batch_new(struct planner *planner, const struct planner_want *what)
{
    const struct conf_center *center = lane_center(planner->lanes[what->center]);
    struct batch *batch = mem_zero(sizeof *batch);
    batch->planner = planner;
    batch->center = what->center;
    batch->query = what->query;
    batch->every_ms = what->every_ms;
    batch->ids = mem_copy(what->ids, what->id_count * sizeof *what->ids);
    batch->id_count = what->id_count;
    query_body(what->query, center->cc_id, center->vdn, what->ids, what->id_count,
               &batch->body);
    batch->timer = timer_new(planner->loop, on_batch_due, batch);
    block_init(&batch->rows, what->query);
    batch->errand.query = what->query;
    batch->errand.body = batch->body.data;
    batch->errand.body_size = batch->body.size;
    batch->errand.on_answer = on_batch_answer;
    return batch;
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

/* ---- from wants to batches ---- */

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

static void
connect_feed(struct batch *batch, struct subscription *subscription)
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
    batch->feeds[batch->feed_count++] = (struct feed){subscription, rows, count, false};
}

/* New batches go out at once; the lane's rate spreads them. */
static void
start_new(struct planner *planner)
{
    for (struct batch *batch = planner->batches; batch; batch = batch->next)
        if (!timer_is_running(batch->timer))
            on_batch_due(batch);
}

static void
rebuild(struct planner *planner)
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
    for (struct batch *batch = planner->batches; batch; batch = batch->next) {
        drop_feeds(batch);
        for (struct subscription *s = planner->subscriptions; s; s = s->next)
            connect_feed(batch, s);
    }
    start_new(planner);
}

/* ---- subscriptions ---- */

static int
by_value(const void *a, const void *b)
{
    return compare(*(const int64_t *)a, *(const int64_t *)b);
}

struct subscription *
planner_subscribe(struct planner *planner, const struct planner_want *wants,
                  size_t count, planner_on_rows *on_rows, void *arg)
{
    struct subscription *subscription = mem_zero(sizeof *subscription);
    subscription->planner = planner;
    subscription->on_rows = on_rows;
    subscription->arg = arg;
    subscription->wants = mem_zero((count + 1) * sizeof *wants);
    subscription->want_count = count;
    for (size_t i = 0; i < count; i++) {
        int64_t *ids = mem_copy(wants[i].ids, wants[i].id_count * sizeof *ids);
        qsort(ids, wants[i].id_count, sizeof *ids, by_value);
        subscription->wants[i] = wants[i];
        subscription->wants[i].ids = ids;
    }
    subscription->next = planner->subscriptions;
    planner->subscriptions = subscription;
    rebuild(planner);
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
    free(subscription->wants);
    free(subscription);
    rebuild(planner);
}

static void
send_known(struct subscription *subscription, bool only_refused)
{
    int64_t now = clock_mono_ms();
    for (struct batch *batch = subscription->planner->batches; batch;
         batch = batch->next) {
        bool is_fresh =
            batch->rows_mono_ms && now - batch->rows_mono_ms <= batch->every_ms;
        for (size_t i = 0; i < batch->feed_count; i++) {
            struct feed *feed = &batch->feeds[i];
            if (feed->subscription == subscription &&
                (only_refused ? feed->refused : is_fresh))
                feed_send(batch, feed);
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
    timer_start(subscription->planner->replay_timer, 0);
}

static void
on_replay(void *arg)
{
    struct planner *planner = arg;
    for (struct subscription *s = planner->subscriptions; s; s = s->next) {
        if (!s->wants_replay)
            continue;
        s->wants_replay = false;
        send_known(s, false);
    }
}

/* ---- one-off questions ---- */

/* A request of a fetch. */
struct part {
    struct errand errand;
    struct fetch *fetch;
    struct buf body;
};

struct fetch {
    struct planner *planner;
    uint32_t center;
    const struct query *query;
    int64_t *ids;
    size_t id_count;
    struct part *parts;
    size_t part_count, open_count;
    struct block answer; /* rows of all parts as they came */
    struct block rows;   /* in the order of ids */
    int64_t wall_ms;
    struct error error;
    struct timer *timer; /* ends the fetch outside of everybody's calls */
    fetch_callback *on_done;
    void *arg;
    struct fetch *next;
};

static void
fetch_free(struct fetch *fetch)
{
    struct fetch **at = &fetch->planner->fetches;
    while (*at != fetch)
        at = &(*at)->next;
    *at = fetch->next;
    for (size_t i = 0; i < fetch->part_count; i++) {
        lane_remove(&fetch->parts[i].errand);
        buf_fini(&fetch->parts[i].body);
    }
    timer_free(fetch->timer);
    block_fini(&fetch->answer);
    block_fini(&fetch->rows);
    free(fetch->parts);
    free(fetch->ids);
    free(fetch);
}

void
fetch_cancel(struct fetch *fetch)
{
    fetch_free(fetch);
}

static void
on_fetch_end(void *arg)
{
    struct fetch *fetch = arg;
    if (fetch->error.kind == ERROR_NONE && !fetch->rows.row_count)
        arrange(&fetch->rows, fetch->ids, fetch->id_count, &fetch->answer);
    fetch->on_done(fetch->arg, &fetch->error, &fetch->rows, fetch->wall_ms);
    fetch_free(fetch);
}

static void
on_part_answer(struct errand *errand, const struct poll_answer *answer)
{
    struct fetch *fetch = ((struct part *)errand)->fetch;
    size_t width = query_width(fetch->query);
    if (answer->error.kind != ERROR_NONE)
        fetch->error = answer->error;
    else
        for (size_t r = 0; r < answer->rows->row_count; r++)
            memcpy(block_add(&fetch->answer), block_row(answer->rows, r),
                   width * sizeof(int64_t));
    fetch->wall_ms = clock_wall_ms();
    if (--fetch->open_count == 0)
        timer_start(fetch->timer, 0);
}

/* The known row of an id that is young enough; NULL if there is none. */
static const int64_t *
known_row(const struct fetch *fetch, int64_t id, int64_t max_age_ms, int64_t *wall_ms)
{
    int64_t now = clock_mono_ms();
    for (struct batch *batch = fetch->planner->batches; batch; batch = batch->next) {
        if (batch->center != fetch->center || batch->query != fetch->query ||
            !batch->rows_mono_ms || now - batch->rows_mono_ms > max_age_ms)
            continue;
        for (size_t i = 0; i < batch->id_count; i++) {
            if (batch->ids[i] != id)
                continue;
            *wall_ms = batch->rows_wall_ms;
            return block_row(&batch->rows, i);
        }
    }
    return NULL;
}

static bool
answer_from_known(struct fetch *fetch, int64_t max_age_ms)
{
    for (size_t i = 0; i < fetch->id_count; i++) {
        const int64_t *row =
            known_row(fetch, fetch->ids[i], max_age_ms, &fetch->wall_ms);
        if (!row) {
            block_clear(&fetch->rows);
            return false;
        }
        memcpy(block_add(&fetch->rows), row,
               query_width(fetch->query) * sizeof(int64_t));
    }
    return true;
}

static void
ask(struct fetch *fetch)
{
    struct lane *lane = fetch->planner->lanes[fetch->center];
    const struct conf_center *center = lane_center(lane);
    fetch->parts = mem_zero((fetch->id_count + 1) * sizeof *fetch->parts);
    for (size_t at = 0; at < fetch->id_count;) {
        struct part *part = &fetch->parts[fetch->part_count++];
        size_t fit = query_fit(fetch->query, fetch->ids + at, fetch->id_count - at);
        query_body(fetch->query, center->cc_id, center->vdn, fetch->ids + at, fit,
                   &part->body);
        part->fetch = fetch;
        part->errand.query = fetch->query;
        part->errand.body = part->body.data;
        part->errand.body_size = part->body.size;
        part->errand.impatient = true;
        part->errand.on_answer = on_part_answer;
        at += fit;
    }
    fetch->open_count = fetch->part_count;
    for (size_t i = 0; i < fetch->part_count; i++)
        lane_add(lane, &fetch->parts[i].errand);
}

struct fetch *
planner_fetch(struct planner *planner, uint32_t center, const struct query *query,
              const int64_t *ids, size_t id_count, int64_t max_age_ms,
              fetch_callback *on_done, void *arg)
{
    struct fetch *fetch = mem_zero(sizeof *fetch);
    fetch->planner = planner;
    fetch->center = center;
    fetch->query = query;
    fetch->ids = mem_copy(ids, id_count * sizeof *ids);
    fetch->id_count = id_count;
    fetch->wall_ms = clock_wall_ms();
    fetch->on_done = on_done;
    fetch->arg = arg;
    fetch->timer = timer_new(planner->loop, on_fetch_end, fetch);
    fetch->next = planner->fetches;
    planner->fetches = fetch;
    block_init(&fetch->answer, query);
    block_init(&fetch->rows, query);
    if (!id_count || answer_from_known(fetch, max_age_ms) ||
        lane_is_held(planner->lanes[center], &fetch->error))
        timer_start(fetch->timer, 0);
    else
        ask(fetch);
    return fetch;
}

/* ---- configuration and the end ---- */

static struct lane *
take_lane(struct lane **lanes, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        struct lane *lane = lanes[i];
        if (!lane || strcmp(lane_center(lane)->name, name) != 0)
            continue;
        lanes[i] = NULL;
        return lane;
    }
    return NULL;
}

void
planner_set_conf(struct planner *planner, const struct conf *conf)
{
    struct lane **old = planner->lanes;
    size_t old_count = planner->lane_count;
    while (planner->batches) {
        struct batch *batch = planner->batches;
        planner->batches = batch->next;
        batch_delete(batch);
    }
    for (struct fetch *f = planner->fetches; f; f = f->next)
        for (size_t i = 0; i < f->part_count; i++)
            if (f->parts[i].errand.lane) {
                lane_remove(&f->parts[i].errand);
                error_set(&f->error, ERROR_CANCELLED, "", "the configuration changed");
                timer_start(f->timer, 0);
            }
    planner->lane_count = conf->center_count;
    planner->lanes = mem_zero((conf->center_count + 1) * sizeof *planner->lanes);
    for (size_t i = 0; i < conf->center_count; i++) {
        struct lane *lane = take_lane(old, old_count, conf->centers[i].name);
        if (lane)
            lane_set_center(lane, &conf->centers[i]);
        planner->lanes[i] =
            lane ? lane : lane_new(planner->loop, planner->pool, &conf->centers[i]);
    }
    for (size_t i = 0; i < old_count; i++)
        lane_delete(old[i]);
    free(old);
    rebuild(planner);
}

void
planner_drain(struct planner *planner)
{
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
        fetch_free(planner->fetches);
    for (size_t i = 0; i < planner->lane_count; i++)
        lane_delete(planner->lanes[i]);
    timer_free(planner->replay_timer);
    block_fini(&planner->scratch);
    free(planner->lanes);
    free(planner);
}
