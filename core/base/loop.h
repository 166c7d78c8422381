/* The event loop.
 *
 * One thread. Callbacks run from loop_run() only. Timers follow engine time
 * (base/clock.h) unless they are made for real time. */
#ifndef CCGATE_BASE_LOOP_H
#define CCGATE_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct loop;
struct timer;
struct watch;
struct event_base;

typedef void loop_callback(void *arg);

struct loop *loop_new(void);

/* Everything made on the loop must have been deleted before. */
void loop_delete(struct loop *loop);

/* Runs until loop_stop(), whose turn is finished; returns at once when that was called
 * before. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* ---- a held clock: what happens is played, not waited for ---- */

/* A loop whose engine time stands still at `wall_ms`. It is not run but advanced. Its
 * clock is to be in force (clock_hold) whenever what lives on it is called. */
struct loop *loop_new_held(int64_t wall_ms);
const struct clock_held *loop_clock(const struct loop *loop);

/* Plays all that is due until engine time has gone on by `ms`; 0: what is due now. The
 * clock stops at the time of each timer. What real descriptors still owe
 * (watch_expect) is waited for before it moves on, so that whoever answers from
 * outside, however long it takes, answers at once. Same inputs, same order: timers by
 * time and then as they were started, descriptors as they were first watched, each
 * until it owes nothing. */
void loop_advance(struct loop *loop, int64_t ms);

/* Somebody puts the wall clock of a held loop forward by so much, or back. */
void loop_step(struct loop *loop, int64_t by_ms);

/* For net/server.c alone, which lends it to evhttp. */
struct event_base *loop_base(struct loop *loop);

/* A one-shot timer; starting a running one moves it. */
struct timer *timer_new(struct loop *loop, loop_callback *on_time, void *arg);
/* One whose delays are of real time, for network time-outs and what watches processes.
 */
struct timer *timer_new_real(struct loop *loop, loop_callback *on_time, void *arg);
void timer_start(struct timer *timer, int64_t delay_ms);
/* As timer_start(), but as much as 10 ms of real time later: those that are due within
 * the same 10 ms come in one turn of the loop, so that what follows from them is done
 * and sent together. On a held clock it comes on time. */
void timer_start_slack(struct timer *timer, int64_t delay_ms);
/* How much later that may be, in engine time. */
int64_t timer_slack_ms(const struct timer *timer);
void timer_stop(struct timer *timer);
bool timer_is_running(const struct timer *timer);
/* NULL is allowed. Not "timer_delete", which is POSIX's. */
void timer_free(struct timer *timer);

/* Readiness of a descriptor, level-triggered, until deleted. The descriptor stays the
 * caller's. */
enum watch_mode { WATCH_READ = 1, WATCH_WRITE = 2 };
typedef void watch_callback(void *arg, int mode);
struct watch *watch_new(struct loop *loop, int fd, int mode, watch_callback *on_ready,
                        void *arg);
void watch_set(struct watch *watch, int mode); /* 0 pauses it; not for signals */
void watch_delete(struct watch *watch);        /* NULL is allowed */

/* On a held clock: what is on its way to this descriptor without anything being done
 * for it. What has arrived does not count. */
enum watch_owed {
    OWED_NOTHING,
    OWED_SOMETHING, /* told as soon as it is there */
    OWED_ALL,       /* told together, when nothing more is on its way */
};
/* `owed` is given the watch's own argument; NULL: nothing ever is. */
void watch_expect(struct watch *watch, enum watch_owed (*owed)(const void *arg));

/* A Unix signal, delivered as a callback whose `mode` is the signal's number. */
struct watch *watch_signal(struct loop *loop, int number, watch_callback *on_signal,
                           void *arg);

/* Calls `callback` once at the end of this loop turn, after all callbacks that are due
 * now. Calls in the order they were asked for. What these ask for follows in a round of
 * its own: in the same turn for a few rounds, so that an answer can go through several
 * rooms without a look at the descriptors between them, then in the next turn. */
void loop_defer(struct loop *loop, loop_callback *callback, void *arg);

/* Takes back what was deferred with this callback and argument and has not been called.
 */
void loop_forget(struct loop *loop, loop_callback *callback, const void *arg);

#endif
