/* A receiver of webhooks that prints what arrives: one line per request, for people or
 * as JSON. At the paths of services that it plays (sim/receiver.h) it judges as they
 * do. */
#ifndef CCGATE_SIM_SINK_H
#define CCGATE_SIM_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/loop.h"
#include "net/server.h"

struct sink;

struct sink_options {
    const char *secret; /* whsec_…: signatures are checked; NULL: they are not */
    int64_t status;     /* of every answer */
    int64_t fail_first; /* so many requests are answered 503 before */
    int64_t delay_ms;   /* of every answer */
    bool json;
    FILE *out; /* one line per request, flushed at once */
};

/* Borrows the secret and the loop. */
struct sink *sink_new(struct loop *loop, const struct sink_options *options);
/* Drops the answers that still wait; before server_delete(). */
void sink_delete(struct sink *sink);

/* A server_handler; `arg` is the sink. */
void sink_handle(void *arg, struct server_request *request);

/* ---- without a network: the line of a request; for tests and sink_handle() ---- */

struct sink_header {
    const char *name, *value; /* the name in lower case */
};

struct sink_request {
    const char *method, *path;
    const struct sink_header *headers;
    size_t header_count;
    const char *body;
    size_t body_size;
    int64_t at_ms;
    int status;          /* how it is answered */
    const char *service; /* that it plays here; NULL: none */
    const char *problem; /* why that refuses it; NULL: it does not */
};

/* Adds "2026-11-20T18:05:00Z raise critical …", newline included. Texts of the event
 * cannot break the line. */
void sink_print(const struct sink_request *request, const char *secret,
                struct buf *out);

/* Adds {"at":1793383500000,"method":"POST","path":"/","headers":{…},"body":"…"},
 * newline included; `at` in milliseconds; "service", and "refused" with the problem,
 * when there is one. */
void sink_print_json(const struct sink_request *request, struct buf *out);

/* Whether the Standard Webhooks headers fit the body, and their time is not more than
 * five minutes off. */
bool sink_is_signed(const struct sink_request *request, const char *secret);

#endif
