/* The roster: which rules watch a row, or of a query that is a list an argument. A
 * sample is brought to those alone, so that its cost does not grow with the rules of a
 * script that watch something else. */
#ifndef CCGATE_SCRIPT_ROSTER_H
#define CCGATE_SCRIPT_ROSTER_H

#include <stddef.h>
#include <stdint.h>

#include "model/schema.h"
#include "script/attendance.h"
#include "script/finder.h"

struct roster_post;

/* A zeroed struct is an empty roster. */
struct roster {
    struct roster_post *posts; /* in the order in which their rows were added */
    size_t post_count, post_room;
    struct finder finder;       /* of posts by (center, query, id) */
    size_t near;                /* the post behind the one that was found last */
    struct roster_duty *duties; /* lists of those who watch one row */
    size_t duty_count;
};

void roster_fini(struct roster *roster);

/* The entry watches this row. Twice is once too often, and harmless. */
void roster_add(struct roster *roster, uint32_t center, const struct query *query,
                int64_t id, uint32_t entry);

/* What was in the newest answer to this request: the same for all who watch it, and at
 * the same place for good. NULL unless somebody does, and the query is a list. */
struct attendance *roster_attendance(struct roster *roster, uint32_t center,
                                     const struct query *query, int64_t id);

/* Walks the entries that watch a row: the first call with *at 0; ROSTER_END at the end.
 */
#define ROSTER_END UINT32_MAX
uint32_t roster_next(struct roster *roster, uint32_t center, const struct query *query,
                     int64_t id, size_t *at);

#endif
