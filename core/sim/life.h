/* The working life of one simulated agent: signs in, waits, talks, wraps up, rests,
 * signs out, again and again.
 *
 * It is a function of seed, agent and time: the state of any moment, past or to come,
 * is found by walking from the beginning of its shift, so that nothing needs to be
 * recorded. Times are milliseconds of the simulation, whole seconds, and may be
 * negative. While calls wait in a queue, none of its agents is idle. */
#ifndef CCGATE_SIM_LIFE_H
#define CCGATE_SIM_LIFE_H

#include <stdint.h>

#include "sim/wave.h"

enum life_state {
    LIFE_OUT, /* not signed in */
    LIFE_IDLE,
    LIFE_OCCUPIED, /* a call is on its way to the agent */
    LIFE_TALKING,
    LIFE_WRAP_UP,
    LIFE_BUSY,
    LIFE_REST,
    LIFE_STATES,
};

#define LIFE_QUEUES 2

/* How agents spend their time. */
struct life_habits {
    struct {
        int64_t least, most;
    } lengths[LIFE_STATES];         /* seconds */
    int64_t rest_after, busy_after; /* calls, on average */
    int64_t long_call_after;        /* one call of so many … */
    int64_t long_call_s;            /* … takes so much longer */
    int64_t long_rest_after;        /* and one rest of so many … */
    int64_t long_rest_s;            /* … takes so much longer, if the shift does */
};

/* Nobody takes a call or a rest so shortly before the end of the shift, which must be
 * longer than either. */
#define LIFE_LAST_CALL_S 600

struct life {
    const struct wave *wave;          /* borrowed */
    const struct life_habits *habits; /* borrowed */
    int64_t id;
    int64_t queues[LIFE_QUEUES]; /* the agent is configured for these */
    int queue_count;
    uint64_t seed;

    enum life_state state;
    int64_t since_ms, until_ms; /* of the state */
    int64_t signed_in_ms;       /* unless LIFE_OUT */
    int64_t shift_end_ms;
    uint64_t dice;
    /* Of the call, while LIFE_OCCUPIED, LIFE_TALKING or LIFE_WRAP_UP: */
    int64_t call_queue, call_ms;
    int64_t calls; /* so far in this shift, this one included */
    /* The longest LIFE_IDLE that ended in this window of the server's (by number). */
    int64_t idle_window, idle_ms;
};

/* `queues` in life must be set. */
void life_init(struct life *life, const struct wave *wave,
               const struct life_habits *habits, uint64_t seed, int64_t id);

/* The slow half of life_seek(). */
void life_walk(struct life *life, int64_t at_ms);

/* What the agent does at `at_ms`. */
static inline void
life_seek(struct life *life, int64_t at_ms)
{
    if (at_ms < life->since_ms || at_ms >= life->until_ms)
        life_walk(life, at_ms);
}

/* The longest that the agent was idle in the server's window so far: it falls only when
 * the window restarts. `at_ms` is that of the last life_seek(). */
int64_t life_longest_idle(const struct life *life, int64_t at_ms);

/* What the agent gave as the reason of a rest; 0, too, when it does not rest. */
int64_t life_rest_reason(const struct life *life);

/* The next state. */
void life_next(struct life *life);

#endif
