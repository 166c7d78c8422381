#include "base/loop_inside.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

/* Deferred calls that follow each other within one turn. */
#define ROUNDS_MAX 4

/* Timers that have slack fire at multiples of this. */
#define SLACK_US ((int64_t)10000)

_Noreturn void
loop_give_up(const char *what)
{
    log_error("loop", "cannot %s: %s", what, strerror(errno));
    abort();
}

/* ---- the loop ---- */

static void
on_libevent_log(int severity, const char *message)
{
    log_write(severity >= EVENT_LOG_ERR ? LEVEL_ERROR : LEVEL_WARN, "loop", "%s",
              message);
}

struct loop *
loop_new(void)
{
    struct loop *loop = mem_zero(sizeof *loop);
    TAILQ_INIT(&loop->watches);
    struct event_config *config = event_config_new();
    if (config == NULL)
        loop_give_up("start libevent");
    /* Without PRECISE_TIMER libevent reads a clock that moves in steps of 4 ms and
     * fires that much too early; with a cached time a long callback shortens the timers
     * that it starts. */
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
                                      EVENT_BASE_FLAG_PRECISE_TIMER |
                                      EVENT_BASE_FLAG_NO_CACHE_TIME);
    event_set_log_callback(on_libevent_log);
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    if (loop->base == NULL)
        loop_give_up("start libevent");
    return loop;
}

void
loop_delete(struct loop *loop)
{
    if (loop->look)
        event_free(loop->look);
    event_base_free(loop->base);
    agenda_fini(&loop->agenda);
    free(loop->deferred.items);
    free(loop->running.items);
    free(loop);
}

void
loop_run_deferred(struct loop *loop)
{
    for (int round = 0; round < ROUNDS_MAX && loop->deferred.count > 0; round++) {
        struct calls calls = loop->deferred;
        loop->deferred = loop->running;
        loop->running = calls;
        for (size_t i = 0; i < calls.count; i++)
            if (loop->running.items[i].callback)
                loop->running.items[i].callback(loop->running.items[i].arg);
        loop->running.count = 0;
    }
}

void
loop_run(struct loop *loop)
{
    /* One turn at a time, because libevent alone offers no "after everything that is
     * due now": its priorities would starve the deferred calls under load. */
    while (!loop->is_stopping) {
        int flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;
        if (loop->deferred.count > 0)
            flags |= EVLOOP_NONBLOCK;
        if (event_base_loop(loop->base, flags) < 0)
            loop_give_up("wait for events");
        loop_run_deferred(loop);
    }
    loop->is_stopping = false;
}

void
loop_stop(struct loop *loop)
{
    loop->is_stopping = true;
}

struct event_base *
loop_base(struct loop *loop)
{
    return loop->base;
}

void
loop_defer(struct loop *loop, loop_callback *callback, void *arg)
{
    struct calls *calls = &loop->deferred;
    if (calls->count == calls->room) {
        calls->room = calls->room ? calls->room * 2 : 16;
        calls->items = mem_grow(calls->items, calls->room, sizeof *calls->items);
    }
    calls->items[calls->count++] = (struct call){callback, arg};
}

static void
forget(struct calls *calls, loop_callback *callback, const void *arg)
{
    for (size_t i = 0; i < calls->count; i++)
        if (calls->items[i].callback == callback && calls->items[i].arg == arg)
            calls->items[i].callback = NULL;
}

void
loop_forget(struct loop *loop, loop_callback *callback, const void *arg)
{
    forget(&loop->deferred, callback, arg);
    forget(&loop->running, callback, arg);
}

/* ---- timers ---- */

/* The callback may delete its timer: nothing here touches it afterwards. */
static void
on_timeout(evutil_socket_t fd, short events, void *arg)
{
    (void)fd, (void)events;
    struct timer *timer = arg;
    timer->on_time(timer->arg);
}

static struct timer *
make_timer(struct loop *loop, bool is_real, loop_callback *on_time, void *arg)
{
    struct timer *timer = mem_zero(sizeof *timer);
    timer->loop = loop;
    timer->is_real = is_real;
    timer->on_time = on_time;
    timer->arg = arg;
    if (loop->is_held && !is_real)
        return timer;
    timer->event = event_new(loop->base, -1, 0, on_timeout, timer);
    if (timer->event == NULL)
        loop_give_up("make a timer");
    return timer;
}

struct timer *
timer_new(struct loop *loop, loop_callback *on_time, void *arg)
{
    return make_timer(loop, false, on_time, arg);
}

struct timer *
timer_new_real(struct loop *loop, loop_callback *on_time, void *arg)
{
    return make_timer(loop, true, on_time, arg);
}

/* In real microseconds; not for a held loop's timers. */
static int64_t
delay_of(const struct timer *timer, int64_t delay_ms)
{
    if (delay_ms < 0)
        return 0;
    return timer->is_real ? delay_ms * 1000 : clock_real_delay_us(delay_ms);
}

