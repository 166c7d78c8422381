/* Which one is meant: people type the beginning of an id, or a name such as RULE/KEY.
 *
 * Everything there is gets offered, one after the other. An id or a name as it stands
 * is meant before what only begins so. "RULE/" and a star behind it means all whose
 * name begins with "RULE/". */
#ifndef CCGATE_COMMAND_CHOICE_H
#define CCGATE_COMMAND_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct choice_one {
    char *id, *about;
};

struct choice {
    const char *word; /* as it was typed; borrowed */

    /* Read only. */
    struct choice_one *list; /* that fit best, in the order of their offer */
    size_t count;
    int fit; /* private */
};

/* A choice with only its word set is one that nothing was offered yet. */
void choice_fini(struct choice *choice);

/* `name` NULL: it has none but its id. `about` is what tells it from others that begin
 * so. */
void choice_offer(struct choice *choice, const char *id, const char *name,
                  const char *about);

/* There is one, or all that there are were meant. */
bool choice_is_made(const struct choice *choice);

/* Adds "'3f' may be ID (ABOUT), ID (ABOUT) or others; say more of it": of a choice that
 * has several. */
void choice_tell(const struct choice *choice, struct buf *out);

#endif
