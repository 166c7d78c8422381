/* What the commands that only serve have in common. */
#ifndef CCGATE_COMMAND_SERVE_H
#define CCGATE_COMMAND_SERVE_H

#include <stdio.h>

#include "base/loop.h"
#include "net/server.h"

/* Prints "listening on https://127.0.0.1:28080" to `out`, flushed, and runs the loop
 * until SIGTERM or SIGINT. */
void serve_until_signal(struct loop *loop, const struct server *server, bool tls,
                        FILE *out);

#endif
