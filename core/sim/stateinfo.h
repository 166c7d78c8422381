/* Writes the rows of skill/stateinfo, fast: benchmarks ask for nothing else. */
#ifndef CCGATE_SIM_STATEINFO_H
#define CCGATE_SIM_STATEINFO_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sim/wave.h"

struct stateinfo {
    /* The keys as they stand before their numbers. */
    struct {
        char text[32];
        size_t size;
    } keys[WAVE_VALUES];
};

void stateinfo_init(struct stateinfo *stateinfo);

/* Adds one queue, after a comma where it is not the first. */
void stateinfo_add(const struct stateinfo *stateinfo, const int64_t values[WAVE_VALUES],
                   struct buf *list);

#endif
