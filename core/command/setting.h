/* Options of a command, from a table: what they are called, what they must be, where
 * they go. */
#ifndef CCGATE_COMMAND_SETTING_H
#define CCGATE_COMMAND_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "command/command.h"

enum setting_kind {
    SETTING_FLAG,     /* bool: takes no value, becomes true */
    SETTING_TEXT,     /* const char *: not empty, borrowed */
    SETTING_INTEGER,  /* int64_t, low to high */
    SETTING_DURATION, /* int64_t: milliseconds, low to high */
    SETTING_OWN,      /* read by `set` */
};

struct setting {
    const char *name; /* NULL ends the table */
    char letter;      /* short form, 0 for none */
    enum setting_kind kind;
    size_t offset; /* of its variable in the struct of options */
    int64_t low, high;
    /* False for a wrong value; `problem` may get better words than `expected`. */
    bool (*set)(void *options, const char *value, struct buf *problem);
    const char *expected; /* "a number from 1 to 10000" */
};

#define SETTINGS_MAX 32

/* Reads the arguments into `options`. EXIT_FINE, or what to exit with after the mistake
 * has been printed; an argument that is no option is a mistake. */
int settings_read(const struct command *command, const struct setting *settings,
                  void *options, int argc, char **argv);

#endif
