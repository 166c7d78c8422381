/* Scenarios: what the simulated contact centre does, as small Lua files that return one
 * table (core/sim/scenarios/rush_hour.lua explains its keys). What a file leaves out is
 * as in the rush hour. Files run without libraries that reach outside, and not for
 * long. */
#ifndef CCGATE_SIM_SCENARIO_H
#define CCGATE_SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "sim/fault.h"
#include "sim/life.h"
#include "sim/wave.h"

#define SCENARIO_DEFAULT "rush_hour"

struct scenario {
    char doc[80];
    int64_t period_ms;
    struct wave_shape shape;
    struct life_habits habits;
    struct faults faults;
};

/* `name` is one of those that are built in, or a file when there is a '/' or '.' in it.
 * False, with a line for each mistake in `problem`, when it cannot be used. */
bool scenario_read(struct scenario *scenario, const char *name, struct buf *problem);

/* Adds a line for each that is built in. */
void scenario_list(struct buf *out);

#endif
