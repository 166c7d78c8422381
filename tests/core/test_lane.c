/* The lane to a centre: how fast, how many at a time, and when it is left alone. */
#include "polling.h"
#include "troubles.h"

#define ERRANDS_MAX 64

/* An errand for queue `index` + 1. */
struct runner {
    struct errand errand;
    struct buf body;
    size_t answers;
    struct error error;
};

struct course {
    struct polling *polling;
    struct rate *rate;
    struct lane *lane;
    struct runner runners[ERRANDS_MAX];
    size_t answers;
};

static struct course *course;

static void
on_answer(struct errand *errand, const struct poll_answer *answer)
{
    struct runner *runner = (struct runner *)errand;
    runner->answers++;
    runner->error = answer->error;
    course->answers++;
}

static int
set_up(void **state)
{
    (void)state;
    course = mem_zero(sizeof *course);
    course->polling = polling_open();
    for (int64_t i = 0; i < ERRANDS_MAX; i++) {
        struct runner *runner = &course->runners[i];
        int64_t id = i + 1;
        query_body(&query_queues, 1, 1, &id, 1, &runner->body);
        runner->errand = (struct errand){.query = &query_queues,
                                         .body = runner->body.data,
                                         .body_size = runner->body.size,
                                         .on_answer = on_answer};
    }
    return 0;
}

static void
open_lane(double rate, int64_t concurrency)
{
    struct polling *polling = course->polling;
    polling->centers[0].rate = rate;
    polling->centers[0].concurrency = concurrency;
    course->rate = rate_new(&polling->centers[0]);
    course->lane = lane_new(polling->loop, polling->pool, &polling->centers[0],
                            DOOR_CMS, course->rate);
}

static int
tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < ERRANDS_MAX; i++) {
        lane_remove(&course->runners[i].errand);
        buf_fini(&course->runners[i].body);
    }
    lane_delete(course->lane);
    rate_delete(course->rate);
    polling_close(course->polling);
    free(course);
    return 0;
}

static bool
add(size_t index)
{
    return lane_add(course->lane, &course->runners[index].errand);
}

/* One good answer: from now on as many as `concurrency` allows go at a time. */
static void
prove(void)
{
    size_t before = course->answers;
    add(0);
    polling_wait(course->polling, &course->answers, before + 1);
}

/* ---- how fast, how many ---- */

/* 100/s over 200 ms are 20; the first few may go together. */
static void
the_rate_is_kept(void **state)
{
    (void)state;
    open_lane(100, 64);
    prove();
    for (size_t i = 0; i < ERRANDS_MAX; i++)
        add(i);
    polling_run_for(course->polling, 200);
    assert_in_range(course->polling->requests, 12, 24);
}

/* Nothing is saved up while there is nothing to ask. */
static void
a_rest_brings_no_burst(void **state)
{
    (void)state;
    open_lane(20, 64);
    prove();
    polling_run_for(course->polling, 200);
    for (size_t i = 0; i < ERRANDS_MAX; i++)
        add(i);
    polling_run_for(course->polling, 80);
    assert_in_range(course->polling->requests, 2, 4);
}

/* Lanes of one centre share its rate, and neither starves. */
static void
two_lanes_share_the_rate(void **state)
{
    (void)state;
    open_lane(100, 64);
    struct polling *polling = course->polling;
    struct lane *other = lane_new(polling->loop, polling->pool, &polling->centers[0],
                                  DOOR_CMS, course->rate);
    size_t half = ERRANDS_MAX / 2, first = 0, second = 0;
    for (size_t i = 0; i < ERRANDS_MAX; i++)
        lane_add(i < half ? course->lane : other, &course->runners[i].errand);
    polling_run_for(polling, 300);
    for (size_t i = 0; i < ERRANDS_MAX; i++)
        *(i < half ? &first : &second) += course->runners[i].answers;
    assert_in_range(polling->requests, 14, 36);
    assert_true(first >= second / 2 && second >= first / 2);
    for (size_t i = half; i < ERRANDS_MAX; i++)
        lane_remove(&course->runners[i].errand);
    lane_delete(other);
}

