/* Time zones and times that people name, over changes of the clock both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cron.h"
#include "base/text.h"
#include "base/zone.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* "2026-03-29 01:00" in seconds: a local time, or UTC. */
static int64_t
at(const char *text)
{
    int64_t seconds;
    if (!text_time(text, strlen(text), &seconds))
        fail_msg("'%s'", text);
    return seconds;
}

static struct zone *
load(const char *name)
{
    struct zone *zone = zone_load(name);
    if (!zone)
        fail_msg("no zone %s", name);
    return zone;
}

static void
test_days(void **state)
{
    (void)state;
    struct civil civil;
    for (int64_t day = -800000; day < 800000; day += 37) {
        civil_of(day * 86400 + 45296, &civil);
        assert_int_equal(civil_days(civil.year, civil.month, civil.day), day);
        assert_int_equal(civil.hour * 10000 + civil.minute * 100 + civil.second,
                         123456);
    }
    civil_of(at("2026-11-21 00:00"), &civil);
    assert_int_equal(civil.weekday, 5); /* a Saturday */
    civil_of(at("2028-02-29 00:00"), &civil);
    assert_int_equal(civil.day, 29);
}

static void
test_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *utc;
        int64_t offset;
    } cases[] = {
        {"UTC", "2026-07-01 12:00", 0},
        {"Europe/Istanbul", "2015-01-15 12:00", 7200},
        {"Europe/Istanbul", "2026-01-15 12:00", 10800},
        {"Europe/Istanbul", "2055-07-15 12:00", 10800},
        {"Asia/Shanghai", "2026-07-01 12:00", 28800},
        {"Asia/Shanghai", "1988-07-01 12:00", 32400},
        {"Europe/Berlin", "2026-01-15 12:00", 3600},
        {"Europe/Berlin", "2026-03-29 00:59:59", 3600},
        {"Europe/Berlin", "2026-03-29 01:00", 7200},
        {"Europe/Berlin", "2026-10-25 00:59:59", 7200},
        {"Europe/Berlin", "2026-10-25 01:00", 3600},
        {"Europe/Berlin", "2050-03-27 00:59:59", 3600},
        {"Europe/Berlin", "2050-03-27 01:00", 7200},
        {"Australia/Sydney", "2050-01-15 12:00", 39600},
        {"Australia/Sydney", "2050-07-15 12:00", 36000},
        {"Asia/Kolkata", "2026-07-01 12:00", 19800},
        {"America/New_York", "2026-07-01 12:00", -14400},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone *zone = load(cases[i].zone);
        if (zone_offset(zone, at(cases[i].utc)) != cases[i].offset)
            fail_msg("%s at %s: %lld", cases[i].zone, cases[i].utc,
                     (long long)zone_offset(zone, at(cases[i].utc)));
        zone_delete(zone);
    }
    assert_int_equal(zone_offset(NULL, 0), 0);
}

static void
test_moments(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *local, *utc;
    } cases[] = {
        {"Europe/Berlin", "2026-01-15 12:00", "2026-01-15 11:00"},
        {"Europe/Berlin", "2026-03-29 01:59", "2026-03-29 00:59"},
        {"Europe/Berlin", "2026-03-29 02:00", "2026-03-29 01:00"}, /* not there */
        {"Europe/Berlin", "2026-03-29 02:30", "2026-03-29 01:00"},
        {"Europe/Berlin", "2026-03-29 03:00", "2026-03-29 01:00"},
        {"Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30"}, /* twice */
        {"Europe/Berlin", "2026-10-25 03:00", "2026-10-25 02:00"},
        {"Europe/Istanbul", "2026-03-29 02:30", "2026-03-28 23:30"},
        {"Asia/Shanghai", "2026-03-29 02:30", "2026-03-28 18:30"},
        {"America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"},
        {"America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone *zone = load(cases[i].zone);
        int64_t moment = zone_moment(zone, at(cases[i].local));
        if (moment != at(cases[i].utc))
            fail_msg("%s %s is %lld s from what it is", cases[i].zone, cases[i].local,
                     (long long)(moment - at(cases[i].utc)));
        zone_delete(zone);
    }
}

static void
test_what_is_no_zone(void **state)
{
    (void)state;
    assert_null(zone_load("Europe/Istambul"));
    assert_null(zone_load("../../../etc/passwd"));
    assert_null(zone_load("/etc/localtime"));
    assert_null(zone_load("Europe"));
    FILE *file = fopen("/usr/share/zoneinfo/Europe/Berlin", "r");
    assert_non_null(file);
    char data[8192];
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    for (size_t cut = 0; cut < size; cut++) {
        char *copy = malloc(cut ? cut : 1);
        assert_non_null(copy);
        memcpy(copy, data, cut);
        assert_null(zone_parse(copy, cut));
        free(copy);
    }
    struct zone *whole = zone_parse(data, size);
    assert_non_null(whole);
    zone_delete(whole);
}

