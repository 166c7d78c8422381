/* The lane to one contact centre through one of its doors: every request to it passes
 * here, in the order in which they come, except that those who wait patiently (polls)
 * and those who do not (questions) go by turns. Keeps to `rate`, which all lanes of the
 * centre share, and to `concurrency`, which holds for each door: they are different
 * servers. Backs off after failures (1 s doubling to 60 s) and opens its circuit when
 * the key, or the operator, is refused: then one probe after 10 minutes, doubling to an
 * hour (runtime.md §2). A session that says how long it will not sign in is left alone
 * for just so long (net/session.h). What happens at one door says nothing of the other.
 *
 * Until the centre has answered well once, and again after a failure, one request at a
 * time goes out: a wrong key is tried once, a restarting centre is not stormed. What
 * has left is not called back when nobody wants its answer any more: the centre works
 * on it all the same, its place stays taken, and its verdict counts. */
#ifndef CCGATE_POLL_LANE_H
#define CCGATE_POLL_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/error.h"
#include "base/loop.h"
#include "model/schema.h"
#include "net/http.h"
#include "poll/poll.h"
#include "poll/rate.h"

struct lane;
struct flight; /* private */

/* One request that wants to be made; part of its owner. The owner fills the first group
 * and zeroes the rest. */
struct errand {
    const struct query *query;
    const char *body; /* stays valid while the errand is in the lane */
    size_t body_size;
    int64_t id; /* the first that is asked about; of a query that has no body the
                 * one whom the path names ($i) */
    struct query_span span; /* of a query that has one */
    bool impatient; /* answered with the lane's error instead of waiting out a hold; not
                     * changed while the errand is in the lane */
    void (*on_answer)(struct errand *errand, const struct poll_answer *answer);

    struct lane *lane; /* not NULL: waiting or in flight */
    struct errand *next;
    struct flight *flight; /* not NULL: in flight */
};

/* `rate` is borrowed and must outlive the lane; the caller keeps it in step with the
 * centre (rate_set). */
struct lane *lane_new(struct loop *loop, struct http_pool *pool,
                      const struct conf_center *center, enum query_door door,
                      struct rate *rate);
/* All errands must have been removed. A session is not signed out by this: it ends by
 * itself after two minutes (lane_end and lane_drain sign out). NULL is allowed. */
void lane_delete(struct lane *lane);

/* That, but the session signs out. It is the caller's now, to be deleted when it is not
 * busy any more; NULL when the door has none. */
struct session *lane_end(struct lane *lane);

/* The same centre with a new configuration; an open circuit is probed at once. */
void lane_set_center(struct lane *lane, const struct conf_center *center);
const struct conf_center *lane_center(const struct lane *lane);

/* Who answers in the place of a centre (core/rehearse). `answer` comes with ERROR_NONE
 * and no rows; what it is made to point to is valid until the next call. */
struct lane_player {
    void (*on_ask)(void *arg, const struct conf_center *center,
                   const struct errand *errand, struct poll_answer *answer);
    void *arg;
    bool is_closed; /* nobody is asked now; lane_wake() when that is over */
};
/* Before anything is asked: from now on the player, which is borrowed, is asked instead
 * of the network. There is no session then, and nobody to be spared: neither rate nor
 * concurrency hold. */
void lane_play(struct lane *lane, const struct lane_player *player);
void lane_wake(struct lane *lane);

/* Somebody polls through this door, or nobody does any more: the session of the agent
 * gateway is held only while somebody does (net/session.h). */
void lane_want(struct lane *lane, bool is_wanted);

/* This query, which goes through this door, is polled again and again; `every_ms` is
 * the shortest interval, 0: nobody polls it any more. When it gets no good answer for
 * three such intervals, at least for a minute, the gateway tells that of itself
 * (TROUBLE_CENTER, "CENTRE/QUERY") until it gets one, or nobody has wanted it for a
 * minute. While the circuit is open it is not told: that is an alert already. */
void lane_expect(struct lane *lane, const struct query *query, int64_t every_ms);
/* The machine slept, or the clock moved: that is counted from here. */
void lane_count_anew(struct lane *lane);

/* An open circuit or a back-off is over: the next errand is the probe. */
void lane_retry(struct lane *lane);

/* Queues the errand. False: it is in the lane already, nothing happens. */
bool lane_add(struct lane *lane, struct errand *errand);
/* Takes it out, wherever it is; its answer will not come. */
void lane_remove(struct errand *errand);

/* True, with the reason, while nothing is sent: open circuit or back-off. */
bool lane_is_held(const struct lane *lane, struct error *reason);

/* How the lane fares, for people. */
struct lane_state {
    bool is_open;       /* the circuit, until an answer is good */
    int64_t left_ms;    /* how long nothing is sent; 0: something may be */
    int64_t failures;   /* in a row */
    struct error error; /* the last of them */
};
void lane_look(const struct lane *lane, struct lane_state *state);

/* What came of the requests of one query, since the lane was made. */
struct lane_counts {
    uint64_t polls;                 /* answers, good or not */
    uint64_t failures[ERROR_KINDS]; /* of these, by kind */
    int64_t good_ms;                /* wall time of the last good one; 0: none yet */
    int64_t duration_us;            /* of all together */
};
const struct lane_counts *lane_counts_of(const struct lane *lane,
                                         const struct query *query);

/* Sends nothing any more, and signs out. */
void lane_drain(struct lane *lane);
/* Errands in flight, and one more while a session is signing out. */
size_t lane_busy(const struct lane *lane);

#endif
