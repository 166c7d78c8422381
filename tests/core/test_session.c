/* The session at the agent gateway: when it signs in and out, what keeps it, and that
 * it never signs in in a storm. */
#include "signing.h"

#define PATH "/agentgateway/resource/agentgroup/1099/agentbyworkno/20011"

/* A day, as far as a test is concerned. */
#define LONG_MS ((int64_t)3600 * 1000)

static const struct session_times quick = {
    .pause_ms = 1,
    .event_ms = 5000,
    .sign_out_ms = 5000,
    .linger_ms = LONG_MS,
    .lost_ms = LONG_MS,
    .retry_ms = 40,
    .retry_most_ms = 160,
    .taken_ms = 60,
    .taken_more_ms = LONG_MS,
};

#define ASKERS_MAX 8

struct asker {
    size_t answers;
    struct error error;
    int64_t retry_after_ms;
    long status;
    char body[256];
};

static struct signing *gate;
static struct session *session;
static struct asker askers[ASKERS_MAX];
static size_t answers;

static int
set_up(void **state)
{
    (void)state;
    gate = signing_open();
    session = NULL;
    memset(askers, 0, sizeof askers);
    answers = 0;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    session_delete(session);
    signing_close(gate);
    return 0;
}

static void
open_session(const struct session_times *times)
{
    session = session_new(gate->loop, gate->pool, &gate->center);
    session_set_times(session, times);
}

static void
on_answer(void *arg, const struct session_answer *answer)
{
    struct asker *asker = arg;
    asker->answers++;
    answers++;
    asker->error = answer->error;
    asker->retry_after_ms = answer->retry_after_ms;
    asker->status = 0;
    if (!answer->response)
        return;
    assert_int_equal(answer->error.kind, ERROR_NONE);
    asker->status = answer->response->status;
    snprintf(asker->body, sizeof asker->body, "%s", answer->response->body);
}

static struct session_call *
ask(size_t i)
{
    return session_get(session, PATH, on_answer, &askers[i]);
}

/* Asks and waits for the answer. */
static const struct asker *
ask_now(void)
{
    size_t before = answers;
    ask(0);
    signing_wait(gate, &answers, before + 1);
    return &askers[0];
}

static void
assert_good(const struct asker *asker)
{
    if (asker->error.kind)
        fail_msg("%s", asker->error.message);
    assert_int_equal(asker->status, 200);
    assert_string_equal(asker->body, gate->answer);
}

static void
assert_failed(const struct asker *asker, enum error_kind kind, const char *code)
{
    assert_int_equal(asker->error.kind, kind);
    assert_string_equal(asker->error.code, code);
    assert_int_equal(asker->status, 0);
}

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

/* ---- what goes wrong with a sign-in ---- */

static void
a_wrong_password_is_tried_once(void **state)
{
    static const char *const codes[] = {"100-004", "100-060", "100-061", "100-062",
                                        "110-016"};
    (void)state;
    gate->center.is_sign_in_forced = true;
    open_session(&quick);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        gate->sign_in_code = codes[i];
        assert_failed(ask_now(), ERROR_AUTH, codes[i]);
        assert_int_equal(askers[0].retry_after_ms, -1);
        assert_non_null(strstr(askers[0].error.message, "1099"));
        assert_int_equal(gate->requests, i + 1);
    }
    assert_int_equal(gate->forced, 0);
}

static void
all_who_wait_hear_of_a_failure(void **state)
{
    (void)state;
    gate->sign_in_code = "100-004";
    open_session(&quick);
    for (size_t i = 0; i < ASKERS_MAX; i++)
        ask(i);
    signing_wait(gate, &answers, ASKERS_MAX);
    for (size_t i = 0; i < ASKERS_MAX; i++)
        assert_failed(&askers[i], ERROR_AUTH, "100-004");
    assert_int_equal(gate->requests, 1);
}

static void
who_is_signed_in_elsewhere_waits(void **state)
{
    (void)state;
    gate->sign_in_code = "100-002";
    open_session(&quick);
    int64_t began = clock_mono_ms();
    assert_failed(ask_now(), ERROR_AUTH, "100-002");
    assert_int_equal(askers[0].retry_after_ms, quick.taken_ms);
    while (gate->sign_ins < 2)
        assert_failed(ask_now(), ERROR_AUTH, "100-002");
    assert_true(clock_mono_ms() - began >= quick.taken_ms);
    assert_int_equal(askers[0].retry_after_ms, quick.taken_more_ms);
    ask_now();
    assert_in_range(askers[0].retry_after_ms, quick.taken_more_ms - 5000,
                    quick.taken_more_ms);
    assert_int_equal(gate->requests, 2);
    assert_int_equal(gate->forced, 0);
}

