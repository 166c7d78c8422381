/* The latch of a rule: for each row key whether its alert is raised, moved by samples.
 *
 * Pure: rows in, transitions out (lifecycle.md §2, the rows without hold and linger).
 * No Lua, no clock, no memory kept of rows. A rule over a query that is a list does not
 * know its keys before they come: its latch judges every row that it is given, and
 * remembers raised keys alone. */
#ifndef CCGATE_SCRIPT_LATCH_H
#define CCGATE_SCRIPT_LATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "script/condition.h"
#include "script/key.h"
#include "script/message.h"

enum latch_move {
    LATCH_STAY,
    LATCH_RAISE,
    LATCH_CLEAR, /* `clear` became true while `when` is not */
    LATCH_GONE,  /* the row vanished from a successful answer */
};

/* The state table: what a sample does to one key. `when` and `clear` are the
 * conditions' values (when is judged first; a rule without `clear` passes not-`when`,
 * unknown staying unknown); `gone` rows have neither. */
enum latch_move latch_judge(bool raised, bool gone, enum truth when, enum truth clear);

struct latch {
    const struct condition *when;
    const struct condition *clear; /* NULL: not `when` */
    bool is_list, is_text;         /* keys are texts */
    struct latch_slot *slots;      /* open addressing over (center, key) */
    char **texts;                  /* of the slots, where keys are texts; owned */
    size_t slot_room, slot_count;
};

/* The conditions are of one query, and borrowed. */
void latch_init(struct latch *latch, const struct condition *when,
                const struct condition *clear);
void latch_fini(struct latch *latch);

/* The rule watches the row `id` of `center`; samples of other ids are not its business.
 * Not for lists. */
void latch_watch(struct latch *latch, uint32_t center, int64_t id);
bool latch_is_watched(const struct latch *latch, uint32_t center, int64_t id);

/* Restores or corrects: the alert of this key is (not) raised. */
void latch_set(struct latch *latch, uint32_t center, const struct key *key,
               bool raised);
bool latch_is_raised(const struct latch *latch, uint32_t center, const struct key *key);

/* A raised key, of a list. */
struct latch_raised {
    struct key key;
    bool is_seen; /* a row of it was judged, and not only its alert restored */
};
/* Walks the raised keys of a centre, in no order that means anything: the first call
 * with *at 0. False at the end. */
bool latch_next(const struct latch *latch, uint32_t center, size_t *at,
                struct latch_raised *raised);

/* A transition; `decided` is the condition that decided it (NULL for a row that is
 * gone). False: it could not be handed over, the key stays as it was. May not change
 * the latch and, like the caller of conditions, has to return: no Lua error leaves it.
 */
typedef bool latch_on_move(void *arg, enum latch_move move, uint32_t center,
                           const struct key *key, const struct row *row,
                           const struct condition *decided);

/* Judges every row that the rule watches, in the order of the rows. Not for lists. */
void latch_sample(struct latch *latch, const struct message_rows *rows,
                  condition_caller *caller, latch_on_move *on_move, void *arg);

/* Judges a row of a list. */
void latch_row(struct latch *latch, uint32_t center, const struct row *row,
               condition_caller *caller, latch_on_move *on_move, void *arg);

#endif
