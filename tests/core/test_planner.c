/* From wants to requests: what is asked together, who gets what, what a change of
 * subscribers or of the configuration does. */
#include "polling.h"

/* The ids of all requests from number `from` (0 is the first) to now, marked in a
 * table. */
static void
mark_asked(const struct polling *polling, size_t from, size_t *marks, size_t most)
{
    memset(marks, 0, (most + 1) * sizeof *marks);
    for (size_t r = from; r < polling->requests; r++)
        for (size_t i = 0; i < polling->asked[r].id_count; i++) {
            assert_true(polling->asked[r].ids[i] <= (int64_t)most);
            marks[polling->asked[r].ids[i]]++;
        }
}

/* ---- what is asked ---- */

static void
many_subscribers_share_one_request(void **state)
{
    struct polling *polling = *state;
    struct listener listeners[20] = {0};
    for (size_t i = 0; i < 20; i++)
        polling_subscribe(polling, 0, 300, IDS(3, 1, 2), &listeners[i]);
    polling_wait(polling, &listeners[19].count, 1);
    assert_int_equal(polling->requests, 1);
    assert_ids(polling->asked[0].ids, polling->asked[0].id_count, IDS(1, 2, 3));
    polling_wait(polling, &listeners[19].count, 2);
    assert_int_equal(polling->requests, 2);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(listeners[i].count, 2);
        assert_ids(listeners[i].ids, listeners[i].row_count, IDS(1, 2, 3));
        assert_int_equal(listeners[i].stamp[2], 2);
    }
}

/* Id 2 is wanted every 60 ms and seldom: it travels with the quick ones alone. */
static void
the_shortest_interval_counts(void **state)
{
    struct polling *polling = *state;
    struct listener quick = {0}, slow = {0};
    size_t marks[4];
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1, 2), &slow);
    polling_subscribe(polling, 0, 60, IDS(2, 3), &quick);
    polling_wait(polling, &quick.count, 4);
    for (size_t r = polling->requests - 3; r < polling->requests; r++)
        assert_ids(polling->asked[r].ids, polling->asked[r].id_count, IDS(2, 3));
    mark_asked(polling, polling->requests - 3, marks, 3);
    assert_int_equal(marks[1], 0);
    assert_ids(quick.ids, quick.row_count, IDS(2, 3));
    /* The slow one hears of id 2 as often as it is asked. */
    assert_true(slow.count >= 4);
    assert_ids(slow.ids, slow.row_count, IDS(2));
}

static void
two_wants_of_one_subscriber_are_one_sample(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    const int64_t ids[] = {5, 6};
    const struct planner_want wants[] = {
        {0, &query_queues, POLLING_SELDOM_MS, 0, ids, 2, 0},
        {0, &query_queues, POLLING_SELDOM_MS, 0, ids, 1, 0},
    };
    planner_subscribe(polling->planner, "test", wants, 2, polling_on_rows, &listener);
    polling_wait(polling, &listener.count, 1);
    polling_run_for(polling, 20);
    assert_int_equal(listener.count, 1);
    assert_int_equal(polling->requests, 1);
    assert_ids(listener.ids, listener.row_count, IDS(5, 6));
}

static void
batches_fit_the_server(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    int64_t ids[700];
    size_t marks[2000];
    for (size_t i = 0; i < 700; i++)
        ids[i] = 1999 - (int64_t)i;
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, ids, 700, &listener);
    polling_wait(polling, &listener.count, 4);
    polling_run_for(polling, 20);
    assert_int_equal(polling->requests, 4);
    assert_int_equal(listener.all_rows, 700);
    mark_asked(polling, 0, marks, 1999);
    for (size_t id = 1300; id <= 1999; id++)
        assert_int_equal(marks[id], 1);
    /* Room is used: all but one could not take another id of four digits. */
    size_t packed = 0;
    for (size_t r = 0; r < 4; r++) {
        assert_true(polling->asked[r].array_bytes <= 1000);
        packed += polling->asked[r].array_bytes > 1000 - strlen(",1999");
    }
    assert_int_equal(packed, 3);
}

static void
centers_are_asked_apart(void **state)
{
    struct polling *polling = *state;
    struct listener one = {0}, other = {0};
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1), &one);
    polling_subscribe(polling, 1, POLLING_SELDOM_MS, IDS(1), &other);
    polling_wait(polling, &one.count, 1);
    polling_wait(polling, &other.count, 1);
    assert_int_equal(polling->requests, 2);
    assert_int_equal(polling->asked[0].cc_id + polling->asked[1].cc_id, 3);
    assert_int_equal(one.center, 0);
    assert_int_equal(other.center, 1);
}

