/* Time zones, from the system's database (TZif, RFC 9636). Pure once they are read.
 *
 * A local time is written as the seconds since 1970-01-01 00:00 on a clock of that
 * zone: what UTC would be if the zone's clock showed it. */
#ifndef CCGATE_BASE_ZONE_H
#define CCGATE_BASE_ZONE_H

#include <stddef.h>
#include <stdint.h>

struct zone;

/* NULL when `data` is not TZif of version 2 or later. Keeps no reference. */
struct zone *zone_parse(const void *data, size_t size);
void zone_delete(struct zone *zone); /* NULL is allowed */

/* How far the zone's clock is ahead of UTC, in seconds, at the time `at`. NULL is UTC.
 */
int64_t zone_offset(const struct zone *zone, int64_t at);
int64_t zone_local(const struct zone *zone, int64_t at);

/* When the zone's clock shows `local` for the first time. Where clocks were put forward
 * over it, the moment at which they were: the first that is later. */
int64_t zone_moment(const struct zone *zone, int64_t local);

/* ---- those of this machine: files below /usr/share/zoneinfo ---- */

/* "Europe/Istanbul"; NULL when this machine has no such zone. */
struct zone *zone_load(const char *name);

/* The zone of this machine that was probably meant, a text to free; NULL when none is
 * near. */
char *zone_guess(const char *name);

/* The name of the zone that the machine's clock shows: that of TZ, else of
 * /etc/localtime, else "UTC". To free. */
char *zone_machine(void);

/* ---- days ---- */

struct civil {
    int64_t year;
    int month, day;           /* from 1 */
    int hour, minute, second; /* of a local time */
    int weekday;              /* 0 is Monday */
};
void civil_of(int64_t local, struct civil *civil);
/* Days since 1970-01-01. The month may be beyond 12. */
int64_t civil_days(int64_t year, int month, int day);

#endif
