/* A batch that wants its ids seldom uses the room that one of shorter interval has left
 * (demand.h says which). As long as both are answered well it has no requests of its
 * own: each request of its carrier takes along who would fall due before the next one,
 * so that nobody is asked later than wanted. The rider's timer runs all the same, and
 * rings when the carrier did not come. */
#include "poll/plan.h"

#include "base/log.h"

/* A centre that fails shared requests alone is tried with them ever more seldom. */
#define APART_MOST 64

static bool
may_travel(const struct batch *batch)
{
    return batch->is_welcome && !batch->lot && !batch->is_refused;
}

static void
board(struct batch *carrier, struct batch *rider)
{
    struct batch **last = &carrier->riders;
    while (*last)
        last = &(*last)->next_rider;
    *last = rider;
    rider->next_rider = NULL;
    rider->vehicle = carrier;
    carrier->is_shared = true;
    batch_wait(rider, rider->period_ms);
}

void
ride_board(struct batch *carrier)
{
    carrier->is_shared = false;
    if (!may_travel(carrier))
        return;
    if (carrier->turns_apart) {
        carrier->turns_apart--;
        return;
    }
    /* In one turn of the loop, the timer of either may come first. */
    int64_t until_ms = carrier->due_ms + timer_slack_ms(carrier->timer);
    for (struct batch *rider = carrier->next;
         rider && rider->center == carrier->center && rider->query == carrier->query;
         rider = rider->next)
        if (rider->carrier == carrier && may_travel(rider) && !rider->vehicle &&
            !rider->errand.lane && rider->due_ms <= until_ms)
            board(carrier, rider);
}

/* What failed is asked again with the carrier's next turn, not with its own. */
static void
return_soon(struct batch *rider)
{
    int64_t wait = rider->vehicle->due_ms + 1 - clock_mono_ms();
    if (wait < rider->period_ms)
        batch_wait(rider, wait);
}

bool
ride_end(struct batch *carrier, const struct poll_answer *answer)
{
    enum error_kind kind = answer->error.kind;
    bool is_nobodys = carrier->is_shared && (kind == ERROR_API || kind == ERROR_DECODE);
    if (carrier->is_shared && kind == ERROR_NONE)
        carrier->last_apart = 0;
    if (is_nobodys) {
        unsigned apart = carrier->last_apart ? 2 * carrier->last_apart : 1;
        carrier->last_apart = apart < APART_MOST ? apart : APART_MOST;
        carrier->turns_apart = carrier->last_apart;
        carrier->is_welcome = false;
        log_info("poll", "center %s: %s: a shared request failed: %s; asked apart next",
                 plan_center(carrier->planner, carrier->center)->name,
                 carrier->query->name, answer->error.message);
    }
    while (carrier->riders) {
        struct batch *rider = carrier->riders;
        carrier->riders = rider->next_rider;
        if (kind != ERROR_NONE)
            return_soon(rider);
        rider->vehicle = NULL;
        if (is_nobodys)
            rider->is_welcome = false;
        else
            batch_answer(rider, answer);
    }
    return is_nobodys;
}

void
ride_leave(struct batch *batch)
{
    while (batch->riders) {
        struct batch *rider = batch->riders;
        batch->riders = rider->next_rider;
        rider->vehicle = NULL;
        batch_wait(rider, 0);
    }
    if (!batch->vehicle)
        return;
    struct batch **at = &batch->vehicle->riders;
    while (*at != batch)
        at = &(*at)->next_rider;
    *at = batch->next_rider;
    batch->vehicle = NULL;
}
