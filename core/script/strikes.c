#include "script/strikes.h"

#include <string.h>

int
strikes_count(const struct strikes *strikes, int64_t now_ms)
{
    int64_t within_ms = strikes->within_ms ? strikes->within_ms : STRIKES_WITHIN_MS;
    int count = 0;
    while (count < strikes->count && now_ms - strikes->at_ms[count] < within_ms)
        count++;
    return count;
}

bool
strikes_add(struct strikes *strikes, int64_t now_ms)
{
    memmove(strikes->at_ms + 1, strikes->at_ms,
            sizeof strikes->at_ms - sizeof *strikes->at_ms);
    strikes->at_ms[0] = now_ms;
    if (strikes->count < STRIKES_OUT)
        strikes->count++;
    if (strikes_count(strikes, now_ms) < STRIKES_OUT)
        return false;
    strikes->out_since_ms = now_ms;
    return true;
}

bool
strikes_try(struct strikes *strikes, int64_t now_ms)
{
    if (!strikes->out_since_ms || now_ms - strikes->out_since_ms < STRIKES_TRIAL_MS)
        return false;
    *strikes =
        (struct strikes){.count = STRIKES_OUT - 1, .within_ms = strikes->within_ms};
    for (int i = 0; i < STRIKES_OUT - 1; i++)
        strikes->at_ms[i] = now_ms;
    return true;
}
