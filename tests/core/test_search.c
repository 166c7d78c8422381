/* Ids for which the centre refuses whole requests: found, set apart, forgiven; and a
 * centre that is itself to blame. */
#include "polling.h"

#define IDS_MANY 64
#define EVERY_MS 80

/* Subscribes to the ids from `first` to `last`. */
static struct subscription *
subscribe_range(struct polling *polling, int64_t first, int64_t last,
                struct listener *listener)
{
    int64_t ids[IDS_MANY];
    size_t count = 0;
    for (int64_t id = first; id <= last; id++)
        ids[count++] = id;
    return polling_subscribe(polling, 0, EVERY_MS, ids, count, listener);
}

static bool
is_asked(const struct asked *asked, int64_t id)
{
    for (size_t i = 0; i < asked->id_count; i++)
        if (asked->ids[i] == id)
            return true;
    return false;
}

/* How many requests from number `from` on named the id. */
static size_t
count_asked(const struct polling *polling, size_t from, int64_t id)
{
    size_t count = 0;
    for (size_t r = from; r < polling->requests; r++)
        count += is_asked(&polling->asked[r], id);
    return count;
}

/* Until a sample has `count` rows. */
static void
wait_rows(struct polling *polling, const struct listener *listener, size_t count)
{
    for (int64_t until = clock_mono_ms() + 5000; listener->row_count != count;) {
        if (clock_mono_ms() > until)
            fail_msg("waited in vain: %zu rows, not %zu", listener->row_count, count);
        polling_run_for(polling, 1);
    }
}

static void
a_bad_id_harms_only_who_wants_it(void **state)
{
    struct polling *polling = *state;
    struct listener all = {0}, others = {0}, bad = {0};
    polling->refused[0] = 9;
    subscribe_range(polling, 1, IDS_MANY, &all);
    subscribe_range(polling, 20, 30, &others);
    polling_subscribe(polling, 0, EVERY_MS, IDS(9), &bad);
    wait_rows(polling, &all, IDS_MANY - 1); /* together again, without it */
    wait_rows(polling, &others, 11);
    for (size_t i = 0; i < all.row_count; i++)
        assert_int_not_equal(all.ids[i], 9);
    assert_int_equal(bad.count, 0);
    size_t before = polling->requests;
    polling_run_for(polling, 5 * EVERY_MS);
    assert_int_equal(count_asked(polling, before, 9), 0);
    assert_in_range(polling->requests - before, 3, 7); /* one per interval */
}

/* While it is searched for, the good parts are polled: two requests for each halving,
 * and what falls due meanwhile. */
static void
a_search_is_short(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    polling->refused[0] = 33;
    subscribe_range(polling, 1, IDS_MANY, &listener);
    wait_rows(polling, &listener, IDS_MANY - 1);
    assert_in_range(polling->requests, 2 * 6 + 2, 60);
    assert_in_range(count_asked(polling, 0, 33), 8, 9);
}

static void
several_bad_ids_are_found(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    memcpy(polling->refused, (int64_t[]){1, 2, 17, 40, IDS_MANY}, 5 * sizeof(int64_t));
    subscribe_range(polling, 1, IDS_MANY, &listener);
    wait_rows(polling, &listener, IDS_MANY - 5);
    size_t before = polling->requests;
    polling_run_for(polling, 4 * EVERY_MS);
    for (const int64_t *id = polling->refused; *id; id++)
        assert_int_equal(count_asked(polling, before, *id), 0);
}

/* A new subscriber of a refused id brings no new search. */
static void
a_refused_id_stays_refused(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0}, late = {0};
    polling->refused[0] = 9;
    struct subscription *subscription = subscribe_range(polling, 1, 10, &listener);
    wait_rows(polling, &listener, 9);
    planner_unsubscribe(subscription);
    polling_run_for(polling, EVERY_MS);
    size_t before = polling->requests;
    subscribe_range(polling, 5, 14, &late);
    wait_rows(polling, &late, 9);
    assert_int_equal(count_asked(polling, before, 9), 0);
}

