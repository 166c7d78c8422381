/* What destinations remember of alerts, in memory as it is on disk or on its way there:
 * the number of a ticket, the id of a message. The text is the kind's own (JSON); here
 * it is only kept, for (destination, fingerprint), with the id of the alert that it is
 * about: of the next alert of the same key nothing is known yet. */
#ifndef CCGATE_DELIVER_MEMOS_H
#define CCGATE_DELIVER_MEMOS_H

#include <stdbool.h>

#include "base/buf.h"
#include "deliver/table.h"
#include "store/store.h"

#define MEMO_MOST 4096 /* bytes of a text */

/* A zeroed struct memos is empty. */
struct memos {
    struct table by_fingerprint; /* → the first struct memo of its list, owned */
};

/* Reads them from the store. */
void memos_load(struct memos *memos, struct store *store);
void memos_fini(struct memos *memos);

/* Borrowed until the next memos_put() or memos_forget(); NULL when there is none. */
const struct memo_record *memos_find(const struct memos *memos, const char *destination,
                                     const char *fingerprint);

/* In place of what the destination remembered (copies it). */
void memos_put(struct memos *memos, const struct memo_record *record);

/* The store has swept what the destination remembered of this alert. */
void memos_forget(struct memos *memos, const char *destination, const char *fingerprint,
                  const char *alert);

/* Adds what is remembered of this alert, by destination: {"jira":{"id":"OPS-7"}}; {}
 * when nothing is. */
void memos_write(const struct memos *memos, const char *fingerprint, const char *alert,
                 struct buf *out);

#endif
