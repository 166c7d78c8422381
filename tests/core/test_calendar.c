/* Opening hours and what runs by them, over changes of the clock both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/calendar.h"
#include "base/text.h"
#include "base/timetable.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* "2026-03-29 01:00", UTC, in seconds; "" is 0. */
static int64_t
at(const char *text)
{
    int64_t seconds = 0;
    if (*text && !text_time(text, strlen(text), &seconds))
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

#define OFFICE "days=mon-fri\nhours=09:00-12:00,13:00-18:00\n"

/* 2026-11-21 is a Saturday. Times are UTC. */
static const struct {
    const char *zone, *text, *now;
    bool is_open;
    const char *next;
} cases[] = {
    /* Every day of every year, and no day at all. */
    {"UTC", "", "2026-11-21 10:00", true, ""},
    {"UTC", "hours=00:00-24:00", "2026-11-21 00:00", true, ""},
    {"UTC", "days=mon-sun\nhours=22:00-06:00,06:00-22:00", "2026-11-21 10:00", false,
     "bad"},
    /* Hours of a day. */
    {"UTC", OFFICE, "2026-11-20 08:59:59", false, "2026-11-20 09:00"},
    {"UTC", OFFICE, "2026-11-20 09:00", true, "2026-11-20 12:00"},
    {"UTC", OFFICE, "2026-11-20 12:00", false, "2026-11-20 13:00"},
    {"UTC", OFFICE, "2026-11-20 17:59:59", true, "2026-11-20 18:00"},
    {"UTC", OFFICE, "2026-11-20 18:00", false, "2026-11-23 09:00"},
    {"UTC", OFFICE, "2026-11-21 10:00", false, "2026-11-23 09:00"},
    /* All day, from the first to the last of some days. */
    {"UTC", "days=mon-fri", "2026-11-21 10:00", false, "2026-11-23 00:00"},
    {"UTC", "days=mon-fri", "2026-11-24 10:00", true, "2026-11-28 00:00"},
    /* A night belongs to the day it begins on. */
    {"UTC", "days=fri\nhours=22:00-06:00", "2026-11-20 21:00", false,
     "2026-11-20 22:00"},
    {"UTC", "days=fri\nhours=22:00-06:00", "2026-11-21 05:59:59", true,
     "2026-11-21 06:00"},
    {"UTC", "days=fri\nhours=22:00-06:00", "2026-11-20 05:00", false,
     "2026-11-20 22:00"},
    {"UTC", "hours=22:00-06:00\nholidays=2026-11-21", "2026-11-21 03:00", true,
     "2026-11-21 06:00"},
    {"UTC", "hours=22:00-06:00\nholidays=2026-11-21", "2026-11-21 23:00", false,
     "2026-11-22 22:00"},
    /* Holidays are closed; an exception wins over them and over the weekday. */
    {"UTC", OFFICE "holidays=2026-11-23, 2026-11-24", "2026-11-21 10:00", false,
     "2026-11-25 09:00"},
    {"UTC", OFFICE "holidays=2026-11-23\nexcept.2026-11-23=10:00-11:00",
     "2026-11-21 10:00", false, "2026-11-23 10:00"},
    {"UTC", OFFICE "except.2026-11-21=10:00-11:00", "2026-11-21 10:00", true,
     "2026-11-21 11:00"},
    {"UTC", OFFICE "except.2026-11-23=10:00-11:00", "2026-11-23 11:00", false,
     "2026-11-24 09:00"},
    /* No summer time: Istanbul since 2016, Shanghai since 1991. */
    {"Europe/Istanbul", OFFICE, "2026-03-29 20:00", false, "2026-03-30 06:00"},
    {"Europe/Istanbul", OFFICE, "2026-10-26 05:59:59", false, "2026-10-26 06:00"},
    {"Asia/Shanghai", OFFICE, "2026-10-26 00:59:59", false, "2026-10-26 01:00"},
    {"Asia/Shanghai", "days=fri\nhours=22:00-06:00", "2026-11-20 21:00", true,
     "2026-11-20 22:00"},
    /* Istanbul had it in 2015. */
    {"Europe/Istanbul", OFFICE, "2015-01-05 06:59:59", false, "2015-01-05 07:00"},
    {"Europe/Istanbul", OFFICE, "2015-07-06 05:59:59", false, "2015-07-06 06:00"},
    /* Berlin on the day of the change: 02:00 to 03:00 is not there in March, and twice
     * in October. */
    {"Europe/Berlin", OFFICE, "2026-03-27 18:00", false, "2026-03-30 07:00"},
    {"Europe/Berlin", OFFICE, "2026-10-23 18:00", false, "2026-10-26 08:00"},
    {"Europe/Berlin", "hours=02:30-05:00", "2026-03-29 00:00", false,
     "2026-03-29 01:00"},
    {"Europe/Berlin", "hours=01:00-02:30", "2026-03-29 00:30", true,
     "2026-03-29 01:00"},
    {"Europe/Berlin", "hours=02:00-03:00", "2026-03-29 00:00", false,
     "2026-03-30 00:00"},
    {"Europe/Berlin", "hours=02:00-03:00", "2026-10-25 01:30", true,
     "2026-10-25 02:00"},
    {"Europe/Berlin", "hours=01:00-02:30", "2026-10-25 00:00", true,
     "2026-10-25 00:30"},
    {"Europe/Berlin", "hours=01:00-02:30", "2026-10-25 01:15", false,
     "2026-10-26 00:00"},
    {"Europe/Berlin", "hours=22:00-06:00", "2026-03-28 21:30", true,
     "2026-03-29 04:00"},
    {"Europe/Berlin", "hours=22:00-06:00", "2026-10-24 20:30", true,
     "2026-10-25 05:00"},
    {"Europe/Berlin", "days=sat,sun", "2026-10-24 00:00", true, "2026-10-25 23:00"},
    /* What is no calendar. */
    {"UTC", "days=mon-xyz", "", false, "bad"},
    {"UTC", "days=mon\ndays=tue", "", false, "bad"},
    {"UTC", "hours=9-18", "", false, "bad"},
    {"UTC", "holidays=", "", false, "bad"},
    {"UTC", "holidays=2026-02-30", "", false, "bad"},
    {"UTC", "holidays=2026-02-20 2026-02-21", "", false, "bad"},
    {"UTC", "except.2026-11-21", "", false, "bad"},
    {"UTC", "except.2026-11-21=", "", false, "bad"},
    {"UTC", "except.2026-11-21=10:00-11:00\nexcept.2026-11-21=10:00-11:00", "", false,
     "bad"},
    {"UTC", "\n", "", false, "bad"},
    {"UTC", "day=mon", "", false, "bad"},
};

static void
test_hours_of_calendars(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone *zone = load(cases[i].zone);
        struct calendar *calendar = calendar_read(cases[i].text, zone);
        bool is_bad = !strcmp(cases[i].next, "bad");
        if ((calendar == NULL) != is_bad)
            fail_msg("'%s' is %s", cases[i].text, calendar ? "read" : "not read");
        if (calendar) {
            int64_t now = at(cases[i].now), next = calendar_next(calendar, now);
            if (calendar_is_open(calendar, now) != cases[i].is_open)
                fail_msg("'%s' in %s at %s", cases[i].text, cases[i].zone,
                         cases[i].now);
            if (next != at(cases[i].next))
                fail_msg("'%s' in %s at %s: next is %lld s from %s", cases[i].text,
                         cases[i].zone, cases[i].now,
                         (long long)(next - at(cases[i].next)), cases[i].next);
        }
        calendar_delete(calendar);
        zone_delete(zone);
    }
}

