/* The timeline of the demo: what the gateway logs and what the services receive, told
 * to somebody who sees it for the first time. One line each: the clock of the played
 * day, who, what, and the text. */
#ifndef CCGATE_COMMAND_DEMO_STORY_H
#define CCGATE_COMMAND_DEMO_STORY_H

#include <stddef.h>
#include <stdint.h>

#include "command/demo_line.h"

struct story;

/* Borrows the zone. */
struct story *story_new(const struct demo_style *style);
void story_delete(struct story *story); /* NULL is allowed */

/* ---- what happens; lines without '\n' ---- */

/* A line of the gateway's log (base/log.h). Those that say nothing to a newcomer are
 * passed over. */
void story_log(struct story *story, const char *line);
/* A line of `ccgate sink -o json`. It is told when the gateway has said that it was
 * sent, which comes later, with how long that took. */
void story_arrival(struct story *story, const char *line);
/* Trouble of the demo itself. */
void story_trouble(struct story *story, const char *text);

/* What has arrived and nobody said was sent. */
void story_flush(struct story *story);

struct story_sum {
    size_t raised, cleared, delivered, troubles;
    int64_t median_ms, slowest_ms; /* of a delivery */
};
struct story_sum story_sum(struct story *story);

#endif
