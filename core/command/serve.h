/* What the commands that only serve have in common. */
#ifndef CCGATE_COMMAND_SERVE_H
#define CCGATE_COMMAND_SERVE_H

#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/loop.h"
#include "command/command.h"
#include "net/server.h"

/* Prints "listening on https://127.0.0.1:28080" to `out`, flushed, and runs the loop
 * until SIGTERM or SIGINT. */
void serve_until_signal(struct loop *loop, const struct server *server, bool tls,
                        FILE *out);

/* Reads `--clock X` and lets the process live so fast (base/clock.h). False when it is
 * no such thing. */
bool serve_set_clock(const char *value, struct clock_speed *speed);

/* Prints on standard error why the server could not be made, and the way out. */
void serve_refused(const struct command *command, const struct error *error);

#endif