/* Who waits for a token and is held meanwhile makes nobody wait. */
static void
a_lane_that_is_held_does_not_stand_in_the_way(void **state)
{
    (void)state;
    struct conf_center slow = {.rate = 50};
    struct rate *rate = rate_new(&slow);
    struct rate_turn a = {0}, b = {0};
    int64_t wait;
    assert_true(rate_take(rate, &a, &wait));
    assert_false(rate_take(rate, &a, &wait));
    assert_in_range(wait, 1, 21);
    assert_false(rate_take(rate, &b, &wait));
    assert_in_range(wait, 30, 41); /* behind a */
    rate_leave(rate, &a);
    polling_run_for(course->polling, 25);
    assert_true(rate_take(rate, &b, &wait));
    assert_false(b.is_waiting);
    rate_delete(rate);
    open_lane(1, 1);
}

static void
concurrency_is_kept(void **state)
{
    (void)state;
    open_lane(1000, 3);
    course->polling->delay_ms = 20;
    prove();
    for (size_t i = 0; i < 12; i++)
        add(i);
    polling_wait(course->polling, &course->answers, 13);
    assert_int_equal(course->polling->most_open, 3);
}

static void
a_new_center_is_asked_once_at_first(void **state)
{
    (void)state;
    open_lane(1000, 8);
    course->polling->is_holding = true;
    for (size_t i = 0; i < 8; i++)
        add(i);
    polling_run_for(course->polling, 40);
    assert_int_equal(course->polling->requests, 1);
    polling_release(course->polling);
    polling_wait(course->polling, &course->answers, 8);
}

