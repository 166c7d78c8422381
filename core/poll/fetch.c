#include "poll/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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
    struct query_span span; /* of a query that has one */
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

void
fetch_cancel(struct fetch *fetch)
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

static void
on_fetch_end(void *arg)
{
    struct fetch *fetch = arg;
    if (fetch->error.kind == ERROR_NONE && !fetch->rows.row_count)
        batch_arrange(&fetch->rows, fetch->ids, fetch->id_count, &fetch->answer);
    fetch->on_done(fetch->arg, &fetch->error, &fetch->rows, fetch->wall_ms);
    fetch_cancel(fetch);
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
        const int64_t *at =
            bsearch(&id, batch->ids, batch->id_count, sizeof id, plan_by_id);
        if (!at)
            continue;
        *wall_ms = batch->rows_wall_ms;
        return block_row(&batch->rows, (size_t)(at - batch->ids));
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

static bool
is_refused(struct fetch *fetch)
{
    for (size_t i = 0; i < fetch->id_count; i++) {
        const struct error *refusal =
            search_refusal(fetch->planner, fetch->center, fetch->query, fetch->ids[i]);
        if (!refusal)
            continue;
        fetch->error = *refusal;
        return true;
    }
    return false;
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
              const int64_t *ids, size_t id_count, const struct query_span *span,
              int64_t max_age_ms, fetch_callback *on_done, void *arg)
{
    struct fetch *fetch = mem_zero(sizeof *fetch);
    fetch->planner = planner;
    fetch->center = center;
    fetch->query = query;
    fetch->span = span ? *span : (struct query_span){.type = OPERATION_ANY};
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
    if (!id_count || is_refused(fetch) || answer_from_known(fetch, max_age_ms) ||
        lane_is_held(planner->lanes[center], &fetch->error))
        timer_start(fetch->timer, 0);
    else
        ask(fetch);
    return fetch;
}

void
fetch_fail_all(struct planner *planner, const struct error *error)
{
    for (struct fetch *fetch = planner->fetches; fetch; fetch = fetch->next) {
        if (!fetch->open_count)
            continue;
        for (size_t i = 0; i < fetch->part_count; i++)
            lane_remove(&fetch->parts[i].errand);
        fetch->open_count = 0;
        fetch->error = *error;
        timer_start(fetch->timer, 0);
    }
}