/* What calendar_next() says is what calendar_is_open() does. */
static void
test_next_is_a_change(void **state)
{
    (void)state;
    struct zone *zone = load("Europe/Berlin");
    struct calendar *calendar =
        calendar_read("days=mon-fri,sun\nhours=01:30-02:30,09:00-12:00,22:00-00:30\n"
                      "holidays=2026-03-30\nexcept.2026-10-25=02:15-02:45\n",
                      zone);
    assert_non_null(calendar);
    for (int year = 2026; year < 2028; year++)
        for (int64_t now = civil_days(year, 3, 20) * 86400,
                     end = civil_days(year, 11, 1) * 86400;
             now < end;) {
            int64_t next = calendar_next(calendar, now);
            bool is_open = calendar_is_open(calendar, now);
            assert_true(next > now);
            for (int64_t between = now; between < next; between += 600)
                assert_int_equal(calendar_is_open(calendar, between), is_open);
            assert_int_equal(calendar_is_open(calendar, next - 1), is_open);
            assert_int_equal(calendar_is_open(calendar, next), !is_open);
            now = next;
        }
    calendar_delete(calendar);
    zone_delete(zone);
}

/* ---- timetables ---- */

static const struct {
    const char *zone, *cron;
    int64_t every;
    const char *during, *after, *next;
} runs[] = {
    {"UTC", NULL, 60, NULL, "2026-11-21 10:00:30", "2026-11-21 10:01"},
    {"UTC", NULL, 60, NULL, "2026-11-21 10:01", "2026-11-21 10:02"},
    {"UTC", NULL, 1, OFFICE, "2026-11-20 18:00", "2026-11-23 09:00"},
    {"UTC", NULL, 7200, OFFICE, "2026-11-20 11:00", "2026-11-20 14:00"},
    {"UTC", NULL, 86400, OFFICE, "2026-11-20 11:00", ""},
    {"UTC", NULL, 86400, "holidays=2026-11-21", "2026-11-20 11:00", "2026-11-22 00:00"},
    {"Europe/Istanbul", "5 18 * * *", 0, NULL, "2026-11-21 10:00", "2026-11-21 15:05"},
    {"Europe/Istanbul", "5 18 * * *", 0, OFFICE, "2026-11-21 10:00", ""},
    {"Europe/Istanbul", "5 17 * * *", 0, OFFICE, "2026-11-21 10:00",
     "2026-11-23 14:05"},
    {"Europe/Berlin", "30 2 * * *", 0, NULL, "2026-03-28 12:00", "2026-03-29 01:00"},
    {"Europe/Berlin", "30 2 * * *", 0, NULL, "2026-03-29 01:00", "2026-03-30 00:30"},
    {"Europe/Berlin", "30 2 * * *", 0, NULL, "2026-10-24 12:00", "2026-10-25 00:30"},
    {"Europe/Berlin", "30 2 * * *", 0, NULL, "2026-10-25 00:30", "2026-10-26 01:30"},
    {"Europe/Berlin", "0 0 30 2 *", 0, NULL, "2026-10-25 00:30", ""},
    {"UTC", "0 12 29 2 *", 0, "days=tue", "2026-10-25 00:30", "2028-02-29 12:00"},
    {"UTC", "0 12 * * *", 0,
     "except.2026-01-01=10:00-11:00\ndays=mon\nhours=01:00-02:00", "2026-10-25 00:30",
     ""},
};

