/* Opening hours: when it is open, and when that changes next. Pure.
 *
 * A day's hours are those of its exception, else none on a holiday, else those of every
 * day when its weekday is one of the days. "22:00-06:00" belongs to the day it begins
 * on, also when the next one is closed. Hours are moments of the zone's clock: one that
 * does not exist is the first that does, one that exists twice is the first of the two.
 */
#ifndef CCGATE_BASE_CALENDAR_H
#define CCGATE_BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/zone.h"

struct calendar;

/* From its text form, lines of "key=value", of which each may be missing:
 *   days=mon-fri                      none: every day
 *   hours=09:00-12:00,13:00-18:00     none: all day
 *   holidays=2026-10-29,2026-12-25
 *   except.2026-10-28=09:00-13:00     any number of them
 * Borrows `zone`; NULL is UTC. NULL when a line cannot be read (base/hours.h) or comes
 * twice. */
struct calendar *calendar_read(const char *text, const struct zone *zone);
void calendar_delete(struct calendar *calendar); /* NULL is allowed */

/* Times are seconds since the epoch. */
bool calendar_is_open(const struct calendar *calendar, int64_t at);

/* When it next opens or, if it is open at `at`, closes; hours that follow each other
 * without a gap are one. 0 when it does neither within five years. */
int64_t calendar_next(const struct calendar *calendar, int64_t at);

#endif
