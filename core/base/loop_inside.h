/* The loop's inside, shared by loop.c and loop_held.c (a clock that stands still)
 * alone. */
#ifndef CCGATE_BASE_LOOP_INSIDE_H
#define CCGATE_BASE_LOOP_INSIDE_H

#include <stddef.h>
#include <sys/queue.h>

#include "base/agenda.h"
#include "base/loop.h"

struct call {
    loop_callback *callback; /* NULL: taken back */
    void *arg;
};

struct calls {
    struct call *items;
    size_t count, room;
};

TAILQ_HEAD(watches, watch);

struct loop {
    struct event_base *base;
    bool is_held; /* with these three: */
    struct clock_held clock;
    struct agenda agenda;   /* its timers */
    struct watches watches; /* in the order of their making */
    struct event *look;     /* ends a wait for what is owed */
    struct calls deferred;  /* asked for since the last round began */
    struct calls running;   /* being called; keeps its room from round to round */
    bool is_stopping;
};

struct timer {
    struct agenda_entry entry; /* first; of a held loop's */
    struct loop *loop;
    struct event *event; /* NULL: of a held loop's */
    bool is_real;
    loop_callback *on_time;
    void *arg;
};

struct watch {
    TAILQ_ENTRY(watch) link;
    struct loop *loop;
    struct event *event;
    int mode;
    int ready; /* in a held loop: what it is ready for, and is still to be told */
    enum watch_owed (*owed)(const void *arg);
    watch_callback *on_ready;
    void *arg;
};

/* What libevent refuses is a bug or a machine without descriptors: a gateway that went
 * on would be deaf. Ends the process, saying that it cannot do `what`, and why (errno).
 */
_Noreturn void loop_give_up(const char *what);

/* Calls what was deferred, and what that defers, for a few rounds. */
void loop_run_deferred(struct loop *loop);

/* Listens for `mode` from now on, for nothing when it is 0. */
void watch_listen(struct watch *watch, int mode);

#endif
