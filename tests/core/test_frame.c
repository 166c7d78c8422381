#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "script/frame.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static enum frame_result
next(const struct buf *buf, size_t *used, struct frame *frame)
{
    return frame_next(buf->data, buf->size, used, FRAME_LOAD, FRAME_TICK, frame);
}

/* One of each item, and an odd number of bytes. */
static void
put_one(struct buf *out)
{
    static const int64_t cells[] = {1, -2};
    size_t begin = frame_begin(out, FRAME_RUN, 77, 1763661900123);
    frame_put_u8(out, 200);
    frame_put_u32(out, 4000000000u);
    frame_put_i64(out, INT64_MIN);
    frame_put_f64(out, 0.25);
    frame_put_text(out, "a\0b", 3);
    frame_put_string(out, "Gr\xc3\xbc\xc3\x9f");
    frame_put_string(out, NULL);
    frame_put_u32(out, COUNT(cells));
    frame_put_cells(out, cells, COUNT(cells));
    assert_true(frame_end(out, begin));
}

static void
get_one(const struct frame *frame)
{
    struct frame_reader reader;
    size_t size;
    int64_t cells[2];
    frame_read(&reader, frame);
    assert_int_equal(frame_get_u8(&reader), 200);
    assert_true(frame_get_u32(&reader) == 4000000000u);
    assert_true(frame_get_i64(&reader) == INT64_MIN);
    assert_true(frame_get_f64(&reader) == 0.25);
    assert_memory_equal(frame_get_text(&reader, &size), "a\0b", 4);
    assert_int_equal(size, 3);
    assert_string_equal(frame_get_string(&reader), "Gr\xc3\xbc\xc3\x9f");
    assert_string_equal(frame_get_string(&reader), "");
    assert_int_equal(frame_get_count(&reader, sizeof *cells), 2);
    assert_false(frame_done(&reader));
    memcpy(cells, frame_get_cells(&reader, 2), sizeof cells);
    assert_int_equal(cells[0], 1);
    assert_int_equal(cells[1], -2);
    assert_true(frame_done(&reader));
}

static void
test_round_trip(void **state)
{
    (void)state;
    struct buf out = {0};
    struct frame frame;
    size_t used = 0;
    put_one(&out);
    assert_int_equal(out.size % 8, 0);
    frame_end(&out, frame_begin(&out, FRAME_WAKE, UINT64_MAX, -1));
    put_one(&out);

    assert_int_equal(next(&out, &used, &frame), FRAME_OK);
    assert_int_equal(frame.header.type, FRAME_RUN);
    assert_int_equal(frame.header.id, 77);
    assert_int_equal(frame.header.now_ms, 1763661900123);
    assert_int_equal((uintptr_t)frame.payload % 8, 0);
    get_one(&frame);
    assert_int_equal(next(&out, &used, &frame), FRAME_OK);
    assert_int_equal(frame.header.type, FRAME_WAKE);
    assert_true(frame.header.id == UINT64_MAX);
    assert_int_equal(frame.header.size, 0);
    assert_int_equal(next(&out, &used, &frame), FRAME_OK);
    assert_int_equal((uintptr_t)frame.payload % 8, 0);
    get_one(&frame);
    assert_int_equal(used, out.size);
    assert_int_equal(next(&out, &used, &frame), FRAME_MORE);
    buf_fini(&out);
}

/* However the socket cuts the stream: never a frame too early, never a byte taken. */
static void
test_every_prefix_waits(void **state)
{
    (void)state;
    struct buf out = {0};
    struct frame frame;
    put_one(&out);
    for (size_t size = 0; size < out.size; size++) {
        size_t used = 0;
        assert_int_equal(
            frame_next(out.data, size, &used, FRAME_LOAD, FRAME_TICK, &frame),
            FRAME_MORE);
        assert_int_equal(used, 0);
    }
    buf_fini(&out);
}

static void
test_broken_headers(void **state)
{
    (void)state;
    static const struct frame_header cases[] = {
        {.type = 0},
        {.type = FRAME_TICK + 1},
        {.type = FRAME_LOADED},
        {.type = UINT16_MAX},
        {.type = FRAME_RUN, .zero = 1},
        {.type = FRAME_RUN, .size = FRAME_MAX + 1},
        {.type = FRAME_RUN, .size = UINT32_MAX},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t used = 0;
        struct frame frame;
        struct buf out = {0};
        buf_add(&out, &cases[i], sizeof cases[i]);
        assert_int_equal(next(&out, &used, &frame), FRAME_BAD);
        assert_int_equal(used, 0);
        buf_fini(&out);
    }
}

static void
test_padding_is_zero(void **state)
{
    (void)state;
    struct buf out = {0};
    size_t begin = frame_begin(&out, FRAME_RUN, 0, 0);
    frame_put_u8(&out, 0xff);
    assert_true(frame_end(&out, begin));
    assert_int_equal(out.size, 32);
    for (size_t at = 25; at < 32; at++) {
        size_t used = 0;
        struct frame frame;
        out.data[at] = 1;
        assert_int_equal(next(&out, &used, &frame), FRAME_BAD);
        out.data[at] = 0;
        assert_int_equal(next(&out, &used, &frame), FRAME_OK);
    }
    buf_fini(&out);
}

