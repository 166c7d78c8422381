/* A test message to a destination, through the real path: committed to the outbox,
 * rendered, signed, sent. Waits for what came of its first attempt. */
#ifndef CCGATE_COMMAND_TRIAL_H
#define CCGATE_COMMAND_TRIAL_H

#include "base/loop.h"
#include "deliver/notify.h"
#include "store/outbox.h"

struct trial;

/* The page has one record and at least one attempt; none of either when nothing was
 * tried within 30 s (the destination holds others back), or it cannot be read. */
typedef void trial_on_done(void *arg, const struct outbox_page *page);

/* NULL with `error` when there can be no such message. The callback comes later, never
 * from inside; not after trial_delete(). */
struct trial *trial_start(struct loop *loop, struct store *store, struct notify *notify,
                          const char *destination, const char *text,
                          trial_on_done *on_done, void *arg, struct error *error);
/* Also from its callback; NULL is allowed. The message goes on. */
void trial_delete(struct trial *trial);

/* Adds a sentence that says what came of it, without an end of line; true when it was
 * delivered. */
bool trial_tell(const char *destination, const struct outbox_page *page,
                struct buf *out);

#endif
