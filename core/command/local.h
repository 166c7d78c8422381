/* What of a configuration is on this machine: `simulate`, `sink` and `demo` play it. */
#ifndef CCGATE_COMMAND_LOCAL_H
#define CCGATE_COMMAND_LOCAL_H

#include "base/conf.h"
#include "command/command.h"

/* "127.0.0.1:28080" of a URL of this machine (free it); NULL for any other. */
char *local_address(const char *url);

/* The centre that bare gw.* means. NULL, after a usage message, when there is none,
 * when it is not on this machine, or has no ca_file for the certificate of the played
 * one. */
const struct conf_center *local_center(const struct command *command,
                                       const struct conf *conf);

/* The first destination on this machine; NULL when there is none. */
const struct conf_destination *local_destination(const struct conf *conf);

#endif
