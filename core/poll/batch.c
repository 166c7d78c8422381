#include "poll/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/sign.h"

/* Requests are moved by up to ± this share of their interval, so that gateways which
 * were started together drift apart. */
#define JITTER 0.05
/* What has a span is asked when a slot closes, not at an interval: after a failure it
 * is asked again after a time that doubles, */
#define RETRY_FIRST_MS ((int64_t)1000)
#define RETRY_MOST_MS  ((int64_t)15 * 60 * 1000)
/* and since wall clocks jump and machines sleep it looks at the clock so often. */
#define LOOK_MS ((int64_t)60 * 1000)

/* ---- answers ---- */

static void
report(struct batch *batch, const struct error *error)
{
    const char *center = plan_center(batch->planner, batch->center)->name;
    bool is_own = error->kind == ERROR_API || error->kind == ERROR_DECODE;
    bool is_searched =
        batch->lot && error->kind == ERROR_API; /* told when it is found */
    if (is_own && !is_searched &&
        (batch->error.kind != error->kind ||
         strcmp(batch->error.code, error->code) != 0))
        log_warn("poll", "center %s: %s %lld…%lld: %s%s%s: %s; alerts are held", center,
                 batch->query->name, (long long)batch->ids[0],
                 (long long)batch->ids[batch->id_count - 1], error_word(error->kind),
                 error->code[0] ? " " : "", error->code, error->message);
    batch->error = *error;
}

/* After the answer to a query that has a span. */
static void
keep_mark(struct batch *batch, bool is_good)
{
    struct planner *planner = batch->planner;
    if (is_good)
        slots_advance(planner->slots, plan_center(planner, batch->center)->name,
                      batch->query, batch->ids[0], &batch->span);
    batch->retries = is_good ? 0 : batch->retries + 1;
    if (!planner->is_draining)
        batch_arm(batch);
}

void
batch_answer(struct batch *batch, const struct poll_answer *answer)
{
    enum error_kind kind = answer->error.kind;
    report(batch, &answer->error);
    search_learn(batch, &answer->error);
    if (kind == ERROR_NONE || kind == ERROR_API || kind == ERROR_DECODE)
        batch->is_welcome = kind == ERROR_NONE;
    if (kind == ERROR_NONE)
        sample_take(batch, answer->rows);
    if (batch->query->has_span)
        keep_mark(batch, kind == ERROR_NONE);
    if (kind == ERROR_NONE)
        sample_send_all(batch);
}

static void
on_batch_answer(struct errand *errand, const struct poll_answer *answer)
{
    struct batch *batch = (struct batch *)errand;
    if (!ride_end(batch, answer))
        batch_answer(batch, answer);
}

/* ---- the timetable ---- */

/* Until the next time of the batch's own grid that is at least half an interval away.
 */
static int64_t
wait_for_turn(const struct batch *batch)
{
    int64_t now = clock_mono_ms(), every = batch->period_ms;
    int64_t earliest = now + every / 2;
    int64_t turns = (earliest - batch->phase_ms + every - 1) / every;
    double jitter = (sign_random_share() * 2 - 1) * JITTER * (double)every;
    return batch->phase_ms + turns * every - now + (int64_t)jitter;
}

static int64_t
wait_for_slot(const struct batch *batch)
{
    int64_t wait = slots_wait_ms(batch->phase_ms, clock_wall_ms());
    if (batch->retries) {
        wait = RETRY_FIRST_MS << (batch->retries < 10 ? batch->retries - 1 : 10);
        return wait < RETRY_MOST_MS ? wait : RETRY_MOST_MS;
    }
    return wait < LOOK_MS ? wait : LOOK_MS;
}

void
batch_wait(struct batch *batch, int64_t wait_ms)
{
    if (wait_ms < 1)
        wait_ms = 1;
    batch->due_ms = clock_mono_ms() + wait_ms;
    timer_start_slack(batch->timer, wait_ms);
}

/* A refused id has no timetable: it is asked as seldom as was promised. */
void
batch_arm(struct batch *batch)
{
    if (batch->is_refused)
        batch_wait(batch, search_wait_ms(batch));
    else
        batch_wait(batch, batch->query->has_span ? wait_for_slot(batch)
                                                 : wait_for_turn(batch));
}

/* Is there anything to ask? Of a query with a span: the slots that have closed. */
static bool
choose_span(struct batch *batch)
{
    const struct planner *planner = batch->planner;
    if (!batch->query->has_span)
        return true;
    int64_t mark = slots_mark(planner->slots, plan_center(planner, batch->center)->name,
                              batch->query, batch->ids[0]);
    return slots_due(mark, batch->last_ms, batch->phase_ms, clock_wall_ms(),
                     &batch->span);
}

/* The batch's own ids, then those of its riders. */
static void
write_request(struct batch *batch)
{
    size_t count = batch->id_count, at = count;
    for (const struct batch *rider = batch->riders; rider; rider = rider->next_rider)
        count += rider->id_count;
    int64_t *ids = mem_grow(NULL, count, sizeof *ids);
    memcpy(ids, batch->ids, batch->id_count * sizeof *ids);
    for (const struct batch *rider = batch->riders; rider; rider = rider->next_rider) {
        memcpy(ids + at, rider->ids, rider->id_count * sizeof *ids);
        at += rider->id_count;
    }
    plan_request(batch->planner, batch->center, batch->query, ids, count, &batch->span,
                 &batch->body, &batch->errand);
    free(ids);
}

/* What is still in the lane, or in another's request, is not asked twice. */
void
batch_start(struct batch *batch)
{
    if (batch->planner->is_draining)
        return;
    if (batch->is_refused)
        search_postpone(batch);
    batch_arm(batch);
    if (batch->errand.lane || batch->vehicle || !choose_span(batch))
        return;
    ride_board(batch);
    write_request(batch);
    lane_add(plan_lane(batch->planner, batch->center, batch->query), &batch->errand);
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
    ride_leave(batch);
    lane_remove(&batch->errand);
    timer_free(batch->timer);
    batch_drop_feeds(batch);
    free(batch->ids);
    buf_fini(&batch->body);
    block_fini(&batch->rows);
    block_fini(&batch->former);
    free(batch);
}

struct batch *
batch_new(struct planner *planner, const struct demand_request *what)
{
    struct batch *batch = mem_zero(sizeof *batch);
    batch->planner = planner;
    batch->center = what->center;
    batch->lot = what->lot;
    batch->query = what->query;
    batch->every_ms = what->every_ms;
    batch->ids = mem_copy(what->ids, what->id_count * sizeof *what->ids);
    batch->id_count = what->id_count;
    batch->timer = timer_new(planner->loop, on_due, batch);
    block_init(&batch->rows, what->query);
    block_init(&batch->former, what->query);
    batch->errand.on_answer = on_batch_answer;
    return batch;
}
