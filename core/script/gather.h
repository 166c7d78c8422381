/* Gathering: the newest answers to all requests of a rule that has to see them
 * together.
 *
 * A request is an id of a query: of a list its argument, else the row. Rows are copied,
 * because they go with their frame. */
#ifndef CCGATE_SCRIPT_GATHER_H
#define CCGATE_SCRIPT_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/schema.h"
#include "script/message.h"

struct gather_part {
    uint32_t center;
    int64_t argument;
    int64_t heard_ms; /* when it was answered last; 0: not yet */
    struct block rows;
};

/* A zeroed struct gathers nothing. */
struct gather {
    struct gather_part *parts; /* owned; by centre and argument once it is closed */
    size_t count;
};

void gather_fini(struct gather *gather);

/* Building; gather_close() ends it. Twice the same is once. */
void gather_add(struct gather *gather, uint32_t center, const struct query *query,
                int64_t argument);
void gather_close(struct gather *gather);

/* Which rows of an answer are the rule's. */
typedef bool gather_accepts(void *arg, const struct message_rows *rows, struct row row);

/* Takes over what the answer says of the requests; a row that is gone is none. */
void gather_take(struct gather *gather, const struct message_rows *rows, int64_t now_ms,
                 gather_accepts *accepts, void *arg);

/* The clock was put forward by so much: answers are as old as before. */
void gather_shift(struct gather *gather, int64_t by_ms);

/* Has every request of the centre been answered at or after `since_ms`? */
bool gather_is_whole(const struct gather *gather, uint32_t center, int64_t since_ms);

/* Adds the rows of a centre, in the order of requests; of those with the same key the
 * first. */
void gather_join(const struct gather *gather, uint32_t center, struct block *out);

#endif