static void
test_too_large(void **state)
{
    (void)state;
    struct buf out = {0}, filler = {0};
    struct frame frame;
    size_t used = 0;
    size_t most = FRAME_MAX - 5; /* a length and a NUL belong to the text */
    memset(buf_reserve(&filler, FRAME_MAX + 1), 'x', FRAME_MAX + 1);
    frame_end(&out, frame_begin(&out, FRAME_WAKE, 1, 0));
    size_t before = out.size;

    size_t begin = frame_begin(&out, FRAME_RUN, 0, 0);
    frame_put_text(&out, filler.data, most + 1);
    assert_false(frame_end(&out, begin));
    assert_int_equal(out.size, before);

    /* A length that 32 bits would wrap to 0. */
    begin = frame_begin(&out, FRAME_RUN, 0, 0);
    frame_put_text(&out, filler.data, (size_t)1 << 32);
    assert_false(frame_end(&out, begin));
    assert_int_equal(out.size, before);

    begin = frame_begin(&out, FRAME_RUN, 0, 0);
    frame_put_text(&out, filler.data, most);
    assert_true(frame_end(&out, begin));
    assert_int_equal(next(&out, &used, &frame), FRAME_OK);
    assert_int_equal(next(&out, &used, &frame), FRAME_OK);
    assert_int_equal(frame.header.size, FRAME_MAX);
    assert_int_equal(used, out.size);
    buf_fini(&out);
    buf_fini(&filler);
}

/* A frame of `size` bytes of payload that hold a u32 and then zeroes. */
static struct frame
frame_of(struct buf *out, uint32_t first, size_t size)
{
    struct frame frame;
    size_t used = 0;
    size_t begin = frame_begin(out, FRAME_RUN, 0, 0);
    frame_put_u32(out, first);
    for (size_t i = 4; i < size; i++)
        frame_put_u8(out, 0);
    assert_true(frame_end(out, begin));
    assert_int_equal(next(out, &used, &frame), FRAME_OK);
    return frame;
}

static void
test_texts_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        uint32_t length;
        bool fits, is_string;
    } cases[] = {
        {0, true, true},
        {1, true, false},
        {7, true, false},
        {8, false, false},
        {9, false, false},
        {INT32_MAX, false, false},
        {UINT32_MAX, false, false},
        {UINT32_MAX - 3, false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = {0};
        struct frame frame = frame_of(&out, cases[i].length, 12);
        struct frame_reader reader;
        size_t size;
        frame_read(&reader, &frame);
        assert_string_equal(frame_get_text(&reader, &size), "");
        assert_int_equal(!reader.bad, cases[i].fits);
        assert_int_equal(size, cases[i].fits ? cases[i].length : 0);
        frame_read(&reader, &frame);
        assert_string_equal(frame_get_string(&reader), "");
        assert_int_equal(!reader.bad, cases[i].is_string);
        buf_fini(&out);
    }
}

static void
test_text_without_end(void **state)
{
    (void)state;
    struct buf out = {0};
    struct frame frame;
    struct frame_reader reader;
    size_t used = 0, size;
    size_t begin = frame_begin(&out, FRAME_RUN, 0, 0);
    frame_put_u32(&out, 2);
    frame_put_u32(&out, 0x61616161);
    frame_end(&out, begin);
    assert_int_equal(next(&out, &used, &frame), FRAME_OK);
    frame_read(&reader, &frame);
    assert_string_equal(frame_get_text(&reader, &size), "");
    assert_int_equal(size, 0);
    assert_true(reader.bad);
    buf_fini(&out);
}

static void
test_counts(void **state)
{
    (void)state;
    static const struct {
        uint32_t count;
        size_t least;
        bool fits;
    } cases[] = {
        {0, 8, true},           {1, 8, true},           {2, 8, false}, {8, 1, true},
        {9, 1, false},          {2, 4, true},           {3, 4, false}, {1, 9, false},
        {UINT32_MAX, 1, false}, {UINT32_MAX, 8, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = {0};
        struct frame frame = frame_of(&out, cases[i].count, 12);
        struct frame_reader reader;
        frame_read(&reader, &frame);
        assert_int_equal(frame_get_count(&reader, cases[i].least),
                         cases[i].fits ? cases[i].count : 0);
        assert_int_equal(!reader.bad, cases[i].fits);
        buf_fini(&out);
    }
}

/* After the first fault nothing is read any more, not even what is there. */
static void
test_bad_stays_bad(void **state)
{
    (void)state;
    struct buf out = {0};
    struct frame frame = frame_of(&out, 0x01010101, 12);
    struct frame_reader reader;
    size_t size;
    frame_read(&reader, &frame);
    assert_null(frame_get_cells(&reader, SIZE_MAX));
    assert_true(reader.bad);
    assert_int_equal(frame_get_u8(&reader), 0);
    assert_int_equal(frame_get_u32(&reader), 0);
    assert_int_equal(frame_get_i64(&reader), 0);
    assert_true(frame_get_f64(&reader) == 0);
    assert_string_equal(frame_get_text(&reader, &size), "");
    assert_string_equal(frame_get_string(&reader), "");
    assert_int_equal(frame_get_count(&reader, 1), 0);
    assert_null(frame_get_cells(&reader, 1));
    assert_false(frame_done(&reader));
    buf_fini(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_every_prefix_waits),
        cmocka_unit_test(test_broken_headers),
        cmocka_unit_test(test_padding_is_zero),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_texts_that_do_not_fit),
        cmocka_unit_test(test_text_without_end),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_bad_stays_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
