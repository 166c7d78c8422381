/* The time zones that a script may use: those that its text or the configuration names.
 *
 * Behind the fence no file can be opened, and which zones a script will ask for is
 * known only when it runs. So before the fence every quoted text of the script and of
 * its setup that is the name of a zone is read, whatever it is there for: mostly none,
 * and a file costs a read of a few kilobytes. What that asks of a script is that a
 * zone's name stands in it as a text of its own; one that is put together from parts is
 * not found, and the message says so. No frame is needed, and a script loads the same
 * way wherever it is loaded. */
#ifndef CCGATE_SCRIPT_ZONES_H
#define CCGATE_SCRIPT_ZONES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/zone.h"

#define ZONES_MAX 500 /* in one script; more are not read */

/* A zeroed one has "UTC" alone. */
struct zones {
    struct zones_entry {
        char *name;
        struct zone *zone; /* NULL: there is none of this name, */
        char *guess;       /* but perhaps this one */
    } * entries;
    size_t count;
};

/* Reads those that are named between quotes in `text`. */
void zones_read(struct zones *zones, const char *text, size_t size);
void zones_fini(struct zones *zones);

/* False when it was not read. Of "UTC" the zone is NULL. */
bool zones_find(const struct zones *zones, const char *name, const struct zone **zone);

/* What was meant by a name with an area ("Europe/Istambul") that was not found; NULL:
 * nothing near. */
const char *zones_guess(const struct zones *zones, const char *name);

#endif
