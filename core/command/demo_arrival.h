/* A message as the played services print it (`ccgate sink -o json`). */
#ifndef CCGATE_COMMAND_DEMO_ARRIVAL_H
#define CCGATE_COMMAND_DEMO_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/shown.h"

struct arrival {
    struct arrival *next;
    char *to;            /* the destination, or the path when it has no name */
    int64_t duration_ms; /* -1: not known, or not the last of its message */
    const char *service; /* "Slack" */
    int64_t at_ms;
    bool is_for_people, is_verified;
    char *refused; /* why, NULL: it was taken */
    struct shown shown;
};

struct arrival *arrival_read(const char *line);
void arrival_delete(struct arrival *arrival);

#endif
