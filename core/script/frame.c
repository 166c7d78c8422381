#include "script/frame.h"

#include <string.h>

static size_t
padded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

/* ---- writing ---- */

size_t
frame_begin(struct buf *out, enum frame_type type, uint64_t id, int64_t now_ms)
{
    size_t begin = out->size;
    struct frame_header header = {.type = (uint16_t)type, .id = id, .now_ms = now_ms};
    buf_add(out, &header, sizeof header);
    return begin;
}

void
frame_put_u8(struct buf *out, uint8_t value)
{
    buf_add(out, &value, sizeof value);
}

void
frame_put_u32(struct buf *out, uint32_t value)
{
    buf_add(out, &value, sizeof value);
}

void
frame_put_i64(struct buf *out, int64_t value)
{
    buf_add(out, &value, sizeof value);
}

void
frame_put_f64(struct buf *out, double value)
{
    buf_add(out, &value, sizeof value);
}

void
frame_put_cells(struct buf *out, const int64_t *cells, size_t count)
{
    if (count > 0)
        buf_add(out, cells, count * sizeof *cells);
}

void
frame_put_text(struct buf *out, const char *text, size_t size)
{
    /* A text that no frame can hold is cut to one byte too many, which frame_end()
     * refuses: its length must not wrap around in 32 bits. */
    if (size > FRAME_MAX)
        size = FRAME_MAX + 1;
    frame_put_u32(out, (uint32_t)size);
    if (size > 0)
        buf_add(out, text, size);
    frame_put_u8(out, 0);
}

void
frame_put_string(struct buf *out, const char *text)
{
    frame_put_text(out, text, text ? strlen(text) : 0);
}

bool
frame_end(struct buf *out, size_t begin)
{
    static const char zeroes[8];
    size_t size = out->size - begin - sizeof(struct frame_header);
    if (size > FRAME_MAX) {
        out->size = begin;
        out->data[begin] = '\0';
        return false;
    }
    uint32_t stored = (uint32_t)size;
    memcpy(out->data + begin + offsetof(struct frame_header, size), &stored,
           sizeof stored);
    if (padded(size) > size)
        buf_add(out, zeroes, padded(size) - size);
    return true;
}

/* ---- cutting ---- */

enum frame_result
frame_next(const char *data, size_t size, size_t *used, enum frame_type low,
           enum frame_type high, struct frame *out)
{
    struct frame_header *header = &out->header;
    size_t left = size - *used;
    if (left < sizeof *header)
        return FRAME_MORE;
    memcpy(header, data + *used, sizeof *header);
    if (header->zero != 0 || header->size > FRAME_MAX || header->type < low ||
        header->type > high)
        return FRAME_BAD;
    size_t whole = sizeof *header + padded(header->size);
    if (left < whole)
        return FRAME_MORE;
    out->payload = data + *used + sizeof *header;
    for (size_t i = header->size; i < padded(header->size); i++)
        if (out->payload[i] != '\0')
            return FRAME_BAD;
    *used += whole;
    return FRAME_OK;
}

/* ---- reading ---- */

void
frame_read(struct frame_reader *reader, const struct frame *frame)
{
    reader->at = frame->payload;
    reader->end = frame->payload + frame->header.size;
    reader->bad = false;
}

/* The next `size` bytes, NULL (and nothing is taken ever after) when there are fewer.
 */
static const char *
take(struct frame_reader *reader, size_t size)
{
    const char *at = reader->at;
    if (reader->bad || (size_t)(reader->end - at) < size) {
        reader->bad = true;
        return NULL;
    }
    reader->at += size;
    return at;
}

static void
take_value(struct frame_reader *reader, void *value, size_t size)
{
    const char *at = take(reader, size);
    if (at)
        memcpy(value, at, size);
}

uint8_t
frame_get_u8(struct frame_reader *reader)
{
    uint8_t value = 0;
    take_value(reader, &value, sizeof value);
    return value;
}

uint32_t
frame_get_u32(struct frame_reader *reader)
{
    uint32_t value = 0;
    take_value(reader, &value, sizeof value);
    return value;
}

int64_t
frame_get_i64(struct frame_reader *reader)
{
    int64_t value = 0;
    take_value(reader, &value, sizeof value);
    return value;
}

double
frame_get_f64(struct frame_reader *reader)
{
    double value = 0;
    take_value(reader, &value, sizeof value);
    return value;
}

const char *
frame_get_text(struct frame_reader *reader, size_t *size)
{
    size_t length = frame_get_u32(reader);
    const char *text = take(reader, length + 1);
    if (text && text[length] != '\0')
        reader->bad = true;
    if (reader->bad) {
        *size = 0;
        return "";
    }
    *size = length;
    return text;
}

const char *
frame_get_string(struct frame_reader *reader)
{
    size_t size;
    const char *text = frame_get_text(reader, &size);
    if (memchr(text, '\0', size)) {
        reader->bad = true;
        return "";
    }
    return text;
}

uint32_t
frame_get_count(struct frame_reader *reader, size_t least)
{
    uint32_t count = frame_get_u32(reader);
    if ((size_t)(reader->end - reader->at) / least < count)
        reader->bad = true;
    return reader->bad ? 0 : count;
}

const char *
frame_get_cells(struct frame_reader *reader, size_t count)
{
    if ((size_t)(reader->end - reader->at) / sizeof(int64_t) < count)
        reader->bad = true;
    return take(reader, count * sizeof(int64_t));
}

bool
frame_done(const struct frame_reader *reader)
{
    return !reader->bad && reader->at == reader->end;
}
