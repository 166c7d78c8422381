/* The time that a query of operations asks for. The contact centre counts in quarters
 * of an hour, UTC, at most a day at a time, and keeps a day (upstream.md §2).
 *
 * Times are seconds since the epoch. The functions return NULL, or what is wrong: the
 * end of a sentence. A begin that is no longer kept moves to the next quarter. */
#ifndef CCGATE_MODEL_SPAN_H
#define CCGATE_MODEL_SPAN_H

#include <stdint.h>

#include "model/schema.h"

#define SPAN_QUARTER ((int64_t)900)
#define SPAN_DAY     ((int64_t)86400)
#define SPAN_MAX     SPAN_DAY /* of one request */
/* A quarter is closed so long after its end: before that the centre may still write to
 * it. */
#define SPAN_CLOSING ((int64_t)60)

/* The closed quarters of the last `duration` seconds. */
const char *span_last(struct query_span *span, int64_t duration, int64_t now);

/* The closed quarters since midnight UTC. */
const char *span_today(struct query_span *span, int64_t now);

const char *span_between(struct query_span *span, int64_t begin, int64_t end,
                         int64_t now);

#endif
