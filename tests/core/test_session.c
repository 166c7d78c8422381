/* The session at the agent gateway: when it signs in and out, and what keeps it. */
#include "session_bench.h"

/* ---- signing in ---- */

static void
nobody_signs_in_before_a_question(void **state)
{
    (void)state;
    open_session(&quick);
    session_want(session, true);
    signing_run_for(gate, 30);
    assert_int_equal(gate->requests, 0);
}

static void
the_operator_is_never_offered_a_call(void **state)
{
    (void)state;
    gate->center.phone = (char *)(uintptr_t) "88880000";
    open_session(&quick);
    assert_good(ask_now());
    assert_string_equal(
        gate->body,
        "{\"password\":\"pass\\\"word\",\"phonenum\":\"88880000\",\"autoanswer\":false,"
        "\"autoenteridle\":false,\"releasephone\":true,\"agenttype\":4,\"status\":3,"
        "\"ip\":\"127.0.0.1\"}");
    assert_string_equal(gate->path, PATH);
}

static void
all_questions_wait_for_one_sign_in(void **state)
{
    (void)state;
    gate->holds_sign_ins = true;
    open_session(&quick);
    for (size_t i = 0; i < ASKERS_MAX; i++)
        ask(i);
    signing_wait(gate, &gate->held_count, 1);
    signing_run_for(gate, 20);
    assert_int_equal(gate->requests, 1);
    signing_release(gate);
    signing_wait(gate, &answers, ASKERS_MAX);
    for (size_t i = 0; i < ASKERS_MAX; i++)
        assert_good(&askers[i]);
    assert_int_equal(gate->sign_ins, 1);
    assert_int_equal(gate->questions, ASKERS_MAX);
}

static void
both_spellings_of_the_guid_are_read(void **state)
{
    (void)state;
    gate->has_plain_guid = true;
    gate->renews_every = 2;
    open_session(&quick);
    assert_good(ask_now());
    signing_wait(gate, &gate->events, 8);
    assert_good(ask_now());
    assert_int_equal(gate->sign_ins, 1);
    assert_true(gate->guid > 3);
}

/* Other clients of the gateway strip such marks, too (upstream.md §4.1). */
static void
what_stands_around_a_guid_is_not_part_of_it(void **state)
{
    static const char *const wrappings[] = {"%s; Path=/agentgateway; Secure", ":%s",
                                            "=%s", "%s,", "lb=node7; %s"};
    (void)state;
    gate->center.is_sign_in_forced = true;
    for (size_t i = 0; i < sizeof wrappings / sizeof *wrappings; i++) {
        gate->wrapping = wrappings[i];
        open_session(&quick);
        assert_good(ask_now());
        session_delete(session);
        session = NULL;
    }
}

static void
what_is_no_guid_is_not_sent_back(void **state)
{
    static const char *const wrappings[] = {"\"%s\"", "{%s}"};
    (void)state;
    gate->center.is_sign_in_forced = true;
    gate->has_plain_guid = true;
    for (size_t i = 0; i < sizeof wrappings / sizeof *wrappings; i++) {
        gate->wrapping = wrappings[i];
        open_session(&quick);
        assert_failed(ask_now(), ERROR_AUTH, "");
        session_delete(session);
        session = NULL;
    }
    assert_int_equal(gate->questions, 0);
}

static void
cookies_are_sent_back(void **state)
{
    (void)state;
    open_session(&quick);
    assert_good(ask_now());
    assert_string_equal(gate->cookie, "lb=node7");
}

/* The gateway takes ten seconds for an answer, and renews once a minute. */
static void
an_hour_takes_one_sign_in(void **state)
{
    (void)state;
    gate->renews_every = 6;
    open_session(&quick);
    session_want(session, true);
    for (size_t events = 10; events <= 360; events += 10) {
        assert_good(ask_now());
        signing_wait(gate, &gate->events, events);
    }
    assert_int_equal(gate->sign_ins, 1);
    assert_int_equal(gate->sign_outs, 0);
    assert_int_equal(gate->questions, 36);
    assert_true(gate->guid >= 60);
}

/* ---- signing out ---- */

static void
it_signs_out_when_nobody_asks(void **state)
{
    (void)state;
    struct session_times times = quick;
    times.linger_ms = 60;
    open_session(&times);
    session_want(session, true);
    assert_good(ask_now());
    signing_run_for(gate, 150);
    assert_int_equal(gate->sign_outs, 0);
    session_want(session, false);
    signing_wait(gate, &gate->sign_outs, 1);
    signing_run_for(gate, 20);
    size_t requests = gate->requests;
    signing_run_for(gate, 100);
    assert_int_equal(gate->requests, requests);
    int64_t began = clock_mono_ms();
    assert_good(ask_now()); /* a question by hand keeps it for a while */
    signing_wait(gate, &gate->sign_outs, 2);
    assert_true(clock_mono_ms() - began >= 55);
    assert_int_equal(gate->sign_ins, 2);
}

static void
stopping_signs_out_after_what_is_on_its_way(void **state)
{
    (void)state;
    open_session(&quick);
    session_want(session, true);
    assert_good(ask_now());
    gate->holds_questions = true;
    ask(0);
    signing_wait(gate, &gate->held_count, 1);
    session_stop(session);
    ask(1);
    signing_wait(gate, &askers[1].answers, 1);
    assert_failed(&askers[1], ERROR_CANCELLED, "");
    signing_run_for(gate, 20);
    assert_true(session_is_busy(session));
    assert_int_equal(gate->sign_outs, 0);
    signing_release(gate);
    signing_wait(gate, &gate->sign_outs, 1);
    assert_good(&askers[0]);
    while (session_is_busy(session))
        signing_run_for(gate, 1);
    assert_string_equal(gate->order, "iqqo");
    assert_false(gate->is_in);
}

