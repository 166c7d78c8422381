#include "script/memory.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/step.h"

#define EDGE_MS ((int64_t)120000)
/* A window that held nothing does not fall when it ends: it has then. Longer than the
 * window by as much as samples may be late. */
#define SURELY_CLOSED_MS ((int64_t)360000)

/* Small, because a sample reads all of it for each row. */
struct memory {
    int64_t edge_until_ms;
    int64_t closed_ms; /* when a window of the server's was seen to end; 0: never */
    struct tracker **trackers; /* of each condition; NULL: none has any, or no sample */
    uint32_t has_value;        /* a bit for each of the cells */
    bool is_closing;           /* at this sample */
    int64_t cells[];           /* of the plan's fields, of the sample before */
};

static void
find_fields(struct memory_plan *plan, const struct query *query)
{
    plan->field_count = 0;
    for (uint32_t i = 0; i < query->field_count; i++) {
        const struct field *field = &query->fields[i];
        bool is_count = field->kind == FIELD_INTEGER ||
                        (field->kind == FIELD_REAL && field->unit != UNIT_RATIO);
        bool tells = field->window_5m && is_count && !field->is_mean;
        if (!tells || plan->field_count == MEMORY_FIELDS_MAX)
            continue;
        plan->is_real[plan->field_count] = field->kind == FIELD_REAL;
        plan->fields[plan->field_count++] = i;
    }
}

void
memory_plan_make(struct memory_plan *plan)
{
    bool has_5m = false;
    for (size_t i = 0; i < plan->condition_count; i++) {
        const struct condition *condition = plan->conditions[i];
        if (!condition)
            continue;
        has_5m |= condition->has_5m;
        plan->has_trackers |= condition->tracker_count > 0;
    }
    if (has_5m)
        find_fields(plan, plan->conditions[0]->query);
    plan->is_needed = has_5m || plan->has_trackers;
}

size_t
memory_size(const struct memory_plan *plan)
{
    const struct memory *memory = NULL;
    return plan->is_needed
               ? sizeof *memory + plan->field_count * sizeof memory->cells[0]
               : 0;
}

void
memory_fini(const struct memory_plan *plan, struct memory *memory)
{
    for (size_t i = 0; memory->trackers && i < plan->condition_count; i++)
        if (plan->conditions[i])
            condition_trackers_delete(plan->conditions[i], memory->trackers[i]);
    free(memory->trackers);
    memory->trackers = NULL;
}

static void
make_trackers(const struct memory_plan *plan, struct memory *memory)
{
    memory->trackers = mem_zero(plan->condition_count * sizeof *memory->trackers);
    for (size_t i = 0; i < plan->condition_count; i++)
        if (plan->conditions[i])
            memory->trackers[i] = condition_trackers_new(plan->conditions[i]);
}

void
memory_shift(const struct memory_plan *plan, struct memory *memory, int64_t by_ms)
{
    memory->edge_until_ms = step_shift(memory->edge_until_ms, by_ms);
    memory->closed_ms = step_shift(memory->closed_ms, by_ms);
    for (size_t i = 0; memory->trackers && i < plan->condition_count; i++)
        if (plan->conditions[i])
            condition_trackers_shift(plan->conditions[i], memory->trackers[i], by_ms);
}

void
memory_see(const struct memory *memory, size_t index, struct condition_view *view)
{
    view->is_clear = index % 2 != 0;
    if (!memory)
        return;
    view->trackers = memory->trackers ? memory->trackers[index] : NULL;
    view->is_edge = view->now_ms < memory->edge_until_ms;
    view->is_closing = memory->is_closing;
}

static bool
is_less(bool is_real, int64_t a, int64_t b)
{
    return is_real ? real_of_cell(a) < real_of_cell(b) : a < b;
}

/* Counts and maxima only grow while a window lasts. Cells are compared as they lie:
 * this is done with every row. */
static bool
take_cells(const struct memory_plan *plan, struct memory *memory, const struct row *row)
{
    bool has_fallen = false;
    for (size_t i = 0; i < plan->field_count; i++) {
        uint32_t field = plan->fields[i], bit = UINT32_C(1) << i;
        if (!row_has(row->cells, field))
            continue;
        int64_t cell = row->cells[1 + field];
        has_fallen |= (memory->has_value & bit) &&
                      is_less(plan->is_real[i], cell, memory->cells[i]);
        memory->has_value |= bit;
        memory->cells[i] = cell;
    }
    return has_fallen;
}

static void
take_edge(const struct memory_plan *plan, struct memory *memory, const struct row *row,
          int64_t now_ms)
{
    bool has_fallen = take_cells(plan, memory, row);
    if (!memory->closed_ms)
        memory->closed_ms = now_ms;
    bool is_over = now_ms - memory->closed_ms >= SURELY_CLOSED_MS;
    if (has_fallen)
        memory->edge_until_ms = now_ms + EDGE_MS;
    memory->is_closing = has_fallen || is_over;
    if (memory->is_closing)
        memory->closed_ms = now_ms;
}

static void
track(const struct memory_plan *plan, const struct memory *memory,
      const struct row *row, const struct condition_view *view)
{
    for (size_t i = 0; i < plan->condition_count; i++) {
        if (!memory->trackers[i])
            continue;
        struct condition_view seen = *view;
        memory_see(memory, i, &seen);
        condition_track(plan->conditions[i], row, &seen);
    }
}

void
memory_take(const struct memory_plan *plan, struct memory *memory,
            const struct row *row, const struct condition_view *view)
{
    if (plan->field_count)
        take_edge(plan, memory, row, view->now_ms);
    if (!plan->has_trackers)
        return;
    if (!memory->trackers)
        make_trackers(plan, memory);
    track(plan, memory, row, view);
}
