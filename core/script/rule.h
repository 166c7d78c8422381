/* Rules: samples in, transitions handed to the library, alerts out. */
#ifndef CCGATE_SCRIPT_RULE_H
#define CCGATE_SCRIPT_RULE_H

#include <stddef.h>
#include <stdint.h>

#include "script/attendance.h"
#include "script/gather.h"
#include "script/latch.h"
#include "script/message.h"
#include "script/scope.h"
#include "script/script.h"
#include "script/stale.h"

/* In a userdata; its uservalues are the functions, and the table with the conditions in
 * it. */
enum {
    RULE_ON_TRANSITION = 1,
    RULE_OPEN,
    RULE_MAKE,
    RULE_LEVELS,
    RULE_USERVALUES = RULE_LEVELS
};
struct rule {
    struct entry entry;
    struct latch latch;
    struct scope scope; /* of a query that is a list, and of one whose rows are made */
    struct stale stale;
    int64_t stale_after_ms; /* as it was asked for */
    bool has_open;          /* a calendar says when it counts */
    bool is_waiting;        /* the core knows that raises of it wait for room */
    uint64_t called;        /* number of the last sample it was called to */

    /* It judges rows that a function of its makes of the whole answer, not those that
     * come; the latch's query is a derived one. */
    bool makes_rows;         /* or finds them */
    bool is_looking;         /* for rows, by a function that runs as a task */
    struct block found;      /* what it found, until that is judged */
    struct gather gather;    /* what has been answered */
    struct attendance there; /* among the rows that were made last */
};

/* Releases what the rule owns; a second call does nothing. */
void rule_fini(struct rule *rule);

/* Lets every rule that watches one of these rows (of a list: the argument) judge them:
 * one activation for each, in the order in which the script registered them. */
void rule_sample(struct script *script, const struct message_rows *rows);

/* Lets a rule look at its sources: an activation, though none of a sample. One that
 * finds its rows itself begins to do so, unless it is at it. */
void rule_tick(struct script *script, struct rule *rule);

/* Behind each frame: lets the rule whose function has found rows (script->found) judge
 * them, in an activation of its own. */
void rule_judge_found(struct script *script);

/* The clock was put forward by so much: what every rule remembers goes along. */
void rule_shift(struct script *script, int64_t by_ms);

/* Takes over which alerts are raised, and states of keys. Keys that a rule does not
 * watch are left alone; of a list every key is taken over, and judged if the rule
 * watches its centre. */
void rule_restore(struct script *script, const struct message_restore *restore);

/* The list of flat tables at the top of the stack (bind.h: make) goes to `made`; raises
 * what cannot be a row. */
void rule_take_rows(lua_State *L, struct block *made);

#endif
