/* Times that people name: "0 9 * * 1-5", "18:05". On the clock of a zone. */
#ifndef CCGATE_BASE_CRON_H
#define CCGATE_BASE_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/zone.h"

/* Bit i: the value i is one of them. */
struct cron {
    uint64_t minutes, hours;
    uint32_t days, months, weekdays; /* weekdays: 0 is Sunday */
    bool any_day, any_weekday;       /* written as "*" */
};

/* Five fields: minute hour day month weekday (0 and 7 are Sunday; words such as mon,
 * jan are understood); lists, ranges and steps. As in crontab(5) a day counts when
 * either the day or the weekday matches, where both are given. False with what is
 * wrong. */
bool cron_read(const char *text, struct cron *cron, struct buf *problem);

/* "18:05": each day. */
bool cron_read_time(const char *text, struct cron *cron);

/* The first time after `after` (seconds since the epoch). A time that does not exist on
 * a day is the first that does; one that exists twice comes once, the first time. 0
 * when there is none within the next five years ("0 0 30 2 *"). */
int64_t cron_next(const struct cron *cron, const struct zone *zone, int64_t after);

#endif
