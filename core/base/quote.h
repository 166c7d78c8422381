/* The inside of JSON strings, piece by piece, for writers with rooms of their own:
 *
 *     size_t run = quote_run(at, left);    … copy these bytes …
 *     if (run < left)                      … and then what stands for the next one:
 *         size = quote_byte(at[run], out);
 */
#ifndef CCGATE_BASE_QUOTE_H
#define CCGATE_BASE_QUOTE_H

#include <stddef.h>

#define QUOTE_MAX 6 /* bytes that may stand for one */

/* How many bytes at `text` stand for themselves: printable, and valid UTF-8. '/' does.
 */
size_t quote_run(const char *text, size_t size);

/* Writes what stands for the byte where such a run ends, QUOTE_MAX bytes at most and no
 * NUL, and returns how many: an escape, or U+FFFD for one that is not UTF-8. */
size_t quote_byte(char byte, char *out);

#endif
