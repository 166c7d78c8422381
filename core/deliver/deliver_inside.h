/* The deliverer's inside, shared by deliver.c (destinations), deliver_take.c (which
 * messages go), deliver_attempt.c (how they go), deliver_play.c (to whom they go when
 * nothing leaves), deliver_end.c (what comes of them) and deliver_people.c (what people
 * see and do) alone. */
#ifndef CCGATE_DELIVER_DELIVER_INSIDE_H
#define CCGATE_DELIVER_DELIVER_INSIDE_H

#include "deliver/bucket.h"
#include "deliver/deliver.h"
#include "deliver/lines.h"
#include "deliver/memos.h"
#include "net/http.h"

#define PARALLEL 8 /* in flight per destination */

#define ASKS_MOST                                                                      \
    8 /* requests in one attempt; more is a kind that turns in circles                 \
       */

#define DIGEST_OVER 5  /* more than the bucket has tokens: the others would wait */
#define DIGEST_MOST 50 /* messages in one: all of them are named */

/* One attempt, from the commit of in_flight to its result. A digest carries several
 * messages, each the first of its line; what comes of it comes of each. */
struct flight {
    struct outlet *outlet;
    struct message **messages; /* owned */
    size_t count;              /* 0: this place is free */
    struct connector_request request;
    char *memo;    /* that this attempt has brought so far; NULL: none */
    unsigned asks; /* requests of this attempt that have been answered */
};

/* A destination, or one that the configuration does not have (any more). */
struct outlet {
    struct deliver *deliver;
    char *name;
    const struct conf_destination *conf; /* NULL: messages wait */
    struct bucket bucket;
    bool merges;    /* what piles up behind the bucket */
    bool remembers; /* see struct connector_traits */
    struct lines lines;
    struct flight flights[PARALLEL];
    size_t in_flight;
    size_t letters;                 /* dead, on disk */
    uint64_t counts[OUTBOX_STATES]; /* attempts since the start, by what came of them */
    struct timer *timer;
};

struct deliver {
    struct loop *loop;
    struct store *store;
    struct connector *connector;
    const struct conf *conf;
    struct http_pool *pool;
    const struct deliver_player *player; /* NULL: the network */
    struct memos memos;
    struct table outlets; /* name → struct outlet, owned */
    struct txn *marks;    /* of what was superseded; NULL: nothing was */
    struct timer *mark_timer;
    struct await *awaits;
    struct dealt *dealt; /* dead letters on their way to another state, owned */
    bool draining;
};

/* How an attempt ended. */
struct outcome {
    enum verdict verdict;
    struct error error; /* ERROR_NONE: an answer came */
    long status;
    int curl_code;
    const char *answer;
    const struct http_response *response; /* NULL: none came */
    int64_t retry_after_ms;
    int64_t duration_ms;
    const char *memo; /* what is remembered from now on; NULL: as before */
};

/* Wakes the outlet when its first message is due. */
void outlet_arm(struct outlet *outlet);
/* Begins what is due, as far as the bucket goes. */
void outlet_pump(struct outlet *outlet);

/* Takes what goes next from its lines, at most DIGEST_MOST, and returns how many: the
 * one that is due soonest, which must be due, or a digest of all that are due and may
 * be merged, when they are many. */
size_t outlet_take(struct outlet *outlet, int64_t now_ms, struct message **taken);

/* ---- await.c ---- */

/* Tells who waits for the message that it has ended in this state; of one that somebody
 * has dropped. */
void await_tell(const struct outlet *outlet, const struct message *message,
                const struct outcome *outcome, enum outbox_state state);
void await_tell_dropped(struct deliver *deliver, const struct outbox_record *record);

/* ---- deliver_people.c ---- */

void dealt_fini(struct deliver *deliver);

/* ---- deliver_attempt.c ---- */

/* Takes the array; the messages have been taken from their lines. */
void flight_begin(struct outlet *outlet, struct message **messages, size_t count);
/* Of its request, when it is no letter. */
const char *flight_method(const struct flight *flight);

/* ---- deliver_play.c ---- */

/* Gives the request to who plays the receivers. */
void flight_play(struct flight *flight, const char *body,
                 struct http_response *response);

/* ---- deliver_end.c ---- */

/* Commits what came of the attempt for each message, and ends the flight. */
void flight_conclude(struct flight *flight, const struct outcome *outcome);
/* The place is free again; whoever calls has given the messages back. */
void flight_end(struct flight *flight);

#endif