static void
stopping_waits_for_a_sign_in(void **state)
{
    (void)state;
    gate->holds_sign_ins = true;
    open_session(&quick);
    ask(0);
    signing_wait(gate, &gate->held_count, 1);
    session_stop(session);
    signing_wait(gate, &answers, 1);
    assert_failed(&askers[0], ERROR_CANCELLED, "");
    assert_true(session_is_busy(session));
    assert_int_equal(gate->sign_outs, 0);
    signing_release(gate);
    signing_wait(gate, &gate->sign_outs, 1);
    assert_int_equal(gate->questions, 0);
}

static void
a_sign_out_does_not_last(void **state)
{
    (void)state;
    struct session_times times = quick;
    times.sign_out_ms = 500;
    open_session(&times);
    assert_good(ask_now());
    gate->holds_sign_outs = true;
    int64_t began = clock_mono_ms();
    session_stop(session);
    while (session_is_busy(session))
        signing_run_for(gate, 1);
    assert_in_range(clock_mono_ms() - began, 450, 3000);
    assert_int_equal(gate->sign_outs, 1);
}

static void
who_is_out_has_nothing_to_stop(void **state)
{
    (void)state;
    open_session(&quick);
    session_stop(session);
    assert_false(session_is_busy(session));
    assert_failed(ask_now(), ERROR_CANCELLED, "");
    assert_int_equal(gate->requests, 0);
}

/* ---- another configuration ---- */

static void
the_same_configuration_keeps_the_session(void **state)
{
    (void)state;
    open_session(&quick);
    assert_good(ask_now());
    struct conf_center same = gate->center;
    same.rate = 7;
    same.is_sign_in_forced = true;
    session_set_center(session, &same);
    signing_run_for(gate, 20);
    assert_good(ask_now());
    assert_string_equal(gate->order, "iqq");
}

static void
another_operator_signs_in_after_the_first_is_out(void **state)
{
    (void)state;
    open_session(&quick);
    assert_good(ask_now());
    struct conf_center other = gate->center;
    other.operator_id = 2099;
    other.password = (char *)(uintptr_t) "new";
    session_set_center(session, &other);
    assert_good(ask_now());
    assert_string_equal(gate->order, "iqoiq");
    assert_non_null(strstr(gate->body, "\"password\":\"new\""));
}

static void
a_new_password_is_tried_at_once(void **state)
{
    (void)state;
    struct session_times times = quick;
    times.taken_ms = LONG_MS;
    open_session(&times);
    gate->sign_in_code = "100-002";
    ask_now();
    gate->sign_in_code = NULL;
    struct conf_center other = gate->center;
    other.password = (char *)(uintptr_t) "new";
    session_set_center(session, &other);
    assert_good(ask_now());
}

static void
an_agent_gateway_may_come_and_go(void **state)
{
    (void)state;
    struct conf_center none = gate->center;
    none.agent_gateway = none.password = NULL;
    session = session_new(gate->loop, gate->pool, &none);
    session_set_times(session, &quick);
    assert_failed(ask_now(), ERROR_LIMIT, "");
    session_set_center(session, &gate->center);
    assert_good(ask_now());
    session_set_center(session, &none);
    assert_failed(ask_now(), ERROR_LIMIT, "");
    assert_string_equal(gate->order, "iqo");
}

/* ---- giving up ---- */

static void
a_question_can_be_given_up(void **state)
{
    (void)state;
    gate->holds_sign_ins = gate->holds_questions = true;
    open_session(&quick);
    struct session_call *waiting = ask(0);
    ask(1);
    signing_wait(gate, &gate->held_count, 1);
    session_cancel(waiting);
    gate->held_count = 0;
    gate->holds_sign_ins = false;
    signing_admit(gate, gate->held[0], false);
    signing_wait(gate, &gate->held_count, 1);
    struct session_call *asked = ask(2);
    signing_wait(gate, &gate->held_count, 2);
    session_cancel(asked);
    gate->held_count = 1;
    signing_release(gate);
    signing_wait(gate, &answers, 1);
    signing_run_for(gate, 10);
    assert_int_equal(askers[0].answers, 0);
    assert_int_equal(askers[1].answers, 1);
    assert_int_equal(askers[2].answers, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SESSION_TEST(nobody_signs_in_before_a_question),
        SESSION_TEST(the_operator_is_never_offered_a_call),
        SESSION_TEST(all_questions_wait_for_one_sign_in),
        SESSION_TEST(both_spellings_of_the_guid_are_read),
        SESSION_TEST(what_stands_around_a_guid_is_not_part_of_it),
        SESSION_TEST(what_is_no_guid_is_not_sent_back),
        SESSION_TEST(cookies_are_sent_back),
        SESSION_TEST(an_hour_takes_one_sign_in),
        SESSION_TEST(it_signs_out_when_nobody_asks),
        SESSION_TEST(stopping_signs_out_after_what_is_on_its_way),
        SESSION_TEST(stopping_waits_for_a_sign_in),
        SESSION_TEST(a_sign_out_does_not_last),
        SESSION_TEST(who_is_out_has_nothing_to_stop),
        SESSION_TEST(the_same_configuration_keeps_the_session),
        SESSION_TEST(another_operator_signs_in_after_the_first_is_out),
        SESSION_TEST(a_new_password_is_tried_at_once),
        SESSION_TEST(an_agent_gateway_may_come_and_go),
        SESSION_TEST(a_question_can_be_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