static void
first_come_first_served(void **state)
{
    (void)state;
    open_lane(1000, 1);
    for (size_t i = 0; i < 6; i++)
        assert_true(add(5 - i));
    assert_false(add(2));
    polling_wait(course->polling, &course->answers, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(course->polling->asked[i].ids[0], 6 - i);
    assert_int_equal(course->polling->requests, 6);
}

/* ---- taken out ---- */

/* However many ask at once, every second request is a poll. */
static void
questions_do_not_stand_in_the_way_of_polls(void **state)
{
    (void)state;
    static const int64_t order[] = {1, 12, 2, 13, 3, 14, 4, 5, 6};
    struct polling *polling = course->polling;
    open_lane(1000, 1);
    polling->is_holding = true;
    for (size_t i = 0; i < 6; i++) {
        course->runners[i].errand.impatient = true;
        add(i);
    }
    for (size_t i = 11; i < 14; i++)
        add(i);
    polling_wait(polling, &polling->requests, 1);
    polling_release(polling);
    polling_wait(polling, &course->answers, 9);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(polling->asked[i].ids[0], order[i]);
}

static void
the_queue_closes_up(void **state)
{
    (void)state;
    open_lane(1000, 1);
    course->polling->is_holding = true;
    for (size_t i = 0; i < 5; i++)
        add(i);
    polling_wait(course->polling, &course->polling->requests, 1);
    lane_remove(&course->runners[4].errand); /* the last */
    lane_remove(&course->runners[1].errand); /* the first that waits */
    lane_remove(&course->runners[1].errand); /* nothing happens */
    add(5);
    polling_release(course->polling);
    polling_wait(course->polling, &course->answers, 4);
    polling_run_for(course->polling, 10);
    assert_int_equal(course->polling->requests, 4);
    assert_int_equal(course->runners[1].answers + course->runners[4].answers, 0);
    assert_int_equal(course->runners[5].answers, 1);
}

/* What is under way keeps its place: the centre works on it. */
static void
what_has_left_keeps_its_place(void **state)
{
    (void)state;
    open_lane(1000, 1);
    course->polling->is_holding = true;
    add(0);
    polling_wait(course->polling, &course->polling->requests, 1);
    assert_int_equal(lane_busy(course->lane), 1);
    lane_remove(&course->runners[0].errand);
    assert_int_equal(lane_busy(course->lane), 0);
    add(1);
    assert_true(add(0)); /* it may be asked anew */
    polling_run_for(course->polling, 30);
    assert_int_equal(course->polling->requests, 1);
    polling_release(course->polling);
    polling_wait(course->polling, &course->answers, 2);
    assert_int_equal(course->runners[0].answers, 1);
    assert_int_equal(course->polling->requests, 3);
    assert_int_equal(course->polling->most_open, 1);
    /* The connection was not broken for it. */
    assert_int_equal(server_connections(course->polling->server), 1);
}

/* ---- left alone ---- */

static bool
is_held(enum error_kind kind)
{
    struct error reason = {0};
    return lane_is_held(course->lane, &reason) && reason.kind == kind;
}

/* A second's pause, then one request, then as many as before. */
static void
a_failing_center_is_left_alone(void **state)
{
    (void)state;
    struct polling *polling = course->polling;
    open_lane(1000, 4);
    prove();
    polling->status = 503;
    add(1);
    polling_wait(polling, &course->answers, 2);
    assert_int_equal(course->runners[1].error.kind, ERROR_HTTP);
    assert_string_equal(course->runners[1].error.code, "503");
    assert_true(is_held(ERROR_HTTP));
    for (size_t i = 3; i < 8; i++)
        add(i);
    polling->status = 200;
    polling->is_holding = true;
    polling->most_open = 0;
    int64_t began = clock_mono_ms();
    polling_wait(polling, &polling->requests, 3);
    assert_in_range(clock_mono_ms() - began, 700, 1400);
    polling_run_for(polling, 20);
    assert_int_equal(polling->requests, 3); /* one alone */
    polling_release_one(polling);
    polling_wait(polling, &polling->requests, 7);
    assert_int_equal(polling->most_open, 4);
    assert_false(is_held(ERROR_HTTP));
    polling_release(polling);
    polling_wait(polling, &course->answers, 7);
}

static void
the_impatient_do_not_wait(void **state)
{
    (void)state;
    struct polling *polling = course->polling;
    open_lane(1000, 1);
    polling->status = 503;
    polling->is_holding = true;
    for (size_t i = 0; i < 6; i++) {
        course->runners[i].errand.impatient = i % 2;
        add(i);
    }
    polling_wait(polling, &polling->requests, 1);
    polling_release(polling);
    polling_wait(polling, &course->answers, 4);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(course->runners[i].answers, i == 0 || i % 2);
        if (course->runners[i].answers)
            assert_string_equal(course->runners[i].error.code, "503");
    }
    assert_int_equal(polling->requests, 1);
}

/* Its answer is fine, what it says is not: that is no reason to leave it alone. */
static void
failures_in_the_body_are_no_reason(void **state)
{
    (void)state;
    open_lane(1000, 4);
    prove();
    course->polling->api_code = "0100002";
    for (size_t i = 0; i < 8; i++)
        add(i);
    polling_wait(course->polling, &course->answers, 9);
    assert_int_equal(course->runners[3].error.kind, ERROR_API);
    assert_false(is_held(ERROR_API));
    assert_false(is_held(ERROR_NONE));
}

/* Of several in flight the first answers 503, the second 401, the third 200: the key is
 * refused, and an answer to what had left before does not change that. */
static void
stragglers_do_not_close_the_circuit(void **state)
{
    (void)state;
    struct polling *polling = course->polling;
    open_lane(1000, 4);
    prove();
    polling->is_holding = true;
    for (size_t i = 1; i < 5; i++)
        add(i);
    polling_wait(polling, &polling->requests, 5);
    static const struct {
        int status;
        enum error_kind answer, held;
    } steps[] = {
        {503, ERROR_HTTP, ERROR_HTTP},
        {200, ERROR_NONE, ERROR_HTTP},
        {401, ERROR_AUTH, ERROR_AUTH},
        {200, ERROR_NONE, ERROR_AUTH},
    };
    for (size_t i = 0; i < 4; i++) {
        polling->status = steps[i].status;
        polling_release_one(polling);
        polling_wait(polling, &course->answers, 2 + i);
        assert_true(is_held(steps[i].held));
    }
    polling->is_holding = false;
    add(1);
    polling_run_for(polling, 50);
    assert_int_equal(polling->requests, 5);
}

