/* When a message is tried again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "deliver/schedule.h"

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define MIDDLE 0.5 /* of the spread: the step itself */

static void
test_steps(void **state)
{
    (void)state;
    static const int64_t steps[] = {
        5 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE,
        5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR,   2 * HOUR,
        5 * HOUR,   10 * HOUR,   10 * HOUR,
    };
    int64_t together = 0;
    for (int i = 0; i < 13; i++) {
        assert_int_equal(schedule_next(i + 1, VERDICT_RETRY, -1, 0, MIDDLE), steps[i]);
        together += steps[i];
    }
    /* As README says. */
    assert_in_range(together, 28 * HOUR, 30 * HOUR);
    assert_int_equal(schedule_next(14, VERDICT_RETRY, -1, 0, MIDDLE), -1);
    assert_int_equal(schedule_next(14, VERDICT_SLOW, HOUR, 1, MIDDLE), -1);
    assert_int_equal(schedule_next(1000, VERDICT_RETRY, -1, 0, MIDDLE), -1);
}

static void
test_cases(void **state)
{
    (void)state;
    static const struct {
        int64_t attempts;
        enum verdict verdict;
        int64_t retry_after_ms;
        int is_throttled;
        double random;
        int64_t expected;
    } cases[] = {
        /* The spread. */
        {1, VERDICT_RETRY, -1, 0, 0.0, 4 * SECOND},
        {1, VERDICT_RETRY, -1, 0, 0.999999, 5999},
        {4, VERDICT_RETRY, -1, 0, 0.0, 48 * SECOND},
        /* Slow from the first on, and never faster than the schedule. */
        {1, VERDICT_SLOW, -1, 0, MIDDLE, 10 * MINUTE},
        {1, VERDICT_SLOW, -1, 0, 0.0, 8 * MINUTE},
        {9, VERDICT_SLOW, -1, 0, MIDDLE, HOUR},
        /* Throttled: a minute at least. */
        {1, VERDICT_RETRY, -1, 1, MIDDLE, MINUTE},
        {5, VERDICT_RETRY, -1, 1, MIDDLE, 2 * MINUTE},
        /* Retry-After prolongs, never shortens, an hour at most. */
        {1, VERDICT_RETRY, 90 * SECOND, 0, MIDDLE, 90 * SECOND},
        {1, VERDICT_RETRY, 90 * SECOND, 1, MIDDLE, 90 * SECOND},
        {1, VERDICT_RETRY, 0, 0, MIDDLE, 5 * SECOND},
        {8, VERDICT_RETRY, 2 * SECOND, 0, MIDDLE, 30 * MINUTE},
        {1, VERDICT_RETRY, INT64_MAX, 0, MIDDLE, HOUR},
        {10, VERDICT_RETRY, INT64_MAX, 0, MIDDLE, 2 * HOUR},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(schedule_next(cases[i].attempts, cases[i].verdict,
                                       cases[i].retry_after_ms, cases[i].is_throttled,
                                       cases[i].random),
                         cases[i].expected);
}

/* What the store says of the next attempt, and a clock that was set since. */
static void
test_left(void **state)
{
    (void)state;
    static const struct {
        int64_t attempts, ahead, expected;
    } cases[] = {
        {0, 0, 0},
        {0, HOUR, 0},
        {1, -HOUR, 0},
        {1, 4 * SECOND, 4 * SECOND},
        {1, HOUR, HOUR}, /* Retry-After */
        {1, 24 * HOUR, HOUR},
        {8, 2 * HOUR, HOUR},
        {12, 12 * HOUR, 12 * HOUR},
        {13, 100 * 24 * HOUR, 12 * HOUR},
        {1000, 100 * 24 * HOUR, 12 * HOUR},
        {1, INT64_MAX / 2, HOUR},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(schedule_left(cases[i].attempts, 1000 + cases[i].ahead, 1000),
                         cases[i].expected);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_left),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
