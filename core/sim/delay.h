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

/* How it is sent. */
enum delay_form {
    DELAY_WHOLE,
    DELAY_CUT,     /* half of what is announced */
    DELAY_NOTHING, /* the connection is closed */
    DELAY_DRIP,    /* one byte each second */
    DELAY_ENDLESS, /* the body and blanks, until the client has enough */
    DELAY_LONG,    /* the body and blanks, as many as are announced */
    DELAY_HEADERS, /* header and body, one byte each second */
};

/* What is sent when the time has come. */
struct delayed_reply {
    int status;
    const char *content_type; /* borrowed */
    const char *body;         /* copied */
    size_t size;
    enum delay_form form;
    int64_t announced; /* bytes, of DELAY_LONG */
    int64_t tag;       /* for delays_take(); 0 for none */
};

/* At once when `delay_ms` is 0. */
void delays_reply(struct delays *delays, struct server_request *request,
                  int64_t delay_ms, const struct delayed_reply *reply);

/* Takes back a request that waits with this tag; NULL when there is none. The caller
 * answers it. */
struct server_request *delays_take(struct delays *delays, int64_t tag);

/* Drops what still waits; before server_delete(). */
void delays_fini(struct delays *delays);

#endif
