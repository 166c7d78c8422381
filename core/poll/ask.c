#include "poll/ask.h"

#include <stdlib.h>

#include "base/mem.h"
#include "poll/plan.h"

struct ask {
    struct errand errand;
    struct planner *planner;
    struct buf body;
    struct error error;  /* why it is not asked */
    struct timer *timer; /* tells that outside of everybody's calls */
    poll_callback *on_done;
    void *arg;
    struct ask *next;
};

void
ask_cancel(struct ask *ask)
{
    struct ask **at = &ask->planner->asks;
    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    lane_remove(&ask->errand);
    timer_free(ask->timer);
    buf_fini(&ask->body);
    free(ask);
}

static void
finish(struct ask *ask, const struct poll_answer *answer)
{
    ask->on_done(ask->arg, answer);
    ask_cancel(ask);
}

static void
on_answer(struct errand *errand, const struct poll_answer *answer)
{
    finish((struct ask *)errand, answer);
}

static void
on_refused(void *arg)
{
    struct ask *ask = arg;
    struct poll_answer answer = {.error = ask->error, .body = "", .retry_after_ms = -1};
    finish(ask, &answer);
}

struct ask *
planner_ask(struct planner *planner, uint32_t center, const struct query *query,
            const int64_t *ids, size_t id_count, const struct query_span *span,
            poll_callback *on_done, void *arg)
{
    struct lane *lane = plan_lane(planner, center, query);
    struct ask *ask = mem_zero(sizeof *ask);
    ask->planner = planner;
    ask->on_done = on_done;
    ask->arg = arg;
    ask->timer = timer_new(planner->loop, on_refused, ask);
    ask->next = planner->asks;
    planner->asks = ask;
    plan_request(planner, center, query, ids, id_count, span, &ask->body, &ask->errand);
    ask->errand.impatient = true;
    ask->errand.on_answer = on_answer;
    if (lane_is_held(lane, &ask->error))
        timer_start(ask->timer, 0);
    else
        lane_add(lane, &ask->errand);
    return ask;
}

void
ask_fail_all(struct planner *planner, const struct error *error)
{
    for (struct ask *ask = planner->asks; ask; ask = ask->next) {
        if (!ask->errand.lane)
            continue; /* it has its error */
        lane_remove(&ask->errand);
        ask->error = *error;
        timer_start(ask->timer, 0);
    }
}

void
planner_look(struct planner *planner, uint32_t center, const struct query *query,
             struct lane_state *state)
{
    lane_look(plan_lane(planner, center, query), state);
}

const struct lane_counts *
planner_counts(const struct planner *planner, uint32_t center,
               const struct query *query)
{
    return lane_counts_of(plan_lane(planner, center, query), query);
}

bool
planner_is_unknown(const struct planner *planner, uint32_t center)
{
    bool is_wanted = false;
    for (const struct batch *batch = planner->batches; batch; batch = batch->next) {
        if (batch->center != center || batch->query->has_span)
            continue;
        is_wanted = true;
        if (planner_counts(planner, center, batch->query)->polls)
            return false;
    }
    return is_wanted;
}

void
planner_retry(struct planner *planner, uint32_t center)
{
    for (size_t door = 0; door < PLAN_DOORS; door++)
        lane_retry(planner->lanes[center * PLAN_DOORS + door]);
}
