/* Ids that travel in another batch's request: what that saves, that nobody is asked
 * later for it, and that a failure of the whole is nobody's. */
#include "polling.h"

#define QUICK_MS 40
#define SLOW_MS  200

/* Of the requests from number `from` on: how many name the id, and how many name it
 * alone. */
static size_t
count_asked(const struct polling *polling, size_t from, int64_t id, size_t *alone)
{
    size_t count = 0;
    *alone = 0;
    for (size_t r = from; r < polling->requests; r++) {
        const struct asked *asked = &polling->asked[r % POLLING_ASKED_MAX];
        for (size_t i = 0; i < asked->id_count; i++)
            if (asked->ids[i] == id) {
                count++;
                *alone += asked->id_count == 1;
            }
    }
    return count;
}

static void
riders_have_no_requests_of_their_own(void **state)
{
    struct polling *polling = *state;
    struct listener quick = {0}, slow = {0};
    size_t alone;
    polling_subscribe(polling, 0, QUICK_MS, IDS(1, 2), &quick);
    polling_subscribe(polling, 0, SLOW_MS, IDS(7), &slow);
    polling_wait(polling, &slow.count, 1); /* the first round is everybody's own */
    polling_wait(polling, &quick.count, 1);
    size_t before = polling->requests;
    polling_wait(polling, &slow.count, 5);
    assert_true(count_asked(polling, before, 7, &alone) >= 4);
    assert_int_equal(alone, 0);
    assert_ids(slow.ids, slow.row_count, IDS(7));
    assert_ids(quick.ids, quick.row_count, IDS(1, 2));
    /* The carrier's ids stand first. */
    for (size_t r = before; r < polling->requests; r++)
        assert_int_equal(polling->asked[r].ids[0], 1);
}

/* Asked in time, and not oftener than it takes for that. */
static void
riders_keep_to_their_interval(void **state)
{
    struct polling *polling = *state;
    struct listener quick = {0}, slow = {0};
    int64_t last = 0, longest = 0;
    size_t count = 0;
    polling_subscribe(polling, 0, QUICK_MS, IDS(1), &quick);
    polling_subscribe(polling, 0, SLOW_MS, IDS(7), &slow);
    polling_wait(polling, &slow.count, 6);
    for (size_t r = 0; r < polling->requests; r++) {
        const struct asked *asked = &polling->asked[r];
        if (asked->ids[asked->id_count - 1] != 7)
            continue;
        if (last && asked->at_ms - last > longest && count++)
            longest = asked->at_ms - last;
        last = asked->at_ms;
    }
    assert_true(longest <= SLOW_MS + 20); /* a busy machine */
    assert_true(quick.count >= 2 * slow.count);
}

static void
several_ride_together(void **state)
{
    struct polling *polling = *state;
    struct listener quick = {0}, slow = {0}, slower = {0};
    size_t alone;
    polling_subscribe(polling, 0, QUICK_MS, IDS(1), &quick);
    polling_subscribe(polling, 0, 2 * QUICK_MS, IDS(7, 8), &slow);
    polling_subscribe(polling, 0, 3 * QUICK_MS, IDS(9), &slower);
    polling_wait(polling, &slower.count, 2);
    size_t before = polling->requests;
    polling_wait(polling, &slower.count, 5);
    assert_true(count_asked(polling, before, 8, &alone) >= 3);
    for (size_t r = before; r < polling->requests; r++)
        assert_int_equal(polling->asked[r].ids[0], 1);
    assert_ids(slow.ids, slow.row_count, IDS(7, 8));
    assert_ids(slower.ids, slower.row_count, IDS(9));
}

/* An id that is unknown to the centre is so for the one who asks for it. */
static void
absence_is_the_riders_own(void **state)
{
    struct polling *polling = *state;
    struct listener quick = {0}, slow = {0};
    polling->unknown = 7;
    polling_subscribe(polling, 0, QUICK_MS, IDS(1), &quick);
    polling_subscribe(polling, 0, SLOW_MS, IDS(7, 8), &slow);
    polling_wait(polling, &slow.count, 3);
    assert_true(slow.gone[0]);
    assert_false(slow.gone[1]);
    assert_false(quick.gone[0]);
}

/* A slow answer to the carrier does not hold back the rider. */
static void
who_is_not_fetched_goes_alone(void **state)
{
    struct polling *polling = *state;
    struct listener quick = {0}, slow = {0};
    size_t alone;
    polling_subscribe(polling, 0, QUICK_MS, IDS(1), &quick);
    polling_subscribe(polling, 0, SLOW_MS, IDS(7), &slow);
    polling_wait(polling, &slow.count, 1);
    polling_wait(polling, &quick.count, 1);
    polling->is_holding = true;
    size_t before = polling->requests;
    polling_wait(polling, &polling->requests, before + 1);
    assert_int_equal(polling->asked[before].id_count, 1); /* not due yet */
    polling_wait(polling, &polling->requests, before + 2);
    count_asked(polling, before, 7, &alone);
    assert_int_equal(alone, 1);
    polling_release(polling);
    polling_wait(polling, &slow.count, 2);
}

