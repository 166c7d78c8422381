#include "script/window.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define POINTS_A_WINDOW 100
#define COVERED_PERCENT 80

struct window_point {
    int64_t begin_ms, end_ms; /* of its first and its last sample */
    double sum, under, low, high, last;
    double rise_to;   /* from the sample before it to its first */
    double rise_over; /* from its first to its last */
    uint32_t count;
};

static const char *const words[] = {
    [WINDOW_AVERAGE] = "average", [WINDOW_MAXIMUM] = "maximum",
    [WINDOW_MINIMUM] = "minimum", [WINDOW_TOTAL] = "total",
    [WINDOW_RATE] = "rate",       [WINDOW_RATIO] = "ratio",
};

const char *
window_word(enum window_kind kind)
{
    return words[kind];
}

int
window_kind_of(const char *word)
{
    for (size_t kind = 0; kind < sizeof words / sizeof *words; kind++)
        if (!strcmp(words[kind], word))
            return (int)kind;
    return -1;
}

void
window_fini(struct window *window)
{
    free(window->points);
    *window = (struct window){0};
}

/* ---- adding ---- */

static void
forget(struct window *window, int64_t before_ms)
{
    uint32_t old = 0;
    while (old < window->count && window->points[old].begin_ms < before_ms)
        old++;
    if (!old)
        return;
    window->count -= old;
    memmove(window->points, window->points + old,
            window->count * sizeof *window->points);
}

static struct window_point *
add_point(struct window *window, int64_t now_ms, double value, double rise)
{
    if (window->count == window->room) {
        window->room = window->room ? 2 * window->room : 4;
        window->points = mem_grow(window->points, window->room, sizeof *window->points);
    }
    struct window_point *point = &window->points[window->count++];
    *point = (struct window_point){
        .begin_ms = now_ms, .low = value, .high = value, .rise_to = rise};
    return point;
}

void
window_add(struct window *window, int64_t length_ms, int64_t now_ms, double value,
           double under)
{
    struct window_point *last =
        window->count ? &window->points[window->count - 1] : NULL;
    if (last && now_ms < last->end_ms) {
        window->count = 0;
        last = NULL;
    }
    double rise = !last ? 0 : value >= last->last ? value - last->last : value;
    if (last && now_ms - last->begin_ms < length_ms / POINTS_A_WINDOW)
        last->rise_over += rise;
    else
        last = add_point(window, now_ms, value, rise);
    last->end_ms = now_ms;
    last->sum += value;
    last->under += under;
    last->low = value < last->low ? value : last->low;
    last->high = value > last->high ? value : last->high;
    last->last = value;
    last->count++;
    forget(window, now_ms - length_ms);
}

void
window_shift(struct window *window, int64_t by_ms)
{
    for (uint32_t i = 0; i < window->count; i++) {
        window->points[i].begin_ms += by_ms;
        window->points[i].end_ms += by_ms;
    }
}

/* ---- reading ---- */

/* All points as one; its rise is that since its first sample. */
static struct window_point
sum_up(const struct window *window)
{
    struct window_point all = window->points[0];
    for (uint32_t i = 1; i < window->count; i++) {
        const struct window_point *point = &window->points[i];
        all.sum += point->sum;
        all.under += point->under;
        all.count += point->count;
        all.rise_over += point->rise_to + point->rise_over;
        all.low = point->low < all.low ? point->low : all.low;
        all.high = point->high > all.high ? point->high : all.high;
        all.end_ms = point->end_ms;
    }
    return all;
}

static bool
divide(double over, double under, double *value)
{
    *value = under != 0 ? over / under : 0;
    return under != 0;
}

bool
window_value(const struct window *window, enum window_kind kind, int64_t length_ms,
             int64_t reach_ms, int64_t now_ms, double *value)
{
    if (!window->count)
        return false;
    struct window_point all = sum_up(window);
    int64_t span_ms = now_ms - all.begin_ms + reach_ms;
    if (span_ms * 100 < length_ms * COVERED_PERCENT)
        return false;
    switch (kind) {
    case WINDOW_AVERAGE: return divide(all.sum, all.count, value);
    case WINDOW_MAXIMUM: *value = all.high; return true;
    case WINDOW_MINIMUM: *value = all.low; return true;
    case WINDOW_TOTAL: *value = all.sum; return true;
    case WINDOW_RATE:
        return divide(all.rise_over * 1000, (double)(all.end_ms - all.begin_ms), value);
    case WINDOW_RATIO: return divide(all.sum, all.under, value);
    }
    return false;
}
