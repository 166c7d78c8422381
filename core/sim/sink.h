/* A receiver of webhooks that prints what arrives: as a person would see it there, or
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
#include "base/zone.h"
#include "net/server.h"
#include "sim/receiver.h"

struct sink;

/* A destination that is played here. */
struct sink_place {
    const char *path;   /* of its address, not empty; also for what is below it */
    const char *name;   /* that people gave it */
    const char *secret; /* as of sink_options */
};

struct sink_options {
    const char *secret; /* whsec_…: signatures are checked; NULL: they are not */
    const struct sink_place *places; /* whose names and secrets count at their paths */
    size_t place_count;
    int64_t status;     /* of every answer */
    int64_t fail_first; /* so many requests are answered 503 before */
    int64_t delay_ms;   /* of every answer */
    bool json, has_color;
    const struct zone *zone; /* of the times that are printed; NULL: UTC */
    FILE *out;               /* flushed behind each request */
};

/* Borrows the texts, the places, the zone and the loop. */
struct sink *sink_new(struct loop *loop, const struct sink_options *options);
/* Drops the answers that still wait; before server_delete(). */
void sink_delete(struct sink *sink);

/* A server_handler; `arg` is the sink. */
void sink_handle(void *arg, struct server_request *request);

/* ---- without a network: what is printed of a request; for tests and sink_handle() */

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
    int status;                      /* how it is answered */
    const struct sink_place *place;  /* NULL: none is known */
    const struct receiver *receiver; /* that it plays here; NULL: a webhook */
    const char *problem;             /* why that refuses it; NULL: it does not */
};

/* Adds the time, who is told, what is read there, and below it what else there is.
 * Texts that come from outside cannot break the lines. */
void sink_print(const struct sink_options *options, const struct sink_request *request,
                struct buf *out);

/* Adds {"at":1793383500000,"method":"POST","path":"/","headers":{…},"body":"…"},
 * newline included; `at` in milliseconds; "to" with the name of the place, "signed"
 * with true or false when there is a secret, "service", and "refused" with the problem,
 * when there is one. */
void sink_print_json(const struct sink_options *options,
                     const struct sink_request *request, struct buf *out);

/* Whether the Standard Webhooks headers fit the body, and their time is not more than
 * five minutes off. */
bool sink_is_signed(const struct sink_request *request, const char *secret);

#endif
