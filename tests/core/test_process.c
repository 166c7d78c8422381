/* The core's end of a host: frames, back-pressure, and how hosts end. */
#include "acting.h"

/* ---- frames ---- */

static void
frames_go_and_come(void **state)
{
    (void)state;
    start("parrot");
    send_frames(1);
    assert_int_equal(stage->frames, 0);
    wait_for(&stage->frames, 1);
    assert_string_equal(stage->said, "got it\n");
    assert_true(process_pid(stage->process) > 0);
}

/* Much more than the socket takes at once. */
static void
what_does_not_fit_goes_later(void **state)
{
    (void)state;
    start("slow");
    send_frames(40000);
    for (int i = 0; i < 4000 && !process_is_idle(stage->process); i++)
        run_for(1);
    assert_true(process_is_idle(stage->process));
    assert_false(process_is_full(stage->process));
}

/* Neither what it has not taken nor what it works at counts as rest. */
static void
idle_is_who_has_nothing_to_do(void **state)
{
    (void)state;
    start("waiter");
    assert_true(process_is_idle(stage->process));
    send_frames(1);
    assert_false(process_is_idle(stage->process));
    wait_for(&stage->frames, 1);
    assert_true(process_is_idle(stage->process));
}

static void
a_host_that_lags_gets_no_samples(void **state)
{
    (void)state;
    start("sleeper");
    send_frames(131072 / sizeof(struct frame_header));
    assert_false(process_is_full(stage->process)); /* headers alone: 131064 bytes */
    send_frames(1);
    assert_true(process_is_full(stage->process));
    wait_for(&stage->frames, 1);
    run_for(20);
    assert_true(process_is_full(stage->process)); /* taken is not worked off */
    assert_int_equal(stage->rooms, 0);
}

static void
room_is_told_once(void **state)
{
    (void)state;
    start("slow");
    send_frames(8000);
    assert_true(process_is_full(stage->process));
    assert_true(process_is_full(stage->process));
    wait_for(&stage->rooms, 1);
    assert_false(process_is_full(stage->process));
    run_for(20);
    assert_int_equal(stage->rooms, 1);
}

static void
broken_frames_end_the_host(void **state)
{
    (void)state;
    start("liar");
    send_frames(1);
    wait_for(&stage->ends, 1);
    assert_true(stage->end.was_ours);
    assert_true(stage->end.was_busy);
    assert_int_equal(stage->end.entry, 3);
    assert_string_equal(stage->end.reason, "broken frame: not a frame");
    assert_int_equal(stage->frames, 0);
}

static void
refused_frames_end_the_host(void **state)
{
    (void)state;
    stage->is_refusing = true;
    start("parrot");
    send_frames(1);
    wait_for(&stage->ends, 1);
    assert_true(stage->end.was_ours);
    assert_string_equal(stage->end.reason, "broken frame: not this one");
    assert_int_equal(stage->frames, 1);
}

/* ---- ends ---- */

static void
ends_have_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *part, *reason;
        bool was_busy;
        uint32_t entry;
    } cases[] = {
        {"quitter", "ended with status 3", false, 0},
        {"crasher", "killed by signal 6 (Aborted)", true, 7},
        {"starved",
         "memory limit: it may use 32 MB: memory = 64MB in [script starved] allows more",
         true, 7},
        {"nobody", "ended with status 127", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stage->ends = 0;
        start(cases[i].part);
        send_frames(1);
        wait_for(&stage->ends, 1);
        assert_false(stage->end.was_ours);
        assert_int_equal(stage->end.was_busy, cases[i].was_busy);
        assert_int_equal(stage->end.entry, cases[i].entry);
        assert_string_equal(stage->end.reason, cases[i].reason);
        process_delete(stage->process);
        stage->process = NULL;
    }
    assert_string_equal(stage->said, "bye\n"); /* what it said before was heard */
}

static void
kills_say_why_once(void **state)
{
    (void)state;
    start("parrot");
    process_kill(stage->process, "because of %d", 7);
    process_kill(stage->process, "something else");
    wait_for(&stage->ends, 1);
    assert_true(stage->end.was_ours);
    assert_string_equal(stage->end.reason, "because of 7");
    run_for(20);
    assert_int_equal(stage->ends, 1);
}

static void
it_may_be_deleted_when_it_ends(void **state)
{
    (void)state;
    stage->is_deleting = true;
    start("quitter");
    wait_for(&stage->ends, 1);
    assert_null(stage->process);
}

/* Whoever still has something to say to it does no harm. */
static void
the_dead_can_be_written_to(void **state)
{
    (void)state;
    start("quitter");
    wait_for(&stage->ends, 1);
    send_frames(8000);
    assert_true(process_is_full(stage->process));
    run_for(50);
    assert_int_equal(stage->ends, 1);
    assert_int_equal(stage->rooms, 0);
}

static void
deleting_kills_without_a_word(void **state)
{
    (void)state;
    start("burner");
    send_frames(1);
    run_for(5);
    process_delete(stage->process);
    stage->process = NULL;
    run_for(20);
    assert_int_equal(stage->ends, 0);
}

static void
programs_that_are_missing_say_so(void **state)
{
    (void)state;
    const struct conf_limits limits = {.cpu_ms = 1, .cpu_load_ms = 1};
    const struct process_events events = {on_frame, on_room, on_end, NULL};
    struct error error = {0};
    assert_null(process_new(stage->loop, "/nonexistent/ccgate-script", "a", &limits,
                            &events, &error));
    assert_int_equal(error.kind, ERROR_LIMIT);
    assert_string_equal(error.message, "cannot start /nonexistent/ccgate-script: No "
                                       "such file or directory");
}

/* They may stand in the environment. */
static void
hosts_get_no_secrets(void **state)
{
    (void)state;
    setenv("AICC_SECRET_KEY", "sesame", 1);
    setenv("CCGATE_LUA_DIR", "lua", 1);
    start("teller");
    wait_for(&stage->ends, 1);
    assert_non_null(strstr(stage->said, "CCGATE_LUA_DIR=lua\n"));
    assert_null(strstr(stage->said, "sesame"));
    assert_null(strstr(stage->said, "PATH=/"));
    unsetenv("AICC_SECRET_KEY");
    unsetenv("CCGATE_LUA_DIR");
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(int argc, char **argv)
{
    if (argc == 2)
        play(argv[1]);
    const struct CMUnitTest tests[] = {
        test(frames_go_and_come),
        test(what_does_not_fit_goes_later),
        test(idle_is_who_has_nothing_to_do),
        test(a_host_that_lags_gets_no_samples),
        test(room_is_told_once),
        test(broken_frames_end_the_host),
        test(refused_frames_end_the_host),
        test(ends_have_a_reason),
        test(kills_say_why_once),
        test(it_may_be_deleted_when_it_ends),
        test(the_dead_can_be_written_to),
        test(deleting_kills_without_a_word),
        test(programs_that_are_missing_say_so),
        test(hosts_get_no_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
