/* The gateway put together: every room made, in order, and taken down again. */
#ifndef CCGATE_COMMAND_GATEWAY_H
#define CCGATE_COMMAND_GATEWAY_H

#include "base/conf.h"
#include "command/local.h"

/* Loads the configuration and checks what only all rooms together know (the kinds of
 * destinations). Prints every mistake on standard error; NULL when there is one. */
struct conf *gateway_conf(const char *file);

struct gateway_options {
    const char *conf_file;
    const char
        *state; /* another state folder than the configuration's; NULL: that one */
    struct local_move moves[LOCAL_MOVES_MAX];
    size_t move_count;
};

/* Runs until SIGTERM or SIGINT: drains, commits, returns the exit code. */
int gateway_run(const struct gateway_options *options);

#endif
