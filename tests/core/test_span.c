/* Which quarters of an hour a query of operations asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "model/span.h"

static int64_t
at(const char *text)
{
    int64_t time = 0;
    assert_true(text_time(text, strlen(text), &time));
    return time;
}

/* What the span must be, or the problem with end NULL. */
static void
check(const char *problem, const struct query_span *span, const char *begin,
      const char *end)
{
    if (end == NULL) {
        assert_non_null(problem);
        assert_string_equal(problem, begin);
        return;
    }
    assert_null(problem);
    assert_int_equal(span->begin, at(begin));
    assert_int_equal(span->end, at(end));
}

static const struct {
    const char *now;
    int64_t minutes;
    const char *begin, *end;
} lasts[] = {
    {"2024-08-02 12:07:30", 60, "2024-08-02 11:00", "2024-08-02 12:00"},
    /* A quarter is closed a minute after its end. */
    {"2024-08-02 12:00:59", 15, "2024-08-02 11:30", "2024-08-02 11:45"},
    {"2024-08-02 12:01:00", 15, "2024-08-02 11:45", "2024-08-02 12:00"},
    {"2024-08-02 12:07:30", 1425, "2024-08-01 12:15", "2024-08-02 12:00"},
    /* All of it closed, but its first quarter is no longer kept. */
    {"2024-08-02 12:15:59", 1425, "2024-08-01 12:30", "2024-08-02 12:00"},
    {"2024-08-02 12:07:30", 1440, "is more than 23h45m", NULL},
    {"2024-08-02 12:07:30", 20, "is not a whole number of quarters of an hour", NULL},
    {"2024-08-02 12:07:30", 0, "is not a whole number of quarters of an hour", NULL},
    {"2024-08-02 12:07:30", -15, "is not a whole number of quarters of an hour", NULL},
};

static void
last_quarters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lasts / sizeof *lasts; i++) {
        struct query_span span;
        const char *problem = span_last(&span, lasts[i].minutes * 60, at(lasts[i].now));
        check(problem, &span, lasts[i].begin, lasts[i].end);
    }
}

static const struct {
    const char *now, *begin, *end;
} todays[] = {
    {"2024-08-02 12:07:30", "2024-08-02 00:00", "2024-08-02 12:00"},
    {"2024-08-02 23:59:59", "2024-08-02 00:00", "2024-08-02 23:45"},
    {"2024-08-02 00:16:00", "2024-08-02 00:00", "2024-08-02 00:15"},
    {"2024-08-02 00:15:59", "no quarter of an hour has passed since midnight UTC",
     NULL},
    {"2024-08-02 00:00:00", "no quarter of an hour has passed since midnight UTC",
     NULL},
};

static void
since_midnight(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof todays / sizeof *todays; i++) {
        struct query_span span;
        const char *problem = span_today(&span, at(todays[i].now));
        check(problem, &span, todays[i].begin, todays[i].end);
    }
}

/* At 2024-08-02 12:07:30. */
static const struct {
    const char *from, *to, *begin, *end;
} betweens[] = {
    {"2024-08-02 09:00", "2024-08-02 10:30", "2024-08-02 09:00", "2024-08-02 10:30"},
    /* What is still open may be asked for. */
    {"2024-08-02 12:00", "2024-08-02 12:15", "2024-08-02 12:00", "2024-08-02 12:15"},
    {"2024-08-01 12:15", "2024-08-02 12:15", "2024-08-01 12:15", "2024-08-02 12:15"},
    /* What is no longer kept is left out. */
    {"2024-08-01 12:00", "2024-08-02 12:00", "2024-08-01 12:15", "2024-08-02 12:00"},
    {"2024-08-01 12:00", "2024-08-02 12:15", "is more than 24 hours", NULL},
    {"2024-08-01 00:00", "2024-08-01 12:15",
     "is older than 24 hours, which is as long as the centre keeps it", NULL},
    {"2024-08-02 12:15", "2024-08-02 12:30", "lies in the future", NULL},
    {"2024-08-02 10:00", "2024-08-02 09:00", "ends before it begins", NULL},
    {"2024-08-02 10:00", "2024-08-02 10:00", "ends before it begins", NULL},
    {"2024-08-02 10:01", "2024-08-02 11:00", "is not on a quarter of an hour (UTC)",
     NULL},
    {"2024-08-02 10:00", "2024-08-02 11:00:01", "is not on a quarter of an hour (UTC)",
     NULL},
};

static void
between_two_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof betweens / sizeof *betweens; i++) {
        struct query_span span;
        const char *problem = span_between(
            &span, at(betweens[i].from), at(betweens[i].to), at("2024-08-02 12:07:30"));
        check(problem, &span, betweens[i].begin, betweens[i].end);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(last_quarters),
        cmocka_unit_test(since_midnight),
        cmocka_unit_test(between_two_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
