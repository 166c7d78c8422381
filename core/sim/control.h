/* The paths that tell the simulated contact centre what to do (sim/centre.h). */
#ifndef CCGATE_SIM_CONTROL_H
#define CCGATE_SIM_CONTROL_H

#include "base/buf.h"
#include "sim/fault.h"
#include "sim/pin.h"

/* How often something was asked for. */
struct tally {
    const char *name; /* a constant */
    int64_t count;
};

/* What can be told, and what can be asked. */
struct control {
    struct faults *faults;
    struct pins *pins;
    int64_t requests, refused;
    uint64_t connections;
    const struct tally *tallies;
    size_t tally_count;
};

/* Returns the HTTP status; the body goes to `out`. */
int control_answer(const struct control *control, const char *method, const char *path,
                   const char *query, struct buf *out);

#endif
