/* Three strikes within ten minutes, or within another time. Pure. */
#ifndef CCGATE_SCRIPT_STRIKES_H
#define CCGATE_SCRIPT_STRIKES_H

#include <stdbool.h>
#include <stdint.h>

#define STRIKES_OUT       3
#define STRIKES_WITHIN_MS ((int64_t)10 * 60 * 1000)
#define STRIKES_TRIAL_MS  ((int64_t)60 * 60 * 1000) /* then one trial is allowed */

struct strikes {
    int64_t at_ms[STRIKES_OUT]; /* newest first */
    int count;
    int64_t within_ms;    /* what counts together; 0: STRIKES_WITHIN_MS */
    int64_t out_since_ms; /* 0: not out */
};

/* Notes a strike. True: it is out (again). */
bool strikes_add(struct strikes *strikes, int64_t now_ms);

/* True when it has been out for an hour: it is let in once more, and one strike puts it
 * out again. */
bool strikes_try(struct strikes *strikes, int64_t now_ms);

/* How many count now. */
int strikes_count(const struct strikes *strikes, int64_t now_ms);

#endif
