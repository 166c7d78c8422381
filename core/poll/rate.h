/* A centre's rate: the token bucket that all its lanes share.
 *
 * One token is one request of monitoring, through whichever door. What keeps the
 * session of the agent gateway alive (signing in and out, its events) takes none: it
 * costs the servers that are asked for rows nothing, and a session that had to wait for
 * its turn would be lost. Nothing is saved up while there is nothing to ask. */
#ifndef CCGATE_POLL_RATE_H
#define CCGATE_POLL_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"

struct rate;

/* One who takes tokens: a part of its owner, zeroed before its first use. */
struct rate_turn {
    bool is_waiting;
    struct rate_turn *next;
};

struct rate *rate_new(const struct conf_center *center);
/* Nobody may be waiting. NULL is allowed. */
void rate_delete(struct rate *rate);

/* The rate of `center` from now on; what has been taken stays taken. */
void rate_set(struct rate *rate, const struct conf_center *center);

/* Takes a token. False: none is there, or others have waited longer. The turn waits
 * then, in its order; ask again after `*wait_ms`, or leave. */
bool rate_take(struct rate *rate, struct rate_turn *turn, int64_t *wait_ms);
/* It does not want a token any more. Who waits must do this before it is gone, and
 * whenever it will not ask again soon: the others stand behind it. */
void rate_leave(struct rate *rate, struct rate_turn *turn);

#endif