/* In 500 ms an interval of 50 ms has ten turns; that is what comes, with the first. */
static void
the_interval_is_kept(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    polling_subscribe(polling, 0, 50, IDS(1), &listener);
    polling_run_for(polling, 500);
    assert_in_range(polling->requests, 6, 12);
    for (size_t r = 2; r < polling->requests; r++)
        assert_true(polling->asked[r].at_ms - polling->asked[r - 1].at_ms >= 20);
}

/* A slow answer is waited for: the same question is never asked twice at a time. */
static void
polls_never_overlap(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    polling->delay_ms = 80;
    polling_subscribe(polling, 0, 20, IDS(1), &listener);
    polling_wait(polling, &listener.count, 3);
    assert_int_equal(polling->most_open, 1);
}

/* ---- what comes of it ---- */

static void
rows_follow_the_ids_that_were_asked(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    polling->unknown = 2;
    polling->uninvited = 77;
    polling->is_reversed = true;
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(4, 2, 3, 1), &listener);
    polling_wait(polling, &listener.count, 1);
    assert_ids(listener.ids, listener.row_count, IDS(1, 2, 3, 4));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(listener.gone[i], i == 1);
        assert_int_equal(listener.stamp[i], i == 1 ? 0 : 1);
    }
}

static void
everybody_gets_his_own_rows(void **state)
{
    struct polling *polling = *state;
    struct listener all = {0}, some = {0}, one = {0};
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1, 2, 3, 4), &all);
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(4, 2), &some);
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(3), &one);
    polling_wait(polling, &one.count, 1);
    assert_int_equal(polling->requests, 1);
    assert_ids(all.ids, all.row_count, IDS(1, 2, 3, 4));
    assert_ids(some.ids, some.row_count, IDS(2, 4));
    assert_ids(one.ids, one.row_count, IDS(3));
}

static void
failures_are_no_samples(void **state)
{
    static const struct {
        int status;
        const char *api_code;
        bool is_cut;
    } cases[] = {{503, NULL, false}, {200, "0100002", false}, {200, NULL, true}};
    struct polling *polling = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct listener listener = {0};
        size_t before = polling->requests;
        polling->status = cases[i].status;
        polling->api_code = cases[i].api_code;
        polling->is_cut = cases[i].is_cut;
        struct subscription *subscription =
            polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1), &listener);
        polling_wait(polling, &polling->requests, before + 1);
        polling_run_for(polling, 30);
        assert_int_equal(listener.count, 0);
        planner_replay(subscription);
        polling_run_for(polling, 5);
        assert_int_equal(listener.count, 0);
        planner_unsubscribe(subscription);
        planner_set_conf(polling->planner, &polling->conf); /* no back-off any more */
    }
}

/* What was known before a failure stays known. */
static void
a_failure_keeps_the_newest_sample(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    struct subscription *subscription =
        polling_subscribe(polling, 0, 100, IDS(1), &listener);
    polling_wait(polling, &listener.count, 1);
    polling->api_code = "0100002";
    polling_wait(polling, &polling->requests, 2);
    polling->is_holding = true;
    polling_run_for(polling, 10);
    planner_replay(subscription);
    polling_run_for(polling, 5);
    assert_int_equal(listener.stamp[0], 1);
}

/* ---- no room, and lost memory ---- */

static void
what_was_refused_comes_when_there_is_room(void **state)
{
    struct polling *polling = *state;
    struct listener full = {.is_full = true}, other = {0};
    struct subscription *subscription =
        polling_subscribe(polling, 0, 40, IDS(1, 2), &full);
    polling_subscribe(polling, 0, 40, IDS(1, 2), &other);
    polling_wait(polling, &full.refused, 3);
    assert_true(other.count >= 3); /* others are not held back */
    polling->is_holding = true;
    polling_run_for(polling, 60);
    size_t newest = other.count;
    full.is_full = false;
    planner_resume(subscription);
    assert_int_equal(full.count, 1);
    assert_int_equal(full.stamp[0], newest);
    planner_resume(subscription); /* nothing was refused since */
    assert_int_equal(full.count, 1);
}

