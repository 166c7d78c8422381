#include "base/step.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#define LOOK_MS ((int64_t)1000)

struct stepper {
    struct timer *timer;
    struct clock_reading last;
    step_callback *on_step;
    void *arg;
};

static int64_t
if_step(int64_t moved_ms)
{
    return moved_ms > STEP_MS || moved_ms < -STEP_MS ? moved_ms : 0;
}

bool
step_find(struct clock_reading *from, const struct clock_reading *to, struct step *step)
{
    int64_t passed_ms = to->boot_ms - from->boot_ms;
    step->by_ms = if_step(to->wall_ms - from->wall_ms - passed_ms);
    step->slept_ms = if_step(passed_ms - (to->mono_ms - from->mono_ms));
    *from = *to;
    return step->by_ms || step->slept_ms;
}

static void
log_step(const struct step *step)
{
    char by[32];
    int64_t size_ms = step->by_ms < 0 ? -step->by_ms : step->by_ms;
    if (step->slept_ms)
        log_warn("clock", "the machine slept for %s: everything is polled again",
                 text_format_duration(step->slept_ms / 1000 * 1000, by, sizeof by));
    if (step->by_ms)
        log_warn("clock",
                 "the wall clock was put %s by %s: what runs goes on as before, jobs "
                 "and silences follow it, everything is polled again",
                 step->by_ms < 0 ? "back" : "forward",
                 text_format_duration(size_ms / 1000 * 1000, by, sizeof by));
}

static void
on_look(void *arg)
{
    struct stepper *stepper = arg;
    struct clock_reading now;
    struct step step;
    clock_read(&now);
    clock_follow(&now);
    timer_start(stepper->timer, LOOK_MS);
    if (!step_find(&stepper->last, &now, &step))
        return;
    log_step(&step);
    stepper->on_step(stepper->arg, &step);
}

struct stepper *
stepper_new(struct loop *loop, step_callback *on_step, void *arg)
{
    struct stepper *stepper = mem_zero(sizeof *stepper);
    stepper->on_step = on_step;
    stepper->arg = arg;
    stepper->timer = timer_new(loop, on_look, stepper);
    clock_read(&stepper->last);
    clock_follow(&stepper->last);
    timer_start(stepper->timer, LOOK_MS);
    return stepper;
}

void
stepper_delete(struct stepper *stepper)
{
    if (!stepper)
        return;
    timer_free(stepper->timer);
    clock_follow(NULL);
    free(stepper);
}
