/* Steps of the clock: people put the wall clock forward or back, machines sleep. This
 * is where it is noticed, at most a second later.
 *
 * Engine time is wall clock at start plus boot time (lifecycle.md §2): while there is a
 * stepper, clock_wall_ms() goes on smoothly whatever happens to the machine's clock,
 * and follows it in the moment in which the step is told. What moves slower than
 * STEP_MS between two looks (NTP, which puts a clock right little by little) is
 * followed without a word. */
#ifndef CCGATE_BASE_STEP_H
#define CCGATE_BASE_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/loop.h"

#define STEP_MS ((int64_t)2000) /* what is no more is none */

struct step {
    int64_t by_ms;    /* the wall clock was put forward by so much; back: < 0; 0: not */
    int64_t slept_ms; /* the machine slept so long, while timers stood still; 0: not */
};

typedef void step_callback(void *arg, const struct step *step);

struct stepper;

/* One in a process, and one for each held clock. What it finds is logged, then told. */
struct stepper *stepper_new(struct loop *loop, step_callback *on_step, void *arg);
void stepper_delete(struct stepper *stepper); /* NULL is allowed */

/* A stored time where the clock has moved by so much; 0 says "never", and stays. One
 * that would go out of range stays, too. */
static inline int64_t
step_shift(int64_t at_ms, int64_t by_ms)
{
    int64_t moved_ms;
    if (!at_ms || __builtin_add_overflow(at_ms, by_ms, &moved_ms))
        return at_ms;
    return moved_ms > 0 ? moved_ms : 1;
}

/* What has happened between two readings; `from` becomes `to`. False: nothing. Pure. */
bool step_find(struct clock_reading *from, const struct clock_reading *to,
               struct step *step);

#endif