/* Somebody else comes and goes: what was refused is still owed. */
static void
a_refused_sample_outlives_a_change_of_subscribers(void **state)
{
    struct polling *polling = *state;
    struct listener full = {.is_full = true}, other = {0};
    struct subscription *subscription =
        polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1), &full);
    polling_wait(polling, &full.refused, 1);
    struct subscription *passing =
        polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1), &other);
    planner_unsubscribe(passing);
    full.is_full = false;
    planner_resume(subscription);
    assert_int_equal(full.count, 1);
    assert_int_equal(full.stamp[0], 1);
}

static void
replay_repeats_everything_known(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    const int64_t ids[] = {1, 2};
    const struct planner_want wants[] = {
        {0, &query_queues, POLLING_SELDOM_MS, 0, ids, 1, 0},
        {1, &query_queues, POLLING_SELDOM_MS, 0, ids + 1, 1, 0},
    };
    struct subscription *subscription = planner_subscribe(
        polling->planner, "test", wants, 2, polling_on_rows, &listener);
    polling_wait(polling, &listener.count, 2);
    planner_replay(subscription);
    assert_int_equal(listener.count, 2); /* in the next turn */
    polling_wait(polling, &listener.count, 4);
    polling_run_for(polling, 10);
    assert_int_equal(listener.count, 4);
    assert_int_equal(polling->requests, 2);
}

/* The clock moved: everything is asked at once, and what is known answers nobody. */
static void
a_refresh_makes_samples_stale(void **state)
{
    struct polling *polling = *state;
    struct listener full = {.is_full = true}, listener = {0}, fetched = {0}, late = {0};
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1, 2), &listener);
    struct subscription *refusing =
        polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(2), &full);
    polling_wait(polling, &listener.count, 1);
    polling_wait(polling, &full.refused, 1);
    planner_refresh(polling->planner);
    full.is_full = false;
    planner_resume(refusing);
    assert_int_equal(full.count, 0);
    polling_fetch(polling, POLLING_SELDOM_MS, IDS(1), &fetched);
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1, 2), &late);
    polling_wait(polling, &fetched.count, 1);
    polling_wait(polling, &listener.count, 2);
    polling_wait(polling, &full.count, 1);
    assert_true(fetched.stamp[0] > 1);
    assert_true(listener.stamp[0] > 1 && full.stamp[0] > 1);
    polling_wait(polling, &late.count, 1);
    assert_true(late.stamp[0] > 1);
}

static void
who_comes_later_is_told_what_is_known(void **state)
{
    struct polling *polling = *state;
    struct listener first = {0}, second = {0};
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1, 2), &first);
    polling_wait(polling, &first.count, 1);
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(2), &second);
    assert_int_equal(second.count, 0);
    polling_wait(polling, &second.count, 1);
    assert_ids(second.ids, second.row_count, IDS(2));
    assert_int_equal(first.count, 1);
    assert_int_equal(polling->requests, 1);
}

/* Older than its interval: it is on its way to be asked again anyhow. */
static void
what_is_too_old_is_not_told_again(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    struct subscription *subscription =
        polling_subscribe(polling, 0, 30, IDS(1), &listener);
    polling_wait(polling, &listener.count, 1);
    polling->is_holding = true;
    polling_run_for(polling, 100);
    size_t before = listener.count;
    planner_replay(subscription);
    polling_run_for(polling, 10);
    assert_int_equal(listener.count, before);
}

/* ---- changes ---- */

static void
nobody_is_told_after_unsubscribing(void **state)
{
    struct polling *polling = *state;
    struct listener leaves = {0}, stays = {0};
    polling->is_holding = true;
    struct subscription *subscription =
        polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1), &leaves);
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1), &stays);
    polling_wait(polling, &polling->requests, 1);
    planner_unsubscribe(subscription);
    polling_release(polling);
    polling_wait(polling, &stays.count, 1);
    assert_int_equal(leaves.count, 0);
    assert_int_equal(polling->requests, 1); /* the one in flight served */
}

static void
nothing_is_asked_for_nobody(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    struct subscription *subscription =
        polling_subscribe(polling, 0, 20, IDS(1), &listener);
    polling_wait(polling, &listener.count, 2);
    planner_unsubscribe(subscription);
    size_t before = polling->requests;
    polling_run_for(polling, 100);
    assert_true(polling->requests <= before + 1); /* one may have been under way */
    assert_int_equal(planner_busy(polling->planner), 0);
}

/* A want that changes the batches while a request is in flight does not break the
 * connection, and the verdict of that request still counts: a wrong key is tried once,
 * however many scripts begin at the same time. */
