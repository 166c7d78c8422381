/* How far the history of each id has been read, and what of it is to be asked next.
 *
 * The mark of an id is the end of the last slot that was answered: the next request
 * begins there, so that no quarter of an hour is asked twice or left out. Marks outlive
 * the batches, and in the store the process. What is written is the *begin* of the
 * newest sample, since its alerts may not be on disk yet when it is given out: after a
 * kill -9 that sample is asked once more, nothing is lost, and what it raises again has
 * the keys of what is raised already. */
#ifndef CCGATE_POLL_SLOTS_H
#define CCGATE_POLL_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/schema.h"
#include "store/store.h"

struct slots;

/* `store` is borrowed: what it has is read now, before the first commit. NULL: marks
 * are lost with the process. */
struct slots *slots_new(struct store *store);
/* NULL is allowed. */
void slots_delete(struct slots *slots);

/* The mark, in seconds since the epoch; 0 when there is none. */
int64_t slots_mark(const struct slots *slots, const char *center,
                   const struct query *query, int64_t id);
/* This span was answered. */
void slots_advance(struct slots *slots, const char *center, const struct query *query,
                   int64_t id, const struct query_span *span);

/* ---- time ---- */

/* What is closed and has not been read, at most 23h45m of it; of an id without a mark
 * the last `last_ms`, and at least a quarter. A mark that lies in the future comes from
 * a clock that was wrong: then there is none. The id's `phase_ms` counts as not closed
 * yet, so that ids do not all fall due at once. False: nothing is due. */
bool slots_due(int64_t mark, int64_t last_ms, int64_t phase_ms, int64_t now_ms,
               struct query_span *span);

/* How long until the next quarter of an hour is due. */
int64_t slots_wait_ms(int64_t phase_ms, int64_t now_ms);

#endif
