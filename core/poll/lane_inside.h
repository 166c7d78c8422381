/* The lane's inside, shared by lane.c (queue, sending), lane_hold.c and lane_quiet.c
 * alone. */
#ifndef CCGATE_POLL_LANE_INSIDE_H
#define CCGATE_POLL_LANE_INSIDE_H

#include "poll/lane.h"

/* A request on its way. */
struct flight {
    struct lane *lane;
    struct errand *errand; /* NULL: nobody waits for the answer any more */
    struct poll *poll;     /* NULL: it is played */
    int query;             /* its number */
    struct flight *next;
};

/* Errands that wait, the longest first. */
struct queue {
    struct errand *first, **last;
};

struct quiet; /* private to lane_quiet.c */

struct lane {
    struct loop *loop;
    struct http_pool *pool;
    const struct conf_center *center;
    enum query_door door;
    struct session *session;          /* of the agent gateway; NULL at the other door */
    const struct lane_player *player; /* NULL: the network */
    struct rate *rate;                /* the centre's, shared */
    struct rate_turn turn;
    char *shown;                /* what it is called in alerts */
    struct poll_line *lines;    /* one per query, made when first needed */
    struct lane_counts *counts; /* likewise one per query */
    struct queue queues[2];     /* of the patient, and of the impatient */
    bool is_for_impatient;      /* whose turn it is, when both wait */
    struct flight *flights;
    size_t in_flight;
    struct timer *pump_timer;
    bool is_proven; /* has answered well since the last failure */
    bool is_draining;
    bool is_open;       /* the circuit */
    int64_t held_until; /* monotonic; 0: not held */
    int64_t hold_ms;    /* length of the last hold, doubles */
    int64_t failing_since;
    int64_t failures; /* in a row */
    struct error reason;
    struct quiet *quiets; /* one per query */
    struct timer *quiet_timer;
};

/* ---- lane_hold.c ---- */

/* What an answer says about the centre, apart from what it says to whom. */
void lane_judge(struct lane *lane, const struct poll_answer *answer);

/* ---- lane_quiet.c: who has had no good answer for long ---- */

void lane_quiet_init(struct lane *lane);
void lane_quiet_fini(struct lane *lane);
/* What came of a request of this query, by its number; after lane_judge(). */
void lane_hear(struct lane *lane, int query, const struct error *error);

#endif
