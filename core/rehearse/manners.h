/* How those whom a rehearsal asks something answer, as its caller has said: by the name
 * of a destination, or the origin of somebody else's server. */
#ifndef CCGATE_REHEARSE_MANNERS_H
#define CCGATE_REHEARSE_MANNERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "rehearse/rehearsal.h"

struct manners;

struct manners *manners_new(void);
void manners_delete(struct manners *manners);

struct manner {
    long status;          /* 0: no answer comes */
    char *body;           /* NULL: nobody has said */
    struct error failure; /* why none comes */
};

/* From now on; NULL: nothing is said any more. `who` NULL: all of whom nothing else is
 * said. False with `error`: the word is no kind of failure. */
bool manners_set(struct manners *manners, const char *who,
                 const struct rehearsal_reply *reply, struct error *error);
/* To the next so many requests; whatever was said of these before is forgotten. */
bool manners_set_next(struct manners *manners, const char *who,
                      const struct rehearsal_reply *replies, size_t count,
                      struct error *error);

/* How the next request is answered, which counts. NULL: nothing is said of it. Valid
 * until the next call of any of these. */
const struct manner *manners_take(struct manners *manners, const char *who);

#endif
