/* One-off questions: from what is known, from the centre, and when neither helps. */
#include "polling.h"

#include "poll/ask.h"

static int
set_up(void **state)
{
    struct polling *polling = polling_open();
    polling->planner = planner_new(polling->loop, polling->pool, &polling->conf);
    *state = polling;
    return 0;
}

static int
tear_down(void **state)
{
    polling_close(*state);
    return 0;
}

/* Fetches and waits for the end. */
static void
fetch(struct polling *polling, int64_t max_age_ms, const int64_t *ids, size_t count,
      struct listener *listener)
{
    polling_fetch(polling, max_age_ms, ids, count, listener);
    assert_int_equal(listener->count, 0); /* later, never from inside */
    polling_wait(polling, &listener->count, 1);
}

/* ---- answers ---- */

static void
rows_come_in_the_order_asked(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    polling->unknown = 2;
    polling->uninvited = 9;
    fetch(polling, 0, IDS(3, 2, 1), &listener);
    assert_int_equal(listener.error.kind, ERROR_NONE);
    assert_ids(listener.ids, listener.row_count, IDS(3, 2, 1));
    assert_ids(polling->asked[0].ids, polling->asked[0].id_count, IDS(3, 2, 1));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(listener.gone[i], i == 1);
    assert_int_equal(listener.stamp[2], 1);
}

static void
what_is_young_enough_is_used_again(void **state)
{
    struct polling *polling = *state;
    struct listener subscriber = {0}, old = {0}, fresh = {0}, wider = {0};
    polling->unknown = 2;
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1, 2, 3), &subscriber);
    polling_wait(polling, &subscriber.count, 1);
    polling_run_for(polling, 20);
    fetch(polling, 10000, IDS(3, 2), &old);
    assert_int_equal(polling->requests, 1);
    assert_ids(old.ids, old.row_count, IDS(3, 2));
    assert_true(old.gone[1]);
    fetch(polling, 10, IDS(3, 1), &fresh);
    assert_int_equal(polling->requests, 2);
    assert_int_equal(fresh.stamp[0], 2);
    /* One id that is not known: all are asked, so that they are of one moment. */
    fetch(polling, 10000, IDS(3, 4), &wider);
    assert_int_equal(polling->requests, 3);
    assert_int_equal(wider.stamp[0], 3);
    assert_int_equal(subscriber.count, 1);
}

static void
what_another_center_said_is_not_used(void **state)
{
    struct polling *polling = *state;
    struct listener subscriber = {0}, listener = {0};
    polling_subscribe(polling, 1, POLLING_SELDOM_MS, IDS(1), &subscriber);
    polling_wait(polling, &subscriber.count, 1);
    fetch(polling, 10000, IDS(1), &listener);
    assert_int_equal(polling->requests, 2);
    assert_int_equal(polling->asked[1].cc_id, 1);
}

#define MANY 300 /* more than one request may name */

static void
many_ids_are_asked_in_parts(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    int64_t ids[MANY];
    for (int64_t i = 0; i < MANY; i++)
        ids[i] = 1999 - i;
    polling->unknown = 1999;
    fetch(polling, 0, ids, MANY, &listener);
    assert_int_equal(polling->requests, 2);
    assert_true(polling->asked[0].array_bytes <= 1000);
    assert_ids(listener.ids, listener.row_count, ids, MANY);
    assert_true(listener.gone[0]);
    for (size_t i = 1; i < MANY; i++)
        assert_int_equal(listener.stamp[i], i < polling->asked[0].id_count ? 1 : 2);
}

/* ---- failures ---- */

static void
one_bad_part_spoils_the_answer(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    int64_t ids[MANY];
    for (int64_t i = 0; i < MANY; i++)
        ids[i] = 1000 + i;
    polling->is_holding = true;
    polling_fetch(polling, 0, ids, MANY, &listener);
    polling_wait(polling, &polling->requests, 1);
    polling_release_one(polling);
    polling_wait(polling, &polling->requests, 2);
    polling->api_code = "0100002";
    polling_release(polling);
    polling_wait(polling, &listener.count, 1);
    assert_int_equal(listener.error.kind, ERROR_API);
    assert_string_equal(listener.error.code, "0100002");
    assert_int_equal(listener.row_count, 0);
}

