/* Reading and writing what people write: durations, sizes, numbers, times, guesses. */
#ifndef CCGATE_BASE_TEXT_H
#define CCGATE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "500ms" "15s" "2m" "1h30m" "7d" ("0s" is allowed): units d h m s ms, each at most
 * once, in that order, no blanks, at most 10 years. False, and *ms untouched,
 * otherwise. */
bool text_duration(const char *text, int64_t *ms);

/* The shortest exact form: 135000 → "2m15s", 500 → "500ms", 0 → "0s", 5400000 →
 * "1h30m". `out` has at least 32 bytes. Returns `out`. */
char *text_format_duration(int64_t ms, char *out, size_t size);

/* "256KB" "32MB" "2GB" (1024-based) or plain bytes. */
bool text_size(const char *text, int64_t *bytes);

/* "5/s", "100/min", "10/h" → events per second, greater than zero. */
bool text_rate(const char *text, double *per_second);

/* A whole decimal integer, no blanks, no sign but '-'; false on overflow. */
bool text_integer(const char *text, int64_t *value);

#define TEXT_INTEGER_MAX 20 /* the digits of the longest one, and its sign */
/* Writes the digits of an integer, no NUL, and returns how many: a tenth of what
 * snprintf() costs. */
size_t text_format_integer(int64_t value, char *out);

#define TEXT_NUMBER_MAX 32
/* Writes the shortest decimal form of a finite number that reads back as the same
 * ("0.1", "1e+300"; 5 for 5.0), no NUL, and returns its size. */
size_t text_format_number(double value, char *out);

/* "2026-11-20T18:05:00Z", with ".123" when `millis`. `out` has at least 32 bytes. */
char *text_format_time(int64_t wall_ms, bool millis, char *out, size_t size);

/* "2026-11-20 18:05:00", UTC, → seconds since the epoch. A 'T' for the blank, a 'Z'
 * behind it and no seconds are fine. False for times that there are not. */
bool text_time(const char *text, size_t size, int64_t *seconds);

/* The candidate nearest to `word` by Damerau-Levenshtein distance (case is ignored), if
 * it is near enough to be a guess (distance at most max(2, a third of the longer one));
 * NULL otherwise. `candidates` ends with NULL. Ties go to the earlier one. */
const char *text_nearest(const char *word, const char *const *candidates);

/* Length of the valid UTF-8 sequence at `text` (1–4), 0 when it is not valid. Overlong
 * forms, surrogates and values above U+10FFFF are not valid. */
size_t text_utf8(const unsigned char *text, size_t size);

/* No byte below 0x20, no 0x7f: fit for a header or a URL. */
bool text_is_printable(const char *text);

#endif
