#include "poll/rate.h"

#include <stdlib.h>

#include "base/loop.h"
#include "base/mem.h"

/* A timer wakes at most every millisecond: what falls due within this time may go
 * together, so that rates above 1000/s are reached. */
#define BURST_S 0.02

struct rate {
    double per_s;
    double tokens;
    int64_t at_us;
    struct rate_turn *first; /* who waits, the longest first */
};

struct rate *
rate_new(const struct conf_center *center)
{
    struct rate *rate = mem_zero(sizeof *rate);
    rate->per_s = center->rate;
    rate->tokens = 1;
    rate->at_us = clock_mono_us();
    return rate;
}

void
rate_delete(struct rate *rate)
{
    free(rate);
}

static void
refill(struct rate *rate)
{
    int64_t now = clock_mono_us();
    double most = rate->per_s * BURST_S;
    rate->tokens += (double)(now - rate->at_us) / 1e6 * rate->per_s;
    rate->at_us = now;
    if (rate->tokens > (most > 1 ? most : 1))
        rate->tokens = most > 1 ? most : 1;
}

void
rate_set(struct rate *rate, const struct conf_center *center)
{
    refill(rate);
    rate->per_s = center->rate;
}

void
rate_leave(struct rate *rate, struct rate_turn *turn)
{
    if (!turn->is_waiting)
        return;
    struct rate_turn **at = &rate->first;
    while (*at != turn)
        at = &(*at)->next;
    *at = turn->next;
    *turn = (struct rate_turn){0};
}

/* Joins those who wait; how many stand before it. */
static size_t
stand_in_line(struct rate *rate, struct rate_turn *turn)
{
    size_t before = 0;
    struct rate_turn **at = &rate->first;
    for (; *at && *at != turn; at = &(*at)->next)
        before++;
    *at = turn;
    turn->is_waiting = true;
    return before;
}

bool
rate_take(struct rate *rate, struct rate_turn *turn, int64_t *wait_ms)
{
    refill(rate);
    size_t before = stand_in_line(rate, turn);
    double missing = 1 + (double)before - rate->tokens;
    if (missing <= 0) {
        rate_leave(rate, turn);
        rate->tokens -= 1;
        return true;
    }
    *wait_ms = (int64_t)(missing / rate->per_s * 1000) + 1;
    return false;
}