static void
a_refused_key_opens_the_circuit(void **state)
{
    (void)state;
    struct polling *polling = course->polling;
    troubles_listen();
    open_lane(1000, 4);
    polling->status = 401;
    for (size_t i = 0; i < 8; i++)
        add(i);
    polling_wait(polling, &course->answers, 1);
    polling_run_for(polling, 60);
    assert_int_equal(polling->requests, 1);
    assert_true(is_held(ERROR_AUTH));
    assert_int_equal(troubles.told, 1);
    assert_true(troubles_say(TROUBLE_CENTER, polling->centers[0].name, "not asked"));
    lane_set_center(course->lane, &polling->centers[1]);
    assert_false(is_held(ERROR_AUTH));
    polling_wait(polling, &course->answers, 2);
    polling_run_for(polling, 60);
    assert_int_equal(polling->requests, 2); /* one probe */
    assert_true(is_held(ERROR_AUTH));
    polling->status = 200;
    lane_set_center(course->lane, &polling->centers[0]);
    assert_int_equal(troubles.over, 0);
    polling_wait(polling, &course->answers, 8);
    /* The circuit, and what may have been told of the query before this process: once,
     * and not with every answer. */
    assert_int_equal(troubles.over, 2);
    assert_false(is_held(ERROR_AUTH));
}

/* The old key's refusal is still under way when the new key arrives. */
static void
old_verdicts_do_not_count_for_a_new_key(void **state)
{
    (void)state;
    struct polling *polling = course->polling;
    open_lane(1000, 1);
    polling->status = 401;
    polling->is_holding = true;
    add(0);
    polling_wait(polling, &polling->requests, 1);
    lane_remove(&course->runners[0].errand);
    lane_set_center(course->lane, &polling->centers[0]);
    polling_release(polling);
    polling_run_for(polling, 20);
    polling->status = 200;
    assert_false(is_held(ERROR_AUTH));
    add(0);
    polling_wait(polling, &course->answers, 1);
    assert_int_equal(course->runners[0].error.kind, ERROR_NONE);
}

/* However well the old key did, and however many wait. */
static void
a_new_key_is_tried_once(void **state)
{
    (void)state;
    struct polling *polling = course->polling;
    open_lane(1000, 8);
    prove();
    lane_set_center(course->lane, &polling->centers[0]);
    polling->status = 401;
    for (size_t i = 0; i < 6; i++)
        add(i);
    polling_wait(polling, &course->answers, 2);
    polling_run_for(polling, 60);
    assert_int_equal(polling->requests, 2);
    assert_true(is_held(ERROR_AUTH));
}

static void
draining_sends_nothing(void **state)
{
    (void)state;
    struct polling *polling = course->polling;
    open_lane(1000, 1);
    polling->is_holding = true;
    add(0);
    add(1);
    polling_wait(polling, &polling->requests, 1);
    lane_drain(course->lane);
    assert_true(is_held(ERROR_CANCELLED));
    polling_release(polling);
    polling_run_for(polling, 40);
    assert_int_equal(course->runners[0].answers, 1);
    assert_int_equal(course->runners[1].answers, 0);
    assert_int_equal(polling->requests, 1);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(the_rate_is_kept),
        test(a_rest_brings_no_burst),
        test(two_lanes_share_the_rate),
        test(a_lane_that_is_held_does_not_stand_in_the_way),
        test(concurrency_is_kept),
        test(a_new_center_is_asked_once_at_first),
        test(first_come_first_served),
        test(questions_do_not_stand_in_the_way_of_polls),
        test(the_queue_closes_up),
        test(what_has_left_keeps_its_place),
        test(a_failing_center_is_left_alone),
        test(the_impatient_do_not_wait),
        test(failures_in_the_body_are_no_reason),
        test(stragglers_do_not_close_the_circuit),
        test(a_refused_key_opens_the_circuit),
        test(old_verdicts_do_not_count_for_a_new_key),
        test(a_new_key_is_tried_once),
        test(draining_sends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
