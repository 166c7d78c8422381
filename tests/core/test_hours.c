#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hours.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void
test_hours(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count; /* 0: not hours */
        int begin, end;
    } cases[] = {
        {"09:00-18:00", 1, 540, 1080},
        {"00:00-24:00", 1, 0, 1440},
        {"22:00-06:00", 1, 1320, 360},
        {"13:00-18:00, 22:00-06:00", 2, 1320, 360},
        {" 09:00-12:00 ,13:00-18:00 ", 2, 780, 1080},
        {"09:00-12:00,12:00-18:00", 2, 720, 1080},
        {"", 0, 0, 0},
        {"9:00-18:00", 0, 0, 0},
        {"09:00", 0, 0, 0},
        {"09:00-", 0, 0, 0},
        {"09:00-18:60", 0, 0, 0},
        {"09:00-24:01", 0, 0, 0},
        {"24:00-06:00", 0, 0, 0},
        {"09:00-09:00", 0, 0, 0},
        {"09:00-18:00,", 0, 0, 0},
        {"09:00-18:00 10:00-11:00", 0, 0, 0},
        {"09:00-12:00,11:00-18:00", 0, 0, 0},
        {"13:00-18:00,09:00-12:00", 0, 0, 0},
        {"22:00-06:00,07:00-08:00", 0, 0, 0},
        {"05:00-18:00,22:00-06:00", 0, 0, 0},
        {"09:00-18:00x", 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct hours hours;
        bool is_read = hours_read(cases[i].text, &hours);
        if (is_read != (cases[i].count > 0))
            fail_msg("'%s'", cases[i].text);
        if (!is_read)
            continue;
        const struct hours_span *last = &hours.spans[hours.count - 1];
        assert_int_equal(hours.count, cases[i].count);
        assert_int_equal(last->begin, cases[i].begin);
        assert_int_equal(last->end, cases[i].end);
    }
}

static void
test_days(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned days; /* 0: not days */
    } cases[] = {
        {"mon-fri", 0x1f}, {"Sat-Mon", 0x61}, {"mon, wed-fri", 0x1d},
        {"sun", 0x40},     {"mon-sun", 0x7f}, {"mon-mon", 0x01},
        {"", 0},           {"monday", 0},     {"mon-", 0},
        {"mon,", 0},       {"mon tue", 0},    {"1-5", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned days;
        bool is_read = hours_read_days(cases[i].text, &days);
        if (is_read != (cases[i].days != 0) || (is_read && days != cases[i].days))
            fail_msg("'%s'", cases[i].text);
    }
}

static void
test_dates(void **state)
{
    (void)state;
    static const char *const wrong[] = {"2026-02-29",  "2026-13-01", "26-10-29",
                                        "2026-10-29 ", "2026/10/29", ""};
    int64_t day;
    assert_true(hours_read_date("1970-01-02", &day));
    assert_int_equal(day, 1);
    assert_true(hours_read_date("2028-02-29", &day));
    assert_int_equal(day, 21243);
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (hours_read_date(wrong[i], &day))
            fail_msg("'%s'", wrong[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hours),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
