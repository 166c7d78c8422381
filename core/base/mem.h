/* Memory that is either there or the process ends.
 *
 * The gateway survives a crash by design (everything promised is in the store), so
 * running out of memory has one answer: say where, abort, be started again. */
#ifndef CCGATE_BASE_MEM_H
#define CCGATE_BASE_MEM_H

#include <stddef.h>

/* Ends the process, because a library could not do what depends on memory alone, or on
 * how it was built. */
_Noreturn void mem_give_up(const char *library, const char *what);

/* Zeroed memory of `size` bytes; never NULL. Release with free(). */
void *mem_zero(size_t size);

/* realloc() to `count` elements of `size` bytes, overflow-checked; never NULL. */
void *mem_grow(void *old, size_t count, size_t size);

/* A copy of `text`, or NULL when `text` is NULL. */
char *mem_text(const char *text);

/* A copy of `size` bytes followed by a NUL. */
void *mem_copy(const void *data, size_t size);

/* A formatted string. */
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Called before the abort in the place of the line on standard error, for a program
 * that has another way to be heard. It allocates nothing. */
void mem_set_last_word(void (*last_word)(void *arg), void *arg);

#endif