static void
a_wrong_key_is_tried_once(void **state)
{
    struct polling *polling = *state;
    struct listener listeners[5] = {0};
    polling->status = 401;
    polling->is_holding = true;
    polling_subscribe(polling, 0, 30, IDS(1), &listeners[0]);
    polling_wait(polling, &polling->requests, 1);
    for (int64_t i = 1; i < 5; i++) {
        polling_subscribe(polling, 0, 30, IDS(i, i + 1), &listeners[i]);
        polling_run_for(polling, 10);
    }
    polling_release(polling);
    polling_run_for(polling, 150);
    assert_int_equal(polling->requests, 1);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(listeners[i].count, 0);
}

/* The operator mends the key and reloads: one probe, and all is well. */
static void
a_new_configuration_probes_at_once(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    polling->status = 401;
    polling_subscribe(polling, 0, 40, IDS(1), &listener);
    polling_wait(polling, &polling->requests, 1);
    polling_run_for(polling, 100);
    assert_int_equal(polling->requests, 1);
    planner_set_conf(polling->planner, &polling->conf);
    polling_wait(polling, &polling->requests, 2);
    polling_run_for(polling, 100);
    assert_int_equal(polling->requests, 2); /* still wrong */
    polling->status = 200;
    planner_set_conf(polling->planner, &polling->conf);
    polling_wait(polling, &listener.count, 2);
}

/* Centres are known by their names: one that has moved is asked as before, wants of one
 * that is gone are over, one that is new can be asked. */
static void
centers_come_and_go(void **state)
{
    struct polling *polling = *state;
    struct listener gone = {0}, moved = {0}, fresh = {0};
    struct conf_center centers[] = {polling_center(polling, "second", 2),
                                    polling_center(polling, "third", 3)};
    struct conf conf = {.centers = centers, .center_count = 1};
    polling_subscribe(polling, 0, 30, IDS(1), &gone);
    polling_subscribe(polling, 1, 30, IDS(1), &moved);
    polling_wait(polling, &gone.count, 1);
    polling_wait(polling, &moved.count, 1);
    planner_set_conf(polling->planner, &conf);
    size_t before = polling->requests, was_gone = gone.count;
    size_t had = moved.count;
    polling_wait(polling, &moved.count, had + 2);
    /* One may have been on its way to the centre that is gone. */
    for (size_t r = before + 1; r < polling->requests; r++)
        assert_int_equal(polling->asked[r].cc_id, 2);
    assert_int_equal(gone.count, was_gone);
    assert_int_equal(moved.center, 0);
    conf.center_count = 2;
    planner_set_conf(polling->planner, &conf);
    polling_subscribe(polling, 1, POLLING_SELDOM_MS, IDS(9), &fresh);
    polling_wait(polling, &fresh.count, 1);
    assert_int_equal(fresh.center, 1);
    assert_int_equal(planner_find_center(polling->planner, "third"), 1);
    assert_int_equal(planner_find_center(polling->planner, "main"), -1);
}

/* ---- the end ---- */

static void
draining_starts_nothing(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    polling->is_holding = true;
    polling_subscribe(polling, 0, 20, IDS(1), &listener);
    polling_wait(polling, &polling->requests, 1);
    assert_int_equal(planner_busy(polling->planner), 1);
    planner_drain(polling->planner);
    polling_release(polling);
    polling_wait(polling, &listener.count, 1); /* what is in flight is finished */
    polling_run_for(polling, 80);
    assert_int_equal(polling->requests, 1);
    assert_int_equal(planner_busy(polling->planner), 0);
}

#define test(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, polling_set_up, polling_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(many_subscribers_share_one_request),
        test(the_shortest_interval_counts),
        test(two_wants_of_one_subscriber_are_one_sample),
        test(batches_fit_the_server),
        test(centers_are_asked_apart),
        test(the_interval_is_kept),
        test(polls_never_overlap),
        test(rows_follow_the_ids_that_were_asked),
        test(everybody_gets_his_own_rows),
        test(failures_are_no_samples),
        test(a_failure_keeps_the_newest_sample),
        test(what_was_refused_comes_when_there_is_room),
        test(a_refused_sample_outlives_a_change_of_subscribers),
        test(replay_repeats_everything_known),
        test(a_refresh_makes_samples_stale),
        test(who_comes_later_is_told_what_is_known),
        test(what_is_too_old_is_not_told_again),
        test(nobody_is_told_after_unsubscribing),
        test(nothing_is_asked_for_nobody),
        test(a_wrong_key_is_tried_once),
        test(a_new_configuration_probes_at_once),
        test(centers_come_and_go),
        test(draining_starts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
