/* The planner's inside, shared by planner.c, batch.c, sample.c, ride.c, grouping.c,
 * search.c, fetch.c and ask.c alone. */
#ifndef CCGATE_POLL_PLAN_H
#define CCGATE_POLL_PLAN_H

#include "poll/ask.h"
#include "poll/demand.h"
#include "poll/lane.h"
#include "poll/planner.h"
#include "poll/slots.h"

/* What one subscriber gets of a batch. */
struct feed {
    struct subscription *subscription;
    size_t *rows; /* positions in the batch; NULL: all of them */
    size_t count;
    bool refused; /* the newest sample has not been taken */
};

/* Ids that are asked together, again and again. */
struct batch {
    struct errand errand;
    struct planner *planner;
    uint32_t center;
    uint32_t lot; /* 0, or what a search has set apart */
    const struct query *query;
    int64_t every_ms;  /* as it is wanted */
    int64_t period_ms; /* as it is asked, after stretching */
    int64_t last_ms;   /* of a query with a span: how far back the first one reaches */
    struct query_span span; /* likewise: what was asked last */
    int64_t *ids;           /* ascending */
    size_t id_count;
    struct buf body;
    struct timer *timer;
    int64_t phase_ms;
    int64_t due_ms;      /* monotonic: when it is asked next */
    struct block rows;   /* the newest sample, in the order of ids */
    struct block former; /* the one before; of a query with a span the whole answer that
                          * the newest came from */
    unsigned retries;    /* likewise: failures of any kind, in a row */
    int64_t rows_wall_ms, rows_mono_ms; /* 0: none yet */
    struct error error;                 /* of the last answer */
    bool is_refused;                    /* its only id is */
    bool is_judged;           /* an answer has said whether its ids are welcome */
    unsigned failures;        /* in a row, for which an id may be to blame */
    uint64_t failed_at;       /* the newest of them, in the search's count */
    struct batch *carrier;    /* whose room it may use; NULL: nobody's */
    struct batch *vehicle;    /* whose request its ids are in now; NULL: none */
    struct batch *riders;     /* those whose ids are in this request */
    struct batch *next_rider; /* of the same vehicle */
    bool is_shared;           /* the request began with riders */
    bool is_welcome;          /* the newest answer about its ids was good */
    unsigned turns_apart,
        last_apart; /* without riders: still to come, in the last pause */
    struct feed *feeds;
    size_t feed_count;
    struct batch *next;
};

struct subscription {
    struct planner *planner;
    char *name;
    size_t feed; /* in the batch that is being connected; only grouping.c knows which */
    struct planner_want *wants; /* ids owned */
    size_t want_count;
    planner_on_rows *on_rows;
    void *arg;
    bool wants_replay;
    struct subscription *next;
};

/* How much longer the intervals of a centre are than they are wanted. */
struct pace {
    double stretch; /* at least 1 */
    double told;    /* what the log said last */
};

enum { PLAN_DOORS = DOOR_AGENT_GATEWAY + 1 };

struct planner {
    struct loop *loop;
    struct http_pool *pool;
    const struct lane_player *player; /* NULL: the network */
    int64_t played_ms;                /* monotonic: since when */
    size_t center_count;              /* in the order of conf: */
    struct lane **lanes;              /* PLAN_DOORS for each */
    struct rate **rates;
    struct pace *paces;
    struct session **leaving; /* of centres that are gone: they sign out */
    size_t leaving_count;
    struct slots *slots;
    struct batch *batches; /* in the order of demand_compare() */
    struct batch *kept; /* wanted by nobody, until somebody comes back for a sample */
    struct search *searches; /* by centre and query; NULL until the first answer */
    struct fate *fates;      /* by centre, query and id */
    size_t fate_count;
    uint32_t last_lot;
    struct subscription *subscriptions;
    struct fetch *fetches;
    struct ask *asks;
    struct timer *turn_timer; /* rebuilds and replays, outside of everybody's calls */
    bool is_changed;          /* to be rebuilt */
    struct block scratch;
    bool is_draining;
};

const struct conf_center *plan_center(const struct planner *planner, uint32_t center);
/* Through which a query is asked. */
struct lane *plan_lane(const struct planner *planner, uint32_t center,
                       const struct query *query);
