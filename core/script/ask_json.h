/* What tasks ask and what they are answered (resident_ask.h), as JSON. */
#ifndef CCGATE_SCRIPT_ASK_JSON_H
#define CCGATE_SCRIPT_ASK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/http.h"
#include "script/message.h"

/* ---- members of a question, which is an object; "a.b" is b of the object a ---- */

/* The text is added to `out`. False when there is no such member, or it is no text. */
bool ask_text(const struct message_ask *ask, const char *name, struct buf *out);
/* False when there is no such member, or it is no integer from `low` to `high`. */
bool ask_integer(const struct message_ask *ask, const char *name, int64_t low,
                 int64_t high, int64_t *out);
/* Of an object of texts: each name and value, up to its first NUL and with one behind
 * it, is added to `out`; what is no such object adds nothing. Returns how many. */
size_t ask_pairs(const struct message_ask *ask, const char *name, struct buf *out);

/* ---- an answer of somebody else's server ---- */

/* {"status":200,"headers":{…},"body":"…"}; without "status" when it is 0. Names of
 * headers come in small letters; of one that came several times the values, with commas
 * between them. */
void ask_add_answer(struct buf *out, long status, const struct http_header *headers,
                    size_t header_count, const char *body, size_t body_size);

#endif