static void
failures_are_told(void **state)
{
    static const struct {
        int status;
        const char *api_code;
        bool is_cut;
        enum error_kind kind;
    } cases[] = {
        {503, NULL, false, ERROR_HTTP},     {429, NULL, false, ERROR_HTTP},
        {401, NULL, false, ERROR_AUTH},     {403, NULL, false, ERROR_AUTH},
        {200, "0100002", false, ERROR_API}, {200, NULL, true, ERROR_NETWORK},
    };
    struct polling *polling = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct listener listener = {0};
        polling->status = cases[i].status;
        polling->api_code = cases[i].api_code;
        polling->is_cut = cases[i].is_cut;
        fetch(polling, 0, IDS(1), &listener);
        assert_int_equal(listener.error.kind, cases[i].kind);
        assert_int_equal(listener.row_count, 0);
        planner_set_conf(polling->planner, &polling->conf); /* no hold any more */
    }
}

/* While the centre is left alone nobody waits for it: the answer is why. */
static void
held_centers_answer_at_once(void **state)
{
    static const struct {
        int status;
        enum error_kind kind;
        const char *code;
    } cases[] = {{401, ERROR_AUTH, "401"}, {503, ERROR_HTTP, "503"}};
    struct polling *polling = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct listener first = {0}, second = {0};
        polling->status = cases[i].status;
        fetch(polling, 0, IDS(1), &first);
        size_t before = polling->requests;
        fetch(polling, 0, IDS(1), &second);
        assert_int_equal(second.error.kind, cases[i].kind);
        assert_string_equal(second.error.code, cases[i].code);
        assert_int_equal(polling->requests, before);
        planner_set_conf(polling->planner, &polling->conf);
    }
}

/* Those in the queue do not sit out the hold either. */
static void
waiting_fetches_end_with_the_failure(void **state)
{
    struct polling *polling = *state;
    struct listener listeners[4] = {0};
    polling->status = 401;
    polling->is_holding = true;
    for (int64_t i = 0; i < 4; i++)
        polling_fetch(polling, 0, IDS(i + 1), &listeners[i]);
    polling_wait(polling, &polling->requests, 1);
    polling_release(polling);
    for (size_t i = 0; i < 4; i++) {
        polling_wait(polling, &listeners[i].count, 1);
        assert_int_equal(listeners[i].error.kind, ERROR_AUTH);
    }
    assert_int_equal(polling->requests, 1);
}

/* What is known is told, whatever the centre's state. */
static void
known_rows_need_no_center(void **state)
{
    struct polling *polling = *state;
    struct listener subscriber = {0}, refused = {0}, listener = {0};
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1), &subscriber);
    polling_wait(polling, &subscriber.count, 1);
    polling->status = 401;
    fetch(polling, 0, IDS(2), &refused);
    assert_int_equal(refused.error.kind, ERROR_AUTH);
    fetch(polling, 10000, IDS(1), &listener);
    assert_int_equal(listener.error.kind, ERROR_NONE);
    assert_int_equal(listener.stamp[0], 1);
}

/* ---- ends ---- */