/* Fills the errand for these ids, which fit into one request. `body` (emptied before)
 * belongs to it; `span` is only for queries that have one. */
void plan_request(const struct planner *planner, uint32_t center,
                  const struct query *query, const int64_t *ids, size_t id_count,
                  const struct query_span *span, struct buf *body,
                  struct errand *errand);
/* Orders int64_t, for qsort() and bsearch(). */
int plan_by_id(const void *a, const void *b);
/* The batches are made anew in the next turn: many changes cost one rebuilding. */
void plan_change(struct planner *planner);

/* ---- batch.c: one request that is made again and again ---- */

struct batch *batch_new(struct planner *planner, const struct demand_request *what);
void batch_delete(struct batch *batch);
void batch_drop_feeds(struct batch *batch);
/* Keeps to the timetable from now on. */
void batch_arm(struct batch *batch);
/* Leaves the timetable: due in `wait_ms`. */
void batch_wait(struct batch *batch, int64_t wait_ms);
/* Asks now, too. */
void batch_start(struct batch *batch);
/* Makes of an answer that has its rows among others what it makes of its own. */
void batch_answer(struct batch *batch, const struct poll_answer *answer);

/* ---- sample.c: what subscribers get ---- */

/* The batch's newest sample from a good answer. */
void sample_take(struct batch *batch, const struct block *answer);
/* Gives the newest sample to one subscriber. */
void sample_send(struct batch *batch, struct feed *feed);
/* Gives it to all. */
void sample_send_all(struct batch *batch);
/* May it be told to somebody who comes now? */
bool sample_is_fresh(const struct batch *batch);

/* Puts the rows of an answer into the order of `ids`, one row per id; what the answer
 * lacks is gone, what nobody asked for is dropped. */
void sample_arrange(struct block *out, const int64_t *ids, size_t id_count,
                    const struct block *answer);

/* Makes `rows` of the answer's rows whose keys are not in `former`, and `former` of the
 * whole answer: a server that lists by overlap tells nothing twice. */
void sample_of_slots(struct block *rows, struct block *former,
                     const struct block *answer, int64_t argument, int64_t vdn);

/* ---- ride.c: ids that travel in another batch's request ---- */

/* The request that is about to start takes along who is due before the next one. */
void ride_board(struct batch *carrier);
/* Deals the answer to the riders. True: it is no answer to the carrier either. A
 * failure in the body of a shared request is nobody's: all are asked alone next, and
 * learn from that. */
bool ride_end(struct batch *carrier, const struct poll_answer *answer);
/* The batch is going to be deleted: who rides with it is asked soon. */
void ride_leave(struct batch *batch);

/* ---- grouping.c: from wants to batches ---- */

/* Makes the batches anew from all subscriptions; those that stay the same go on
 * undisturbed. */
void plan_rebuild(struct planner *planner);
/* Takes a batch that is in no list. That of a query with a span is kept for a day,
 * since no request brings its sample again: who comes back, after a crash or a reload,
 * gets it. */
void plan_put_away(struct batch *batch);
/* The subscription gets nothing any more. */
void plan_disconnect(const struct subscription *subscription);

/* ---- search.c: the ids for which the centre refuses whole requests ---- */

/* Learns from the answer to a batch. */
void search_learn(struct batch *batch, const struct error *error);
/* Sets apart, in what is wanted, the ids that must not travel with the others. */
void search_set_apart(const struct planner *planner, struct demand *demand);
/* Are ids of this centre being searched for? They cost more requests as long. */
bool search_is_open(const struct planner *planner, uint32_t center);
/* Why the centre refuses this id; NULL when it does not, as far as is known. */
const struct error *search_refusal(const struct planner *planner, uint32_t center,
                                   const struct query *query, int64_t id);
/* How long the only id of a refused batch is still to be left alone. */
int64_t search_wait_ms(const struct batch *batch);
/* It is asked now, and then not for a long time. */
void search_postpone(const struct batch *batch);
/* Everybody gets another chance. */
void search_forget(struct planner *planner);

/* ---- fetch.c ---- */

/* Ends the requests of all fetches with this error. */
void fetch_fail_all(struct planner *planner, const struct error *error);

/* ---- ask.c ---- */

/* Ends all asks with this error. */
void ask_fail_all(struct planner *planner, const struct error *error);

#endif
