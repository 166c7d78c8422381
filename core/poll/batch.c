#include "poll/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

/* Requests are moved by up to ± this share of their interval, so that gateways which
 * were started together drift apart. */
#define JITTER 0.05

/* ---- samples ---- */

/* Answers mostly come in the order asked: the search starts where the last row was. */
void
batch_arrange(struct block *out, const int64_t *ids, size_t id_count,
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

void
batch_send(struct batch *batch, struct feed *feed)
{
    struct subscription *to = feed->subscription;
    int64_t argument = batch->query->is_list ? batch->ids[0] : 0;
    feed->refused = !to->on_rows(to->arg, batch->center, argument, rows_of(batch, feed),
                                 batch->rows_wall_ms);
}

static void
report(struct batch *batch, const struct error *error)
{
    const char *center = lane_center(batch->planner->lanes[batch->center])->name;
    bool is_own = error->kind == ERROR_API || error->kind == ERROR_DECODE;
    bool is_searched =
        batch->lot && error->kind == ERROR_API; /* told when it is found */
    if (is_own && !is_searched &&
        (batch->error.kind != error->kind ||
         strcmp(batch->error.code, error->code) != 0))
        log_warn("poll", "center %s: %s %lld…%lld: %s %s: %s; alerts are held", center,
                 batch->query->name, (long long)batch->ids[0],
                 (long long)batch->ids[batch->id_count - 1], error_word(error->kind),
                 error->code, error->message);
    batch->error = *error;
}

/* An id that the centre does not know is mostly a mistake in a script: said once. */
static void
tell_unknown(const struct batch *batch, const struct block *answer)
{
    for (size_t i = 0; i < batch->id_count; i++) {
        bool is_new = !batch->rows_mono_ms || !row_is_gone(block_row(&batch->rows, i));
        bool is_there = false;
        for (size_t r = 0; is_new && !is_there && r < answer->row_count; r++)
            is_there = block_row(answer, r)[1 + batch->query->key] == batch->ids[i];
        if (is_new && !is_there)
            log_warn("poll",
                     "center %s: %s %lld is not in the answer: the centre does not "
                     "know it (any more)",
                     lane_center(batch->planner->lanes[batch->center])->name,
                     batch->query->argument, (long long)batch->ids[i]);
    }
}

static void
on_batch_answer(struct errand *errand, const struct poll_answer *answer)
{
    struct batch *batch = (struct batch *)errand;
    report(batch, &answer->error);
    search_learn(batch, &answer->error);
    if (answer->error.kind != ERROR_NONE)
        return;
    if (answer->rows->row_count < batch->id_count)
        tell_unknown(batch, answer->rows);
    batch_arrange(&batch->rows, batch->ids, batch->id_count, answer->rows);
    batch->rows_wall_ms = clock_wall_ms();
    batch->rows_mono_ms = clock_mono_ms();
    log_debug("poll", "polled %s: %zu rows (%lld ms)", batch->query->name,
              batch->rows.row_count, (long long)(answer->duration_us / 1000));
    for (size_t i = 0; i < batch->feed_count; i++)
        batch_send(batch, &batch->feeds[i]);
}

/* ---- the timetable ---- */

/* The next time of the batch's own grid that is at least half an interval away. A
 * refused id has no grid: it is asked as seldom as was promised. */
void
batch_arm(struct batch *batch)
{
    int64_t now = clock_mono_ms(), every = batch->period_ms;
    int64_t earliest = now + every / 2;
    int64_t turns = (earliest - batch->phase_ms + every - 1) / every;
    double jitter = (plan_random(batch->planner) * 2 - 1) * JITTER * (double)every;
    int64_t wait = batch->phase_ms + turns * every - now + (int64_t)jitter;
    if (batch->is_refused)
        wait = search_wait_ms(batch);
    timer_start(batch->timer, wait > 1 ? wait : 1);
}

void
batch_start(struct batch *batch)
{
    if (batch->planner->is_draining)
        return;
    if (batch->is_refused)
        search_postpone(batch);
    batch_arm(batch);
    lane_add(batch->planner->lanes[batch->center], &batch->errand);
}

static void
on_due(void *arg)
{
    batch_start(arg);
}

/* ---- making ---- */

void
batch_drop_feeds(struct batch *batch)
{
    for (size_t i = 0; i < batch->feed_count; i++)
        free(batch->feeds[i].rows);
    free(batch->feeds);
    batch->feeds = NULL;
    batch->feed_count = 0;
}

void
batch_delete(struct batch *batch)
{
    lane_remove(&batch->errand);
    timer_free(batch->timer);
    batch_drop_feeds(batch);
    free(batch->ids);
    buf_fini(&batch->body);
    block_fini(&batch->rows);
    free(batch);
}

struct batch *
batch_new(struct planner *planner, const struct demand_request *what)
{
    const struct conf_center *center = lane_center(planner->lanes[what->center]);
    struct batch *batch = mem_zero(sizeof *batch);
    batch->planner = planner;
    batch->center = what->center;
    batch->lot = what->lot;
    batch->query = what->query;
    batch->every_ms = what->every_ms;
    batch->ids = mem_copy(what->ids, what->id_count * sizeof *what->ids);
    batch->id_count = what->id_count;
    query_body(what->query, center->cc_id, center->vdn, what->ids, what->id_count,
               &batch->body);
    batch->timer = timer_new(planner->loop, on_due, batch);
    block_init(&batch->rows, what->query);
    batch->errand.query = what->query;
    batch->errand.body = batch->body.data;
    batch->errand.body_size = batch->body.size;
    batch->errand.on_answer = on_batch_answer;
    return batch;
}
