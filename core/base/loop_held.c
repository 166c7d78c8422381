/* A loop whose clock stands still until it is moved. */
#include "base/loop_inside.h"

#include <event2/event.h>

/* Where the clock of a held loop begins: no 0, which means "never" in many places. */
#define HELD_START_MS ((int64_t)24 * 3600 * 1000)
/* How long a held loop sleeps before it looks again whether something is still owed:
 * that somebody has nothing to say is told by no descriptor. Doubles from the first to
 * the second. */
#define LOOK_FIRST_US 10
#define LOOK_MOST_US  1000

static void
on_look(evutil_socket_t fd, short events, void *arg)
{
    (void)fd, (void)events, (void)arg;
}

struct loop *
loop_new_held(int64_t wall_ms)
{
    struct loop *loop = loop_new();
    loop->is_held = true;
    loop->clock = (struct clock_held){HELD_START_MS, wall_ms};
    loop->look = event_new(loop->base, -1, 0, on_look, NULL);
    if (!loop->look)
        loop_give_up("make a timer");
    return loop;
}

void
loop_step(struct loop *loop, int64_t by_ms)
{
    loop->clock.wall_ms += by_ms;
}

const struct clock_held *
loop_clock(const struct loop *loop)
{
    return &loop->clock;
}

/* Looks at the descriptors once, for at most `wait_us`; what is ready is put off. */
static void
look_around(struct loop *loop, int64_t wait_us)
{
    struct timeval wait = {.tv_usec = wait_us};
    int flags = EVLOOP_ONCE | (wait_us ? 0 : EVLOOP_NONBLOCK);
    if ((wait_us && event_add(loop->look, &wait) != 0) ||
        event_base_loop(loop->base, flags) < 0)
        loop_give_up("wait for events");
    event_del(loop->look);
}

/* Waits for what is on its way. What comes last may come together with the word that it
 * was the last, so asking comes before looking. */
static bool
await(struct loop *loop, const struct watch *watch)
{
    enum watch_owed owed;
    int64_t wait_us = 0;
    do {
        owed = watch->owed ? watch->owed(watch->arg) : OWED_NOTHING;
        look_around(loop, owed ? wait_us : 0);
        wait_us = wait_us ? 2 * wait_us : LOOK_FIRST_US;
        if (wait_us > LOOK_MOST_US)
            wait_us = LOOK_MOST_US;
    } while (owed == OWED_ALL || (owed == OWED_SOMETHING && !watch->ready));
    return watch->ready != 0;
}

static void
serve(struct watch *watch)
{
    int ready = watch->ready;
    watch->ready = 0;
    watch_listen(watch, watch->mode);
    watch->on_ready(watch->arg, ready);
}

/* Works off what the first descriptor has to say that has anything to say. False:
 * nothing more comes from any. */
static bool
serve_one(struct loop *loop)
{
    struct watch *watch;
    TAILQ_FOREACH(watch, &loop->watches, link)
    if (await(loop, watch)) {
        serve(watch);
        return true;
    }
    return false;
}

/* Those that were started before: what a timer starts for now comes after all that is
 * already there. */
static void
run_due(struct loop *loop)
{
    uint64_t last = loop->agenda.orders;
    struct agenda_entry *entry;
    while ((entry = agenda_first(&loop->agenda)) &&
           entry->due_ms <= loop->clock.mono_ms && entry->order <= last) {
        struct timer *timer = (struct timer *)entry;
        agenda_remove(&loop->agenda, entry);
        timer->on_time(timer->arg);
    }
}

static bool
is_due(const struct loop *loop)
{
    const struct agenda_entry *entry = agenda_first(&loop->agenda);
    return loop->deferred.count > 0 || (entry && entry->due_ms <= loop->clock.mono_ms);
}

/* Until nothing is left to happen at this time. */
static void
play_now(struct loop *loop)
{
    do {
        run_due(loop);
        loop_run_deferred(loop);
    } while (is_due(loop) || serve_one(loop));
}

void
loop_advance(struct loop *loop, int64_t ms)
{
    const struct clock_held *before = clock_hold(&loop->clock);
    int64_t until_ms = loop->clock.mono_ms + ms;
    const struct agenda_entry *entry;
    play_now(loop);
    do {
        entry = agenda_first(&loop->agenda);
        int64_t to_ms = entry && entry->due_ms < until_ms ? entry->due_ms : until_ms;
        loop->clock.wall_ms += to_ms - loop->clock.mono_ms;
        loop->clock.mono_ms = to_ms;
        play_now(loop);
    } while (loop->clock.mono_ms < until_ms);
    clock_hold(before);
}
