/* What of a configuration is on this machine: `simulate`, `sink` and `demo` play it. */
#ifndef CCGATE_COMMAND_LOCAL_H
#define CCGATE_COMMAND_LOCAL_H

#include "base/conf.h"
#include "command/command.h"
#include "sim/sink.h"

/* "127.0.0.1:28080" of a URL of this machine (free it); NULL for any other. */
char *local_address(const char *url);

/* The centre that bare gw.* means. NULL, after a usage message, when there is none,
 * when it is not on this machine, or has no ca_file for the certificate of the played
 * one. */
const struct conf_center *local_center(const struct command *command,
                                       const struct conf *conf);

/* The first destination on this machine; NULL when there is none. */
const struct conf_destination *local_destination(const struct conf *conf);

/* The destinations at this address ("127.0.0.1:9000"), one receiver's, each with its
 * path, in a list to free; they borrow from `conf`. */
struct sink_place *local_places(const struct conf *conf, const char *address,
                                size_t *count);

/* Where something of this machine is found instead of where the configuration says. */
struct local_move {
    const char *from, *to; /* "127.0.0.1:28080" */
    const char *ca_file;   /* of the centre there; NULL: as it is */
};
#define LOCAL_MOVES_MAX 4

/* Reads "FROM=TO" or "FROM=TO,CA", in place: the texts point into `text`, which is
 * changed. False when it is no such thing. */
bool local_read_move(char *text, struct local_move *move);

/* Moves every centre, agent gateway and destination that is there. */
void local_apply_move(struct conf *conf, const struct local_move *move);

#endif
