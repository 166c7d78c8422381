/* What `ccgate query` prints. */
#ifndef CCGATE_COMMAND_QUERY_PRINT_H
#define CCGATE_COMMAND_QUERY_PRINT_H

#include "base/conf.h"
#include "model/schema.h"

/* Fields down and rows across, on standard output; times are UTC. */
void query_print_table(const struct conf_center *center, const struct block *rows);

/* A list of objects; times are seconds since the epoch, what is unknown is null. */
void query_print_json(const struct conf_center *center, const struct block *rows);

#endif
