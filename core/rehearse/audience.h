/* Those who are sent something in a rehearsal: how they answer, and what they got. */
#ifndef CCGATE_REHEARSE_AUDIENCE_H
#define CCGATE_REHEARSE_AUDIENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/conf.h"
#include "base/error.h"
#include "deliver/deliver.h"
#include "rehearse/rehearsal.h"

struct audience;

/* `conf` is borrowed. Where it is open (conf.h) there is every destination. */
struct audience *audience_new(const struct conf *conf);
void audience_delete(struct audience *audience); /* NULL is allowed */

/* Takes what leaves, as long as it lives. */
const struct deliver_player *audience_player(const struct audience *audience);

/* As rehearsal.h says of rehearsal_answer(), _answer_next() and _sent(). */
bool audience_answer(struct audience *audience, const char *who,
                     const struct rehearsal_reply *reply, struct error *error);
bool audience_answer_next(struct audience *audience, const char *who,
                          const struct rehearsal_reply *replies, size_t count,
                          struct error *error);
size_t audience_count(const struct audience *audience);
const struct rehearsal_sent *audience_sent(const struct audience *audience,
                                           size_t index);

#endif
