#include "sim/bomb.h"

#include <stddef.h>

/* Deflate (RFC 1951) with its fixed codes, the lowest bit first. */
enum {
    MATCH_MOST = 258, /* bytes that one code repeats */
    TRAILER_SIZE = 8, /* checksum and size */
};

static const struct code {
    unsigned bits;
    int count;
} last_block = {0x3, 3}, /* with the fixed codes */
    zero = {0x0c, 8},    /* the byte 0 */
    match = {0xa3, 13},  /* the last 258 bytes again, from one byte before */
    end = {0x00, 7};

/* Bits that do not fill a byte yet. */
struct bits {
    struct buf *out;
    unsigned pending;
    int count;
};

static void
put(struct bits *bits, const struct code *code)
{
    bits->pending |= code->bits << bits->count;
    for (bits->count += code->count; bits->count >= 8; bits->count -= 8) {
        char byte = (char)(bits->pending & 0xff);
        buf_add(bits->out, &byte, 1);
        bits->pending >>= 8;
    }
}

void
bomb_write(int64_t size, struct buf *out)
{
    static const char header[] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    static const char trailer[TRAILER_SIZE + 1];
    struct bits bits = {.out = out};
    buf_add(out, header, sizeof header);
    put(&bits, &last_block);
    put(&bits, &zero);
    for (int64_t made = 1; made < size; made += MATCH_MOST)
        put(&bits, &match);
    put(&bits, &end);
    /* What is left of the last byte. */
    put(&bits, &(struct code){0, 7});
    buf_add(out, trailer, TRAILER_SIZE);
}
