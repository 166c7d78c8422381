/* Answers that are not UTF-8: read as GBK when the response says so, and never fatal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/charset.h"
#include "model/schema.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define GBK         "\xcd\xf5" /* 王 */
#define BACKSLASH   "\x81\x5c" /* 乗: its second byte is a backslash elsewhere */
#define WIDE        "\x95\x32\x82\x36" /* U+20000, which only GB18030 has */
#define NONE        "\xef\xbf\xbd"

/* The text in UTF-8, NULL when there is nothing to do. Reads a copy of exactly that
 * size, so that the sanitizer sees a read beyond it. */
static char *
converted(const char *content_type, const char *text, size_t size)
{
    struct buf out = {0};
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    bool is_converted = charset_read(content_type, copy, size, &out);
    free(copy);
    if (is_converted)
        return buf_take(&out);
    assert_int_equal(out.size, 0);
    buf_fini(&out);
    return NULL;
}

static void
names_in_all_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *content_type;
        bool is_chinese;
    } cases[] = {
        {"application/json;charset=GBK", true},
        {"application/json; charset=gbk", true},
        {"application/json; Charset=\"GB2312\"", true},
        {"text/html; charset = 'gb18030' ; x=y", true},
        {"text/html;CHARSET=CP936", true},
        {"application/json;charset=UTF-8", false},
        {"application/json;charset=gbk2", false},
        {"application/json;charset=gb", false},
        {"application/json;charset=", false},
        {"application/json;charset", false},
        {"application/gbk", false},
        {"", false},
        {NULL, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = converted(cases[i].content_type, GBK, strlen(GBK));
        assert_int_equal(text != NULL, cases[i].is_chinese);
        if (text)
            assert_string_equal(text, "王");
        free(text);
    }
}

static void
texts_of_all_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *text, *outcome; /* NULL: there is nothing to do */
    } cases[] = {
        {"", NULL},
        {"{\"name\":\"Ann\"}", NULL},
        {"{\"name\":\"王\"}", NULL},
        {"{\"name\":\"" GBK "\"}", "{\"name\":\"王\"}"},
        {"\"" BACKSLASH "\"", "\"乗\""},
        {WIDE, "𠀀"},
        {"a\xff" GBK, "a" NONE "王"},
        {"\xff\xff\xff", NONE NONE NONE},
        {GBK "\xcd", "王" NONE},
        {GBK "\xcd\"", "王" NONE "\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *real = converted("x;charset=gbk", cases[i].text, strlen(cases[i].text));
        assert_int_equal(real != NULL, cases[i].outcome != NULL);
        if (real)
            assert_string_equal(real, cases[i].outcome);
        free(real);
    }
}

/* Megabytes in which no byte is a character cost no more than others: a peer may send
 * what it wants. Were the costs of a byte those of what follows, this would not end. */
static void
nothing_but_mistakes(void **state)
{
    (void)state;
    const size_t size = 2 << 20;
    struct buf text = {0}, out = {0};
    memset(buf_reserve(&text, size), 0xff, size);
    text.size = size;
    assert_true(charset_read("x;charset=gbk", text.data, size, &out));
    assert_int_equal(out.size, size * strlen(NONE));
    buf_fini(&out);
    buf_fini(&text);
}

/* More than fits at once, also where the pieces cut characters, and every pair of
 * bytes. */
static void
long_texts(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int start = 0; start < 4; start++) {
        buf_clear(&text);
        buf_add(&text, "abc", (size_t)start);
        for (int i = 0; i < 10000; i++)
            buf_add_text(&text, GBK WIDE);
        char *real = converted("x;charset=gbk", text.data, text.size);
        assert_int_equal(strlen(real), start + 10000 * strlen("王𠀀"));
        for (int i = 0; i < 10000; i++)
            assert_memory_equal(real + start + i * 7, "王𠀀", 7);
        free(real);
    }
    buf_clear(&text);
    for (int i = 0; i < 65536; i++) {
        unsigned char pair[] = {(unsigned char)(i >> 8), (unsigned char)i};
        buf_add(&text, pair, sizeof pair);
    }
    struct buf out = {0};
    assert_true(charset_read("x;charset=gbk", text.data, text.size, &out));
    for (size_t at = 0, step; at < out.size; at += step) {
        step = text_utf8((const unsigned char *)out.data + at, out.size - at);
        assert_int_not_equal(step, 0);
    }
    buf_fini(&out);
    buf_fini(&text);
}

/* What nobody says is GBK keeps its structure: only the bytes are replaced. */
static void
an_answer_that_does_not_say_so(void **state)
{
    (void)state;
    static const char answer[] =
        "{\"retcode\":\"0\",\"result\":{\"workno\":\"101\",\"name\":\"" GBK "\"}}";
    struct block block;
    struct error error;
    struct buf text = {0}, name = {0};
    block_init(&block, &query_agent);
    assert_true(answer_decode(&query_agent, answer, strlen(answer), &block, &error));
    row_text(&query_agent, block_at(&block, 0), 1, &name);
    assert_string_equal(name.data, NONE NONE);
    assert_true(charset_read("x;charset=gbk", answer, strlen(answer), &text));
    assert_true(answer_decode(&query_agent, text.data, text.size, &block, &error));
    buf_clear(&name);
    row_text(&query_agent, block_at(&block, 0), 1, &name);
    assert_string_equal(name.data, "王");
    buf_fini(&text);
    buf_fini(&name);
    block_fini(&block);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_in_all_spellings),
        cmocka_unit_test(texts_of_all_kinds),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(nothing_but_mistakes),
        cmocka_unit_test(an_answer_that_does_not_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
