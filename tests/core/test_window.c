#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script/window.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define S            ((int64_t)1000)
#define LENGTH       (100 * S)
#define NONE         (-1.0)

/* The value, or NONE. */
static double
value_of(const struct window *window, enum window_kind kind, int64_t now_s)
{
    double value;
    return window_value(window, kind, LENGTH, 0, now_s * S, &value) ? value : NONE;
}

static void
test_values(void **state)
{
    (void)state;
    static const struct {
        double value, under;
    } samples[] = {{10, 20}, {30, 40}, {5, 0}, {15, 20}, {15, 20}};
    static const double expected[] = {
        [WINDOW_AVERAGE] = 15,
        [WINDOW_MAXIMUM] = 30,
        [WINDOW_MINIMUM] = 5,
        [WINDOW_TOTAL] = 75,
        [WINDOW_RATE] = (20.0 + 5 + 10) / 80, /* the fall to 5 began at zero */
        [WINDOW_RATIO] = 0.75,
    };
    struct window window = {0};
    for (size_t i = 0; i < COUNT(samples); i++)
        window_add(&window, LENGTH, (int64_t)(20 * i) * S + S, samples[i].value,
                   samples[i].under);
    for (size_t kind = 0; kind < COUNT(expected); kind++) {
        assert_float_equal(value_of(&window, (enum window_kind)kind, 81),
                           expected[kind], 1e-9);
        assert_int_equal(window_kind_of(window_word((enum window_kind)kind)), kind);
    }
    assert_int_equal(window_kind_of("mean"), -1);
    window_fini(&window);
}

/* Known only where the samples span 80 % of it. */
static void
test_covered(void **state)
{
    (void)state;
    struct window window = {0};
    double value;
    assert_float_equal(value_of(&window, WINDOW_TOTAL, 1), NONE, 0);
    window_add(&window, LENGTH, 10 * S, 1, 0);
    window_add(&window, LENGTH, 89 * S, 1, 0);
    assert_float_equal(value_of(&window, WINDOW_TOTAL, 89), NONE, 0);
    window_add(&window, LENGTH, 90 * S, 1, 0);
    assert_float_equal(value_of(&window, WINDOW_TOTAL, 90), 3, 0);
    /* What stands for the time before it covers more. */
    window_add(&window, LENGTH, 150 * S, 1, 0);
    assert_float_equal(value_of(&window, WINDOW_TOTAL, 150), NONE, 0);
    assert_true(window_value(&window, WINDOW_TOTAL, LENGTH, 20 * S, 150 * S, &value));
    window_fini(&window);
}

static void
test_moves_on(void **state)
{
    (void)state;
    struct window window = {0};
    for (int64_t i = 0; i <= 30; i++)
        window_add(&window, LENGTH, i * 10 * S, (double)i, 0);
    assert_int_equal(window.count, 11);
    assert_float_equal(value_of(&window, WINDOW_MINIMUM, 300), 20, 0);
    assert_float_equal(value_of(&window, WINDOW_RATE, 300), 0.1, 1e-9);
    /* A clock that went back: nothing before it is known. */
    window_add(&window, LENGTH, 100 * S, 7, 0);
    assert_int_equal(window.count, 1);
    window_fini(&window);
}

/* However often samples come, a window is small, and says the same. */
static void
test_bounded(void **state)
{
    (void)state;
    struct window window = {0};
    for (int64_t ms = 0; ms <= 3 * LENGTH; ms += 100)
        window_add(&window, LENGTH, ms, (double)ms, 0);
    assert_true(window.count <= 102);
    assert_float_equal(value_of(&window, WINDOW_RATE, 300), 1000, 1e-6);
    assert_float_equal(value_of(&window, WINDOW_MAXIMUM, 300), 300 * S, 0);
    assert_float_equal(value_of(&window, WINDOW_AVERAGE, 300), 250 * S, 0.01 * LENGTH);
    window_fini(&window);
}

static void
test_undivided(void **state)
{
    (void)state;
    struct window window = {0};
    window_add(&window, LENGTH, 1 * S, 0, 0);
    window_add(&window, LENGTH, 91 * S, 0, 0);
    assert_float_equal(value_of(&window, WINDOW_RATIO, 91), NONE, 0);
    window_fini(&window);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),    cmocka_unit_test(test_covered),
        cmocka_unit_test(test_moves_on),  cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_undivided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