static void
nobody_is_told_after_cancelling(void **state)
{
    struct polling *polling = *state;
    struct listener known = {0}, flying = {0}, queued = {0}, other = {0};
    struct listener subscriber = {0};
    polling_subscribe(polling, 1, POLLING_SELDOM_MS, IDS(1), &subscriber);
    polling->is_holding = true;
    struct fetch *in_flight = polling_fetch(polling, 0, IDS(1), &flying);
    struct fetch *in_queue = polling_fetch(polling, 0, IDS(2), &queued);
    polling_fetch(polling, 0, IDS(3), &other);
    polling_wait(polling, &polling->requests, 1);
    fetch_cancel(in_queue);
    fetch_cancel(in_flight);
    polling_release(polling);
    polling_wait(polling, &other.count, 1);
    polling_wait(polling, &subscriber.count, 1);
    fetch_cancel(planner_fetch(polling->planner, 1, &query_queues, IDS(1), NULL, 10000,
                               polling_on_fetched, &known));
    polling_run_for(polling, 20);
    assert_int_equal(known.count + flying.count + queued.count, 0);
    assert_int_equal(polling->requests, 3);
}

static void
draining_ends_fetches(void **state)
{
    struct polling *polling = *state;
    struct listener flying = {0}, queued = {0}, late = {0};
    polling->is_holding = true;
    polling_fetch(polling, 0, IDS(1), &flying);
    polling_fetch(polling, 0, IDS(2), &queued);
    polling_wait(polling, &polling->requests, 1);
    planner_drain(polling->planner);
    polling_wait(polling, &flying.count, 1);
    polling_wait(polling, &queued.count, 1);
    assert_int_equal(flying.error.kind, ERROR_CANCELLED);
    assert_int_equal(queued.error.kind, ERROR_CANCELLED);
    assert_int_equal(planner_busy(polling->planner), 0);
    fetch(polling, 0, IDS(3), &late);
    assert_int_equal(late.error.kind, ERROR_CANCELLED);
    assert_int_equal(polling->requests, 1);
}

static void
a_new_configuration_ends_fetches(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0}, again = {0};
    polling->is_holding = true;
    polling_fetch(polling, 0, IDS(1), &listener);
    polling_wait(polling, &polling->requests, 1);
    planner_set_conf(polling->planner, &polling->conf);
    polling_wait(polling, &listener.count, 1);
    assert_int_equal(listener.error.kind, ERROR_CANCELLED);
    polling->is_holding = false;
    fetch(polling, 0, IDS(1), &again);
    assert_int_equal(again.error.kind, ERROR_NONE);
}

static void
on_asked(void *arg, const struct poll_answer *answer)
{
    static struct conf fewer;
    struct polling *polling = arg;
    (void)answer;
    fewer = polling->conf;
    fewer.center_count = 1;
    planner_set_conf(polling->planner, &fewer);
}

/* Both answers are there when the first is heard, which ends the centre. */
static void
an_answered_fetch_needs_its_centre_no_more(void **state)
{
    struct polling *polling = *state;
    struct listener proof = {0}, listener = {0};
    planner_fetch(polling->planner, 1, &query_queues, IDS(1), NULL, 0,
                  polling_on_fetched, &proof);
    polling_wait(polling, &proof.count, 1);
    polling->is_holding = true;
    planner_ask(polling->planner, 1, &query_queues, IDS(2), NULL, on_asked, polling);
    polling_wait(polling, &polling->requests, 2);
    planner_fetch(polling->planner, 1, &query_queues, IDS(3), NULL, 0,
                  polling_on_fetched, &listener);
    polling_wait(polling, &polling->requests, 3);
    polling_release(polling);
    polling_wait(polling, &listener.count, 1);
    if (listener.error.kind != ERROR_CANCELLED)
        assert_ids(listener.ids, listener.row_count, IDS(3));
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(rows_come_in_the_order_asked),
        test(what_is_young_enough_is_used_again),
        test(what_another_center_said_is_not_used),
        test(many_ids_are_asked_in_parts),
        test(one_bad_part_spoils_the_answer),
        test(failures_are_told),
        test(held_centers_answer_at_once),
        test(waiting_fetches_end_with_the_failure),
        test(known_rows_need_no_center),
        test(nobody_is_told_after_cancelling),
        test(draining_ends_fetches),
        test(a_new_configuration_ends_fetches),
        test(an_answered_fetch_needs_its_centre_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
