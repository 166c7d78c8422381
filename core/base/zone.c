#include "base/zone.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define COUNT_MAX ((size_t)256 << 10)
#define DAY       ((int64_t)86400)
#define HEADER    44 /* bytes of a TZif header */
#define TYPE_SIZE 6  /* bytes of a local time type */

/* When a year's summer time begins or ends: ",M3.5.0/2". */
struct change {
    enum { BY_WEEKDAY, BY_DAY, BY_DAY_WITHOUT_LEAP } kind;
    int month, week, weekday; /* weekday: 0 is Sunday */
    int day;
    int64_t time; /* seconds from midnight, local */
};

/* What holds after the last transition of the table. */
struct rule {
    int64_t offset, summer_offset;
    bool has_summer;
    struct change to_summer, from_summer;
};

struct zone {
    size_t count;
    int64_t *at;     /* ascending */
    int64_t *offset; /* from then on */
    int64_t first;   /* before the first */
    struct rule rule;
};

/* ---- days ---- */

/* Howard Hinnant's well-known counting of eras of 400 years that begin in March. */
int64_t
civil_days(int64_t year, int month, int day)
{
    year += (month - 1) / 12;
    month = (month - 1) % 12 + 1;
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t
floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

void
civil_of(int64_t local, struct civil *civil)
{
    int64_t days = floor_div(local, DAY), left = local - days * DAY;
    int64_t shifted = days + 719468, era = floor_div(shifted, 146097);
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    civil->day = (int)(of_year - (153 * month + 2) / 5 + 1);
    civil->month = (int)(month < 10 ? month + 3 : month - 9);
    civil->year = year + era * 400 + (civil->month <= 2);
    civil->hour = (int)(left / 3600);
    civil->minute = (int)(left / 60 % 60);
    civil->second = (int)(left % 60);
    civil->weekday = (int)(((days + 3) % 7 + 7) % 7);
}

/* ---- the rule for the future: POSIX TZ, as TZif writes it ---- */

static bool
read_name(const char **at)
{
    const char *start = *at;
    if (*start == '<') {
        const char *end = strchr(start, '>');
        *at = end ? end + 1 : start;
        return end != NULL;
    }
    while (isalpha((unsigned char)**at))
        ++*at;
    return *at - start >= 3;
}

static bool
read_number(const char **at, int64_t most, int64_t *value)
{
    const char *start = *at;
    *value = 0;
    while (isdigit((unsigned char)**at) && *value <= most)
        *value = *value * 10 + (*(*at)++ - '0');
    return *at > start && *value <= most;
}

/* "[+-]hh[:mm[:ss]]" */
static bool
read_time(const char **at, int64_t *seconds)
{
    int64_t sign = **at == '-' ? -1 : 1, hours, part;
    if (**at == '-' || **at == '+')
        ++*at;
    if (!read_number(at, 167, &hours))
        return false;
    *seconds = hours * 3600;
    for (int64_t unit = 60; unit > 0 && **at == ':'; unit /= 60) {
        ++*at;
        if (!read_number(at, 59, &part))
            return false;
        *seconds += part * unit;
    }
    *seconds *= sign;
    return true;
}

static bool
read_weekday(const char **at, struct change *change)
{
    int64_t month, week, weekday;
    if (!read_number(at, 12, &month) || *(*at)++ != '.' || !read_number(at, 5, &week) ||
        *(*at)++ != '.' || !read_number(at, 6, &weekday) || !month || !week)
        return false;
    change->kind = BY_WEEKDAY;
    change->month = (int)month;
    change->week = (int)week;
    change->weekday = (int)weekday;
    return true;
}

static bool
read_change(const char **at, struct change *change)
{
    int64_t day;
    *change = (struct change){.time = 2 * 3600};
    if (*(*at)++ != ',')
        return false;
    if (**at == 'M') {
        ++*at;
        if (!read_weekday(at, change))
            return false;
    } else {
        change->kind = **at == 'J' ? BY_DAY_WITHOUT_LEAP : BY_DAY;
        *at += **at == 'J';
        if (!read_number(at, 365, &day))
            return false;
        change->day = (int)day;
    }
    if (**at != '/')
        return true;
    ++*at;
    return read_time(at, &change->time);
}

static bool
read_rule(const char *text, struct rule *rule)
{
    int64_t behind;
    *rule = (struct rule){0};
    if (!read_name(&text) || !read_time(&text, &behind))
        return false;
    rule->offset = -behind;
    if (!*text)
        return true;
    rule->has_summer = true;
    rule->summer_offset = rule->offset + 3600;
    if (!read_name(&text))
        return false;
    if (*text && *text != ',') {
        if (!read_time(&text, &behind))
            return false;
        rule->summer_offset = -behind;
    }
    return read_change(&text, &rule->to_summer) &&
           read_change(&text, &rule->from_summer) && !*text;
}

/* The local time of a change in a year, on the clock that shows until then. */
static int64_t
change_local(const struct change *change, int64_t year)
{
    int64_t day = civil_days(year, 1, 1);
    if (change->kind == BY_WEEKDAY) {
        day = civil_days(year, change->month, 1);
        int64_t sunday = ((day + 4) % 7 + 7) % 7; /* weekday of the first, 0 Sunday */
        day += (change->weekday - sunday + 7) % 7 + (change->week - 1) * 7;
        if (day >= civil_days(year, change->month + 1, 1))
            day -= 7;
    } else {
        bool is_leap = civil_days(year, 3, 1) - day == 60;
        bool is_counted = change->kind == BY_DAY;
        day +=
            change->day - !is_counted + (!is_counted && is_leap && change->day >= 60);
    }
    return day * DAY + change->time;
}

static int64_t
offset_by_rule(const struct rule *rule, int64_t at)
{
    struct civil civil;
    if (!rule->has_summer)
        return rule->offset;
    civil_of(at + rule->offset, &civil);
    int64_t begin = change_local(&rule->to_summer, civil.year) - rule->offset;
    int64_t end = change_local(&rule->from_summer, civil.year) - rule->summer_offset;
    bool is_summer = begin < end ? at >= begin && at < end : at >= begin || at < end;
    return is_summer ? rule->summer_offset : rule->offset;
}

/* ---- reading ---- */

static uint64_t
read_big(const unsigned char *data, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | data[i];
    return value;
}

struct counts {
    size_t isut, isstd, leap, time, type, chars;
};

static bool
read_header(const unsigned char *data, size_t size, struct counts *counts)
{
    if (size < HEADER || memcmp(data, "TZif", 4) != 0 || data[4] < '2')
        return false;
    size_t *const fields[] = {&counts->isut, &counts->isstd, &counts->leap,
                              &counts->time, &counts->type,  &counts->chars};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        *fields[i] = read_big(data + 20 + 4 * i, 4);
        if (*fields[i] > COUNT_MAX)
            return false;
    }
    return counts->type > 0;
}

