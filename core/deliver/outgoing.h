/* What is added to a request as it leaves, anew for each attempt: the headers of the
 * configuration, the signature, the secrets of the body. And what of it must not come
 * back in an answer. */
#ifndef CCGATE_DELIVER_OUTGOING_H
#define CCGATE_DELIVER_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"
#include "deliver/connector.h"
#include "net/http.h"

struct outgoing {
    struct http_header *headers; /* owned; names and values are borrowed */
    size_t header_count;
    const char *body; /* what leaves, secrets filled in; NULL for none */

    /* Private: values that the above point to. */
    struct buf filled;
    char timestamp[24];
    struct buf signature;
    struct buf authorization;
};

/* Makes the body and the headers of message `id` with this body for an attempt at
 * `now_s`: each name once, the gateway's webhook-… first, the user's name
 * and password, then the configuration's, then the kind's. False when the destination's
 * secret cannot sign, or one that the body needs is not there: then nothing may be
 * sent. `body` is borrowed. */
bool outgoing_init(struct outgoing *outgoing, const struct conf_destination *conf,
                   const struct connector_request *request, const char *id,
                   const char *body, int64_t now_s);
void outgoing_fini(struct outgoing *outgoing);

/* Where it goes, to free; NULL when neither the configuration nor the kind says it. */
char *outgoing_url(const struct conf_destination *conf,
                   const struct connector_request *request);

/* What came back, the destination's secrets blotted out; free it. Nothing when `conf`
 * is NULL: then nobody knows any more what was secret. */
char *outgoing_blot(const struct conf_destination *conf, const char *text);
/* Overwrites one secret wherever it stands in `size` bytes, unless it is so short that
 * it would hide nothing. */
void outgoing_blot_out(char *text, size_t size, const char *secret);
/* The first KB of that for the store; free it. Nothing when `conf` is NULL: then nobody
 * knows any more what was secret. */
char *outgoing_keep_answer(const struct conf_destination *conf, const char *answer);

#endif