static void
test_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(runs); i++) {
        struct buf problem = {0};
        struct zone *zone = load(runs[i].zone);
        struct calendar *during =
            runs[i].during ? calendar_read(runs[i].during, zone) : NULL;
        struct timetable timetable = {
            .every_ms = runs[i].every * 1000, .zone = zone, .during = during};
        if (runs[i].cron)
            assert_true(cron_read(runs[i].cron, &timetable.cron, &problem));
        int64_t next = timetable_next(&timetable, at(runs[i].after) * 1000);
        if (next != at(runs[i].next) * 1000)
            fail_msg("run %zu is %lld s from %s", i,
                     (long long)(next / 1000 - at(runs[i].next)), runs[i].next);
        calendar_delete(during);
        zone_delete(zone);
    }
}

/* ---- the machine's zones ---- */

static void
test_guesses(void **state)
{
    (void)state;
    static const char *const guesses[][2] = {
        {"Europe/Istambul", "Europe/Istanbul"},
        {"Asia/Shangai", "Asia/Shanghai"},
        {"europe/berlin", NULL},
        {"Utc", "UTC"},
        {"Europe", NULL},
        {"../etc/passwd", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(guesses); i++) {
        char *guess = zone_guess(guesses[i][0]);
        if ((guess == NULL) != (guesses[i][1] == NULL) ||
            (guess && strcmp(guess, guesses[i][1]) != 0))
            fail_msg("%s: %s", guesses[i][0], guess ? guess : "none");
        free(guess);
    }
}

static void
test_machine(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"Asia/Shanghai", "Asia/Shanghai"},
        {":Europe/Berlin", "Europe/Berlin"},
        {"CET-1CEST", "UTC"},
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        setenv("TZ", names[i][0], 1);
        char *name = zone_machine();
        assert_string_equal(name, names[i][1]);
        free(name);
    }
    unsetenv("TZ");
    char *name = zone_machine();
    struct zone *zone = zone_load(name);
    assert_non_null(zone);
    zone_delete(zone);
    free(name);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hours_of_calendars),
        cmocka_unit_test(test_next_is_a_change),
        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_guesses),
        cmocka_unit_test(test_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
