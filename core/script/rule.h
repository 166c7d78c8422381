/* Rules: samples in, transitions handed to the library, alerts out. */
#ifndef CCGATE_SCRIPT_RULE_H
#define CCGATE_SCRIPT_RULE_H

#include <stddef.h>
#include <stdint.h>

#include "script/latch.h"
#include "script/message.h"
#include "script/script.h"

/* What a rule listens to. */
struct rule_source {
    uint32_t center;
    const struct query *query;
};

/* In a userdata; its uservalues are: 1 when, 2 clear, 3 on_transition. */
enum { RULE_WHEN = 1, RULE_CLEAR, RULE_ON_TRANSITION, RULE_USERVALUES = 3 };
struct rule {
    struct entry entry;
    struct latch latch;
    struct rule_source *sources; /* owned */
    size_t source_count;
};

/* Releases what the rule owns; a second call does nothing. */
void rule_fini(struct rule *rule);

/* Lets every rule that wants them judge these rows: one activation for each. */
void rule_sample(struct script *script, const struct message_rows *rows);

/* Takes over which alerts are raised. Keys that a rule does not watch are left alone.
 */
void rule_restore(struct script *script, const struct message_restore *restore);

#endif
