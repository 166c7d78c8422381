/* A window: the samples of one field of one key in the last so and so long.
 *
 * Kept as points that come at least a hundredth of the window apart; samples that come
 * faster share one. So the memory of a window is bounded, and what leaves it leaves to
 * within a hundredth of its length. */
#ifndef CCGATE_SCRIPT_WINDOW_H
#define CCGATE_SCRIPT_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum window_kind {
    WINDOW_AVERAGE, /* of the samples */
    WINDOW_MAXIMUM,
    WINDOW_MINIMUM,
    WINDOW_TOTAL, /* the sum of the samples */
    WINDOW_RATE,  /* growth per second; a fall is a restart from zero */
    WINDOW_RATIO, /* sum of one field over that of another; unknown when that is 0 */
};

/* The word in Lua: "average", "ratio". */
const char *window_word(enum window_kind kind);
/* -1 for an unknown word. */
int window_kind_of(const char *word);

/* A zeroed struct is an empty window. */
struct window {
    struct window_point *points; /* owned; by time */
    uint32_t count, room;
};

void window_fini(struct window *window);

/* Adds a sample (`under`: of the other field of a ratio, else 0) and forgets what is
 * older than `length_ms`. Where time went back, all is forgotten. */
void window_add(struct window *window, int64_t length_ms, int64_t now_ms, double value,
                double under);

/* The clock was put forward by so much: the samples are as old as before. */
void window_shift(struct window *window, int64_t by_ms);

/* False, and unknown: the samples span less than 80 % of the window. Each of them
 * stands for `reach_ms` before it, too: of one that was taken at the end of a server's
 * window that window's length, else 0. */
bool window_value(const struct window *window, enum window_kind kind, int64_t length_ms,
                  int64_t reach_ms, int64_t now_ms, double *value);

#endif
