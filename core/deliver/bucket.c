#include "deliver/bucket.h"

/* A token that is there but for the last bit of a double is there. */
#define ALMOST 1e-6

static double
most_of(const struct bucket *bucket)
{
    return bucket->rate > 1 ? bucket->rate : 1;
}

static void
refill(struct bucket *bucket, int64_t now_ms)
{
    double passed_ms = now_ms > bucket->at_ms ? (double)(now_ms - bucket->at_ms) : 0;
    bucket->tokens += passed_ms / 1000 * bucket->rate;
    if (bucket->tokens > most_of(bucket))
        bucket->tokens = most_of(bucket);
    bucket->at_ms = now_ms;
}

void
bucket_init(struct bucket *bucket, double rate, int64_t now_ms)
{
    *bucket = (struct bucket){.rate = rate, .at_ms = now_ms};
    bucket->tokens = most_of(bucket);
}

void
bucket_set(struct bucket *bucket, double rate, int64_t now_ms)
{
    if (bucket->rate <= 0) {
        bucket_init(bucket, rate, now_ms);
        return;
    }
    refill(bucket, now_ms);
    bucket->rate = rate;
    refill(bucket, now_ms);
}

int64_t
bucket_wait(struct bucket *bucket, int64_t now_ms)
{
    if (bucket->rate <= 0)
        return 0;
    refill(bucket, now_ms);
    double missing = 1 - ALMOST - bucket->tokens;
    return missing > 0 ? (int64_t)(missing / bucket->rate * 1000) + 1 : 0;
}

void
bucket_take(struct bucket *bucket, int64_t now_ms)
{
    if (bucket->rate <= 0)
        return;
    refill(bucket, now_ms);
    bucket->tokens -= 1;
}
