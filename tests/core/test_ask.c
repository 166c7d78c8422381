/* One request by hand: as it is made, as it is answered, and when it is not made. */
#include "polling.h"

#include "poll/ask.h"

/* What an ask ended with. */
struct ending {
    size_t count;
    struct error error;
    long status;
    size_t row_count;
    char body[256];
};

static void
on_done(void *arg, const struct poll_answer *answer)
{
    struct ending *ending = arg;
    ending->count++;
    ending->error = answer->error;
    ending->status = answer->status;
    ending->row_count = answer->rows ? answer->rows->row_count : 0;
    snprintf(ending->body, sizeof ending->body, "%s", answer->body);
}

static struct ask *
ask(struct polling *polling, const int64_t *ids, size_t count, struct ending *ending)
{
    return planner_ask(polling->planner, 0, &query_queues, ids, count, NULL, on_done,
                       ending);
}

static struct ending
ask_and_wait(struct polling *polling, const int64_t *ids, size_t count)
{
    struct ending ending = {0};
    ask(polling, ids, count, &ending);
    assert_int_equal(ending.count, 0); /* later, never from inside */
    polling_wait(polling, &ending.count, 1);
    return ending;
}

static struct lane_state
look(struct polling *polling)
{
    struct lane_state lane;
    planner_look(polling->planner, 0, &query_queues, &lane);
    return lane;
}

static void
one_request_and_its_answer_as_it_came(void **state)
{
    struct polling *polling = *state;
    polling->uninvited = 9;
    struct ending ending = ask_and_wait(polling, IDS(3, 2));
    assert_int_equal(ending.error.kind, ERROR_NONE);
    assert_int_equal(ending.status, 200);
    assert_int_equal(ending.row_count, 3);
    assert_string_equal(ending.body, "{\"resultCode\":\"0100000\",\"resultDesc\":["
                                     "{\"skillId\":9,\"callWaitNums\":1},"
                                     "{\"skillId\":3,\"callWaitNums\":1},"
                                     "{\"skillId\":2,\"callWaitNums\":1}]}");
    assert_int_equal(polling->requests, 1);
    assert_ids(polling->asked[0].ids, polling->asked[0].id_count, IDS(3, 2));
}

/* What is known already is not given: people ask because they want to see the centre.
 */
static void
it_is_asked_although_it_is_known(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    polling_subscribe(polling, 0, POLLING_SELDOM_MS, IDS(1), &listener);
    polling_wait(polling, &listener.count, 1);
    assert_int_equal(ask_and_wait(polling, IDS(1)).row_count, 1);
    assert_int_equal(polling->requests, 2);
    assert_int_equal(listener.count, 1);
}

static void
a_failure_in_the_body_keeps_the_body(void **state)
{
    struct polling *polling = *state;
    polling->api_code = "0100002";
    struct ending ending = ask_and_wait(polling, IDS(1));
    assert_int_equal(ending.error.kind, ERROR_API);
    assert_non_null(strstr(ending.body, "0100002"));
    assert_int_equal(look(polling).failures, 0);
}

static void
an_open_circuit_answers_until_it_is_probed(void **state)
{
    struct polling *polling = *state;
    polling->status = 401;
    assert_int_equal(ask_and_wait(polling, IDS(1)).error.kind, ERROR_AUTH);
    struct ending refused = ask_and_wait(polling, IDS(1));
    assert_int_equal(refused.error.kind, ERROR_AUTH);
    assert_string_equal(refused.error.code, "401");
    assert_int_equal(refused.status, 0);
    assert_int_equal(polling->requests, 1);
    struct lane_state lane = look(polling);
    assert_true(lane.is_open);
    assert_int_equal(lane.failures, 1);
    assert_true(lane.left_ms > 9 * 60 * 1000 && lane.left_ms <= 10 * 60 * 1000);
    assert_string_equal(lane.error.code, "401");
    polling->status = 200;
    planner_retry(polling->planner, 0);
    assert_true(look(polling).is_open); /* until the probe is answered well */
    assert_int_equal(look(polling).left_ms, 0);
    assert_int_equal(ask_and_wait(polling, IDS(1)).error.kind, ERROR_NONE);
    assert_int_equal(polling->requests, 2);
    lane = look(polling);
    assert_false(lane.is_open);
    assert_int_equal(lane.error.kind, ERROR_NONE);
}

/* Polls that wait go out at once, without anybody who asks. */
static void
a_retry_lets_polls_go(void **state)
{
    struct polling *polling = *state;
    struct listener listener = {0};
    polling->status = 403;
    polling_subscribe(polling, 0, 100, IDS(1), &listener);
    polling_wait(polling, &polling->requests, 1);
    polling_run_for(polling, 250);
    assert_int_equal(polling->requests, 1);
    polling->status = 200;
    planner_retry(polling->planner, 0);
    polling_wait(polling, &listener.count, 1);
    assert_in_range(polling->requests, 2, 3); /* where the machine is busy, the next */
}

static void
what_waits_is_told_of_the_end(void **state)
{
    struct polling *polling = *state;
    struct ending first = {0}, second = {0};
    polling->is_holding = true;
    ask(polling, IDS(1), &first);
    polling_wait(polling, &polling->requests, 1);
    planner_set_conf(polling->planner, &polling->conf);
    assert_int_equal(first.count, 0);
    polling_wait(polling, &first.count, 1);
    assert_int_equal(first.error.kind, ERROR_CANCELLED);
    ask(polling, IDS(2), &second);
    planner_drain(polling->planner);
    polling_wait(polling, &second.count, 1);
    assert_int_equal(second.error.kind, ERROR_CANCELLED);
    struct ending third = ask_and_wait(polling, IDS(3));
    assert_int_equal(third.error.kind, ERROR_CANCELLED);
    assert_int_equal(first.count, 1);
    polling_release(polling);
    polling_run_for(polling, 20);
    assert_int_equal(first.count, 1);
}

static void
a_cancelled_one_says_nothing(void **state)
{
    struct polling *polling = *state;
    struct ending ending = {0};
    polling->is_holding = true;
    struct ask *sent = ask(polling, IDS(1), &ending);
    struct ask *waiting = ask(polling, IDS(2), &ending);
    polling_wait(polling, &polling->requests, 1);
    ask_cancel(waiting);
    ask_cancel(sent);
    ask(polling, IDS(3), &ending);
    polling_release(polling);
    polling_run_for(polling, 20);
    assert_int_equal(ending.count, 1);
    polling->is_holding = true;
    ask(polling, IDS(4), &ending); /* goes with the planner */
}

#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, polling_set_up, polling_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_request_and_its_answer_as_it_came),
        TEST(it_is_asked_although_it_is_known),
        TEST(a_failure_in_the_body_keeps_the_body),
        TEST(an_open_circuit_answers_until_it_is_probed),
        TEST(a_retry_lets_polls_go),
        TEST(what_waits_is_told_of_the_end),
        TEST(a_cancelled_one_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
