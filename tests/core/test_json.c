/* The JSON reader where the decoder's tests do not reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "model/json.h"

/* Strings are read eight bytes at a time: what ends or breaks one is found wherever it
 * stands, beside whatever byte. */
static void
strings_end_where_they_end(void **state)
{
    (void)state;
    static const char fillers[] = {'a', '!',    '#',    '[',   ']',
                                   ' ', '\xff', '\x80', '\x7f'};
    char text[64];
    for (size_t f = 0; f < sizeof fillers; f++)
        for (size_t size = 0; size < 26; size++) {
            struct json json;
            struct json_text string;
            memset(text, fillers[f], sizeof text);
            text[0] = text[size + 1] = '"';
            json_init(&json, text, size + 20);
            assert_true(json_string(&json, &string));
            assert_int_equal(string.size, size);
            text[size + 1] = '\x1f';
            json_init(&json, text, size + 20);
            assert_false(json_string(&json, &string));
            assert_int_equal(json.at - text, size + 1);
        }
}

/* One other byte is seen wherever it is, and one behind the end is nobody's business.
 */
static void
bytes_are_compared_to_the_last(void **state)
{
    (void)state;
    char text[80], again[80];
    memset(text, 'k', sizeof text);
    memset(again, 'k', sizeof again);
    for (size_t size = 0; size < sizeof text; size++) {
        again[size] = 'x';
        assert_true(json_same(text, again, size));
        again[size] = 'k';
        for (size_t at = 0; at < size; at++) {
            again[at] ^= 1;
            assert_false(json_same(text, again, size));
            again[at] ^= 1;
        }
    }
}

static void
escapes_become_text(void **state)
{
    (void)state;
    static const struct {
        const char *written, *value;
    } cases[] = {
        {"a\\\"\\\\\\/\\b\\f\\n\\r\\t", "a\"\\/\b\f\n\r\t"},
        {"\\u0041\\u00e9\\u4e2d", "Aé中"},
        {"\\ud83d\\uDE00", "😀"},
        {"\\ud83d", "\xef\xbf\xbd"},
        {"\\ud83dx\\ude00", "\xef\xbf\xbdx\xef\xbf\xbd"},
        {"\\ud83d\\u0041", "\xef\xbf\xbd\x41"},
        {"\xc4\xe3", "\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        struct json_text text = {cases[i].written, strlen(cases[i].written), true};
        json_unescape(&text, &out);
        assert_string_equal(out.data, cases[i].value);
        assert_true(json_is(&text, cases[i].value, strlen(cases[i].value)));
        buf_fini(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_end_where_they_end),
        cmocka_unit_test(bytes_are_compared_to_the_last),
        cmocka_unit_test(escapes_become_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
