/* When something runs: at an interval or at times of a clock, only while a calendar is
 * open. Pure. */
#ifndef CCGATE_BASE_TIMETABLE_H
#define CCGATE_BASE_TIMETABLE_H

#include <stdint.h>

#include "base/calendar.h"
#include "base/cron.h"
#include "base/zone.h"

/* A zeroed one never runs. What it points to is borrowed. */
struct timetable {
    int64_t every_ms;              /* at its multiples since the epoch; 0: by `cron` */
    struct cron cron;              /* on the clock of `zone` */
    const struct zone *zone;       /* NULL: UTC */
    const struct calendar *during; /* NULL: always */
};

/* The first time after `after_ms`, in milliseconds since the epoch; 0 when there is
 * none within five years. */
int64_t timetable_next(const struct timetable *timetable, int64_t after_ms);

#endif
