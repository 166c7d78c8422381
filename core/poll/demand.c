#include "poll/demand.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/span.h"

void
demand_add(struct demand *demand, const struct planner_want *want, void *asker)
{
    size_t needed = demand->claim_count + want->id_count;
    if (needed > demand->claim_room) {
        demand->claim_room = needed * 2;
        demand->claims =
            mem_grow(demand->claims, demand->claim_room, sizeof *demand->claims);
    }
    for (size_t i = 0; i < want->id_count; i++)
        demand->claims[demand->claim_count++] = (struct claim){
            .center = want->center,
            .query = want->query,
            .id = want->ids[i],
            .every_ms = want->query->has_span ? SPAN_QUARTER * 1000 : want->every_ms,
            .last_ms = want->last_ms,
            .asker = asker};
}

void
demand_fini(struct demand *demand)
{
    free(demand->claims);
    free(demand->requests);
    free(demand->ids);
    free(demand->firsts);
    *demand = (struct demand){0};
}

/* ---- order ---- */

static int
compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int
compare_lines(const struct claim *a, const struct claim *b)
{
    int order = compare(a->center, b->center);
    return order || a->query == b->query
               ? order
               : compare(query_number(a->query), query_number(b->query));
}

/* The claims for one id follow one another, the shortest interval first. */
static int
by_id(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;
    int order = compare_lines(a, b);
    if (!order)
        order = compare(a->id, b->id);
    return order ? order : compare(a->every_ms, b->every_ms);
}

static int
compare_groups(const struct claim *a, const struct claim *b)
{
    int order = compare_lines(a, b);
    if (!order)
        order = compare(a->every_ms, b->every_ms);
    return order ? order : compare(a->lot, b->lot);
}

static int
by_group(const void *left, const void *right)
{
    const struct claim *const *a = left, *const *b = right;
    int order = compare_groups(*a, *b);
    return order ? order : compare((*a)->id, (*b)->id);
}

int
demand_compare(const struct demand_request *a, const struct demand_request *b)
{
    struct claim left = {a->center, a->lot, a->query, a->ids[0], a->every_ms, 0, NULL};
    struct claim right = {b->center, b->lot, b->query, b->ids[0], b->every_ms, 0, NULL};
    const struct claim *first = &left, *second = &right;
    return by_group(&first, &second);
}

/* ---- from claims to requests ---- */

static bool
is_same_id(const struct claim *a, const struct claim *b)
{
    return a->id == b->id && a->query == b->query && a->center == b->center;
}

const struct claim *
demand_next(const struct demand *demand, const struct claim *claim)
{
    const struct claim *next = claim + 1;
    return next < demand->claims + demand->claim_count && is_same_id(next, claim)
               ? next
               : NULL;
}

/* One claim per id, which speaks for all of them; by group. */
static size_t
choose_firsts(struct demand *demand)
{
    size_t count = 0;
    demand->firsts = mem_grow(NULL, demand->claim_count + 1, sizeof *demand->firsts);
    for (size_t i = 0; i < demand->claim_count; i++)
        if (!i || !is_same_id(&demand->claims[i], &demand->claims[i - 1]))
            demand->firsts[count++] = &demand->claims[i];
    qsort(demand->firsts, count, sizeof *demand->firsts, by_group);
    return count;
}

/* What the ids take of a request: their digits, and a comma or a bracket for each, as
 * query_fit() counts. */
static size_t
bytes_of(const struct demand_request *request)
{
    size_t bytes = 0;
    for (size_t i = 0; i < request->id_count; i++)
        bytes += (size_t)snprintf(NULL, 0, "%" PRId64, request->ids[i]) + 1;
    return bytes;
}

static bool
may_carry(const struct demand_request *carrier, const struct demand_request *rider)
{
    return carrier->center == rider->center && carrier->query == rider->query &&
           carrier->every_ms < rider->every_ms && !carrier->lot && !rider->lot &&
           carrier->carrier == DEMAND_ALONE;
}

/* The shortest interval that has room takes it. Requests of one centre and query follow
 * one another, the shortest interval first: who may carry stands before. */
static void
find_carriers(struct demand *demand)
{
    size_t *taken = mem_zero((demand->request_count + 1) * sizeof *taken), first = 0;
    for (size_t i = 0; i < demand->request_count; i++) {
        struct demand_request *rider = &demand->requests[i];
        size_t most = rider->query->batch_bytes;
        taken[i] = 1 + bytes_of(rider);
        if (rider->center != demand->requests[first].center ||
            rider->query != demand->requests[first].query)
            first = i;
        for (size_t at = first; at < i && rider->carrier == DEMAND_ALONE; at++) {
            if (!may_carry(&demand->requests[at], rider) ||
                taken[at] + taken[i] - 1 > most)
                continue;
            taken[at] += taken[i] - 1;
            rider->carrier = at;
        }
    }
    free(taken);
}

void
demand_merge(struct demand *demand)
{
    if (!demand->claim_count)
        return;
    qsort(demand->claims, demand->claim_count, sizeof *demand->claims, by_id);
    size_t count = choose_firsts(demand);
    demand->ids = mem_grow(NULL, count, sizeof *demand->ids);
    demand->requests = mem_grow(NULL, count, sizeof *demand->requests);
    for (size_t i = 0; i < count; i++)
        demand->ids[i] = demand->firsts[i]->id;
    for (size_t at = 0, end = 0; at < count;) {
        const struct claim *first = demand->firsts[at];
        while (end < count && !compare_groups(first, demand->firsts[end]))
            end++;
        size_t fit = query_fit(first->query, demand->ids + at, end - at);
        demand->requests[demand->request_count++] = (struct demand_request){
            first->center,    first->lot,          first->query, first->every_ms,
            demand->ids + at, demand->firsts + at, fit,          DEMAND_ALONE};
        at += fit;
    }
    find_carriers(demand);
}

/* ---- what it comes to ---- */

double
demand_load(const struct demand *demand, uint32_t center)
{
    double load = 0;
    for (size_t i = 0; i < demand->request_count; i++)
        if (demand->requests[i].center == center &&
            demand->requests[i].carrier == DEMAND_ALONE)
            load += 1000.0 / (double)demand->requests[i].every_ms;
    return load;
}

double
demand_stretch(double load, double rate)
{
    return load > rate ? load / rate : 1;
}
