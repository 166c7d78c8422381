/* Alerts that no sample will ever clear: their rule is gone from a script that loaded,
 * or watches their row no more. */
#ifndef CCGATE_SCRIPT_SWEEP_H
#define CCGATE_SCRIPT_SWEEP_H

#include "script/ward.h"

/* Clears them, for all who were told (lifecycle.md §3.6), and forgets in the same
 * transaction what was known of the key; forgets other such keys; ends the handlers of
 * removed rules that are still due. What belongs to a script that is not live, or to a
 * centre that is not configured, is held; and, while a file does not load, every rule
 * that is nowhere: it may have moved into that one. */
void sweep(const struct ward *wards, const struct resident_world *world);

#endif
