/* Everybody's wishes put together: which ids are asked in one request, how often, and
 * what that comes to. Knows no network: the planner does it, `ccgate plan` prints it.
 *
 * Room that is left in a request takes riders: the ids of a request with a longer
 * interval, which travel with it when they are due and cost nothing then. What has a
 * span is asked once for each quarter of an hour, whatever interval it is wanted at. */
#ifndef CCGATE_POLL_DEMAND_H
#define CCGATE_POLL_DEMAND_H

#include <stddef.h>
#include <stdint.h>

#include "poll/planner.h"

/* Somebody wants one id. */
struct claim {
    uint32_t center;
    uint32_t lot; /* ids of different lots do not travel together */
    const struct query *query;
    int64_t id;
    int64_t every_ms;
    int64_t
        last_ms; /* of a query with a span: how far back the first request reaches */
    void *asker; /* the caller's; may be changed until demand_merge() */
};

/* What is asked together. Its ids ascend, each at the shortest interval anybody asked
 * for it; claims[i] is the first of those for ids[i], which follow one another. */
struct demand_request {
    uint32_t center;
    uint32_t lot;
    const struct query *query;
    int64_t every_ms;
    int64_t *ids;
    const struct claim **claims;
    size_t id_count;
    size_t carrier; /* index of the request that it rides with; DEMAND_ALONE: none */
};
#define DEMAND_ALONE SIZE_MAX

/* A zeroed struct is empty. */
struct demand {
    struct claim *claims;
    size_t claim_count, claim_room;
    struct demand_request *requests; /* in the order of demand_compare() */
    size_t request_count;
    int64_t *ids;                /* of all requests */
    const struct claim **firsts; /* likewise */
};

void demand_add(struct demand *demand, const struct planner_want *want, void *asker);
/* Once, after all was added: fills the requests. */
void demand_merge(struct demand *demand);
void demand_fini(struct demand *demand);

/* The claim after this one for the same id; NULL after the last. */
const struct claim *demand_next(const struct demand *demand, const struct claim *claim);

/* By centre, query, interval, lot and first id. */
int demand_compare(const struct demand_request *a, const struct demand_request *b);

/* Requests per second to a centre; riders are none. */
double demand_load(const struct demand *demand, uint32_t center);
/* What all intervals are multiplied by so that the load keeps to `rate`; at least 1. */
double demand_stretch(double load, double rate);

#endif
