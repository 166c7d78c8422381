/* What the demo says before it begins and when it has ended: where everything is, what
 * to watch for, and what to try next. */
#ifndef CCGATE_COMMAND_DEMO_INTRO_H
#define CCGATE_COMMAND_DEMO_INTRO_H

#include <stdint.h>
#include <stdio.h>

#include "base/conf.h"

struct demo_intro {
    const struct conf *conf;
    const char *conf_file, *state;
    /* Addresses, and those that the configuration has. Of services: NULL for none. */
    const char *centre, *centre_wanted;
    const char *services, *services_wanted;
};

void demo_intro_print(const struct demo_intro *intro, FILE *out);

/* The last lines of all: what to do next. */
void demo_intro_print_next(const struct conf *conf, FILE *out);

/* A number that changes when a script of the folder does. */
int64_t demo_scripts_stamp(const char *folder);

#endif
