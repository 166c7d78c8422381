#include "base/cron.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define DAY      ((int64_t)86400)
#define DAYS_MAX (5 * 366 + 1)

/* ---- reading ---- */

static const char *const month_words[] = {"jan", "feb", "mar", "apr", "may",
                                          "jun", "jul", "aug", "sep", "oct",
                                          "nov", "dec", NULL};
static const char *const weekday_words[] = {"sun", "mon", "tue", "wed",
                                            "thu", "fri", "sat", NULL};

static const struct place {
    const char *name;
    int low, high;
    const char *const *words; /* of the values from `low` on; NULL: none */
} places[] = {
    {"minute", 0, 59, NULL},
    {"hour", 0, 23, NULL},
    {"day", 1, 31, NULL},
    {"month", 1, 12, month_words},
    {"weekday", 0, 7, weekday_words},
};
#define PLACES (sizeof places / sizeof *places)

static bool
read_number(const char **at, int *value)
{
    const char *start = *at;
    for (*value = 0; **at >= '0' && **at <= '9' && *value < 1000; ++*at)
        *value = *value * 10 + (**at - '0');
    return *at > start;
}

static bool
read_value(const char **at, const struct place *place, int *value)
{
    for (int i = 0; place->words && place->words[i]; i++)
        if (strncasecmp(*at, place->words[i], 3) == 0) {
            *at += 3;
            *value = place->low + i;
            return true;
        }
    return read_number(at, value) && *value >= place->low && *value <= place->high;
}

/* "*", "5", "1-5", each with "/2" behind it. */
static bool
read_item(const char **at, const struct place *place, uint64_t *set)
{
    int low = place->low, high = place->high, step = 1;
    bool is_open = **at == '*';
    if (is_open) {
        ++*at;
    } else {
        if (!read_value(at, place, &low))
            return false;
        high = low;
        if (**at == '-') {
            ++*at;
            if (!read_value(at, place, &high) || high < low)
                return false;
        } else if (**at == '/') {
            high = place->high;
        }
    }
    if (**at == '/') {
        ++*at;
        if (!read_number(at, &step) || step < 1)
            return false;
    }
    for (int value = low; value <= high; value += step)
        *set |= (uint64_t)1 << value;
    return true;
}

static bool
read_place(const char **at, const struct place *place, uint64_t *set)
{
    *set = 0;
    do {
        *at += **at == ',';
        if (!read_item(at, place, set))
            return false;
    } while (**at == ',');
    return !**at || **at == ' ' || **at == '\t';
}

bool
cron_read(const char *text, struct cron *cron, struct buf *problem)
{
    uint64_t sets[PLACES];
    bool is_any[PLACES];
    for (size_t i = 0; i < PLACES; i++) {
        const struct place *place = &places[i];
        text += strspn(text, " \t");
        is_any[i] = *text == '*';
        if (!*text) {
            buf_format(problem, "has %zu of five fields: minute hour day month weekday",
                       i);
            return false;
        }
        const char *word = text;
        if (!read_place(&text, place, &sets[i])) {
            buf_format(problem, "'%.*s' is no %s (%d to %d)", (int)strcspn(word, " \t"),
                       word, place->name, place->low, place->high);
            return false;
        }
    }
    if (text[strspn(text, " \t")]) {
        buf_add_text(problem,
                     "has more than five fields: minute hour day month weekday");
        return false;
    }
    *cron = (struct cron){
        .minutes = sets[0],
        .hours = sets[1],
        .days = (uint32_t)sets[2],
        .months = (uint32_t)sets[3],
        .weekdays = (uint32_t)((sets[4] | sets[4] >> 7) & 0x7f),
        .any_day = is_any[2],
        .any_weekday = is_any[4],
    };
    return true;
}

bool
cron_read_time(const char *text, struct cron *cron)
{
    int hour, minute;
    const char *at = text;
    if (strlen(text) != 5 || !read_number(&at, &hour) || at != text + 2 ||
        *at++ != ':' || !read_number(&at, &minute) || *at || hour > 23 || minute > 59)
        return false;
    *cron = (struct cron){.minutes = (uint64_t)1 << minute,
                          .hours = (uint64_t)1 << hour,
                          .days = UINT32_MAX,
                          .months = UINT32_MAX,
                          .weekdays = UINT32_MAX,
                          .any_day = true,
                          .any_weekday = true};
    return true;
}

/* ---- the next time ---- */

static bool
has(uint64_t set, int value)
{
    return set >> value & 1;
}

static bool
is_day(const struct cron *cron, int64_t day)
{
    struct civil civil;
    civil_of(day * DAY, &civil);
    bool day_fits = has(cron->days, civil.day);
    bool weekday_fits = has(cron->weekdays, (civil.weekday + 1) % 7);
    if (!has(cron->months, civil.month))
        return false;
    return cron->any_day || cron->any_weekday ? day_fits && weekday_fits
                                              : day_fits || weekday_fits;
}

/* The first moment of that day after `after`; 0 when there is none. */
static int64_t
next_of_day(const struct cron *cron, const struct zone *zone, int64_t day,
            int64_t after)
{
    for (int hour = 0; hour < 24; hour++) {
        if (!has(cron->hours, hour))
            continue;
        for (int minute = 0; minute < 60; minute++) {
            if (!has(cron->minutes, minute))
                continue;
            int64_t at = zone_moment(zone, day * DAY + hour * 3600 + minute * 60);
            if (at > after)
                return at;
        }
    }
    return 0;
}

int64_t
cron_next(const struct cron *cron, const struct zone *zone, int64_t after)
{
    int64_t local = zone_local(zone, after);
    int64_t first = local / DAY - (local % DAY < 0);
    for (int64_t day = first; day < first + DAYS_MAX; day++) {
        int64_t at = is_day(cron, day) ? next_of_day(cron, zone, day, after) : 0;
        if (at)
            return at;
    }
    return 0;
}