static void
a_retry_ends_the_wait(void **state)
{
    (void)state;
    struct session_times times = quick;
    times.taken_ms = LONG_MS;
    gate->sign_in_code = "100-002";
    open_session(&times);
    assert_failed(ask_now(), ERROR_AUTH, "100-002");
    gate->sign_in_code = NULL;
    assert_failed(ask_now(), ERROR_AUTH, "100-002");
    assert_int_equal(gate->requests, 1);
    session_retry(session);
    assert_good(ask_now());
}

static void
force_takes_the_place_of_another(void **state)
{
    (void)state;
    gate->is_stolen = true;
    gate->center.is_sign_in_forced = true;
    open_session(&quick);
    assert_good(ask_now());
    assert_int_equal(gate->sign_ins, 2);
    assert_int_equal(gate->forced, 1);
}

static void
force_that_fails_waits_too(void **state)
{
    (void)state;
    gate->is_stolen = true;
    gate->forced_code = "100-015";
    gate->center.is_sign_in_forced = true;
    open_session(&quick);
    assert_failed(ask_now(), ERROR_AUTH, "100-015");
    assert_int_equal(askers[0].retry_after_ms, quick.taken_ms);
    assert_int_equal(gate->sign_ins, 2);
}

static void
other_failures_back_off(void **state)
{
    (void)state;
    gate->sign_in_code = "100-003";
    open_session(&quick);
    for (int64_t wait = quick.retry_ms; wait <= 2 * quick.retry_most_ms; wait *= 2) {
        size_t before = gate->sign_ins;
        while (gate->sign_ins == before)
            assert_failed(ask_now(), ERROR_AUTH, "100-003");
        assert_int_equal(askers[0].retry_after_ms,
                         wait < quick.retry_most_ms ? wait : quick.retry_most_ms);
    }
}

static void
statuses_are_judged(void **state)
{
    (void)state;
    open_session(&quick);
    gate->status = 503;
    assert_failed(ask_now(), ERROR_HTTP, "503");
    assert_int_equal(askers[0].retry_after_ms, quick.retry_ms);
    session_retry(session);
    gate->status = 403;
    assert_failed(ask_now(), ERROR_AUTH, "403");
    assert_int_equal(askers[0].retry_after_ms, -1);
}

static void
no_gateway_is_a_network_failure(void **state)
{
    (void)state;
    gate->center.agent_gateway = (char *)(uintptr_t) "https://127.0.0.1:1";
    open_session(&quick);
    assert_int_equal(ask_now()->error.kind, ERROR_NETWORK);
    assert_int_equal(askers[0].retry_after_ms, quick.retry_ms);
}

static void
a_sign_in_without_a_guid_is_a_failure(void **state)
{
    (void)state;
    gate->has_no_guid = true;
    open_session(&quick);
    assert_failed(ask_now(), ERROR_AUTH, "");
    assert_non_null(strstr(askers[0].error.message, "GUID"));
    assert_int_equal(askers[0].retry_after_ms, quick.retry_ms);
}

static void
without_an_agent_gateway_nothing_is_asked(void **state)
{
    (void)state;
    gate->center.agent_gateway = NULL;
    open_session(&quick);
    assert_failed(ask_now(), ERROR_LIMIT, "");
    assert_string_equal(askers[0].error.message,
                        "[center main] has no agent_gateway, operator and password: "
                        "give them in gateway.conf, gw.agent needs them");
    session_stop(session);
    assert_false(session_is_busy(session));
    assert_int_equal(gate->requests, 0);
}

/* ---- what goes wrong with a session ---- */

static void
a_stale_guid_takes_one_sign_in_and_one_repetition(void **state)
{
    (void)state;
    open_session(&quick);
    assert_good(ask_now());
    gate->holds_questions = true;
    for (size_t i = 0; i < 4; i++)
        ask(i);
    signing_wait(gate, &gate->held_count, 4);
    gate->is_in = false;
    gate->guid += 5;
    signing_release(gate);
    signing_wait(gate, &answers, 5);
    for (size_t i = 0; i < 4; i++)
        assert_good(&askers[i]);
    assert_int_equal(gate->sign_ins, 2);
    assert_int_equal(gate->questions, 1 + 4 + 4);
}

