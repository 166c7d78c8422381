/* Clients of a running gateway: a command that is one is a table of what may be asked
 * for, each one call over the control socket. */
#ifndef CCGATE_COMMAND_CLIENT_H
#define CCGATE_COMMAND_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"
#include "command/command.h"

/* One thing to ask for, as in `ccgate outbox show ID`. */
struct verb {
    const char *word;          /* "show"; NULL: what happens without a word */
    const char *operand;       /* "ID": there must be one; NULL: there is none */
    const char *method, *path; /* '*' in the path is the operand */
    const char *options; /* names of those that it takes, each with a blank behind it;
                            NULL: none. They travel behind the path's '?' */
    bool is_listing;     /* takes -o, too */
    bool is_many;        /* takes several operands, each a call of its own */
    int64_t timeout_ms;  /* 0: 10 s */
};

/* Reads the arguments, asks, prints the answer: on standard output, EXIT_FINE, when it
 * is good; otherwise, also when no gateway runs, on standard error, EXIT_PROBLEM. Of
 * several calls one that is not good makes it EXIT_PROBLEM; all are made. The table
 * ends with a NULL path. Options of all clients: --by (default: the user's name),
 * --note, --rule, --key, --label (any number), --lasts, --destination, --state,
 * --all-dead. */
int client_run(const struct command *command, const struct verb *verbs, int argc,
               char **argv);

/* One call, printed likewise. With `is_absent`, when no gateway runs, nothing is
 * printed and that is said there. `timeout_ms` 0: 10 s. */
int client_call(const struct conf *conf, bool is_json, const char *method,
                const char *path, int64_t timeout_ms, bool *is_absent);

#endif