static void
put(struct timer *timer, int64_t delay_ms)
{
    agenda_put(&timer->loop->agenda, &timer->entry,
               timer->loop->clock.mono_ms + (delay_ms > 0 ? delay_ms : 0));
}

static void
add(struct timer *timer, int64_t delay_us)
{
    struct timeval delay = {.tv_sec = delay_us / 1000000,
                            .tv_usec = delay_us % 1000000};
    if (event_add(timer->event, &delay) != 0)
        loop_give_up("start a timer");
}

void
timer_start(struct timer *timer, int64_t delay_ms)
{
    if (timer->event)
        add(timer, delay_of(timer, delay_ms));
    else
        put(timer, delay_ms);
}

void
timer_start_slack(struct timer *timer, int64_t delay_ms)
{
    if (!timer->event) {
        put(timer, delay_ms);
        return;
    }
    int64_t now_us = clock_real_mono_us();
    int64_t due_us = now_us + delay_of(timer, delay_ms);
    add(timer, (due_us + SLACK_US - 1) / SLACK_US * SLACK_US - now_us);
}

int64_t
timer_slack_ms(const struct timer *timer)
{
    return timer->event ? clock_engine_delay_ms(SLACK_US) : 0;
}

void
timer_stop(struct timer *timer)
{
    if (timer->event)
        event_del(timer->event);
    else
        agenda_remove(&timer->loop->agenda, &timer->entry);
}

bool
timer_is_running(const struct timer *timer)
{
    return timer->event ? event_pending(timer->event, EV_TIMEOUT, NULL) != 0
                        : timer->entry.place != 0;
}

void
timer_free(struct timer *timer)
{
    if (timer == NULL)
        return;
    timer_stop(timer);
    if (timer->event)
        event_free(timer->event);
    free(timer);
}

/* ---- descriptors and signals ---- */

/* Told in its turn; watched again when that is over. */
static void
put_off(struct watch *watch, int mode)
{
    watch->ready |= mode;
    event_del(watch->event);
}

static void
on_event(evutil_socket_t fd, short events, void *arg)
{
    struct watch *watch = arg;
    int mode = 0;
    if (events & EV_SIGNAL)
        mode = (int)fd;
    if (events & EV_READ)
        mode |= WATCH_READ;
    if (events & EV_WRITE)
        mode |= WATCH_WRITE;
    if (watch->loop->is_held)
        put_off(watch, mode);
    else
        watch->on_ready(watch->arg, mode);
}

static short
events_of(int mode)
{
    return (short)(EV_PERSIST | (mode & WATCH_READ ? EV_READ : 0) |
                   (mode & WATCH_WRITE ? EV_WRITE : 0));
}

static struct watch *
add_watch(struct loop *loop, int fd, short events, watch_callback *on_ready, void *arg)
{
    struct watch *watch = mem_zero(sizeof *watch);
    watch->loop = loop;
    watch->on_ready = on_ready;
    watch->arg = arg;
    watch->event = event_new(loop->base, fd, events, on_event, watch);
    if (watch->event == NULL)
        loop_give_up("make a watch");
    TAILQ_INSERT_TAIL(&loop->watches, watch, link);
    return watch;
}

struct watch *
watch_new(struct loop *loop, int fd, int mode, watch_callback *on_ready, void *arg)
{
    struct watch *watch = add_watch(loop, fd, events_of(0), on_ready, arg);
    watch_set(watch, mode);
    return watch;
}

void
watch_listen(struct watch *watch, int mode)
{
    event_del(watch->event);
    if (mode == 0)
        return;
    if (event_assign(watch->event, watch->loop->base, event_get_fd(watch->event),
                     events_of(mode), on_event, watch) != 0 ||
        event_add(watch->event, NULL) != 0)
        loop_give_up("watch a descriptor");
}

void
watch_set(struct watch *watch, int mode)
{
    if (mode == watch->mode)
        return;
    watch->mode = mode;
    watch->ready &= mode;
    watch_listen(watch, mode);
}

void
watch_expect(struct watch *watch, enum watch_owed (*owed)(const void *arg))
{
    watch->owed = owed;
}

void
watch_delete(struct watch *watch)
{
    if (watch == NULL)
        return;
    TAILQ_REMOVE(&watch->loop->watches, watch, link);
    event_free(watch->event);
    free(watch);
}

struct watch *
watch_signal(struct loop *loop, int number, watch_callback *on_signal, void *arg)
{
    struct watch *watch =
        add_watch(loop, number, EV_SIGNAL | EV_PERSIST, on_signal, arg);
    if (event_add(watch->event, NULL) != 0)
        loop_give_up("watch a signal");
    return watch;
}
