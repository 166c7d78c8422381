/* The planner's inside, shared by planner.c, batch.c, grouping.c, search.c and fetch.c
 * alone. */
#ifndef CCGATE_POLL_PLAN_H
#define CCGATE_POLL_PLAN_H

#include "poll/ask.h"
#include "poll/demand.h"
#include "poll/lane.h"
#include "poll/planner.h"

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
    int64_t *ids;      /* ascending */
    size_t id_count;
    struct buf body;
    struct timer *timer;
    int64_t phase_ms;
    struct block rows;                  /* the newest sample, in the order of ids */
    int64_t rows_wall_ms, rows_mono_ms; /* 0: none yet */
    struct error error;                 /* of the last answer */
    bool is_refused;                    /* its only id is */
    bool is_judged;     /* an answer has said whether its ids are welcome */
    unsigned failures;  /* in a row, for which an id may be to blame */
    uint64_t failed_at; /* the newest of them, in the search's count */
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

struct planner {
    struct loop *loop;
    struct http_pool *pool;
    struct lane **lanes; /* one per centre, in the order of conf */
    struct rate **rates; /* likewise */
    struct pace *paces;  /* likewise */
    size_t lane_count;
    struct batch *batches; /* in the order of demand_compare() */
    struct search *searches;
    struct fate *fates; /* by centre, query and id */
    size_t fate_count;
    uint32_t last_lot;
    struct subscription *subscriptions;
    struct fetch *fetches;
    struct ask *asks;
    struct timer *turn_timer; /* rebuilds and replays, outside of everybody's calls */
    bool is_changed;          /* to be rebuilt */
    struct block scratch;
    uint64_t random;
    bool is_draining;
};

/* A share between 0 and 1. */
double plan_random(struct planner *planner);
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
/* Asks now, too. */
void batch_start(struct batch *batch);
/* Gives the newest sample to one subscriber. */
void batch_send(struct batch *batch, struct feed *feed);

/* Puts the rows of an answer into the order of `ids`, one row per id; what the answer
 * lacks is gone, what nobody asked for is dropped. */
void batch_arrange(struct block *out, const int64_t *ids, size_t id_count,
                   const struct block *answer);

/* ---- grouping.c: from wants to batches ---- */

/* Makes the batches anew from all subscriptions; those that stay the same go on
 * undisturbed. */
void plan_rebuild(struct planner *planner);
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