static void
a_new_guid_that_fails_as_well_backs_off(void **state)
{
    (void)state;
    struct session_times times = quick;
    times.retry_ms = 5000;
    times.retry_most_ms = LONG_MS;
    gate->is_stale = true;
    open_session(&times);
    assert_failed(ask_now(), ERROR_AUTH, "000-003");
    assert_in_range(askers[0].retry_after_ms, 1, times.retry_ms);
    assert_int_equal(gate->questions, 2);
    assert_int_equal(gate->sign_ins, 2);
    size_t before = gate->requests;
    assert_failed(ask_now(), ERROR_AUTH, "000-003");
    assert_int_equal(gate->requests, before);
}

static void
who_is_signed_out_by_the_system_signs_in_when_asked(void **state)
{
    (void)state;
    open_session(&quick);
    session_want(session, true);
    assert_good(ask_now());
    gate->event_type = "AgentOther_ShutdownService";
    signing_wait_out(gate);
    signing_run_for(gate, 30);
    assert_int_equal(gate->sign_ins, 1);
    size_t events = gate->events;
    signing_run_for(gate, 20);
    assert_int_equal(gate->events, events);
    assert_good(ask_now());
    assert_int_equal(gate->sign_ins, 2);
    assert_int_equal(gate->sign_outs, 0);
}

/* 40, 80, 160, 160 ms after the first two. */
static void
signing_out_again_and_again_makes_no_storm(void **state)
{
    (void)state;
    gate->ends_each = true;
    open_session(&quick);
    for (int64_t until = clock_mono_ms() + 400; clock_mono_ms() < until;) {
        ask_now();
        signing_run_for(gate, 2);
    }
    assert_in_range(gate->sign_ins, 2, 8);
}

static void
who_was_robbed_waits_like_who_comes_late(void **state)
{
    (void)state;
    struct session_times times = quick;
    times.taken_ms = LONG_MS;
    open_session(&times);
    assert_good(ask_now());
    gate->is_stolen = true;
    assert_failed(ask_now(), ERROR_AUTH, "100-002");
    assert_int_equal(gate->sign_ins, 2);
    size_t before = gate->requests;
    assert_failed(ask_now(), ERROR_AUTH, "100-002");
    assert_int_equal(gate->requests, before);
}

/* Both use force: nobody wins, but nobody storms either. */
static void
two_who_use_force_make_no_storm(void **state)
{
    (void)state;
    gate->center.is_sign_in_forced = true;
    open_session(&quick);
    for (int64_t until = clock_mono_ms() + 400; clock_mono_ms() < until;) {
        ask_now();
        gate->is_stolen = true;
        signing_run_for(gate, 2);
    }
    assert_in_range(gate->forced, 2, 8);
}

static void
a_session_without_events_is_lost(void **state)
{
    (void)state;
    struct session_times times = quick;
    times.retry_ms = 5;
    times.lost_ms = 800;
    open_session(&times);
    assert_good(ask_now());
    gate->drops_events = true;
    int64_t began = clock_mono_ms();
    size_t events = gate->events;
    signing_wait(gate, &gate->events, events + 3); /* it tries again, more slowly */
    assert_good(ask_now());
    assert_int_equal(gate->sign_ins, 1);
    while (clock_mono_ms() - began < 1500)
        signing_run_for(gate, 10);
    events = gate->events;
    signing_run_for(gate, 30);
    assert_int_equal(gate->events, events);
    gate->drops_events = gate->is_in = false;
    assert_good(ask_now());
    assert_int_equal(gate->sign_ins, 2);
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

#define SESSION_TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

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
        SESSION_TEST(a_wrong_password_is_tried_once),
        SESSION_TEST(all_who_wait_hear_of_a_failure),
        SESSION_TEST(who_is_signed_in_elsewhere_waits),
        SESSION_TEST(a_retry_ends_the_wait),
        SESSION_TEST(force_takes_the_place_of_another),
        SESSION_TEST(force_that_fails_waits_too),
        SESSION_TEST(other_failures_back_off),
        SESSION_TEST(statuses_are_judged),
        SESSION_TEST(no_gateway_is_a_network_failure),
        SESSION_TEST(a_sign_in_without_a_guid_is_a_failure),
        SESSION_TEST(without_an_agent_gateway_nothing_is_asked),
        SESSION_TEST(a_stale_guid_takes_one_sign_in_and_one_repetition),
        SESSION_TEST(a_new_guid_that_fails_as_well_backs_off),
        SESSION_TEST(who_is_signed_out_by_the_system_signs_in_when_asked),
        SESSION_TEST(signing_out_again_and_again_makes_no_storm),
        SESSION_TEST(who_was_robbed_waits_like_who_comes_late),
        SESSION_TEST(two_who_use_force_make_no_storm),
        SESSION_TEST(a_session_without_events_is_lost),
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
