/* Faults of the simulated contact centre: what goes wrong, for which requests.
 *
 * KIND[=VALUE][:first=N][:count=N][:id=N][:share=P]
 *   status=503      that HTTP status
 *   api=0100002     HTTP 200 with that result code
 *   truncate        the body is announced whole, half of it is sent
 *   html            a page instead of JSON
 *   reset           the connection is closed without an answer
 *   slow=2s         the answer comes so much later
 * It begins with request number `first` (1, counted from when the fault was set) and
 * hits `count` requests (default: all that follow) or the share P of them (0.25); with
 * `id`, only requests that ask for that id are counted and hit. */
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
};

struct fault {
    enum fault_kind kind;
    int64_t number; /* status, or milliseconds */
    char code[16];  /* of FAULT_API */
    int64_t first, count;
    int64_t id; /* 0: whatever is asked for */
    double share;
    int64_t seen; /* requests since it was set */
    double due;   /* what the share has saved up */
};

#define FAULTS_MAX 16

struct faults {
    struct fault items[FAULTS_MAX];
    size_t count;
};

/* False, with a sentence in `problem`, for a mistake in `spec`. */
bool faults_add(struct faults *faults, const char *spec, struct buf *problem);
void faults_clear(struct faults *faults);

/* What happens to the next request, which asks for these ids: the first fault that hits
 * it (NULL for none), and the delay of all slow ones together. Counts the request. */
const struct fault *faults_next(struct faults *faults, const int64_t *ids,
                                size_t id_count, int64_t *delay_ms);

#endif
