/* Opening hours as people write them: days of the week, hours of a day, dates. */
#ifndef CCGATE_BASE_HOURS_H
#define CCGATE_BASE_HOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOURS_SPANS_MAX 8

/* Minutes from midnight, 0 to 1440. One that ends before it begins belongs to the day
 * it begins on and goes on into the next. */
struct hours_span {
    int begin, end;
};

struct hours {
    struct hours_span spans[HOURS_SPANS_MAX]; /* ascending, apart from each other */
    size_t count;
};

/* "09:00-12:00, 13:00-18:00", "22:00-06:00". False, too, when spans overlap. */
bool hours_read(const char *text, struct hours *hours);

/* "mon-fri", "mon, wed-fri", "sat-mon": bit 0 is Monday. */
bool hours_read_days(const char *text, unsigned *days);

/* "2026-10-29", one that there is: days since 1970-01-01. */
bool hours_read_date(const char *text, int64_t *day);

#endif
