/* When a message is tried again. Pure. runtime.md §3.5. */
#ifndef CCGATE_DELIVER_SCHEDULE_H
#define CCGATE_DELIVER_SCHEDULE_H

#include <stdint.h>

#include "deliver/connector.h"

/* Milliseconds to wait after attempt number `attempts` (1 for the first): the
 * schedule's step ± 20 %, by `random` (0 ≤ random < 1); VERDICT_SLOW starts at 10
 * minutes; `retry_after_ms` (-1: none) clamped to 1 h and a status of 429 or a timeout
 * (at least 60 s) prolong it. -1 when the schedule is exhausted: the message is dead.
 */
int64_t schedule_next(int64_t attempts, enum verdict verdict, int64_t retry_after_ms,
                      int is_throttled, double random);

#endif
