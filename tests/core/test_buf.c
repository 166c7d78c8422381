#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"

static void
assert_content(const struct buf *buf, const char *expected)
{
    assert_int_equal(buf->size, strlen(expected));
    assert_string_equal(buf->data, expected);
}

static void
test_add(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_add(&buf, "", 0);
    assert_null(buf.data);
    buf_add_text(&buf, "one ");
    buf_add(&buf, "two three", 3);
    buf_format(&buf, " %d %s", 3, "four");
    assert_content(&buf, "one two 3 four");
    buf_clear(&buf);
    assert_content(&buf, "");
    buf_fini(&buf);
    assert_null(buf.data);
}

static void
test_integers(void **state)
{
    (void)state;
    struct buf buf = {0};
    static const int64_t numbers[] = {0, 7, -7, 10, 65535, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        buf_add_integer(&buf, numbers[i]);
        buf_add(&buf, " ", 1);
    }
    assert_content(&buf, "0 7 -7 10 65535 9223372036854775807 -9223372036854775808 ");
    buf_fini(&buf);
}

static void
test_growth_keeps_content(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf);
    for (int i = 0; i < 10000; i++)
        buf_format(&buf, "%05d,", i);
    assert_int_equal(buf.size, 60000);
    assert_memory_equal(buf.data, "00000,00001,", 12);
    assert_string_equal(buf.data + 59994, "09999,");
    buf_fini(&buf);
}

static void
test_format_longer_than_the_room(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct buf buf = {0};
    buf_format(&buf, "<%s>", text);
    assert_int_equal(buf.size, 5001);
    assert_int_equal(buf.data[0], '<');
    assert_string_equal(buf.data + 4999, "x>");
    buf_fini(&buf);
}

static void
test_reserve_is_followed_by_nul(void **state)
{
    (void)state;
    struct buf buf = {0};
    memset(buf_reserve(&buf, 50), 'a', 50);
    buf.size += 50;
    buf_clear(&buf);
    memcpy(buf_reserve(&buf, 50), "abc", 3);
    buf.size += 3;
    assert_content(&buf, "abc");
    buf_fini(&buf);
}

static void
test_consume(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_add_text(&buf, "headbody");
    buf_consume(&buf, 0);
    assert_content(&buf, "headbody");
    buf_consume(&buf, 4);
    assert_content(&buf, "body");
    buf_consume(&buf, 99);
    assert_content(&buf, "");
    buf_add_text(&buf, "again");
    assert_content(&buf, "again");
    buf_fini(&buf);
}

static void
test_take(void **state)
{
    (void)state;
    struct buf buf = {0};
    char *empty = buf_take(&buf);
    assert_string_equal(empty, "");
    free(empty);
    buf_add_text(&buf, "mine");
    char *mine = buf_take(&buf);
    assert_string_equal(mine, "mine");
    assert_null(buf.data);
    assert_int_equal(buf.room, 0);
    free(mine);
}

static void
test_json(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *json;
    } cases[] = {
        {"", 0, "\"\""},
        {"plain /path", 11, "\"plain /path\""},
        {"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
        {"\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
        {"\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\\u007f\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"a\xff\x62", 3, "\"a\xef\xbf\xbd\x62\""},
        {"\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xc0\x80", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf buf = {0};
        buf_add_json(&buf, cases[i].text, cases[i].size);
        assert_content(&buf, cases[i].json);
        buf_fini(&buf);
    }
}

static void
test_error(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, ERROR_HTTP, "503", "the server said %d\nand %s", 503, "no");
    assert_int_equal(error.kind, ERROR_HTTP);
    assert_string_equal(error.code, "503");
    assert_string_equal(error.message, "the server said 503 and no");
    error_set(&error, error.kind, error.code, "center main: %s", error.message);
    assert_string_equal(error.code, "503");
    assert_string_equal(error.message, "center main: the server said 503 and no");
    error_set(&error, ERROR_TLS, NULL, "%0300d", 1);
    assert_string_equal(error.code, "");
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    error_set(NULL, ERROR_TLS, NULL, "nobody listens");
}

static void
test_error_words(void **state)
{
    (void)state;
    for (int kind = ERROR_NONE; kind < ERROR_KINDS; kind++)
        assert_int_equal(error_kind_of(error_word((enum error_kind)kind)), kind);
    assert_string_equal(error_word(ERROR_NONE), "none");
    assert_string_equal(error_word(ERROR_CANCELLED), "cancelled");
    assert_int_equal(error_kind_of("tsl"), ERROR_NONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_growth_keeps_content),
        cmocka_unit_test(test_format_longer_than_the_room),
        cmocka_unit_test(test_reserve_is_followed_by_nul),
        cmocka_unit_test(test_consume),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_error_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
