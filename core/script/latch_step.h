/* The state table of a rule (lifecycle.md §2): what one sample does to one key.
 *
 * Pure: states and truths in, states and moves out. A rule has levels, from the least
 * to the worst; each is a latch of its own, which goes from clear over pending to
 * raised and back over lingering. A level counts as true when it or a worse one is, so
 * that a jump to the worst is a raise of all. The level of the alert is the worst that
 * is raised or lingers. */
#ifndef CCGATE_SCRIPT_LATCH_STEP_H
#define CCGATE_SCRIPT_LATCH_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "script/condition.h"

#define LATCH_LEVELS_MAX 8

enum latch_phase { PHASE_CLEAR, PHASE_PENDING, PHASE_RAISED, PHASE_LINGERING };

/* What a row does that vanished from a successful answer. */
enum latch_gone {
    GONE_CLEAR, /* it is clear, and `when` is not true */
    GONE_HOLD,  /* nothing: it counts as unknown */
    GONE_RAISE, /* the first level is true, the others are unknown */
};

struct latch_terms {
    uint32_t level_count;             /* 1 to LATCH_LEVELS_MAX */
    bool has_clear[LATCH_LEVELS_MAX]; /* else a level is clear when it is false */
    int64_t hold_ms, linger_ms, cooldown_ms;
    int64_t stale_after_ms; /* samples that are further apart start a hold anew */
    enum latch_gone gone;
};

/* Zeroed: a key that is calm. */
struct latch_state {
    int64_t sample_ms;         /* of the last usable sample; 0 while it is calm */
    int64_t cooldown_until_ms; /* 0: none runs */
    struct latch_level {
        enum latch_phase phase;
        int64_t since_ms; /* of pending and lingering: when that began */
    } levels[LATCH_LEVELS_MAX];
};

/* Why an alert was cleared. */
enum latch_reason { LATCH_NO_REASON, LATCH_RECOVERED, LATCH_GONE, LATCH_HOURS };

/* One sample of the key. */
struct latch_input {
    int64_t now_ms;
    bool is_gone; /* the truths mean nothing then */
    /* Not LATCH_NO_REASON: the calendar is closed, or nothing usable came for too long.
     * What is raised is cleared at once for this reason, what is pending is forgotten.
     */
    enum latch_reason end;
    /* As many alerts are open as may be: what would be raised stays pending. */
    bool is_full;
    enum truth when[LATCH_LEVELS_MAX];
    enum truth clear[LATCH_LEVELS_MAX]; /* of levels that have one */
};

enum latch_move { LATCH_STAY, LATCH_RAISE, LATCH_LEVEL, LATCH_CLEAR };

struct latch_outcome {
    enum latch_move move;
    enum latch_reason reason; /* of LATCH_CLEAR */
    uint32_t level;           /* from 1; of LATCH_CLEAR: the one that it had */
    uint32_t was;             /* from 1; 0: it was not raised */
    int64_t pending_ms; /* how long the level had been true; -1: it is not what came */
    bool is_usable;     /* the sample said something of the key */
    bool is_waiting;    /* it would be raised, and is_full keeps it from that */
};

/* Takes the sample into `state`. One that is before the last says that the clock was
 * put back: all times of the state are moved back by as much. */
struct latch_outcome latch_step(const struct latch_terms *terms,
                                const struct latch_input *input,
                                struct latch_state *state);

/* The level of the alert, from 1; 0: it is not raised. */
uint32_t latch_state_level(const struct latch_state *state);
/* Nothing is remembered of the key. */
bool latch_state_is_calm(const struct latch_state *state);
/* Some level waits for the end of its hold. */
bool latch_state_is_pending(const struct latch_state *state);
/* The clock was put forward by so much: all its times go along. */
void latch_state_shift(struct latch_state *state, int64_t by_ms);
/* The same but for the time of the last sample. */
bool latch_state_is_same(const struct latch_state *a, const struct latch_state *b);

/* As text, for the store: "1763661900000 0 raised@1763661870000 pending@1763661890000",
 * the last sample, the end of the cooldown, the levels up to the last that is not
 * clear. At most LATCH_TEXT_MAX bytes. */
#define LATCH_TEXT_MAX 255
void latch_state_write(const struct latch_state *state, struct buf *out);
/* False: it is no such text; `state` is calm then. */
bool latch_state_read(const char *text, struct latch_state *state);
/* Writes what `text` is after latch_state_shift(). False, and nothing: it is no such
 * text. */
bool latch_text_shift(const char *text, int64_t by_ms, struct buf *out);

#endif
