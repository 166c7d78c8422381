/* What a message looks like to whom it is for: the texts of its body, without the JSON
 * around them. Understands the services of sim/receiver.h, the gateway's own events,
 * and makes lines of any other JSON. */
#ifndef CCGATE_SIM_SHOWN_H
#define CCGATE_SIM_SHOWN_H

#include <stddef.h>

#include "base/buf.h"

enum shown_mood { SHOWN_PLAIN, SHOWN_RAISED, SHOWN_CLEARED };

/* Texts come from outside: in them control characters are blanks. */
struct shown {
    enum shown_mood mood;
    struct buf title; /* one line, empty when there is none */
    struct buf lines; /* what stands below it, '\n' behind each */
};

/* `service` is the name of a receiver, NULL for a webhook. `shown` is empty before;
 * shown_fini() it. */
void shown_read(struct shown *shown, const char *service, const char *body,
                size_t size);
void shown_fini(struct shown *shown);

#endif
