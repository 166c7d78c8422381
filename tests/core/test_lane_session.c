/* The lane to an agent gateway: rows through the session, and when it is left alone. */
#include "signing.h"

#include "poll/lane.h"
#include "poll/planner.h"

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)

struct runner {
    struct errand errand;
    size_t answers;
    struct error error;
    size_t row_count;
    int64_t workno;
    char name[64];
};

static struct signing *gate;
static struct rate *rate;
static struct lane *lane;
static struct runner runners[2];
static size_t answers;

static void
on_answer(struct errand *errand, const struct poll_answer *answer)
{
    struct runner *runner = (struct runner *)errand;
    size_t size = 0;
    runner->answers++;
    answers++;
    runner->error = answer->error;
    runner->row_count = answer->rows ? answer->rows->row_count : 0;
    if (!runner->row_count)
        return;
    struct row row = block_at(answer->rows, 0);
    int name = query_field(&query_agent, "name");
    assert_true(name > 0);
    runner->workno = row.cells[1 + query_agent.key];
    const char *text = row_heap(row, (size_t)name, &size);
    snprintf(runner->name, sizeof runner->name, "%.*s", (int)size, text);
}

static int
set_up(void **state)
{
    (void)state;
    gate = signing_open();
    rate = rate_new(&gate->center);
    lane = lane_new(gate->loop, gate->pool, &gate->center, DOOR_AGENT_GATEWAY, rate);
    memset(runners, 0, sizeof runners);
    answers = 0;
    for (size_t i = 0; i < 2; i++)
        runners[i].errand =
            (struct errand){.query = &query_agent, .id = 20011, .on_answer = on_answer};
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++)
        lane_remove(&runners[i].errand);
    lane_delete(lane);
    rate_delete(rate);
    signing_close(gate);
    return 0;
}

static const struct runner *
run(void)
{
    size_t before = answers;
    lane_add(lane, &runners[0].errand);
    signing_wait(gate, &answers, before + 1);
    return &runners[0];
}

static struct lane_state
look(void)
{
    struct lane_state state;
    lane_look(lane, &state);
    return state;
}

static void
rows_come_through_the_session(void **state)
{
    (void)state;
    gate->answer =
        "{\"message\":\"\",\"retcode\":\"0\",\"result\":{\"workno\":\"20011\","
        "\"name\":\"Ay\\u015fe\"}}";
    assert_int_equal(run()->error.kind, ERROR_NONE);
    assert_string_equal(gate->path,
                        "/agentgateway/resource/agentgroup/1099/agentbyworkno/20011");
    assert_int_equal(runners[0].row_count, 1);
    assert_int_equal(runners[0].workno, 20011);
    assert_string_equal(runners[0].name, "Ay\xc5\x9f"
                                         "e");
}

static void
names_may_be_in_gbk(void **state)
{
    (void)state;
    gate->answer =
        "{\"message\":\"\",\"retcode\":\"0\",\"result\":{\"workno\":\"20011\","
        "\"name\":\"\xd6\xd0\xce\xc4\"}}";
    gate->answer_type = "application/json;charset=GBK";
    assert_int_equal(run()->error.kind, ERROR_NONE);
    assert_string_equal(runners[0].name, "\xe4\xb8\xad\xe6\x96\x87");
}

static void
a_wrong_password_opens_the_circuit(void **state)
{
    (void)state;
    gate->sign_in_code = "100-004";
    runners[1].errand.impatient = true;
    lane_add(lane, &runners[0].errand);
    lane_add(lane, &runners[1].errand);
    signing_wait(gate, &answers, 2);
    assert_int_equal(runners[0].error.kind, ERROR_AUTH);
    assert_int_equal(runners[1].error.kind, ERROR_AUTH);
    assert_true(look().is_open);
    assert_in_range(look().left_ms, 9 * MINUTE, 10 * MINUTE);
    assert_int_equal(gate->requests, 1);
    lane_add(lane, &runners[0].errand);
    signing_run_for(gate, 30);
    assert_int_equal(gate->requests, 1);
    lane_retry(lane);
    signing_wait(gate, &runners[0].answers, 2);
    assert_int_equal(gate->requests, 2);
    assert_in_range(look().left_ms, 19 * MINUTE, 20 * MINUTE);
}

static void
a_taken_number_is_left_alone_as_long_as_the_session_says(void **state)
{
    (void)state;
    gate->sign_in_code = "100-002";
    assert_string_equal(run()->error.code, "100-002");
    assert_true(look().is_open);
    assert_in_range(look().left_ms, 129 * SECOND, 130 * SECOND);
    lane_retry(lane);
    run();
    assert_in_range(look().left_ms, 599 * SECOND, 600 * SECOND);
    lane_add(lane, &runners[0].errand);
    signing_run_for(gate, 30);
    assert_int_equal(gate->requests, 2);
    gate->sign_in_code = NULL;
    lane_retry(lane);
    signing_wait(gate, &answers, 3);
    assert_int_equal(runners[0].error.kind, ERROR_NONE);
    assert_false(look().is_open);
}

