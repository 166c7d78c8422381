/* A rule at work, shared by rule.c (samples, ticks), rule_made.c (rows that it makes)
 * and rule_hand.c (functions of the script, transitions) alone. */
#ifndef CCGATE_SCRIPT_RULE_INSIDE_H
#define CCGATE_SCRIPT_RULE_INSIDE_H

#include "script/rule.h"

/* One rule on one sample or tick. */
struct judging {
    struct script *script;
    struct rule *rule;
    struct latch_round round;
    bool spent; /* a limit was met: nothing of the script's runs any more */
};

/* ---- rule_made.c ---- */

/* A sample of a rule that makes its rows. False: it is none yet, because not all of the
 * centre has been answered lately, or because the function has failed. */
bool rule_judge_made(struct judging *judging, const struct message_rows *rows);

/* Judges these rows of a centre, which are all that there are. */
void rule_judge_all(struct judging *judging, const struct block *made);

/* ---- rule_hand.c; `arg` is the judging ---- */

/* What script_protect() left behind: a limit is a strike, once a sample. */
void rule_take_failure(struct judging *judging);

enum truth rule_on_call(void *arg, int function, const struct row *row);
bool rule_on_ask(void *arg, int function, double *number);
bool rule_on_move(void *arg, const struct latch_transition *transition);

/* The rule's calendar says that it does not count now. */
bool rule_is_closed(struct judging *judging);

/* Hands over what moved, with the reason in script->why; `row` NULL: of a source.
 * False: it could not be. */
bool rule_hand_over(struct judging *judging, const struct latch_outcome *outcome,
                    const char *key, const struct row *row);

#endif
