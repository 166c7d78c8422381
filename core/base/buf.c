#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/quote.h"
#include "base/text.h"

#define ROOM_MIN 64

void
buf_init(struct buf *buf)
{
    *buf = (struct buf){0};
}

void
buf_fini(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

void
buf_clear(struct buf *buf)
{
    buf->size = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

/* Room for `more` bytes and the NUL; doubles, so that adding stays linear. */
static void
grow(struct buf *buf, size_t more)
{
    size_t needed;
    if (__builtin_add_overflow(buf->size, more, &needed) || needed == SIZE_MAX)
        needed = SIZE_MAX - 1; /* mem_grow() ends the process */
    needed++;
    if (needed <= buf->room)
        return;
    size_t room = buf->room ? buf->room : ROOM_MIN;
    while (room < needed)
        room = room > SIZE_MAX / 2 ? needed : room * 2;
    buf->data = mem_grow(buf->data, room, 1);
    buf->room = room;
}

char *
buf_reserve(struct buf *buf, size_t more)
{
    grow(buf, more);
    /* Whatever part of it the caller fills, a NUL follows. */
    memset(buf->data + buf->size, 0, more + 1);
    return buf->data + buf->size;
}

void
buf_add(struct buf *buf, const void *data, size_t size)
{
    if (size == 0)
        return;
    grow(buf, size);
    memcpy(buf->data + buf->size, data, size);
    buf->size += size;
    buf->data[buf->size] = '\0';
}

void
buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void
buf_format(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t room = buf->room - buf->size;
    int size = vsnprintf(room ? buf->data + buf->size : NULL, room, format, args);
    if (size > 0 && (size_t)size >= room) {
        grow(buf, (size_t)size);
        size = vsnprintf(buf->data + buf->size, (size_t)size + 1, format, again);
    }
    if (size > 0)
        buf->size += (size_t)size;
    va_end(again);
    va_end(args);
}

void
buf_add_integer(struct buf *buf, int64_t number)
{
    char *digits = buf_reserve(buf, TEXT_INTEGER_MAX);
    buf->size += text_format_integer(number, digits);
}

void
buf_add_json(struct buf *buf, const char *text, size_t size)
{
    char escape[QUOTE_MAX];
    buf_add(buf, "\"", 1);
    for (size_t at = 0; at < size; at++) {
        size_t run = quote_run(text + at, size - at);
        buf_add(buf, text + at, run);
        at += run;
        if (at < size)
            buf_add(buf, escape, quote_byte(text[at], escape));
    }
    buf_add(buf, "\"", 1);
}

void
buf_consume(struct buf *buf, size_t size)
{
    if (size >= buf->size) {
        buf_clear(buf);
        return;
    }
    buf->size -= size;
    memmove(buf->data, buf->data + size, buf->size + 1);
}

char *
buf_take(struct buf *buf)
{
    char *data = buf->data ? buf->data : mem_text("");
    *buf = (struct buf){0};
    return data;
}