/* ---- cron ---- */

static void
test_next(void **state)
{
    (void)state;
    static const struct {
        const char *cron, *zone, *after, *next; /* UTC; next NULL: never */
    } cases[] = {
        {"0 9 * * 1-5", "UTC", "2026-11-20 09:00", "2026-11-23 09:00"},
        {"0 9 * * mon-fri", "Europe/Istanbul", "2026-11-20 05:59", "2026-11-20 06:00"},
        {"*/15 * * * *", "UTC", "2026-11-20 09:07", "2026-11-20 09:15"},
        {"5/20 * * * *", "UTC", "2026-11-20 09:26", "2026-11-20 09:45"},
        {"0 0 1 jan *", "UTC", "2026-11-20 09:00", "2027-01-01 00:00"},
        {"0 0 29 2 *", "UTC", "2026-11-20 09:00", "2028-02-29 00:00"},
        {"0 0 30 2 *", "UTC", "2026-11-20 09:00", NULL},
        {"0 0 1 * 1", "UTC", "2026-11-20 09:00", "2026-11-23 00:00"}, /* either */
        {"0 0 * * 7", "UTC", "2026-11-20 09:00", "2026-11-22 00:00"},
        {"0 0 * * 0", "UTC", "2026-11-20 09:00", "2026-11-22 00:00"},
        {"59 23 31 12 *", "Asia/Shanghai", "2026-11-20 09:00", "2026-12-31 15:59"},
        /* 02:30 is not there: 03:00 */
        {"30 2 * * *", "Europe/Berlin", "2026-03-28 02:00", "2026-03-29 01:00"},
        {"30 2 * * *", "Europe/Berlin", "2026-03-29 01:00", "2026-03-30 00:30"},
        /* 02:30 comes twice: once */
        {"30 2 * * *", "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 00:30"},
        {"30 2 * * *", "Europe/Berlin", "2026-10-25 00:30", "2026-10-26 01:30"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cron cron;
        struct buf problem = {0};
        if (!cron_read(cases[i].cron, &cron, &problem))
            fail_msg("%s: %s", cases[i].cron, problem.data);
        struct zone *zone = load(cases[i].zone);
        int64_t next = cron_next(&cron, zone, at(cases[i].after));
        int64_t expected = cases[i].next ? at(cases[i].next) : 0;
        if (next != expected)
            fail_msg("%s after %s: %lld s from what it is", cases[i].cron,
                     cases[i].after, (long long)(next - expected));
        zone_delete(zone);
    }
}

static void
test_time_of_day(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",      "18",    "18:5",   "8:05",
                                        "24:00", "18:60", "18:05 ", "1805"};
    struct cron cron;
    struct zone *zone = load("Europe/Istanbul");
    assert_true(cron_read_time("18:05", &cron));
    assert_int_equal(cron_next(&cron, zone, at("2026-11-20 15:05")),
                     at("2026-11-21 15:05"));
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (cron_read_time(wrong[i], &cron))
            fail_msg("'%s'", wrong[i]);
    zone_delete(zone);
}

static void
test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"", "has 0 of five fields: minute hour day month weekday"},
        {"0 9 * *", "has 4 of five fields: minute hour day month weekday"},
        {"0 9 * * 1 2026", "has more than five fields: minute hour day month weekday"},
        {"60 9 * * *", "'60' is no minute (0 to 59)"},
        {"0 24 * * *", "'24' is no hour (0 to 23)"},
        {"0 9 0 * *", "'0' is no day (1 to 31)"},
        {"0 9 * foo *", "'foo' is no month (1 to 12)"},
        {"0 9 * * 5-1", "'5-1' is no weekday (0 to 7)"},
        {"*/0 9 * * *", "'*/0' is no minute (0 to 59)"},
        {"1,,2 9 * * *", "'1,,2' is no minute (0 to 59)"},
        {"1- 9 * * *", "'1-' is no minute (0 to 59)"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cron cron;
        struct buf problem = {0};
        assert_false(cron_read(cases[i].text, &cron, &problem));
        assert_string_equal(problem.data, cases[i].problem);
        buf_fini(&problem);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),     cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_moments),  cmocka_unit_test(test_what_is_no_zone),
        cmocka_unit_test(test_next),     cmocka_unit_test(test_time_of_day),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