/* The operator creates the queue and reloads. */
static void
a_new_configuration_gives_another_chance(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    polling->refused[0] = 9;
    subscribe_range(polling, 1, 10, &listener);
    wait_rows(polling, &listener, 9);
    polling->refused[0] = 0;
    planner_set_conf(polling->planner, &polling->conf);
    wait_rows(polling, &listener, 10);
}

/* Everything is refused: no id is to blame. A handful of requests finds that out; then
 * the ids are asked together as before, and all is well as soon as the centre is. */
static void
a_centre_that_refuses_all_condemns_nobody(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    polling->api_code = "0100999";
    subscribe_range(polling, 1, IDS_MANY, &listener);
    polling_run_for(polling, 6 * EVERY_MS);
    size_t before = polling->requests;
    polling_run_for(polling, 5 * EVERY_MS);
    assert_in_range(polling->requests - before, 3, 7);
    assert_int_equal(polling->asked[polling->requests - 1].id_count, IDS_MANY);
    assert_int_equal(listener.count, 0);
    polling->api_code = NULL;
    polling_wait(polling, &listener.count, 1);
    assert_int_equal(listener.row_count, IDS_MANY);
}

/* One failure alone may be a mishap. */
static void
a_mishap_condemns_nobody(void **state)
{
    struct polling *polling = *state;
    struct listener one = {0}, other = {0};
    polling_subscribe(polling, 0, EVERY_MS, IDS(1), &one);
    polling_subscribe(polling, 0, EVERY_MS + 10, IDS(2), &other);
    polling_wait(polling, &one.count, 1);
    polling->refused[0] = 1;
    for (size_t before = polling->requests; !count_asked(polling, before, 1);)
        polling_run_for(polling, 1);
    polling_run_for(polling, 5);
    polling->refused[0] = 0;
    polling_wait(polling, &one.count, one.count + 2);
}

static void
a_fetch_of_a_refused_id_fails_without_asking(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0}, fetched = {0};
    polling->refused[0] = 9;
    polling_fetch(polling, 0, IDS(8, 9), &fetched); /* not known yet: any bad part */
    polling_wait(polling, &fetched.count, 1);
    assert_int_equal(fetched.error.kind, ERROR_API);
    assert_int_equal(fetched.row_count, 0);
    subscribe_range(polling, 1, 10, &listener);
    wait_rows(polling, &listener, 9);
    size_t before = polling->requests;
    polling_fetch(polling, 0, IDS(8, 9), &fetched);
    polling_wait(polling, &fetched.count, 2);
    assert_int_equal(fetched.error.kind, ERROR_API);
    assert_string_equal(fetched.error.code, "0100002");
    assert_int_equal(count_asked(polling, before, 9), 0);
    polling_fetch(polling, 0, IDS(8), &fetched);
    polling_wait(polling, &fetched.count, 3);
    assert_int_equal(fetched.error.kind, ERROR_NONE);
}

/* 50 and 5 requests per second are wanted, 20 are allowed: both intervals grow by the
 * same factor, so that the quick one is asked about ten times as often, still. */
static void
intervals_stretch_by_one_factor(void **state)
{
    struct polling *polling = *state;
    struct listener quick = {0}, slow = {0};
    polling->centers[0].rate = 20;
    polling_subscribe(polling, 0, 20, IDS(1), &quick);
    polling_subscribe(polling, 0, 200, IDS(2), &slow);
    polling_run_for(polling, 2200);
    assert_in_range(polling->requests, 25, 46);
    assert_in_range(slow.count, 3, 6);
    assert_true(quick.count >= 6 * slow.count);
}

#define test(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, polling_set_up, polling_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_bad_id_harms_only_who_wants_it),
        test(a_search_is_short),
        test(several_bad_ids_are_found),
        test(a_refused_id_stays_refused),
        test(a_new_configuration_gives_another_chance),
        test(a_centre_that_refuses_all_condemns_nobody),
        test(a_mishap_condemns_nobody),
        test(a_fetch_of_a_refused_id_fails_without_asking),
        test(intervals_stretch_by_one_factor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
