/* What faults make of a body that is right. */
#ifndef CCGATE_SIM_SPOIL_H
#define CCGATE_SIM_SPOIL_H

#include "base/buf.h"
#include "sim/fault.h"

/* Changes `body`, one JSON object, as the fault says; leaves it where the fault is none
 * of bodies. */
void spoil(const struct fault *fault, struct buf *body);

#endif
