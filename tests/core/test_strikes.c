/* Three strikes within ten minutes, and one trial after an hour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "script/strikes.h"

#define NOW     ((int64_t)5000)
#define MINUTES ((int64_t)60 * 1000)

static void
three_in_ten_minutes_are_out(void **state)
{
    (void)state;
    static const struct {
        int64_t at[5];
        int count;
        bool out;
    } cases[] = {
        {{0}, 1, false},
        {{0, 0}, 2, false},
        {{0, 0, 0}, 3, true},
        {{0, 1, 10 * MINUTES - 1}, 3, true},
        {{0, 1, 10 * MINUTES}, 3, false},
        {{0, 9 * MINUTES, 18 * MINUTES}, 3, false},
        {{0, 9 * MINUTES, 18 * MINUTES, 18 * MINUTES + 1}, 4, true},
        {{0, 20 * MINUTES, 21 * MINUTES, 22 * MINUTES}, 4, true},
        {{0, 0, 20 * MINUTES, 20 * MINUTES}, 4, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct strikes strikes = {0};
        bool out = false;
        for (int j = 0; j < cases[i].count; j++)
            out = strikes_add(&strikes, NOW + cases[i].at[j]);
        assert_int_equal(out, cases[i].out);
        assert_int_equal(strikes.out_since_ms != 0, cases[i].out);
    }
}

static void
strikes_are_forgotten(void **state)
{
    (void)state;
    struct strikes strikes = {0};
    assert_int_equal(strikes_count(&strikes, NOW), 0);
    strikes_add(&strikes, NOW);
    strikes_add(&strikes, NOW + 5 * MINUTES);
    assert_int_equal(strikes_count(&strikes, NOW + 5 * MINUTES), 2);
    assert_int_equal(strikes_count(&strikes, NOW + 10 * MINUTES - 1), 2);
    assert_int_equal(strikes_count(&strikes, NOW + 10 * MINUTES), 1);
    assert_int_equal(strikes_count(&strikes, NOW + 15 * MINUTES), 0);
}

static struct strikes
out_at(int64_t now)
{
    struct strikes strikes = {0};
    for (int i = 0; i < STRIKES_OUT; i++)
        strikes_add(&strikes, now);
    return strikes;
}

static void
a_trial_comes_after_an_hour(void **state)
{
    (void)state;
    struct strikes strikes = out_at(NOW);
    assert_false(strikes_try(&strikes, NOW));
    assert_false(strikes_try(&strikes, NOW + 60 * MINUTES - 1));
    assert_true(strikes.out_since_ms != 0);
    assert_true(strikes_try(&strikes, NOW + 60 * MINUTES));
    assert_int_equal(strikes.out_since_ms, 0);
    assert_false(strikes_try(&strikes, NOW + 60 * MINUTES)); /* it is in */
}

static void
one_strike_ends_a_trial(void **state)
{
    (void)state;
    struct strikes strikes = out_at(NOW);
    int64_t again = NOW + 60 * MINUTES;
    assert_true(strikes_try(&strikes, again));
    assert_true(strikes_add(&strikes, again + 9 * MINUTES));
    assert_false(strikes_try(&strikes, again + 60 * MINUTES));
    assert_true(strikes_try(&strikes, again + 69 * MINUTES));
}

/* What has been good for ten minutes has three strikes again. */
static void
a_good_trial_starts_anew(void **state)
{
    (void)state;
    struct strikes strikes = out_at(NOW);
    int64_t again = NOW + 60 * MINUTES;
    assert_true(strikes_try(&strikes, again));
    assert_false(strikes_add(&strikes, again + 10 * MINUTES));
    assert_false(strikes_add(&strikes, again + 11 * MINUTES));
    assert_true(strikes_add(&strikes, again + 12 * MINUTES));
}

static void
nothing_is_tried_that_is_not_out(void **state)
{
    (void)state;
    struct strikes strikes = {0};
    assert_false(strikes_try(&strikes, NOW + 600 * MINUTES));
    strikes_add(&strikes, NOW);
    assert_false(strikes_try(&strikes, NOW + 600 * MINUTES));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_in_ten_minutes_are_out),
        cmocka_unit_test(strikes_are_forgotten),
        cmocka_unit_test(a_trial_comes_after_an_hour),
        cmocka_unit_test(one_strike_ends_a_trial),
        cmocka_unit_test(a_good_trial_starts_anew),
        cmocka_unit_test(nothing_is_tried_that_is_not_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
