/* What people want of a planner by hand: one request, the state of a centre, a probe.
 *
 * An ask is one request as it is made, with the answer as it came, while a fetch
 * (planner.h) gives rows, from as many requests as it takes or from none. It goes
 * through the lane of its centre and query like every other request: it keeps to the
 * rate, finds the circuit open, uses the session, and its verdict counts. */
#ifndef CCGATE_POLL_ASK_H
#define CCGATE_POLL_ASK_H

#include "poll/lane.h"
#include "poll/planner.h"

struct ask;

/* Asks for these ids, which must fit into one request (query_fit); `ids` and `span`
 * (NULL for queries that have none) are copied. The callback comes later, never from
 * inside, and the ask is gone after it. While the centre's circuit is open or it is in
 * back-off, the answer is its last error and no request is made; ERROR_CANCELLED when
 * the configuration changes or the gateway stops meanwhile. With an error `rows` may be
 * NULL. */
struct ask *planner_ask(struct planner *planner, uint32_t center,
                        const struct query *query, const int64_t *ids, size_t id_count,
                        const struct query_span *span, poll_callback *on_done,
                        void *arg);
/* Before its callback. */
void ask_cancel(struct ask *ask);

/* How the lane to a centre for this query fares. */
void planner_look(struct planner *planner, uint32_t center, const struct query *query,
                  struct lane_state *state);

/* What came of the requests of one query to a centre. */
const struct lane_counts *planner_counts(const struct planner *planner, uint32_t center,
                                         const struct query *query);

/* Something is asked of the centre again and again, and nothing has been answered yet,
 * nor has it failed. */
bool planner_is_unknown(const struct planner *planner, uint32_t center);

/* Ends back-off and opens the way for a probe, through every door of the centre. */
void planner_retry(struct planner *planner, uint32_t center);

#endif
