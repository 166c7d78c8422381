#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
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
    char digits[20]; /* the longest one and its sign */
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        digits[--at] = '-';
    buf_add(buf, digits + at, sizeof digits - at);
}

/* What stands for a byte in a JSON string: its short escape, or NULL. */
static const char *const escapes[128] = {
    ['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f",
    ['\n'] = "\\n", ['\r'] = "\\r",  ['\t'] = "\\t",
};

void
buf_add_json(struct buf *buf, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + size;
    const unsigned char *run = at; /* start of what is copied as it is */

    buf_add(buf, "\"", 1);
    while (at < end) {
        size_t length = text_utf8(at, (size_t)(end - at));
        if (length > 1 || (length == 1 && *at >= 0x20 && escapes[*at] == NULL)) {
            at += length;
            continue;
        }
        buf_add(buf, run, (size_t)(at - run));
        if (length == 0)
            buf_add_text(buf, "\xef\xbf\xbd");
        else if (escapes[*at])
            buf_add_text(buf, escapes[*at]);
        else
            buf_format(buf, "\\u%04x", *at);
        run = ++at;
    }
    buf_add(buf, run, (size_t)(at - run));
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
