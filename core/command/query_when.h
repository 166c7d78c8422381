/* The time and the type of operations that `ccgate query` is to ask for. */
#ifndef CCGATE_COMMAND_QUERY_WHEN_H
#define CCGATE_COMMAND_QUERY_WHEN_H

#include "command/command.h"
#include "model/schema.h"

/* As it was said on the command line; NULL for what was not. */
struct when {
    const char *last, *since, *from, *to, *type;
};

/* Fills `span` for a query that has one; `now` in seconds since the epoch. Returns
 * EXIT_FINE, or EXIT_USAGE after a message. */
int query_read_when(const struct command *command, const struct query *query,
                    const struct when *when, int64_t now, struct query_span *span);

#endif
