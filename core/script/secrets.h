/* [secret NAME] of the configuration, as a script uses it: by a mark, which is text.
 *
 * A mark is "<secret:TOKEN:NAME>"; the token is random and each host's own, so that no
 * text from elsewhere (a row, an answer, another script's message) is taken for one.
 * The host knows marks alone. The core puts the values in as the request leaves, and
 * only into one that goes to the origin that the configuration names. */
#ifndef CCGATE_SCRIPT_SECRETS_H
#define CCGATE_SCRIPT_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/error.h"

#define SECRETS_TOKEN_SIZE 33 /* with its NUL */
#define SECRETS_MOST       16 /* different ones in a request */

void secrets_make_token(char token[SECRETS_TOKEN_SIZE]);

/* How a value is written where its mark stands. */
enum secrets_form { SECRETS_PLAIN, SECRETS_IN_JSON, SECRETS_IN_URL };

/* Those of one request. A zeroed `used_count` is none so far. */
struct secrets {
    const struct conf *conf;
    const char *token;
    const struct conf_secret *used[SECRETS_MOST];
    size_t used_count;
};

/* Adds `text` to `out`, the marks in it replaced. False with `error`: there is no such
 * secret, or there are too many. */
bool secrets_fill(struct secrets *secrets, enum secrets_form form, const char *text,
                  struct buf *out, struct error *error);

/* Whether all that were filled in may be sent to this URL. False with `error`, which
 * names the origin that is allowed, and no value. */
bool secrets_may_go(const struct secrets *secrets, const char *url,
                    struct error *error);

/* Overwrites their values, in each of these forms, in `size` bytes of what came back.
 */
void secrets_blot_out(const struct secrets *secrets, char *text, size_t size);

#endif
