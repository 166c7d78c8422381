/* The planner: everybody's wishes → the fewest requests.
 *
 * Same centre, query and id are asked once, at the shortest interval anybody asked for
 * it. Ids of one interval travel together in batches of the size the server allows, and
 * room that is left takes along ids that are due before the next turn.
 * A shared request is no shared fate: an id for which the centre refuses a whole batch
 * is found by halving, named in the log, and asked alone and seldom from then on. Per
 * centre: `rate` and `concurrency`, back-off after failures, and a circuit that opens
 * when the key is refused, since the server locks addresses out (runtime.md §2). When
 * more is wanted than `rate` allows, all intervals of the centre grow by one factor. */
#ifndef CCGATE_POLL_PLANNER_H
#define CCGATE_POLL_PLANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/error.h"
#include "base/loop.h"
#include "model/schema.h"
#include "net/http.h"
#include "poll/lane.h"

struct planner;
struct store;

struct planner *planner_new(struct loop *loop, struct http_pool *pool,
                            const struct conf *conf);
/* Once, before the first want, and before the first commit to the store, which is
 * borrowed: what has been read of histories (poll/slots.h) survives the process. */
void planner_set_store(struct planner *planner, struct store *store);
void planner_delete(struct planner *planner);

/* Once, before the first want: the centres are played (poll/lane.h). All intervals
 * count from here, with nothing to spread them. The player is borrowed. */
void planner_play(struct planner *planner, const struct lane_player *player);
/* The player is no longer closed. */
void planner_wake(struct planner *planner);

/* From now on the centres of `conf` (same order or not: found by name); the old one may
 * go afterwards. Wants move with their centre, whose number may be another one now;
 * those of a centre that is gone are over, and its session signs out. Fetches that wait
 * get ERROR_CANCELLED. Open circuits are probed at once. */
void planner_set_conf(struct planner *planner, const struct conf *conf);

/* How many times as long as wanted the intervals of a centre are, at least 1. */
double planner_stretch(const struct planner *planner, uint32_t center);

/* The index of a centre, -1 when the configuration in force has none of that name. */
int planner_find_center(const struct planner *planner, const char *name);

/* ---- wants: polled again and again ----
 *
 * What has a span (agent_operations) has no interval: each quarter of an hour is asked
 * for once, a minute or two after it closed, for all who want it, and so is what was
 * missed in the last 23h45m. A sample is the rows of the slots that were new, and a row
 * comes once. Who comes later gets the newest sample, of the last day, and what
 * follows, nothing that lies further back. A sample that is still refused when the next
 * one comes is lost: a host that takes nothing for so long has ended long before. */

struct planner_want {
    uint32_t center; /* index in conf */
    const struct query *query;
    int64_t every_ms;
    int64_t
        last_ms; /* of a query with a span: how far back the first request reaches */
    const int64_t *ids;
    size_t id_count;
    uint32_t line; /* of the script where it is asked for, for the log; 0: unknown */
};

/* A sample for a subscriber: one row per id that it wants out of one request, ROW_GONE
 * rows included; of a query that is a list, all rows of the id `argument` (else 0).
 * `wall_ms` is when the answer came. False: no room now; the newest sample comes after
 * planner_resume(). A failed poll is no sample. Must not call the planner. */
typedef bool planner_on_rows(void *arg, uint32_t center, int64_t argument,
                             const struct block *rows, int64_t wall_ms);

struct subscription;

/* The name (for the log) and the wants are copied. What the planner knows already and
 * is younger than its interval comes at once (in the next turn), so that a host that
 * starts again lags nobody. */
struct subscription *planner_subscribe(struct planner *planner, const char *name,
                                       const struct planner_want *wants, size_t count,
                                       planner_on_rows *on_rows, void *arg);
void planner_unsubscribe(struct subscription *subscription);

/* There is room again, or the subscriber lost what it knew: sends the newest of what
 * was refused, or of everything. */
void planner_resume(struct subscription *subscription);
void planner_replay(struct subscription *subscription);

/* The clock moved or the machine slept: samples are stale. Nothing is answered from
 * what is known, and everything is asked at once, within the rate. What is known of
 * histories stays. */
void planner_refresh(struct planner *planner);

/* ---- one-off questions ---- */

struct fetch;
/* One row per id in the order asked, ROW_GONE for those the centre does not know (of a
 * list: the rows of all ids in the order asked, a key once); or an error, and no rows,
 * when any part failed. An id that is known to be refused is an error without asking.
 */
typedef void fetch_callback(void *arg, const struct error *error,
                            const struct block *rows, int64_t wall_ms);

/* `span` is copied, NULL for queries that have none. Answers that are at most
 * `max_age_ms` old are used again. The callback comes later,
 * never from inside; the fetch is gone after it. While the centre's circuit is open or
 * it is in back-off the answer is its last error. */
struct fetch *planner_fetch(struct planner *planner, uint32_t center,
                            const struct query *query, const int64_t *ids,
                            size_t id_count, const struct query_span *span,
                            int64_t max_age_ms, fetch_callback *on_done, void *arg);
/* Before its callback. */
void fetch_cancel(struct fetch *fetch);

/* ---- the end ---- */

/* Starts no poll any more; fetches get ERROR_CANCELLED. */
void planner_drain(struct planner *planner);
/* Polls in flight that somebody waits for, and sessions that are still to sign out. */
size_t planner_busy(const struct planner *planner);

#endif
