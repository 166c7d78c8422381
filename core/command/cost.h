/* What rules cost: the requests that they share or have alone. */
#ifndef CCGATE_COMMAND_COST_H
#define CCGATE_COMMAND_COST_H

#include "base/buf.h"
#include "base/conf.h"
#include "poll/demand.h"
#include "script/message.h"

/* Requests a minute as people read them, with three digits or all that are whole:
 * "0.133", "4", "6.07", "1200". Returns `out`. */
#define COST_ROOM 32
char *cost_text(double per_minute, char out[COST_ROOM]);

/* One rule; an asker in a demand. */
struct cost_rule {
    const char *name;
};

/* Adds what the entry `number` of a loaded script wants, for the rule `rule`. */
void cost_add(struct demand *demand, const struct message_loaded *loaded,
              uint32_t number, const struct cost_rule *rule);

/* After demand_merge(): adds a sentence such as "Costs 4 requests a minute, shared with
 * nobody-free." Nothing for a rule that wants nothing. */
void cost_describe(const struct demand *demand, const struct cost_rule *rule,
                   struct buf *out);

/* What a centre is asked in all, and what becomes of the intervals when that is more
 * than its rate; true in that case. */
bool cost_of_center(const struct demand *demand, uint32_t number,
                    const struct conf_center *center, struct buf *out);

#endif
