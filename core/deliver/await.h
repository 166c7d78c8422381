/* Who waits for the end of a message. */
#ifndef CCGATE_DELIVER_AWAIT_H
#define CCGATE_DELIVER_AWAIT_H

#include <stddef.h>

#include "base/error.h"
#include "deliver/deliver.h"
#include "net/http.h"
#include "store/store.h"

/* How it ended. All is borrowed for the call. */
struct await_fate {
    struct error error; /* ERROR_NONE: it was delivered */
    const char *event;  /* the message, JSON */
    long status;        /* of the answer; 0: there was none, as of kind log */
    const struct http_header *headers;
    size_t header_count;
    const char *body; /* the destination's secrets blotted out; "" for none */
};

typedef void await_on_fate(void *arg, const struct await_fate *fate);

/* Copies the id, of which there need not be a message. The callback comes once, from
 * inside the deliverer, of which it may call nothing but await_end(), which is due all
 * the same. */
struct await;
struct await *await_new(struct deliver *deliver, const char *id, await_on_fate *on_fate,
                        void *arg);
void await_end(struct await *await);

/* What a message that ended in this state, other than done, is told of as: what the
 * receiver said, or who gave it up. */
void await_explain(enum outbox_state state, long status, const char *answer,
                   struct error *error);

#endif
