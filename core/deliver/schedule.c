#include "deliver/schedule.h"

#include <stddef.h>

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

#define SPREAD          0.2
#define SLOW_MS         (10 * MINUTE)
#define THROTTLED_MS    MINUTE
#define RETRY_AFTER_MAX HOUR
#define STEPS           ((int64_t)(sizeof(steps_ms) / sizeof(*steps_ms)))

/* After attempt 1, 2, …; together a day and five hours. */
static const int64_t steps_ms[] = {
    5 * SECOND, 15 * SECOND, 30 * SECOND, 1 * MINUTE, 2 * MINUTE,
    5 * MINUTE, 10 * MINUTE, 30 * MINUTE, 1 * HOUR,   2 * HOUR,
    5 * HOUR,   10 * HOUR,   10 * HOUR,
};

static int64_t
larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t
schedule_next(int64_t attempts, enum verdict verdict, int64_t retry_after_ms,
              int is_throttled, double random)
{
    if (attempts < 1 || attempts > STEPS)
        return -1;
    int64_t step_ms = steps_ms[attempts - 1];
    if (verdict == VERDICT_SLOW)
        step_ms = larger(step_ms, SLOW_MS);
    int64_t wait_ms = (int64_t)((double)step_ms * (1 - SPREAD + 2 * SPREAD * random));
    if (is_throttled)
        wait_ms = larger(wait_ms, THROTTLED_MS);
    if (retry_after_ms > RETRY_AFTER_MAX)
        retry_after_ms = RETRY_AFTER_MAX;
    return larger(wait_ms, retry_after_ms);
}

int64_t
schedule_left(int64_t attempts, int64_t next_ms, int64_t now_ms)
{
    if (attempts < 1 || next_ms <= now_ms)
        return 0;
    int64_t step_ms = steps_ms[(attempts < STEPS ? attempts : STEPS) - 1];
    int64_t longest_ms =
        larger((int64_t)((double)step_ms * (1 + SPREAD)), RETRY_AFTER_MAX);
    return next_ms - now_ms < longest_ms ? next_ms - now_ms : longest_ms;
}
