#include "base/timetable.h"

#define FIVE_YEARS_MS ((int64_t)5 * 366 * 86400 * 1000)

static int64_t
floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static int64_t
next_of_any(const struct timetable *timetable, int64_t after_ms)
{
    int64_t every_ms = timetable->every_ms;
    if (every_ms)
        return (floor_div(after_ms, every_ms) + 1) * every_ms;
    return cron_next(&timetable->cron, timetable->zone, floor_div(after_ms, 1000)) *
           1000;
}

/* From a time that finds it closed on to the next opening, so that the nights of an
 * interval of a second are not looked at one by one. */
int64_t
timetable_next(const struct timetable *timetable, int64_t after_ms)
{
    const int64_t last_ms = after_ms + FIVE_YEARS_MS;
    while (after_ms < last_ms) {
        int64_t at_ms = next_of_any(timetable, after_ms), at = floor_div(at_ms, 1000);
        if (!at_ms || !timetable->during || calendar_is_open(timetable->during, at))
            return at_ms;
        int64_t opening = calendar_next(timetable->during, at);
        if (!opening)
            return 0;
        after_ms = opening * 1000 - 1;
    }
    return 0;
}
