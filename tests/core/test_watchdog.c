/* Who is killed for the processor time he takes, and who is not. */
#include "acting.h"

static void
endless_work_is_ended(void **state)
{
    (void)state;
    long long used = 0;
    start("burner");
    process_set_loaded(stage->process);
    send_frames(1);
    wait_for(&stage->ends, 1);
    assert_true(stage->end.was_ours);
    assert_true(stage->end.was_busy);
    assert_int_equal(stage->end.entry, 5);
    assert_int_equal(sscanf(stage->end.reason,
                            "cpu limit: killed after %lld ms of processor time", &used),
                     1);
    assert_in_range(used, CPU_MS, 2 * CPU_MS + 20);
}

static void
loading_may_take_longer(void **state)
{
    (void)state;
    start("loader");
    send_frames(1);
    wait_for(&stage->frames, 1);
    assert_int_equal(stage->ends, 0);
    process_delete(stage->process);
    start("loader");
    process_set_loaded(stage->process);
    send_frames(1);
    wait_for(&stage->ends, 1);
    assert_true(stage->end.was_ours);
}

static void
much_honest_work_is_not_ended(void **state)
{
    (void)state;
    start("worker");
    process_set_loaded(stage->process);
    send_frames(1);
    wait_for(&stage->frames, 1);
    assert_string_equal(stage->said, "done\n");
    assert_int_equal(stage->ends, 0);
}

/* A host that gets no processor uses no processor time. */
static void
waiting_is_no_offence(void **state)
{
    (void)state;
    start("waiter");
    process_set_loaded(stage->process);
    send_frames(1);
    wait_for(&stage->frames, 1);
    assert_int_equal(stage->ends, 0);
}

/* The core itself was stopped: what the host used meanwhile was not looked at. */
static void
nobody_pays_for_a_core_that_stood_still(void **state)
{
    (void)state;
    start("loader");
    process_set_loaded(stage->process);
    send_frames(1);
    run_for(2);
    usleep(1200 * 1000);
    wait_for(&stage->frames, 1);
    assert_int_equal(stage->ends, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(int argc, char **argv)
{
    if (argc == 2)
        play(argv[1]);
    const struct CMUnitTest tests[] = {
        test(endless_work_is_ended),
        test(loading_may_take_longer),
        test(much_honest_work_is_not_ended),
        test(waiting_is_no_offence),
        test(nobody_pays_for_a_core_that_stood_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
