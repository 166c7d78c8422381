/* The deliverer's inside, shared by deliver.c (attempts) and deliver_people.c (what
 * people see and do) alone. */
#ifndef CCGATE_DELIVER_DELIVER_INSIDE_H
#define CCGATE_DELIVER_DELIVER_INSIDE_H

#include "deliver/deliver.h"
#include "deliver/lines.h"
#include "net/http.h"

#define PARALLEL 8 /* in flight per destination */

/* One attempt, from the commit of in_flight to its result. */
struct flight {
    struct outlet *outlet;
    struct message *message; /* NULL: this place is free */
    struct connector_request request;
};

/* A destination, or one that the configuration does not have (any more). */
struct outlet {
    struct deliver *deliver;
    char *name;
    const struct conf_destination *conf; /* NULL: messages wait */
    struct lines lines;
    struct flight flights[PARALLEL];
    size_t in_flight;
    uint64_t counts[OUTBOX_STATES]; /* attempts since the start, by what came of them */
    struct timer *timer;
};

struct deliver {
    struct loop *loop;
    struct store *store;
    struct connector *connector;
    const struct conf *conf;
    struct http_pool *pool;
    struct table outlets; /* name → struct outlet, owned */
    struct txn *marks;    /* of what was superseded; NULL: nothing was */
    struct timer *mark_timer;
    bool draining;
};

/* Wakes the outlet when its first message is due. */
void outlet_arm(struct outlet *outlet);

#endif
