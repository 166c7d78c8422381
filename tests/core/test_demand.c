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
    struct planner_want want = {center, &query_queues, every_ms, 0, ids, count};
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
        cmocka_unit_test(lots_do_not_mix),
        cmocka_unit_test(nothing_wanted_costs_nothing),
        cmocka_unit_test(more_than_the_rate_stretches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
