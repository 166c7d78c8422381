/* Requests whose answer comes later. */
#ifndef CCGATE_SIM_DELAY_H
#define CCGATE_SIM_DELAY_H

#include <stdint.h>

#include "base/loop.h"
#include "net/server.h"

/* Answers that wait; belongs to one server. A zeroed struct with a loop is empty. */
struct delays {
    struct loop *loop;
    struct delay *first;
};

/* What is sent when the time has come. */
struct delayed_reply {
    int status;
    const char *content_type; /* borrowed */
    const char *body;         /* copied */
    size_t size;
    size_t sent; /* less than `size`: the body is cut; SIZE_MAX: nothing is sent */
};

/* At once when `delay_ms` is 0. */
void delays_reply(struct delays *delays, struct server_request *request,
                  int64_t delay_ms, const struct delayed_reply *reply);

/* Drops what still waits; before server_delete(). */
void delays_fini(struct delays *delays);

#endif
