#include "poll/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A request of a fetch. */
struct part {
    struct errand errand;
    struct fetch *fetch;
    struct buf body;
    int64_t argument;    /* its first id */
    struct block answer; /* as it came */
};

struct fetch {
    struct planner *planner;
    uint32_t center; /* until all parts are answered: a reload gives other numbers */
    int64_t vdn;     /* the centre's */
    const struct query *query;
    struct query_span span; /* of a query that has one */
    int64_t *ids;
    size_t id_count;
    struct part *parts;
    size_t part_count, open_count;
    struct block rows; /* in the order of ids */
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
        block_fini(&fetch->parts[i].answer);
    }
    timer_free(fetch->timer);
    block_fini(&fetch->rows);
    free(fetch->parts);
    free(fetch->ids);
    free(fetch);
}

/* The rows of all parts, in their order. */
static void
join_parts(struct fetch *fetch)
{
    struct block all;
    block_init(&all, fetch->query);
    for (size_t i = 0; i < fetch->part_count; i++)
        block_join(&all, &fetch->parts[i].answer, fetch->parts[i].argument, fetch->vdn);
    if (fetch->query->is_list) {
        block_unique(&all);
        block_fini(&fetch->rows);
        fetch->rows = all;
    } else {
        sample_arrange(&fetch->rows, fetch->ids, fetch->id_count, &all);
        block_fini(&all);
    }
}

static void
on_fetch_end(void *arg)
{
    struct fetch *fetch = arg;
    if (fetch->error.kind == ERROR_NONE && fetch->part_count)
        join_parts(fetch);
    fetch->on_done(fetch->arg, &fetch->error, &fetch->rows, fetch->wall_ms);
    fetch_cancel(fetch);
}

static void
on_part_answer(struct errand *errand, const struct poll_answer *answer)
{
    struct part *part = (struct part *)errand;
    struct fetch *fetch = part->fetch;
    if (answer->error.kind != ERROR_NONE)
        fetch->error = answer->error;
    else
        block_join(&part->answer, answer->rows, part->argument, fetch->vdn);
    fetch->wall_ms = clock_wall_ms();
    if (--fetch->open_count == 0)
        timer_start(fetch->timer, 0);
}

/* The batch that knows what is asked of an id, from an answer that is young enough;
 * NULL if there is none. `place` is the id's in it. */
static const struct batch *
find_known(const struct fetch *fetch, int64_t id, int64_t max_age_ms, size_t *place)
{
    int64_t now = clock_mono_ms();
    for (const struct batch *batch = fetch->planner->batches; batch;
         batch = batch->next) {
        if (batch->center != fetch->center || batch->query != fetch->query ||
            !batch->rows_mono_ms || now - batch->rows_mono_ms > max_age_ms)
            continue;
        const int64_t *at =
            bsearch(&id, batch->ids, batch->id_count, sizeof id, plan_by_id);
        if (!at)
            continue;
        *place = (size_t)(at - batch->ids);
        return batch;
    }
    return NULL;
}

/* Adds what a batch knows of the id in this place: its row, or of a list all rows. */
static void
add_known(struct block *rows, const struct batch *batch, size_t place, int64_t vdn)
{
    struct block known = batch->rows;
    if (!batch->query->is_list) {
        known.cells += place * query_width(batch->query);
        known.row_count = 1;
    }
    block_join(rows, &known, batch->ids[place], vdn);
}

/* The last slots are all that is known of operations: no span that anybody asks for. */
static bool
answer_from_known(struct fetch *fetch, int64_t max_age_ms)
{
    for (size_t i = 0; i < fetch->id_count; i++) {
        size_t place;
        const struct batch *batch =
            fetch->query->has_span
                ? NULL
                : find_known(fetch, fetch->ids[i], max_age_ms, &place);
        if (!batch) {
            block_clear(&fetch->rows);
            return false;
        }
        add_known(&fetch->rows, batch, place, fetch->vdn);
        fetch->wall_ms = batch->rows_wall_ms;
    }
    if (fetch->query->is_list)
        block_unique(&fetch->rows);
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
ask(struct fetch *fetch, struct lane *lane)
{
    fetch->parts = mem_zero((fetch->id_count + 1) * sizeof *fetch->parts);
    for (size_t at = 0; at < fetch->id_count;) {
        struct part *part = &fetch->parts[fetch->part_count++];
        size_t fit = query_fit(fetch->query, fetch->ids + at, fetch->id_count - at);
        plan_request(fetch->planner, fetch->center, fetch->query, fetch->ids + at, fit,
                     &fetch->span, &part->body, &part->errand);
        part->fetch = fetch;
        part->argument = fetch->ids[at];
        block_init(&part->answer, fetch->query);
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
    struct lane *lane = plan_lane(planner, center, query);
    fetch->planner = planner;
    fetch->center = center;
    fetch->vdn = plan_center(planner, center)->vdn;
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
    block_init(&fetch->rows, query);
    if (!id_count || is_refused(fetch) || answer_from_known(fetch, max_age_ms) ||
        lane_is_held(lane, &fetch->error))
        timer_start(fetch->timer, 0);
    else
        ask(fetch, lane);
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
