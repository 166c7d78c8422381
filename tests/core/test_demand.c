/* From wants to requests, without a network: what travels together, what it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "poll/demand.h"

#define QUEUES  2000
#define SCRIPTS 20

static void
add(struct demand *demand, uint32_t center, int64_t every_ms, const int64_t *ids,
    size_t count, void *asker)
{
    struct planner_want want = {center, &query_queues, every_ms, 0, ids, count, 0};
    demand_add(demand, &want, asker);
}

/* Brackets and commas included, 1000 bytes take 2000 queues in nine requests. */
static void
many_scripts_cost_as_much_as_one(void **state)
{
    (void)state;
    struct demand demand = {0};
    int64_t ids[QUEUES], expected = 1;
    int askers[SCRIPTS];
    for (int64_t i = 0; i < QUEUES; i++)
        ids[i] = QUEUES - i;
    for (size_t s = 0; s < SCRIPTS; s++)
        add(&demand, 0, 15000, ids, QUEUES, &askers[s]);
    demand_merge(&demand);
    assert_int_equal(demand.request_count, 9);
    assert_true(demand_load(&demand, 0) > 0.59 && demand_load(&demand, 0) < 0.61);
    for (size_t r = 0; r < demand.request_count; r++) {
        const struct demand_request *request = &demand.requests[r];
        for (size_t i = 0; i < request->id_count; i++) {
            size_t claims = 0;
            assert_int_equal(request->ids[i], expected++);
            for (const struct claim *claim = request->claims[i]; claim;
                 claim = demand_next(&demand, claim))
                claims++;
            assert_int_equal(claims, SCRIPTS);
        }
    }
    assert_int_equal(expected, QUEUES + 1);
    demand_fini(&demand);
}

static void
each_id_goes_at_its_shortest_interval(void **state)
{
    (void)state;
    struct demand demand = {0};
    const int64_t slow[] = {1, 2, 3}, quick[] = {2};
    add(&demand, 0, 60000, slow, 3, NULL);
    add(&demand, 0, 5000, quick, 1, NULL);
    add(&demand, 1, 5000, quick, 1, NULL);
    demand_merge(&demand);
    assert_int_equal(demand.request_count, 3);
    assert_int_equal(demand.requests[0].every_ms, 5000);
    assert_int_equal(demand.requests[0].ids[0], 2);
    assert_int_equal(demand.requests[1].every_ms, 60000);
    assert_int_equal(demand.requests[1].id_count, 2);
    assert_int_equal(demand.requests[1].ids[1], 3);
    assert_int_equal(demand.requests[2].center, 1);
    for (size_t i = 1; i < demand.request_count; i++)
        assert_true(demand_compare(&demand.requests[i - 1], &demand.requests[i]) < 0);
    demand_fini(&demand);
}

/* ---- riders ---- */

/* What is wanted seldom and fits travels with what is wanted often. */
static void
room_that_is_left_takes_riders(void **state)
{
    (void)state;
    struct demand demand = {0};
    add(&demand, 0, 15000, (int64_t[]){1, 2, 3}, 3, NULL);
    add(&demand, 0, 60000, (int64_t[]){4}, 1, NULL);
    add(&demand, 0, 120000, (int64_t[]){5, 6}, 2, NULL);
    demand_merge(&demand);
    assert_int_equal(demand.request_count, 3);
    assert_int_equal(demand.requests[0].carrier, DEMAND_ALONE);
    assert_int_equal(demand.requests[1].carrier, 0); /* not with one that rides */
    assert_int_equal(demand.requests[2].carrier, 0);
    assert_true(demand_load(&demand, 0) > 0.066 && demand_load(&demand, 0) < 0.067);
    demand_fini(&demand);
}

/* Digits and commas of 250 ids of three digits are 1000 bytes, with one bracket over.
 */
static void
riders_keep_to_the_room(void **state)
{
    (void)state;
    struct demand demand = {0};
    int64_t ids[249];
    for (int64_t i = 0; i < 249; i++)
        ids[i] = 100 + i;
    add(&demand, 0, 15000, ids, 248, NULL);                 /* 993 bytes */
    add(&demand, 0, 20000, (int64_t[]){400, 401}, 2, NULL); /* 8 more are too many */
    add(&demand, 0, 30000, (int64_t[]){402}, 1, NULL);      /* 997 */
    add(&demand, 0, 40000, (int64_t[]){403}, 1, NULL);      /* no room any more */
    add(&demand, 0, 50000, (int64_t[]){4}, 1, NULL);        /* 999 */
    demand_merge(&demand);
    assert_int_equal(demand.request_count, 5);
    assert_int_equal(demand.requests[1].carrier, DEMAND_ALONE);
    assert_int_equal(demand.requests[2].carrier, 0);
    assert_int_equal(demand.requests[3].carrier, 1); /* the next that has room */
    assert_int_equal(demand.requests[4].carrier, 0);
    assert_int_equal(query_fit(&query_queues, ids, 249), 249);
    demand_fini(&demand);
}

