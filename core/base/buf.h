/* A growing byte buffer. Always followed by a NUL that is not counted. */
#ifndef CCGATE_BASE_BUF_H
#define CCGATE_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data; /* NULL until the first byte is added */
    size_t size;
    size_t room; /* bytes allocated */
};

/* A zeroed struct buf is an empty buffer, too. */
void buf_init(struct buf *buf);
void buf_fini(struct buf *buf);

/* Forgets the content, keeps the room. */
void buf_clear(struct buf *buf);

/* Makes room for `more` bytes after the content and returns where they go; the caller
 * writes at most that many and adds what it wrote to `size`. */
char *buf_reserve(struct buf *buf, size_t more);

void buf_add(struct buf *buf, const void *data, size_t size);
void buf_add_text(struct buf *buf, const char *text);
void buf_format(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds the digits of an integer; a tenth of what buf_format() costs. */
void buf_add_integer(struct buf *buf, int64_t number);

/* Adds `text` as a JSON string with its quotes, as quote.h writes it. */
void buf_add_json(struct buf *buf, const char *text, size_t size);

/* Removes `size` bytes (at most all) from the front. */
void buf_consume(struct buf *buf, size_t size);

/* The content as an allocated string, "" when empty; the buffer is empty afterwards. */
char *buf_take(struct buf *buf);

#endif
