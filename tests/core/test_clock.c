#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/loop.h"

static void
test_engine_time_is_real_time(void **state)
{
    (void)state;
    int64_t before = clock_mono_ms();
    assert_true(clock_mono_us() / 1000 >= before);
    assert_true(clock_real_mono_us() / 1000 >= before);
    assert_true(clock_real_mono_ms() - before < 60000);
    assert_true(clock_wall_ms() > INT64_C(1700000000000));
    assert_true(clock_wall_ms() - clock_real_wall_ms() <= 0);
    assert_int_equal(clock_real_delay_us(15), 15000);
    assert_int_equal(clock_engine_delay_ms(15000), 15);
    assert_int_equal(clock_engine_delay_ms(15001), 16);
}

static void
test_the_time_of_a_process(void **state)
{
    (void)state;
    assert_true(clock_process_cpu_us(getpid()) > 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(clock_process_cpu_us(pid), -1);
}

static void
test_a_held_clock_stands_still(void **state)
{
    (void)state;
    struct clock_held held = {.mono_ms = 7000, .wall_ms = 1772521200000};
    struct clock_held other = {.mono_ms = 1, .wall_ms = 2};
    assert_null(clock_hold(&held));
    assert_int_equal(clock_mono_ms(), 7000);
    assert_int_equal(clock_mono_us(), 7000000);
    assert_int_equal(clock_wall_ms(), 1772521200000);
    assert_true(clock_real_wall_ms() != clock_wall_ms());
    held.wall_ms += 5;
    assert_int_equal(clock_wall_ms(), 1772521200005);
    assert_ptr_equal(clock_hold(&other), &held);
    assert_int_equal(clock_wall_ms(), 2);
    assert_ptr_equal(clock_hold(NULL), &other);
    assert_true(clock_wall_ms() > 1772521200005);
}

static void
test_speeds_as_text(void **state)
{
    (void)state;
    struct clock_speed speed = {0};
    char text[64];
    static const char *const wrong[] = {"",
                                        "fast",
                                        "0",
                                        "-3",
                                        "nan",
                                        "1e9",
                                        "30x",
                                        "30,",
                                        "30,5",
                                        "30,5,",
                                        "30,a,b",
                                        "30,1,2,3",
                                        "30,99999999999999999999999999999999999,1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(clock_parse_speed(wrong[i], &speed));
    assert_true(speed.factor == 0);
    assert_true(clock_parse_speed("2.5", &speed));
    assert_true(speed.factor == 2.5);
    assert_true(clock_real_wall_ms() - speed.wall_ms < 60000);
    assert_true(clock_real_mono_ms() - speed.since_ms < 60000);
    assert_true(clock_parse_speed("30,1772521200000,-12", &speed));
    assert_string_equal(clock_format_speed(&speed, text, sizeof text),
                        "30,1772521200000,-12");
}

static void
note_time(void *arg)
{
    *(int64_t *)arg = clock_real_mono_us();
}

struct ending {
    struct loop *loop;
    int64_t at_us;
};

static void
end(void *arg)
{
    struct ending *ending = arg;
    note_time(&ending->at_us);
    loop_stop(ending->loop);
}

/* Speed is for the whole process and for ever: in a child. */
static void
live_faster(void)
{
    struct clock_speed speed = {1000, 1772521200000, clock_real_mono_ms()};
    int64_t start = clock_real_mono_us(), real_us = 0;
    clock_set_speed(&speed);
    struct loop *loop = loop_new();
    struct ending ending = {.loop = loop};
    struct timer *hour = timer_new(loop, end, &ending);
    struct timer *real = timer_new_real(loop, note_time, &real_us);
    assert_int_equal(clock_real_delay_us(1), 1);
    assert_int_equal(clock_real_delay_us(0), 0);
    assert_int_equal(clock_engine_delay_ms(10), 10);
    timer_start(hour, 20000);
    timer_start(real, 3);
    loop_run(loop);
    assert_in_range(real_us - start, 3000, ending.at_us - start);
    assert_in_range(ending.at_us - start, 20000, 10000000);
    assert_true(clock_wall_ms() - 1772521200000 >= 20000);
    assert_true(clock_wall_ms() - 1772521200000 <=
                (clock_real_mono_ms() + 1 - speed.since_ms) * 1000);
    assert_true(clock_mono_ms() - speed.since_ms >= 20000);
    timer_free(hour);
    timer_free(real);
    loop_delete(loop);
}

static void
test_a_faster_clock(void **state)
{
    (void)state;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        live_faster();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine_time_is_real_time),
        cmocka_unit_test(test_the_time_of_a_process),
        cmocka_unit_test(test_a_held_clock_stands_still),
        cmocka_unit_test(test_speeds_as_text),
        cmocka_unit_test(test_a_faster_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
