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

/* Milliseconds that are left at `now_ms` until an attempt that was planned for
 * `next_ms`, after `attempts` attempts: none before the first, and never more than
 * schedule_next() gives, since the wall clock may have been set back meanwhile. */
int64_t schedule_left(int64_t attempts, int64_t next_ms, int64_t now_ms);

#endif
