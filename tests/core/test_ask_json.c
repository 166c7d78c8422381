/* script/ask_json.h: what is read of a question, and how an answer is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "script/ask_json.h"

static struct message_ask
ask_of(const char *question)
{
    return (struct message_ask){.question = question,
                                .question_size = strlen(question)};
}

static void
test_members(void **state)
{
    (void)state;
    const struct message_ask ask = ask_of(
        "{\"a\":[{\"id\":1}],\"id\":\"x\\u0041\",\"ms\":5,\"in\":{\"id\":\"y\"}}");
    struct buf text = {0};
    int64_t ms = 0;
    assert_true(ask_text(&ask, "id", &text));
    assert_string_equal(text.data, "xA");
    assert_true(ask_text(&ask, "in.id", &text));
    assert_string_equal(text.data, "xAy");
    assert_true(ask_integer(&ask, "ms", 0, 5, &ms));
    assert_int_equal(ms, 5);
    assert_false(ask_integer(&ask, "ms", 0, 4, &ms));
    assert_false(ask_integer(&ask, "id", 0, 4, &ms));
    assert_false(ask_text(&ask, "ms", &text));
    assert_false(ask_text(&ask, "is", &text));
    assert_false(ask_text(&ask, "id.x", &text));
    assert_false(ask_text(&ask, "a.id", &text));
    buf_fini(&text);
}

static void
test_what_is_no_object(void **state)
{
    (void)state;
    static const char *const questions[] = {"[]",       "5",  "{\"id\"",
                                            "{\"id\":", "{]", "x"};
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const struct message_ask ask = ask_of(questions[i]);
        struct buf text = {0};
        int64_t number;
        assert_false(ask_text(&ask, "id", &text));
        assert_false(ask_integer(&ask, "id", 0, 9, &number));
        assert_int_equal(ask_pairs(&ask, "id", &text), 0);
        buf_fini(&text);
    }
}

static void
test_pairs(void **state)
{
    (void)state;
    const struct message_ask ask =
        ask_of("{\"headers\":{\"Accept\":\"*/*\",\"X-A\":\"\"},\"n\":{\"a\":1}}");
    struct buf texts = {0};
    assert_int_equal(ask_pairs(&ask, "headers", &texts), 2);
    assert_int_equal(texts.size, sizeof "Accept\0*/*\0X-A\0");
    assert_memory_equal(texts.data, "Accept\0*/*\0X-A\0", texts.size);
    assert_int_equal(ask_pairs(&ask, "n", &texts), 0);
    buf_fini(&texts);
}

/* A NUL inside would put names where values are looked for. */
static void
test_pairs_end_at_a_nul(void **state)
{
    (void)state;
    const struct message_ask ask =
        ask_of("{\"labels\":{\"a\\u0000b\":\"c\\u0000d\",\"\\u0000\":\"\"}}");
    struct buf texts = {0};
    assert_int_equal(ask_pairs(&ask, "labels", &texts), 2);
    assert_int_equal(texts.size, sizeof "a\0c\0\0");
    assert_memory_equal(texts.data, "a\0c\0\0", texts.size);
    buf_fini(&texts);
}

static void
test_an_answer(void **state)
{
    (void)state;
    static const struct http_header headers[] = {{"Content-Type", "text/plain"},
                                                 {"Set-Cookie", "a=1"},
                                                 {"set-cookie", "b=\"2\""}};
    struct buf out = {0};
    ask_add_answer(&out, 404, headers, 3, "no\n\xff", 4);
    assert_string_equal(
        out.data,
        "{\"status\":404,\"headers\":{\"content-type\":\"text/plain\","
        "\"set-cookie\":\"a=1, b=\\\"2\\\"\"},\"body\":\"no\\n\xef\xbf\xbd\"}");
    buf_clear(&out);
    ask_add_answer(&out, 0, NULL, 0, "", 0);
    assert_string_equal(out.data, "{\"headers\":{},\"body\":\"\"}");
    buf_fini(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),   cmocka_unit_test(test_what_is_no_object),
        cmocka_unit_test(test_pairs),     cmocka_unit_test(test_pairs_end_at_a_nul),
        cmocka_unit_test(test_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
