/* The planner's inside, shared by planner.c, batch.c, grouping.c and fetch.c alone. */
#ifndef CCGATE_POLL_PLAN_H
#define CCGATE_POLL_PLAN_H

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
    const struct query *query;
    int64_t every_ms;
    int64_t *ids; /* ascending */
    size_t id_count;
    struct buf body;
    struct timer *timer;
    int64_t phase_ms;
    struct block rows;                  /* the newest sample, in the order of ids */
    int64_t rows_wall_ms, rows_mono_ms; /* 0: none yet */
    struct error error;                 /* of the last answer */
    struct feed *feeds;
    size_t feed_count;
    struct batch *next;
};

struct subscription {
    struct planner *planner;
    struct planner_want *wants; /* ids owned */
    size_t want_count;
    planner_on_rows *on_rows;
    void *arg;
    bool wants_replay;
    struct subscription *next;
};

struct planner {
    struct loop *loop;
    struct http_pool *pool;
    struct lane **lanes; /* one per centre, in the order of conf */
    size_t lane_count;
    struct batch *batches;
    struct subscription *subscriptions;
    struct fetch *fetches;
    struct timer *replay_timer;
    struct block scratch;
    uint64_t random;
    bool is_draining;
};

/* A share between 0 and 1. */
double plan_random(struct planner *planner);

/* ---- batch.c: one request that is made again and again ---- */

struct batch *batch_new(struct planner *planner, const struct planner_want *what);
void batch_delete(struct batch *batch);
void batch_drop_feeds(struct batch *batch);
/* Asks now and keeps to the timetable from then on. */
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

/* ---- fetch.c ---- */

/* Ends the requests of all fetches with this error. */
void fetch_fail_all(struct planner *planner, const struct error *error);

#endif
