/* What goes wrong at the agent gateway, and that a session never signs in in a storm.
 */
#include "session_bench.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
