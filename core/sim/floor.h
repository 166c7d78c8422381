/* The agents of the simulated contact centre: who is configured for which queues, and
 * what everybody does at a time.
 *
 * A queue that has agents here shows them in its numbers; one that has none keeps the
 * numbers of its wave, as if its agents belonged to somebody else. */
#ifndef CCGATE_SIM_FLOOR_H
#define CCGATE_SIM_FLOOR_H

#include <stddef.h>
#include <stdint.h>

#include "sim/life.h"
#include "sim/wave.h"

#define FLOOR_FIRST_ID   101
#define FLOOR_AGENTS_MAX 10000

struct floor;

/* Agents FLOOR_FIRST_ID and up, in queues 1 to `skills`. Borrows wave and habits. */
struct floor *floor_new(const struct wave *wave, const struct life_habits *habits,
                        int64_t agents, int64_t skills);
void floor_delete(struct floor *floor);

/* The agent at `at_ms`; NULL when there is none with this id. Valid until the next
 * question about this agent. */
struct life *floor_agent(struct floor *floor, int64_t id, int64_t at_ms);

/* The ids of those configured for a queue, signed in or not. */
const int64_t *floor_members(const struct floor *floor, int64_t queue, size_t *count);

/* Puts what the agents of the queue do over `values`. */
void floor_apply(struct floor *floor, int64_t queue, int64_t at_ms,
                 int64_t values[WAVE_VALUES]);

#endif
