#include "base/hours.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define DAY_MINUTES 1440
#define DAY_SECONDS 86400
#define WEEK_DAYS   7

static const char *const day_words[WEEK_DAYS] = {"mon", "tue", "wed", "thu",
                                                 "fri", "sat", "sun"};

static void
skip_blanks(const char **at)
{
    *at += strspn(*at, " \t");
}

/* True at the end of the text or behind a comma that something follows. */
static bool
next_item(const char **at)
{
    skip_blanks(at);
    if (**at == ',') {
        ++*at;
        skip_blanks(at);
        return **at != '\0';
    }
    return **at == '\0';
}

/* ---- hours ---- */

static bool
read_digits(const char **at, int *value)
{
    const char *text = *at;
    if (strspn(text, "0123456789") != 2)
        return false;
    *value = (text[0] - '0') * 10 + (text[1] - '0');
    *at += 2;
    return true;
}

static bool
read_minute(const char **at, int *minute)
{
    int hour, rest;
    if (!read_digits(at, &hour) || *(*at)++ != ':' || !read_digits(at, &rest))
        return false;
    *minute = hour * 60 + rest;
    return rest < 60 && *minute <= DAY_MINUTES;
}

/* Behind the span before it; only the last one of a day may go on into the next, and
 * not up to where the first one begins. */
static bool
fits(const struct hours *hours, const struct hours_span *span)
{
    const struct hours_span *first = hours->spans;
    const struct hours_span *before = first + hours->count - 1;
    if (span->begin == span->end || span->begin == DAY_MINUTES)
        return false;
    if (!hours->count)
        return true;
    bool is_over_midnight = span->end < span->begin;
    return before->begin < before->end && span->begin >= before->end &&
           (!is_over_midnight || span->end <= first->begin);
}

bool
hours_read(const char *text, struct hours *hours)
{
    *hours = (struct hours){0};
    do {
        struct hours_span span;
        skip_blanks(&text);
        if (hours->count == HOURS_SPANS_MAX || !read_minute(&text, &span.begin) ||
            *text++ != '-' || !read_minute(&text, &span.end) || !fits(hours, &span) ||
            !next_item(&text))
            return false;
        hours->spans[hours->count++] = span;
    } while (*text);
    return true;
}

/* ---- days ---- */

static bool
read_day(const char **at, unsigned *day)
{
    for (*day = 0; *day < WEEK_DAYS; ++*day)
        if (strncasecmp(*at, day_words[*day], 3) == 0) {
            *at += 3;
            return true;
        }
    return false;
}

bool
hours_read_days(const char *text, unsigned *days)
{
    *days = 0;
    do {
        unsigned first, last;
        skip_blanks(&text);
        if (!read_day(&text, &first))
            return false;
        last = first;
        if (*text == '-' && (text++, !read_day(&text, &last)))
            return false;
        if (!next_item(&text))
            return false;
        for (unsigned day = first;; day = (day + 1) % WEEK_DAYS) {
            *days |= 1u << day;
            if (day == last)
                break;
        }
    } while (*text);
    return true;
}

/* ---- dates ---- */

bool
hours_read_date(const char *text, int64_t *day)
{
    char moment[32];
    int64_t seconds;
    if (strlen(text) != strlen("2026-10-29"))
        return false;
    snprintf(moment, sizeof moment, "%s 00:00:00", text);
    if (!text_time(moment, strlen(moment), &seconds))
        return false;
    *day = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
    return true;
}