static void
strangers_do_not_ride(void **state)
{
    (void)state;
    struct demand demand = {0};
    const int64_t id = 1099, other = 1100;
    const struct query *const lists[] = {&query_agents, &query_agent_calls,
                                         &query_agent_operations, &query_agent};
    add(&demand, 0, 15000, (int64_t[]){1}, 1, NULL);
    add(&demand, 1, 30000, (int64_t[]){2}, 1, NULL); /* of another centre */
    for (size_t i = 0; i < 4; i++) {
        demand_add(&demand, &(struct planner_want){0, lists[i], 20000, 0, &id, 1, 0},
                   NULL);
        demand_add(&demand, &(struct planner_want){0, lists[i], 40000, 0, &other, 1, 0},
                   NULL);
    }
    add(&demand, 0, 60000, (int64_t[]){3, 4}, 2, NULL);
    for (size_t i = 0; i < demand.claim_count; i++)
        demand.claims[i].lot = demand.claims[i].id == 3; /* set apart by a search */
    demand_merge(&demand);
    for (size_t i = 0; i < demand.request_count; i++) {
        bool rides = demand.requests[i].ids[0] == 4;
        assert_int_equal(demand.requests[i].carrier, rides ? 0 : DEMAND_ALONE);
    }
    demand_fini(&demand);
}

/* ---- operations ---- */

/* However often rules look at them: once for each quarter of an hour. */
static void
operations_are_asked_for_each_quarter(void **state)
{
    (void)state;
    struct demand demand = {0};
    const int64_t ids[] = {1099, 1100};
    demand_add(
        &demand,
        &(struct planner_want){0, &query_agent_operations, 60000, 3600000, ids, 2, 0},
        NULL);
    demand_add(
        &demand,
        &(struct planner_want){0, &query_agent_operations, 7200000, 0, ids, 1, 0},
        NULL);
    demand_merge(&demand);
    assert_int_equal(demand.request_count, 2);
    assert_int_equal(demand.requests[0].every_ms, 900000);
    const struct claim *claim = demand.requests[0].claims[0];
    int64_t last_ms = claim->last_ms + demand_next(&demand, claim)->last_ms;
    assert_int_equal(last_ms, 3600000);
    demand_fini(&demand);
}

static void
lots_do_not_mix(void **state)
{
    (void)state;
    struct demand demand = {0};
    const int64_t ids[] = {1, 2, 3};
    add(&demand, 0, 5000, ids, 3, NULL);
    demand.claims[1].lot = 7;
    demand_merge(&demand);
    assert_int_equal(demand.request_count, 2);
    assert_int_equal(demand.requests[0].id_count, 2);
    assert_int_equal(demand.requests[1].lot, 7);
    assert_int_equal(demand.requests[1].ids[0], 2);
    demand_fini(&demand);
}

static void
nothing_wanted_costs_nothing(void **state)
{
    (void)state;
    struct demand demand = {0};
    add(&demand, 0, 5000, NULL, 0, NULL);
    demand_merge(&demand);
    assert_int_equal(demand.request_count, 0);
    assert_true(demand_load(&demand, 0) <= 0);
    demand_fini(&demand);
}

static void
more_than_the_rate_stretches(void **state)
{
    (void)state;
    assert_true(demand_stretch(4, 5) <= 1);
    assert_true(demand_stretch(5, 5) <= 1);
    assert_true(demand_stretch(15, 5) > 2.99 && demand_stretch(15, 5) < 3.01);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_scripts_cost_as_much_as_one),
        cmocka_unit_test(each_id_goes_at_its_shortest_interval),
        cmocka_unit_test(room_that_is_left_takes_riders),
        cmocka_unit_test(riders_keep_to_the_room),
        cmocka_unit_test(strangers_do_not_ride),
        cmocka_unit_test(operations_are_asked_for_each_quarter),
        cmocka_unit_test(lots_do_not_mix),
        cmocka_unit_test(nothing_wanted_costs_nothing),
        cmocka_unit_test(more_than_the_rate_stretches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
