#include "model/span.h"

static int64_t
floor_to(int64_t at, int64_t unit)
{
    return at - (at % unit + unit) % unit;
}

static int64_t
last_closed(int64_t now)
{
    return floor_to(now - SPAN_CLOSING, SPAN_QUARTER);
}

const char *
span_last(struct query_span *span, int64_t duration, int64_t now)
{
    if (duration <= 0 || duration % SPAN_QUARTER)
        return "is not a whole number of quarters of an hour";
    if (duration > SPAN_DAY - SPAN_QUARTER)
        return "is more than 23h45m";
    int64_t end = last_closed(now);
    return span_between(span, end - duration, end, now);
}

const char *
span_today(struct query_span *span, int64_t now)
{
    int64_t begin = floor_to(now, SPAN_DAY), end = last_closed(now);
    if (end <= begin)
        return "no quarter of an hour has passed since midnight UTC";
    return span_between(span, begin, end, now);
}

const char *
span_between(struct query_span *span, int64_t begin, int64_t end, int64_t now)
{
    int64_t kept = floor_to(now - SPAN_DAY + SPAN_QUARTER - 1, SPAN_QUARTER);
    if (begin % SPAN_QUARTER || end % SPAN_QUARTER)
        return "is not on a quarter of an hour (UTC)";
    if (end <= begin)
        return "ends before it begins";
    if (end - begin > SPAN_DAY)
        return "is more than 24 hours";
    if (end <= kept)
        return "is older than 24 hours, which is as long as the centre keeps it";
    if (begin >= now)
        return "lies in the future";
    span->begin = begin < kept ? kept : begin;
    span->end = end;
    return NULL;
}