static size_t
body_size(const struct counts *counts, size_t time_size)
{
    return counts->time * (time_size + 1) + counts->type * TYPE_SIZE + counts->chars +
           counts->leap * (time_size + 4) + counts->isstd + counts->isut;
}

static int64_t
offset_of_type(const unsigned char *types, size_t type)
{
    return (int32_t)read_big(types + type * TYPE_SIZE, 4);
}

static bool
read_body(struct zone *zone, const unsigned char *data, const struct counts *counts)
{
    const unsigned char *indexes = data + counts->time * 8;
    const unsigned char *types = indexes + counts->time;
    zone->count = counts->time;
    zone->at = mem_zero((counts->time + 1) * sizeof *zone->at);
    zone->offset = mem_zero((counts->time + 1) * sizeof *zone->offset);
    zone->first = offset_of_type(types, 0);
    for (size_t i = 0; i < counts->time; i++) {
        zone->at[i] = (int64_t)read_big(data + i * 8, 8);
        if (indexes[i] >= counts->type || (i && zone->at[i] <= zone->at[i - 1]))
            return false;
        zone->offset[i] = offset_of_type(types, indexes[i]);
    }
    return true;
}

/* The line at the end: "\n" rule "\n". */
static bool
read_footer(struct zone *zone, const unsigned char *data, size_t size)
{
    const unsigned char *end = size > 1 ? memchr(data + 1, '\n', size - 1) : NULL;
    if (!end || data[0] != '\n')
        return false;
    char *text = mem_copy(data + 1, (size_t)(end - data) - 1);
    bool is_good = read_rule(text, &zone->rule);
    free(text);
    return is_good;
}

struct zone *
zone_parse(const void *bytes, size_t size)
{
    const unsigned char *data = bytes;
    struct counts counts;
    if (!read_header(data, size, &counts))
        return NULL;
    /* The first part is for readers of version 1. */
    size_t skip = HEADER + body_size(&counts, 4);
    if (skip > size || !read_header(data + skip, size - skip, &counts))
        return NULL;
    size_t body = body_size(&counts, 8);
    skip += HEADER;
    if (body > size - skip)
        return NULL;
    struct zone *zone = mem_zero(sizeof *zone);
    if (read_body(zone, data + skip, &counts) &&
        read_footer(zone, data + skip + body, size - skip - body))
        return zone;
    zone_delete(zone);
    return NULL;
}

void
zone_delete(struct zone *zone)
{
    if (!zone)
        return;
    free(zone->at);
    free(zone->offset);
    free(zone);
}

/* ---- asking ---- */

int64_t
zone_offset(const struct zone *zone, int64_t at)
{
    if (!zone)
        return 0;
    if (!zone->count || at >= zone->at[zone->count - 1])
        return offset_by_rule(&zone->rule, at);
    if (at < zone->at[0])
        return zone->first;
    size_t low = 0, high = zone->count - 1;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->at[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return zone->offset[low];
}

int64_t
zone_local(const struct zone *zone, int64_t at)
{
    return at + zone_offset(zone, at);
}

/* The clock before `low` is behind `local`, at `high` it is not: when it is first not.
 */
static int64_t
find_moment(const struct zone *zone, int64_t local, int64_t low, int64_t high)
{
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (zone_local(zone, middle) < local)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* Around a change the clock shows a time with one of two offsets. Where it is set back
 * it is not ascending: the earlier of the two moments is the first. */
int64_t
zone_moment(const struct zone *zone, int64_t local)
{
    int64_t before = zone_offset(zone, local - DAY),
            after = zone_offset(zone, local + DAY);
    int64_t early = local - (before > after ? before : after);
    int64_t late = local - (before > after ? after : before);
    if (zone_local(zone, early) == local)
        return early;
    if (zone_local(zone, late) == local)
        return late;
    return find_moment(zone, local, early - 1, late + 1);
}
