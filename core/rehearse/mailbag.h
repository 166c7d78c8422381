/* What was sent in a rehearsal: each message once, with the requests of its last
 * attempt. */
#ifndef CCGATE_REHEARSE_MAILBAG_H
#define CCGATE_REHEARSE_MAILBAG_H

#include <stdbool.h>
#include <stddef.h>

#include "deliver/deliver.h"
#include "rehearse/rehearsal.h"

struct mailbag;

struct mailbag *mailbag_new(void);
void mailbag_delete(struct mailbag *mailbag);

/* A request leaves; `is_taken`: with an answer of success. */
void mailbag_note(struct mailbag *mailbag, const struct deliver_departure *departure,
                  bool is_taken);

size_t mailbag_count(const struct mailbag *mailbag);
/* Stays where it is. */
const struct rehearsal_sent *mailbag_at(const struct mailbag *mailbag, size_t index);

#endif