static void
a_gateway_that_is_not_there_is_tried_more_and_more_seldom(void **state)
{
    (void)state;
    gate->status = 503;
    assert_int_equal(run()->error.kind, ERROR_HTTP);
    assert_false(look().is_open);
    assert_in_range(look().left_ms, 700, 1250);
}

static void
without_an_agent_gateway_nothing_is_asked(void **state)
{
    (void)state;
    struct conf_center none = gate->center;
    none.agent_gateway = NULL;
    lane_set_center(lane, &none);
    assert_int_equal(run()->error.kind, ERROR_LIMIT);
    assert_int_equal(gate->requests, 0);
    assert_in_range(look().left_ms, 59 * SECOND, 60 * SECOND);
    lane_set_center(lane, &gate->center);
    assert_int_equal(run()->error.kind, ERROR_NONE);
}

static void
draining_waits_for_the_sign_out(void **state)
{
    (void)state;
    lane_want(lane, true);
    run();
    assert_int_equal(lane_busy(lane), 0);
    lane_drain(lane);
    assert_int_equal(lane_busy(lane), 1);
    signing_wait(gate, &gate->sign_outs, 1);
    for (int64_t until = clock_mono_ms() + 5000; lane_busy(lane);) {
        assert_true(clock_mono_ms() < until);
        signing_run_for(gate, 1);
    }
    assert_false(gate->is_in);
}

/* That is no failure of the gateway's. */
static void
draining_does_not_wait_for_a_question_that_was_not_asked(void **state)
{
    (void)state;
    gate->holds_sign_ins = true;
    lane_add(lane, &runners[0].errand);
    signing_wait(gate, &gate->held_count, 1);
    lane_drain(lane);
    signing_wait(gate, &answers, 1);
    assert_int_equal(runners[0].error.kind, ERROR_CANCELLED);
    assert_int_equal(look().failures, 0);
    assert_int_equal(lane_busy(lane), 1);
    signing_release(gate);
    signing_wait(gate, &gate->sign_outs, 1);
    assert_int_equal(gate->questions, 0);
}

/* ---- a planner's ---- */

static void
on_fetched(void *arg, const struct error *error, const struct block *rows,
           int64_t wall_ms)
{
    (void)rows, (void)wall_ms;
    assert_string_equal(error->message, "");
    ++*(size_t *)arg;
}

/* Nobody will ask there again: the operator must not stay signed in. */
static void
a_centre_that_is_gone_is_signed_out_of(void **state)
{
    (void)state;
    struct conf conf = {.centers = &gate->center, .center_count = 1}, none = {0};
    struct planner *planner = planner_new(gate->loop, gate->pool, &conf);
    planner_fetch(planner, 0, &query_agent, (int64_t[]){20011}, 1, NULL, 0, on_fetched,
                  &answers);
    signing_wait(gate, &answers, 1);
    assert_true(gate->is_in);
    planner_set_conf(planner, &none);
    assert_int_equal(planner_busy(planner), 1);
    signing_wait(gate, &gate->sign_outs, 1);
    for (int64_t until = clock_mono_ms() + 5000; planner_busy(planner);) {
        assert_true(clock_mono_ms() < until);
        signing_run_for(gate, 1);
    }
    assert_false(gate->is_in);
    /* It may come back, and end with the planner. */
    planner_set_conf(planner, &conf);
    planner_fetch(planner, 0, &query_agent, (int64_t[]){20011}, 1, NULL, 0, on_fetched,
                  &answers);
    signing_wait(gate, &answers, 2);
    planner_set_conf(planner, &none);
    planner_delete(planner);
}

#define LANE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LANE_TEST(rows_come_through_the_session),
        LANE_TEST(names_may_be_in_gbk),
        LANE_TEST(a_wrong_password_opens_the_circuit),
        LANE_TEST(a_taken_number_is_left_alone_as_long_as_the_session_says),
        LANE_TEST(a_gateway_that_is_not_there_is_tried_more_and_more_seldom),
        LANE_TEST(without_an_agent_gateway_nothing_is_asked),
        LANE_TEST(draining_waits_for_the_sign_out),
        LANE_TEST(draining_does_not_wait_for_a_question_that_was_not_asked),
        LANE_TEST(a_centre_that_is_gone_is_signed_out_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
