/* Faults of the simulated contact centre: what goes wrong, for which requests.
 *
 * KIND[=VALUE][:first=N][:count=N][:id=N][:on=WORD][:share=P]
 *   status=503      that HTTP status
 *   api=0100002     HTTP 200 with that result code
 *   truncate        the body is announced whole, half of it is sent
 *   html            a page instead of JSON
 *   reset           the connection is closed without an answer
 *   slow=2s         the answer comes so much later
 *   drip            the body comes byte by byte, one each second
 *   endless         the body never ends
 *   wrong-length    more bytes come than are announced
 *   redirect        302 to an address that nobody should ask
 *   header-drip     the header comes byte by byte, one each second
 *   long=5GB        so many bytes are announced, and come
 *   gzip=4GB        packed without being asked; unpacks to so many bytes
 *   skew=20m        the clock is so much ahead (-20m: behind): the header Date says so,
 *                   and signatures more than 15 minutes off are refused with 401
 * and in a body that is right otherwise
 *   huge=8MB        so many blanks
 *   deep            a value of 10000 levels
 *   duplicate-keys  the codes of a failure before those of success
 *   nan             NaN for every number
 *   strings         every number is a string
 *   numbers         every string that looks like a number is one
 *   null-list       null for the rows
 *   result-string   a word for the rows
 *   gbk             another character set
 *   bad-utf8        bytes that are no UTF-8 in every word
 *   overflow        1e400 for every number
 *   hex             0x1f for every number
 *   sentinels       the values that stand for none, wherever there is one
 *   unknown-codes   codes that nobody documented for states and types
 * and, at the agent gateway, before the request is answered
 *   expired-guid    the agent's GUID is good no more
 *   stolen-session  somebody else signs in with the agent's number, and stays
 *   signed-out      the system signs the agent out; its next event says so
 * It begins with request number `first` (1, counted from when the fault was set) and
 * hits `count` requests (default: all that follow) or the share P of them (0.25); with
 * `id`, only requests of monitoring that ask for that id are counted and hit, with `on`
 * only those whose path contains that word. With `retry-after` the answer has that
 * header. `at` and `lasts` are times of the simulation: it hits only from then on, and
 * only so long. */
#ifndef CCGATE_SIM_FAULT_H
#define CCGATE_SIM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum fault_kind {
    FAULT_NONE,
    FAULT_STATUS,
    FAULT_API,
    FAULT_TRUNCATE,
    FAULT_HTML,
    FAULT_RESET,
    FAULT_SLOW,
    FAULT_DRIP,
    FAULT_ENDLESS,
    FAULT_WRONG_LENGTH,
    FAULT_REDIRECT,
    FAULT_HUGE,
    FAULT_DEEP,
    FAULT_DUPLICATE_KEYS,
    FAULT_NAN,
    FAULT_STRINGS, /* numbers become strings */
    FAULT_NUMBERS, /* strings become numbers */
    FAULT_NULL_LIST,
    FAULT_RESULT_STRING,
    FAULT_GBK,
    FAULT_HEADER_DRIP,
    FAULT_LONG,
    FAULT_GZIP,
    FAULT_SKEW,
    FAULT_BAD_UTF8,
    FAULT_OVERFLOW,
    FAULT_HEX,
    FAULT_SENTINELS,
    FAULT_UNKNOWN_CODES,
    FAULT_EXPIRED_GUID,
    FAULT_STOLEN_SESSION,
    FAULT_SIGNED_OUT,
    FAULT_KINDS,
};

struct fault {
    enum fault_kind kind;
    int64_t number; /* status, milliseconds, or bytes */
    char on[32];    /* a part of the path; "" for any */
    char code[16];  /* of FAULT_API */
    int64_t first, count;
    int64_t id; /* 0: whatever is asked for */
    double share;
    int64_t at_ms, lasts_ms;
    char retry_after[32]; /* "" for none */
    int64_t seen;         /* requests since it was set */
    double due;           /* what the share has saved up */
};

#define FAULTS_MAX 16

struct faults {
    struct fault items[FAULTS_MAX];
    size_t count;
};

/* False, with a sentence in `problem`, for a mistake in `spec`. */
bool faults_add(struct faults *faults, const char *spec, struct buf *problem);
void faults_clear(struct faults *faults);

/* What a request asks. */
struct fault_target {
    const char *path;
    const int64_t *ids;
    size_t id_count;
    int64_t at_ms; /* of the simulation */
};

/* What happens to the next request: the first fault that hits it (NULL for none), and
 * the delay of all slow ones together. Counts the request. */
const struct fault *faults_next(struct faults *faults,
                                const struct fault_target *target, int64_t *delay_ms);

#endif
