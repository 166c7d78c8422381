/* What the queues of the simulated contact centre do: a function of seed, queue and
 * time.
 *
 * Its shape says what happens in the course of a period. Each queue is at another point
 * of its period. */
#ifndef CCGATE_SIM_WAVE_H
#define CCGATE_SIM_WAVE_H

#include <stdint.h>

/* The values of one queue, in the order in which the server writes them. */
enum wave_value {
    WAVE_SKILL_ID,
    WAVE_SIGNED_IN,
    WAVE_TALKING,
    WAVE_IDLE,
    WAVE_AVAILABLE,
    WAVE_BUSY,
    WAVE_REST,
    WAVE_LONGEST_IDLE,
    WAVE_AFTER_CALL,
    WAVE_STUDY,
    WAVE_OCCUPIED,
    WAVE_PREOCCUPIED,
    WAVE_CALLS_TOTAL,
    WAVE_IN_PROGRESS,
    WAVE_LONGEST_WAIT,
    WAVE_WAITING,
    WAVE_MEAN_CALL,
    WAVE_MEAN_WAIT,
    WAVE_OFFERED,
    WAVE_ANSWERED_20S,
    WAVE_VALUES,
};

/* The server's names for them. */
extern const char *const wave_keys[WAVE_VALUES + 1]; /* ends with NULL */

/* The server's statistics cover a window of this length, which restarts. */
#define WAVE_WINDOW_MS ((int64_t)5 * 60 * 1000)

/* Values by time: `at` are fractions of the period, from 0 on, growing. */
#define CURVE_POINTS_MAX 32
struct curve {
    double at[CURVE_POINTS_MAX], value[CURVE_POINTS_MAX];
    int count; /* at least 1 */
};

struct wave_shape {
    struct curve arrivals;     /* calls per second, from each point on */
    struct curve answered_20s; /* the same, of those that wait less than 20 s */
    struct curve waiting;      /* calls, straight from point to point */
    double longest_wait;       /* of the fullest queue, in periods */
};

struct wave {
    uint64_t seed;
    int64_t period_ms;
    const struct wave_shape *shape; /* borrowed */
};

/* `at_ms` counts from the start of the simulation, 0 or more. */
void wave_at(const struct wave *wave, int64_t id, int64_t at_ms,
             int64_t values[WAVE_VALUES]);

/* The stretch of time in which calls wait in this queue that is or comes next at
 * `at_ms`, which may be negative here; far away when there is none. */
void wave_crowd(const struct wave *wave, int64_t id, int64_t at_ms, int64_t *from_ms,
                int64_t *to_ms);

#endif
