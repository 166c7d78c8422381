/* The latch of a rule: for each row key its state (latch_step.h) and what the rule
 * remembers of it (memory.h), moved by samples.
 *
 * Rows in, transitions out. No Lua, no clock, no memory kept of rows. A rule over a
 * query that is a list does not know its keys before they come: its latch judges every
 * row that it is given, and keeps the keys of which there is something to know. */
#ifndef CCGATE_SCRIPT_LATCH_H
#define CCGATE_SCRIPT_LATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "script/condition.h"
#include "script/finder.h"
#include "script/key.h"
#include "script/latch_step.h"
#include "script/memory.h"
#include "script/message.h"

struct latch {
    struct latch_terms terms;
    const struct query *query;
    struct memory_plan plan;  /* and the conditions */
    bool is_list, is_text;    /* keys are texts */
    bool keeps_all;           /* of a list: every key that was seen, and is not gone */
    struct latch_slot *slots; /* in the order in which their keys came */
    char **texts;             /* of the slots, where keys are texts; owned */
    char *memories;           /* of the slots, where the plan needs any */
    size_t memory_size;       /* of one */
    size_t slot_count, slot_room;
    struct finder finder; /* of slots by (center, key) */
    size_t near;          /* the slot behind the one that a sample found last */
    size_t waiting; /* keys that would be raised if there were room for their alerts */
};

/* Of one level; `clear` NULL: it is clear when `when` is false. */
struct latch_conditions {
    const struct condition *when, *clear;
};

/* `levels` has terms->level_count of them, all of one query, and borrowed; has_clear of
 * the terms is set from them. */
void latch_init(struct latch *latch, const struct latch_terms *terms,
                const struct latch_conditions *levels);
void latch_fini(struct latch *latch);

/* The rule watches the row `id` of `center`; samples of other ids are not its business.
 * Not for lists. */
void latch_watch(struct latch *latch, uint32_t center, int64_t id);
bool latch_is_watched(const struct latch *latch, uint32_t center, int64_t id);

/* Restores: the alert of this key is raised, at its first level if nothing else is
 * known. */
void latch_restore_raised(struct latch *latch, uint32_t center, const struct key *key);
/* Restores what latch_on_state() was given. Whether the alert is raised was restored
 * before, and is not changed by it. */
void latch_restore_state(struct latch *latch, uint32_t center, const struct key *key,
                         const char *text);
/* The clock was put forward by so much: all that is remembered goes along. */
void latch_shift(struct latch *latch, int64_t by_ms);
/* Never NULL. */
const struct latch_state *latch_state(const struct latch *latch, uint32_t center,
                                      const struct key *key);
bool latch_is_raised(const struct latch *latch, uint32_t center, const struct key *key);

/* A key of a list that something is kept of. */
struct latch_kept {
    struct key key;
    bool is_seen; /* a row of it was judged, and not only its state restored */
};
/* Walks these keys of a centre, in no order that means anything: the first call with
 * *at 0. False at the end. */
bool latch_next(const struct latch *latch, uint32_t center, size_t *at,
                struct latch_kept *kept);

/* A transition, valid during the call. */
struct latch_transition {
    struct latch_outcome outcome;
    uint32_t center;
    const struct key *key;
    const struct row *row;
    const struct condition *decided;   /* NULL: none did, the row is gone or all ends */
    const struct condition_view *view; /* as it was shown the row */
};

/* False: it could not be handed over, the key stays as it was. May not change the latch
 * and, like the caller of conditions, has to return: no Lua error leaves it. */
typedef bool latch_on_move(void *arg, const struct latch_transition *transition);
/* What is to be restored after a restart is this from now on; "": nothing. */
typedef void latch_on_state(void *arg, uint32_t center, const struct key *key,
                            const char *text);

/* A sample that is judged: what its rows have in common. */
struct latch_round {
    uint32_t center;
    enum latch_reason end;      /* as in struct latch_input */
    struct condition_view view; /* functions and times */
    latch_on_move *on_move;
    latch_on_state *on_state;
    void *arg;
    uint32_t judged, usable; /* counted: rows, and those that said something */
    /* Alerts that are open, those of other rules included, counted on; from `open_most`
     * on nothing is raised, and what would be waits. 0: there is no such limit. */
    int64_t open, open_most;
};

/* Judges every row that the rule watches, in the order of the rows. Not for lists. */
void latch_sample(struct latch *latch, struct latch_round *round,
                  const struct message_rows *rows);

/* Judges a row of a list. */
void latch_row(struct latch *latch, struct latch_round *round, const struct row *row);

/* Judges, with round->end set, the keys of the centre that are not calm and had no
 * usable sample after `before_ms`; each gets a row that is gone. */
void latch_end_stale(struct latch *latch, struct latch_round *round, int64_t before_ms);

#endif