/* ---- failures ---- */

/* The centre fails all requests for more than three ids: nobody loses more than a turn,
 * no id is suspected, and sharing is tried ever more seldom. */
static void
a_shared_failure_is_nobodys(void **state)
{
    struct polling *polling = *state;
    struct listener quick = {0}, slow = {0};
    size_t shared = 0;
    polling->merged_max = 3;
    polling_subscribe(polling, 0, QUICK_MS, IDS(1, 2), &quick);
    polling_subscribe(polling, 0, 2 * QUICK_MS, IDS(7, 8), &slow);
    polling_wait(polling, &quick.count, 24);
    for (size_t r = 0; r < polling->requests; r++) {
        const struct asked *asked = &polling->asked[r];
        shared += asked->id_count == 4;
        assert_int_not_equal(asked->id_count, 1); /* nobody has been split off */
    }
    assert_in_range(shared, 2, 6);
    assert_true(slow.count >= 5);
}

/* The bad id is found as if it had never ridden, and harms its carrier no longer. */
static void
a_bad_rider_is_found(void **state)
{
    struct polling *polling = *state;
    struct listener quick = {0}, slow = {0};
    size_t alone;
    polling_subscribe(polling, 0, QUICK_MS, IDS(1, 2), &quick);
    polling_subscribe(polling, 0, 2 * QUICK_MS, IDS(7), &slow);
    polling_wait(polling, &slow.count, 3);
    polling->refused[0] = 7;
    size_t had = quick.count;
    polling_wait(polling, &quick.count, had + 12);
    size_t before = polling->requests;
    polling_wait(polling, &quick.count, had + 18);
    assert_int_equal(count_asked(polling, before, 7, &alone), 0);
    assert_ids(quick.ids, quick.row_count, IDS(1, 2));
}

static void
who_is_well_again_rides_again(void **state)
{
    struct polling *polling = *state;
    struct listener quick = {0}, slow = {0};
    size_t alone;
    polling_subscribe(polling, 0, QUICK_MS, IDS(1, 2), &quick);
    polling_subscribe(polling, 0, 2 * QUICK_MS, IDS(7), &slow);
    polling_wait(polling, &slow.count, 3);
    polling->merged_max = 2;
    size_t had = slow.count;
    polling_wait(polling, &slow.count, had + 1); /* which it gets alone */
    polling->merged_max = 0;
    polling_wait(polling, &slow.count, had + 3);
    size_t before = polling->requests;
    polling_wait(polling, &slow.count,
                 had + 24); /* who rings first in a turn is chance */
    assert_true(count_asked(polling, before, 7, &alone) >= 20);
    assert_int_equal(alone, 0);
}

/* ---- changes ---- */

static const struct asked *
newest(const struct polling *polling)
{
    return &polling->asked[(polling->requests - 1) % POLLING_ASKED_MAX];
}

/* Until a shared request is on its way. The others are answered. */
static void
wait_for_ride(struct polling *polling)
{
    polling->is_holding = true;
    for (int tries = 0; tries < 100; tries++) {
        polling_wait(polling, &polling->requests, polling->requests + 1);
        if (newest(polling)->id_count > 1)
            return;
        polling_release_one(polling);
    }
    fail_msg("no request was shared");
}

/* Somebody leaves while the shared request is on its way. */
static void
riders_and_carriers_may_leave(void **state)
{
    struct polling *polling = *state;
    for (int leaver = 0; leaver < 2; leaver++) {
        struct listener quick = {0}, slow = {0};
        struct listener *stays = leaver ? &quick : &slow;
        struct listener *leaves = leaver ? &slow : &quick;
        struct subscription *subscriptions[] = {
            polling_subscribe(polling, 0, QUICK_MS, IDS(1), &quick),
            polling_subscribe(polling, 0, 2 * QUICK_MS, IDS(7), &slow),
        };
        polling_wait(polling, &slow.count, 2);
        polling_wait(polling, &quick.count, 1);
        wait_for_ride(polling);
        planner_unsubscribe(subscriptions[leaver]);
        polling_run_for(polling, 5);
        size_t had = stays->count, gone = leaves->count;
        polling_release(polling);
        polling_wait(polling, &stays->count, had + 3);
        assert_int_equal(leaves->count, gone);
        planner_unsubscribe(subscriptions[!leaver]);
        polling_run_for(polling, 5);
    }
}

#define test(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, polling_set_up, polling_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(riders_have_no_requests_of_their_own),
        test(riders_keep_to_their_interval),
        test(several_ride_together),
        test(absence_is_the_riders_own),
        test(who_is_not_fetched_goes_alone),
        test(a_shared_failure_is_nobodys),
        test(a_bad_rider_is_found),
        test(who_is_well_again_rides_again),
        test(riders_and_carriers_may_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
