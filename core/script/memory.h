/* What a rule remembers of one key beside its state: what its conditions track, and the
 * five-minute edge of its row (lifecycle.md §1).
 *
 * Bounded per key (window.h). It begins empty, after a restart too: what needs a past
 * is unknown until the samples cover it. */
#ifndef CCGATE_SCRIPT_MEMORY_H
#define CCGATE_SCRIPT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "script/condition.h"
#include "script/latch_step.h"

#define MEMORY_CONDITIONS_MAX (2 * (size_t)LATCH_LEVELS_MAX)
#define MEMORY_FIELDS_MAX     8

/* What is to be remembered, the same for all keys of a rule. */
struct memory_plan {
    /* Of each level `when` and `clear`; NULL: there is none. Borrowed. */
    const struct condition *conditions[MEMORY_CONDITIONS_MAX];
    size_t condition_count;
    uint32_t fields[MEMORY_FIELDS_MAX]; /* those that tell the edge */
    bool is_real[MEMORY_FIELDS_MAX];
    size_t field_count;
    bool has_trackers; /* some condition tracks something */
    bool is_needed;    /* some condition needs a memory at all */
};

/* From the conditions in it. */
void memory_plan_make(struct memory_plan *plan);

struct memory;

/* How much one takes, 0 where none is needed. Zeroed it is empty, and may be moved. */
size_t memory_size(const struct memory_plan *plan);
void memory_fini(const struct memory_plan *plan, struct memory *memory);

/* The clock was put forward by so much. */
void memory_shift(const struct memory_plan *plan, struct memory *memory, int64_t by_ms);

/* Completes `view` (its functions and times are set) for condition number `index`;
 * `memory` may be NULL. */
void memory_see(const struct memory *memory, size_t index, struct condition_view *view);

/* Takes a sample of the key, which is there. Each condition is shown it through
 * `view`. */
void memory_take(const struct memory_plan *plan, struct memory *memory,
                 const struct row *row, const struct condition_view *view);

#endif
