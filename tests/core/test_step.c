/* Steps of the clock: what is one, and what the engine's time does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/step.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define START   INT64_C(1772521200000)

static void
test_what_is_a_step(void **state)
{
    (void)state;
    /* What passed on each clock since the look before. */
    static const struct {
        int64_t wall_ms, boot_ms, mono_ms;
        struct step step;
    } cases[] = {
        {1000, 1000, 1000, {0, 0}},
        {3000, 1000, 1000, {0, 0}}, /* 2 s are none */
        {3001, 1000, 1000, {2001, 0}},
        {-1001, 1000, 1000, {-2001, 0}},
        {1000 + HOUR_MS, 1000, 1000, {HOUR_MS, 0}},
        {1000 - HOUR_MS, 1000, 1000, {-HOUR_MS, 0}},
        {HOUR_MS, HOUR_MS, HOUR_MS, {0, 0}},           /* the process was stopped */
        {HOUR_MS, HOUR_MS, 1000, {0, HOUR_MS - 1000}}, /* the machine slept */
        {2 * HOUR_MS, HOUR_MS, 1000, {HOUR_MS, HOUR_MS - 1000}},
    };
    struct clock_reading from = {START, 5000, 4000};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct step step = {1, 1};
        const struct clock_reading to = {from.wall_ms + cases[i].wall_ms,
                                         from.boot_ms + cases[i].boot_ms,
                                         from.mono_ms + cases[i].mono_ms};
        bool is_step = step_find(&from, &to, &step);
        assert_int_equal(step.by_ms, cases[i].step.by_ms);
        assert_int_equal(step.slept_ms, cases[i].step.slept_ms);
        assert_int_equal(is_step, step.by_ms || step.slept_ms);
        assert_int_equal(from.wall_ms, to.wall_ms);
    }
}

/* A clock that runs fast has not stepped, however far it gets. */
static void
test_slow_drift(void **state)
{
    (void)state;
    struct clock_reading from = {START, 0, 0};
    struct step step;
    for (int64_t i = 1; i < 100; i++)
        assert_false(step_find(
            &from, &(struct clock_reading){START + i * 2900, i * 1000, i * 1000},
            &step));
}

static void
test_times_that_go_along(void **state)
{
    (void)state;
    assert_int_equal(step_shift(0, HOUR_MS), 0);
    assert_int_equal(step_shift(START, HOUR_MS), START + HOUR_MS);
    assert_int_equal(step_shift(5, -HOUR_MS), 1); /* never "never" */
    assert_int_equal(step_shift(INT64_MAX - 5, HOUR_MS), INT64_MAX - 5);
}

/* The engine goes on smoothly until the step is told, and has followed then. */
static void
test_engine_time(void **state)
{
    (void)state;
    struct clock_reading at;
    clock_read(&at);
    at.wall_ms -= HOUR_MS;
    clock_follow(&at);
    int64_t behind_ms = clock_real_wall_ms() - clock_wall_ms();
    clock_follow(NULL);
    assert_in_range(behind_ms, HOUR_MS - 1000, HOUR_MS + 1000);
    assert_in_range(clock_wall_ms() - clock_real_wall_ms() + 1000, 0, 1000);
}

struct heard {
    size_t count;
    struct step last;
    int64_t wall_ms;
};

static void
on_step(void *arg, const struct step *step)
{
    struct heard *heard = arg;
    heard->count++;
    heard->last = *step;
    heard->wall_ms = clock_wall_ms();
}

static void
test_it_is_noticed_within_a_second(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct loop *loop = loop_new_held(START);
    clock_hold(loop_clock(loop));
    struct stepper *stepper = stepper_new(loop, on_step, &heard);
    loop_advance(loop, 10 * HOUR_MS);
    assert_int_equal(heard.count, 0);
    loop_step(loop, HOUR_MS);
    loop_advance(loop, 1000);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.last.by_ms, HOUR_MS);
    assert_int_equal(heard.wall_ms, START + 11 * HOUR_MS + 1000);
    loop_step(loop, -3 * HOUR_MS);
    loop_advance(loop, 1000);
    assert_int_equal(heard.count, 2);
    assert_int_equal(heard.last.by_ms, -3 * HOUR_MS);
    loop_step(loop, 1500);
    loop_advance(loop, HOUR_MS);
    assert_int_equal(heard.count, 2);
    stepper_delete(stepper);
    clock_hold(NULL);
    loop_delete(loop);
}

int
main(void)
{
    log_set_level(LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_step),
        cmocka_unit_test(test_slow_drift),
        cmocka_unit_test(test_times_that_go_along),
        cmocka_unit_test(test_engine_time),
        cmocka_unit_test(test_it_is_noticed_within_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
