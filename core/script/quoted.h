/* Texts between quotes in the source of a script: what it may name, told without
 * running it. */
#ifndef CCGATE_SCRIPT_QUOTED_H
#define CCGATE_SCRIPT_QUOTED_H

#include <stdbool.h>
#include <stddef.h>

struct quoted {
    const char *text; /* inside the source, not terminated */
    size_t size;      /* at least 1 */
};

/* The next text of at most `most` bytes, all of them letters, digits or in `others`, at
 * *at or behind it; moves *at there. False: no more. Escapes are not read: a text that
 * has one is none of these. Comments and long brackets are not told from code. */
bool quoted_next(const char *source, size_t size, size_t *at, const char *others,
                 size_t most, struct quoted *out);

/* How many of these bytes are letters, digits or in `others`, up to the first other. */
size_t quoted_span(const char *text, size_t size, const char *others);

#endif
