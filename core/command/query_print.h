/* What `ccgate query` prints. */
#ifndef CCGATE_COMMAND_QUERY_PRINT_H
#define CCGATE_COMMAND_QUERY_PRINT_H

#include "base/conf.h"
#include "model/schema.h"

/* Adds a table, fields down and rows across, with times in UTC. What a terminal would
 * obey is shown as '?'. */
void query_table(const struct conf_center *center, const struct block *rows,
                 struct buf *out);

/* Adds a list of objects; times are seconds since the epoch, what is unknown is null.
 */
void query_json(const struct conf_center *center, const struct block *rows,
                struct buf *out);

#endif
