/* A token bucket: so many messages a second, and a second's worth of them at once.
 * Pure.
 */
#ifndef CCGATE_DELIVER_BUCKET_H
#define CCGATE_DELIVER_BUCKET_H

#include <stdint.h>

struct bucket {
    double rate;   /* tokens a second; 0: there is no limit */
    double tokens; /* at `at_ms` */
    int64_t at_ms; /* monotonic */
};

/* Full. */
void bucket_init(struct bucket *bucket, double rate, int64_t now_ms);

/* Another rate from now on. What has been taken stays taken: a reload fills no bucket.
 */
void bucket_set(struct bucket *bucket, double rate, int64_t now_ms);

/* Milliseconds until a token is there; 0: now. */
int64_t bucket_wait(struct bucket *bucket, int64_t now_ms);

/* Takes a token; after a bucket_wait() of 0 at the same time, or for what cannot wait:
 * then who comes next waits longer. */
void bucket_take(struct bucket *bucket, int64_t now_ms);

#endif
