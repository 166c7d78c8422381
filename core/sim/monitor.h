/* Three of the monitoring interfaces: agents of a queue, calls of an agent, operations
 * of an agent. Each reads the body of its request and adds the rows of the answer, as
 * the documented samples show them. */
#ifndef CCGATE_SIM_MONITOR_H
#define CCGATE_SIM_MONITOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sim/floor.h"

struct monitor {
    struct floor *floor;
    int64_t start_ms; /* the wall time of moment 0, whole seconds */
    int64_t vdn;
};

/* The state as the two tables of the documents have it. */
struct monitor_state {
    int status, cti_status;
};
extern const struct monitor_state monitor_states[LIFE_STATES];

#define MONITOR_MEDIA      5 /* the telephone */
#define MONITOR_PHONE_SIZE 16

int64_t monitor_group(int64_t agent);

/* What the agent is called. */
const char *monitor_name(int64_t agent);

/* The number of the agent's telephone. Returns `out`. */
char *monitor_phone(int64_t agent, char out[MONITOR_PHONE_SIZE]);

/* Adds what stands between the brackets to `list`. NULL when all is well, otherwise
 * what is wrong with the request. `at_ms` is the time of the simulation. */
typedef const char *monitor_answer(const struct monitor *monitor, const char *body,
                                   size_t size, int64_t at_ms, struct buf *list,
                                   int64_t *asked);
monitor_answer monitor_agents, monitor_calls, monitor_operations;

#endif
