#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void (*last_word)(void *arg);
static void *last_arg;

void
mem_set_last_word(void (*callback)(void *arg), void *arg)
{
    last_word = callback;
    last_arg = arg;
}

/* Allocates nothing itself: there is no memory left to say it with. */
static _Noreturn void
give_up(const char *what, size_t size)
{
    if (last_word)
        last_word(last_arg);
    else
        fprintf(stderr, "%s: no memory for %zu bytes\n", what, size);
    abort();
}

void
mem_give_up(const char *library, const char *what)
{
    fprintf(stderr, "%s: %s failed: no memory, or not built for it\n", library, what);
    abort();
}

void *
mem_zero(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (memory == NULL)
        give_up("mem_zero", size);
    return memory;
}

void *
mem_grow(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        give_up("mem_grow", SIZE_MAX);
    /* realloc() to nothing may free and return NULL, which means failure here. */
    void *memory = realloc(old, bytes ? bytes : 1);
    if (memory == NULL)
        give_up("mem_grow", bytes);
    return memory;
}

char *
mem_text(const char *text)
{
    return text ? mem_copy(text, strlen(text)) : NULL;
}

void *
mem_copy(const void *data, size_t size)
{
    if (size == SIZE_MAX)
        give_up("mem_copy", size);
    char *copy = malloc(size + 1);
    if (copy == NULL)
        give_up("mem_copy", size);
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

char *
mem_format(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int size = vasprintf(&text, format, args);
    va_end(args);
    if (size < 0)
        give_up("mem_format", strlen(format));
    return text;
}
