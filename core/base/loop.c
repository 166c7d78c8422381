#include "base/loop.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

/* Deferred calls that follow each other within one turn. */
#define ROUNDS_MAX 4

struct call {
    loop_callback *callback; /* NULL: taken back */
    void *arg;
};

struct calls {
    struct call *items;
    size_t count, room;
};

struct loop {
    struct event_base *base;
    struct calls deferred; /* asked for since the last round began */
    struct calls running;  /* being called; keeps its room from round to round */
    bool is_stopping;
};

struct timer {
    struct event *event;
    bool is_real;
    loop_callback *on_time;
    void *arg;
};

struct watch {
    struct event *event;
    struct event_base *base;
    int mode;
    watch_callback *on_ready;
    void *arg;
};

/* What libevent refuses here is a bug or a machine without descriptors: a gateway that
 * went on would be deaf. */
static _Noreturn void
give_up(const char *what)
{
    log_error("loop", "cannot %s", what);
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
    struct event_config *config = event_config_new();
    if (config == NULL)
        give_up("start libevent");
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
        give_up("start libevent");
    return loop;
}

void
loop_delete(struct loop *loop)
{
    event_base_free(loop->base);
    free(loop->deferred.items);
    free(loop->running.items);
    free(loop);
}

static void
run_deferred(struct loop *loop)
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
            give_up("wait for events");
        run_deferred(loop);
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
    (void)fd;
    (void)events;
    struct timer *timer = arg;
    timer->on_time(timer->arg);
}

static struct timer *
make_timer(struct loop *loop, bool is_real, loop_callback *on_time, void *arg)
{
    struct timer *timer = mem_zero(sizeof *timer);
    timer->is_real = is_real;
    timer->on_time = on_time;
    timer->arg = arg;
    timer->event = event_new(loop->base, -1, 0, on_timeout, timer);
    if (timer->event == NULL)
        give_up("make a timer");
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

void
timer_start(struct timer *timer, int64_t delay_ms)
{
    if (delay_ms < 0)
        delay_ms = 0;
    int64_t delay_us = timer->is_real ? delay_ms * 1000 : clock_real_delay_us(delay_ms);
    struct timeval delay = {.tv_sec = delay_us / 1000000,
                            .tv_usec = delay_us % 1000000};
    if (event_add(timer->event, &delay) != 0)
        give_up("start a timer");
}

void
timer_stop(struct timer *timer)
{
    event_del(timer->event);
}

bool
timer_is_running(const struct timer *timer)
{
    return event_pending(timer->event, EV_TIMEOUT, NULL) != 0;
}

void
timer_free(struct timer *timer)
{
    if (timer == NULL)
        return;
    event_free(timer->event);
    free(timer);
}

/* ---- descriptors and signals ---- */

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
    watch->base = loop->base;
    watch->on_ready = on_ready;
    watch->arg = arg;
    watch->event = event_new(loop->base, fd, events, on_event, watch);
    if (watch->event == NULL)
        give_up("make a watch");
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
watch_set(struct watch *watch, int mode)
{
    if (mode == watch->mode)
        return;
    event_del(watch->event);
    watch->mode = mode;
    if (mode == 0)
        return;
    if (event_assign(watch->event, watch->base, event_get_fd(watch->event),
                     events_of(mode), on_event, watch) != 0 ||
        event_add(watch->event, NULL) != 0)
        give_up("watch a descriptor");
}

void
watch_delete(struct watch *watch)
{
    if (watch == NULL)
        return;
    event_free(watch->event);
    free(watch);
}

struct watch *
watch_signal(struct loop *loop, int number, watch_callback *on_signal, void *arg)
{
    struct watch *watch =
        add_watch(loop, number, EV_SIGNAL | EV_PERSIST, on_signal, arg);
    if (event_add(watch->event, NULL) != 0)
        give_up("watch a signal");
    return watch;
}
