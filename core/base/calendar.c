#include "base/calendar.h"

#include <stdlib.h>
#include <string.h>

#include "base/hours.h"
#include "base/mem.h"

#define DAY         ((int64_t)86400)
#define DAYS_MAX    (5 * 366)
#define EVERY_DAY   0x7fu
#define EXCEPT      "except."
#define DATE_LENGTH strlen("2026-10-28")

/* A day that is not like the others. */
struct special {
    int64_t day; /* since the epoch */
    struct hours hours;
    bool is_holiday; /* then without hours; an exception wins over it */
};

struct calendar {
    const struct zone *zone;
    unsigned days; /* bit 0: Monday */
    struct hours hours;
    struct special *specials;
    size_t special_count;
};

static const struct hours all_day = {{{0, 1440}}, 1};
static const struct hours closed = {.count = 0};

/* ---- reading ---- */

static bool
add_special(struct calendar *calendar, const struct special *special)
{
    for (size_t i = 0; i < calendar->special_count; i++)
        if (calendar->specials[i].day == special->day &&
            calendar->specials[i].is_holiday == special->is_holiday)
            return special->is_holiday; /* told twice, it is no less a holiday */
    calendar->specials = mem_grow(calendar->specials, calendar->special_count + 1,
                                  sizeof *calendar->specials);
    calendar->specials[calendar->special_count++] = *special;
    return true;
}

static bool
read_days(struct calendar *calendar, const char *text)
{
    return hours_read_days(text, &calendar->days);
}

static bool
read_hours(struct calendar *calendar, const char *text)
{
    return hours_read(text, &calendar->hours);
}

static bool
read_date(const char *text, size_t size, int64_t *day)
{
    char *date = mem_copy(text, size);
    bool is_date = hours_read_date(date, day);
    free(date);
    return is_date;
}

static bool
read_holidays(struct calendar *calendar, const char *text)
{
    for (bool is_last = false; !is_last;) {
        struct special holiday = {.is_holiday = true};
        text += strspn(text, " \t");
        size_t size = strcspn(text, ", \t");
        if (!read_date(text, size, &holiday.day) || !add_special(calendar, &holiday))
            return false;
        text += size;
        text += strspn(text, " \t");
        is_last = *text == '\0';
        if (!is_last && *text++ != ',')
            return false;
    }
    return true;
}

static const struct {
    const char *key;
    bool (*read)(struct calendar *calendar, const char *text);
} lines[] = {
    {"days=", read_days},
    {"hours=", read_hours},
    {"holidays=", read_holidays},
};
#define LINES (sizeof lines / sizeof *lines)

/* "except.2026-10-28=09:00-13:00" */
static bool
read_exception(struct calendar *calendar, const char *line)
{
    struct special special = {0};
    if (strncmp(line, EXCEPT, strlen(EXCEPT)) != 0)
        return false;
    line += strlen(EXCEPT);
    size_t size = strcspn(line, "=");
    return line[size] && read_date(line, size, &special.day) &&
           hours_read(line + size + 1, &special.hours) &&
           add_special(calendar, &special);
}

static bool
read_line(struct calendar *calendar, const char *line, unsigned *seen)
{
    for (size_t i = 0; i < LINES; i++) {
        size_t size = strlen(lines[i].key);
        if (strncmp(line, lines[i].key, size) != 0)
            continue;
        bool is_second = *seen >> i & 1;
        *seen |= 1u << i;
        return !is_second && lines[i].read(calendar, line + size);
    }
    return read_exception(calendar, line);
}

struct calendar *
calendar_read(const char *text, const struct zone *zone)
{
    struct calendar *calendar = mem_zero(sizeof *calendar);
    *calendar = (struct calendar){.zone = zone, .days = EVERY_DAY, .hours = all_day};
    unsigned seen = 0;
    while (*text) {
        size_t size = strcspn(text, "\n");
        char *line = mem_copy(text, size);
        bool is_good = read_line(calendar, line, &seen);
        free(line);
        if (!is_good) {
            calendar_delete(calendar);
            return NULL;
        }
        text += size;
        text += *text == '\n';
    }
    return calendar;
}

void
calendar_delete(struct calendar *calendar)
{
    if (!calendar)
        return;
    free(calendar->specials);
    free(calendar);
}

/* ---- asking ---- */

static const struct hours *
hours_of(const struct calendar *calendar, int64_t day)
{
    struct civil civil;
    civil_of(day * DAY, &civil);
    const struct hours *hours =
        calendar->days >> civil.weekday & 1 ? &calendar->hours : &closed;
    for (size_t i = 0; i < calendar->special_count; i++) {
        const struct special *special = &calendar->specials[i];
        if (special->day != day)
            continue;
        hours = &special->hours;
        if (!special->is_holiday)
            return hours;
    }
    return hours;
}

static int64_t
moment(const struct calendar *calendar, int64_t day, int minute)
{
    return zone_moment(calendar->zone, day * DAY + minute * 60);
}

static int64_t
end_of(const struct calendar *calendar, int64_t day, const struct hours_span *span)
{
    return moment(calendar, day + (span->end <= span->begin), span->end);
}

/* The local day; what is open at `at` began on it or on one beside it. */
static int64_t
day_of(const struct calendar *calendar, int64_t at)
{
    int64_t local = zone_local(calendar->zone, at);
    return local / DAY - (local % DAY < 0);
}

/* When the hours end within which `at` lies; 0: there are none. */
static int64_t
end_of_hours(const struct calendar *calendar, int64_t at)
{
    int64_t latest = 0, day = day_of(calendar, at) - 1;
    for (int64_t last = day + 2; day <= last; day++) {
        const struct hours *hours = hours_of(calendar, day);
        for (size_t i = 0; i < hours->count; i++) {
            const struct hours_span *span = &hours->spans[i];
            int64_t end = end_of(calendar, day, span);
            if (moment(calendar, day, span->begin) <= at && at < end && end > latest)
                latest = end;
        }
    }
    return latest;
}

bool
calendar_is_open(const struct calendar *calendar, int64_t at)
{
    return end_of_hours(calendar, at) != 0;
}

/* Hours that a change of the clock swallows whole begin and end at once: no opening. */
static int64_t
next_opening(const struct calendar *calendar, int64_t after)
{
    int64_t first = day_of(calendar, after);
    for (int64_t day = first; day < first + DAYS_MAX; day++) {
        const struct hours *hours = hours_of(calendar, day);
        for (size_t i = 0; i < hours->count; i++) {
            int64_t begin = moment(calendar, day, hours->spans[i].begin);
            if (begin > after && begin < end_of(calendar, day, &hours->spans[i]))
                return begin;
        }
    }
    return 0;
}

int64_t
calendar_next(const struct calendar *calendar, int64_t at)
{
    int64_t end = end_of_hours(calendar, at), limit = at + DAYS_MAX * DAY;
    if (!end)
        return next_opening(calendar, at);
    while (end < limit) {
        int64_t later = end_of_hours(calendar, end);
        if (!later)
            return end;
        end = later;
    }
    return 0;
}
