/* The roster: which rules watch a row, or of a query that is a list an argument. A
 * sample is brought to those alone, so that its cost does not grow with the rules of a
 * script that watch something else. */
#ifndef CCGATE_SCRIPT_ROSTER_H
#define CCGATE_SCRIPT_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/schema.h"
#include "script/attendance.h"
#include "script/finder.h"
#include "script/message.h"

struct roster_post;

/* A zeroed struct is an empty roster. */
struct roster {
    struct roster_post *posts; /* in the order in which their rows were added */
    int64_t *ids;              /* of the posts */
    size_t post_count, post_room;
    struct finder finder;       /* of posts by (center, query, id) */
    size_t near;                /* the post behind the one that was found last */
    bool has_runs;              /* of struct roster_post, `run`, for all posts */
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

/* How many of the rows behind this one, which was asked for last, are watched by the
 * very same entries: whoever has asked for all of its entries need not ask for those.
 * Rows and posts that lie in the same order are compared by their ids alone. */
size_t roster_alike(struct roster *roster, const struct message_rows *rows, size_t row);

#endif
