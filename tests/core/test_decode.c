/* Answers of the contact centre: the documented sample, every tolerated variant, every
 * mistake with the words that name it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/json.h"
#include "model/schema.h"

#define OK(list) "{\"resultCode\":\"0100000\",\"resultDesc\":" list "}"

static int64_t
cell(const struct block *block, size_t row, const char *field)
{
    int index = query_field(block->query, field);
    assert_true(index >= 0);
    assert_true(row_has(block_row(block, row), (size_t)index));
    return block_row(block, row)[1 + index];
}

static bool
knows(const struct block *block, size_t row, const char *field)
{
    return row_has(block_row(block, row), (size_t)query_field(block->query, field));
}

static void
read_file(const char *name, struct buf *out)
{
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    char chunk[4096];
    size_t size;
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(out, chunk, size);
    fclose(file);
}

/* Decodes a copy of exactly that size, so that the sanitizer sees a read beyond it. */
static bool
decode(const char *data, size_t size, struct block *block, struct error *error)
{
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    *error = (struct error){0};
    bool is_good = answer_decode(&query_queues, copy, size, block, error);
    free(copy);
    assert_int_equal(is_good, error->kind == ERROR_NONE);
    if (!is_good)
        assert_int_equal(block->row_count, 0);
    return is_good;
}

static void
documented_sample(void **state)
{
    (void)state;
    struct buf text = {0};
    struct block block;
    struct error error;
    read_file("tests/fixtures/stateinfo.response.json", &text);
    block_init(&block, &query_queues);
    assert_true(decode(text.data, text.size, &block, &error));
    assert_int_equal(block.row_count, 2);
    assert_int_equal(cell(&block, 0, "id"), 1);
    assert_int_equal(cell(&block, 0, "agents_signed_in"), 1);
    assert_int_equal(cell(&block, 0, "agents_busy"), 1);
    assert_int_equal(cell(&block, 0, "calls_waiting"), 0);
    assert_int_equal(cell(&block, 1, "id"), 2);
    assert_int_equal(cell(&block, 1, "agents_signed_in"), 0);
    for (size_t i = 0; i < query_queues.field_count; i++)
        assert_int_equal(row_has(block_row(&block, 1), i),
                         query_queues.fields[i].wire != NULL);
    block_fini(&block);
    buf_fini(&text);
}

/* Every proper beginning of an answer is an error, never fewer rows. */
static void
truncated_anywhere(void **state)
{
    (void)state;
    struct buf text = {0};
    struct block block;
    struct error error;
    read_file("tests/fixtures/stateinfo.response.json", &text);
    block_init(&block, &query_queues);
    size_t whole = text.size;
    while (text.data[whole - 1] != '}')
        whole--;
    for (size_t size = 0; size < whole; size++) {
        assert_false(decode(text.data, size, &block, &error));
        assert_int_equal(error.kind, ERROR_DECODE);
    }
    block_fini(&block);
    buf_fini(&text);
}

/* A value of calls_waiting, as it is written, and what it means. */
static const struct {
    const char *written;
    bool is_known;
    int64_t value;
} values[] = {
    {"4", true, 4},
    {"-4", true, -4},
    {"\"4\"", true, 4},
    {"\"-17\"", true, -17},
    {"4.0", true, 4},
    {"4.00e1", true, 40},
    {"4e0", true, 4},
    {"120e-1", true, 12},
    {"0.0e999", true, 0},
    {"-0", true, 0},
    {"\"4.0\"", true, 4},
    {"null", false, 0},
    {"9223372036854775807", true, INT64_MAX},
    {"-9223372036854775808", true, INT64_MIN},
    {"999999999999999999", true, 999999999999999999},
    {" \t\r\n 5 \n", true, 5},
};

static void
values_that_are_read(void **state)
{
    (void)state;
    struct block block;
    struct error error;
    block_init(&block, &query_queues);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char *text =
            mem_format(OK("[{\"skillId\":1,\"callWaitNums\":%s}]"), values[i].written);
        if (!decode(text, strlen(text), &block, &error))
            fail_msg("%s: %s", values[i].written, error.message);
        assert_int_equal(knows(&block, 0, "calls_waiting"), values[i].is_known);
        if (values[i].is_known)
            assert_true(cell(&block, 0, "calls_waiting") == values[i].value);
        free(text);
    }
    block_fini(&block);
}

/* A value of calls_waiting in the third row, and what is wrong with it. */
static const struct {
    const char *written, *message;
} wrong_values[] = {
    {"\"many\"", "queues[3].calls_waiting: expected an integer, got \"many\""},
    {"\"\"", "queues[3].calls_waiting: expected an integer, got \"\""},
    {"\" 4\"", "queues[3].calls_waiting: expected an integer, got \" 4\""},
    {"\"+4\"", "queues[3].calls_waiting: expected an integer, got \"+4\""},
    {"\"0x1f\"", "queues[3].calls_waiting: expected an integer, got \"0x1f\""},
    {"true", "queues[3].calls_waiting: expected an integer, got true"},
    {"false", "queues[3].calls_waiting: expected an integer, got false"},
    {"[4]", "queues[3].calls_waiting: expected an integer, got a list"},
    {"{}", "queues[3].calls_waiting: expected an integer, got an object"},
    {"4.5", "queues[3].calls_waiting: expected an integer, got 4.5"},
    {"45e-1", "queues[3].calls_waiting: expected an integer, got 45e-1"},
    {"0.99999999999999999999",
     "queues[3].calls_waiting: expected an integer, got 0.99999999999999999999"},
    {"9223372036854775808", "queues[3].calls_waiting: expected an integer of 64 bits, "
                            "got 9223372036854775808"},
    {"-9223372036854775809", "queues[3].calls_waiting: expected an integer of 64 bits, "
                             "got -9223372036854775809"},
    {"1e400", "queues[3].calls_waiting: expected an integer of 64 bits, got 1e400"},
    {"\"a\\\"b\\nc\"", "queues[3].calls_waiting: expected an integer, got "
                       "\"a\\\"b\\nc\""},
    {"\"\xff\"", "queues[3].calls_waiting: expected an integer, got \"\xef\xbf\xbd\""},
};

static void
values_that_are_not(void **state)
{
    (void)state;
    struct block block;
    struct error error;
    block_init(&block, &query_queues);
    for (size_t i = 0; i < sizeof wrong_values / sizeof *wrong_values; i++) {
        char *text = mem_format(
            OK("[{\"skillId\":1},{\"skillId\":2},{\"callWaitNums\":%s,\"skillId\":3}]"),
            wrong_values[i].written);
        assert_false(decode(text, strlen(text), &block, &error));
        assert_int_equal(error.kind, ERROR_DECODE);
        assert_string_equal(error.message, wrong_values[i].message);
        free(text);
    }
    block_fini(&block);
}

/* Whole answers that are good, with the number of their rows. */
static const struct {
    const char *text;
    size_t rows;
} variants[] = {
    {OK("[]"), 0},
    {OK("null"), 0},
    {"{\"resultCode\":\"0100000\"}", 0},
    {" \r\n\t{ \"resultCode\" : \"0100000\" , \"resultDesc\" : [ { } ] }", SIZE_MAX},
    {OK("[{\"skillId\":7}]") " \r\n", 1},
    {"{\"resultDesc\":[{\"skillId\":7},{\"skillId\":8}],\"resultCode\":\"0100000\"}",
     2},
    {"{\"resultDesc\":null,\"resultCode\":\"0100000\"}", 0},
    {"{\"resultCode\":100000,\"resultDesc\":[{\"skillId\":7}]}", 1},
    {"{\"result\\u0043ode\":\"010\\u0030000\",\"resultDesc\":[{\"skill\\u0049d\":7}]}",
     1},
    {OK("[{\"skillId\":7,\"new\":{\"a\":[1,-2.5e+3,true,false,null,\"\\u00e9\\/\"]}}]"),
     1},
    {OK("[{\"\xc4\xe3\":\"\xba\xc3\xff\",\"skillId\":7}]"), 1},
    {"{\"resultCode\":\"0100000\",\"result\":1,\"result\":2,\"resultDesc\":[]}", 0},
};

static void
answers_that_are_read(void **state)
{
    (void)state;
    struct block block;
    struct error error;
    block_init(&block, &query_queues);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        bool is_good =
            decode(variants[i].text, strlen(variants[i].text), &block, &error);
        if (variants[i].rows == SIZE_MAX) {
            assert_string_equal(error.message, "queues[1].id: is missing");
            continue;
        }
        if (!is_good)
            fail_msg("%s: %s", variants[i].text, error.message);
        assert_int_equal(block.row_count, variants[i].rows);
        if (block.row_count)
            assert_int_equal(cell(&block, 0, "id"), 7);
    }
    block_fini(&block);
}

static const struct {
    const char *text;
    enum error_kind kind;
    const char *code, *message;
} failures[] = {
    /* What the contact centre says, wherever it says it. */
    {"{\"resultCode\":\"0100002\",\"resultDesc\":\"Invalid parameter\"}", ERROR_API,
     "0100002", "invalid parameter: \"Invalid parameter\""},
    {"{\"resultDesc\":\"Invalid parameter\",\"resultCode\":\"0100002\"}", ERROR_API,
     "0100002", "invalid parameter: \"Invalid parameter\""},
    {"{\"resultData\":\"\",\"resultCode\":\"1\",\"resultDesc\":\"Record List is "
     "empty\"}",
     ERROR_API, "1", "the contact centre refused: \"Record List is empty\""},
    {"{\"resultCode\":1,\"resultDesc\":\"no\"}", ERROR_API, "1",
     "the contact centre refused: \"no\""},
    {"{\"resultDesc\":[{\"skillId\":{}}],\"resultCode\":\"0100001\"}", ERROR_API,
     "0100001", "invocation failed"},
    {"{\"resultCode\":\"0100999\",\"resultDesc\":\"\\u4e2d\xff\"}", ERROR_API,
     "0100999", "unknown error: \"中\xef\xbf\xbd\""},
    {"{\"resultCode\":\"0100002\"}", ERROR_API, "0100002", "invalid parameter"},

    /* Envelopes. */
    {"{\"resultDesc\":[]}", ERROR_DECODE, "", "resultCode: is missing"},
    {"{\"resultCode\":null,\"resultDesc\":[]}", ERROR_DECODE, "",
     "resultCode: is missing"},
    {"{\"resultCode\":[],\"resultDesc\":[]}", ERROR_DECODE, "",
     "resultCode: expected a code, got a list"},
    {"{\"resultCode\":\"\"}", ERROR_DECODE, "",
     "resultCode: expected a code, got \"\""},
    {"{\"resultCode\":\"no\\n\"}", ERROR_DECODE, "",
     "resultCode: expected a code, got \"no\\n\""},
    {"{\"resultCode\":\"1234567890123456789012345\"}", ERROR_DECODE, "",
     "resultCode: expected a code, got \"1234567890123456789012345\""},
    {"{\"resultCode\":1.5}", ERROR_DECODE, "", "resultCode: expected a code, got 1.5"},
    {"{\"resultCode\":\"0100000\",\"resultCode\":\"0100000\"}", ERROR_DECODE, "",
     "resultCode: is there twice"},
    {"{\"resultCode\":\"0100000\",\"resultDesc\":[],\"resultDesc\":[]}", ERROR_DECODE,
     "", "resultDesc: is there twice"},
    {OK("\"none\""), ERROR_DECODE, "", "queues: expected a list, got \"none\""},
    {OK("{}"), ERROR_DECODE, "", "queues: expected a list, got an object"},
    {OK("{\"data\":[]}"), ERROR_DECODE, "", "queues: expected a list, got an object"},
    {OK("4"), ERROR_DECODE, "", "queues: expected a list, got 4"},
    {"[]", ERROR_DECODE, "", "answer: expected an object, got a list"},
    {"null", ERROR_DECODE, "", "answer: expected an object, got null"},
    {"", ERROR_DECODE, "", "answer: byte 0: ends too early"},
    {"<html>", ERROR_DECODE, "", "answer: byte 0: expected a value"},
    {"{\"resultCode\":\"0100000\"}x", ERROR_DECODE, "",
     "answer: byte 24: more text after the value"},
    {"{\"resultCode\":\"0100000\",}", ERROR_DECODE, "",
     "answer: byte 24: expected a key"},
    {"{\"resultCode\" \"0100000\"}", ERROR_DECODE, "", "answer: byte 14: expected ':'"},

    /* Rows. */
    {OK("[null]"), ERROR_DECODE, "", "queues[1]: expected an object, got null"},
    {OK("[{\"skillId\":1},7]"), ERROR_DECODE, "",
     "queues[2]: expected an object, got 7"},
    {OK("[{}]"), ERROR_DECODE, "", "queues[1].id: is missing"},
    {OK("[{\"skillId\":null}]"), ERROR_DECODE, "", "queues[1].id: is missing"},
    {OK("[{\"skillId\":1,\"skillId\":1}]"), ERROR_DECODE, "",
     "queues[1].id: is there twice"},
    {OK("[{\"skillId\":null,\"skillId\":1}]"), ERROR_DECODE, "",
     "queues[1].id: is there twice"},
    {OK("[{\"skillId\":1,\"skill\\u0049d\":1}]"), ERROR_DECODE, "",
     "queues[1].id: is there twice"},

    /* Grammar, inside and outside of what is read. */
    {OK("[{\"skillId\":01}]"), ERROR_DECODE, "", "queues[1].id: byte 49: not a number"},
    {OK("[{\"skillId\":0x1}]"), ERROR_DECODE, "",
     "queues[1]: byte 50: expected ',' or '}'"},
    {OK("[{\"skillId\":NaN}]"), ERROR_DECODE, "",
     "queues[1].id: byte 49: expected a value"},
    {OK("[{\"skillId\":-}]"), ERROR_DECODE, "", "queues[1].id: byte 49: not a number"},
    {OK("[{\"skillId\":1.}]"), ERROR_DECODE, "", "queues[1].id: byte 49: not a number"},
    {OK("[{\"skillId\":nul}]"), ERROR_DECODE, "",
     "queues[1].id: byte 49: expected a value"},
    {OK("[{\"skillId\":1}{\"skillId\":2}]"), ERROR_DECODE, "",
     "queues: byte 51: expected ',' or ']'"},
    {OK("[{\"skillId\":1},]"), ERROR_DECODE, "",
     "queues[2]: byte 52: expected a value"},
    {OK("[{\"skillId\":1,\"callWaitNums\":null!}]"), ERROR_DECODE, "",
     "queues[1]: byte 70: expected ',' or '}'"},
    {OK("[{\"skillId\":1,\"x\":\"\\x\"}]"), ERROR_DECODE, "",
     "queues[1]: byte 56: wrong escape"},
    {OK("[{\"skillId\":1,\"x\":\"\\u12g4\"}]"), ERROR_DECODE, "",
     "queues[1]: byte 56: wrong escape"},
    {OK("[{\"skillId\":1,\"x\":\"a\nb\"}]"), ERROR_DECODE, "",
     "queues[1]: byte 57: control character in a string"},
    {OK("[{\"skillId\":1,\xff:1}]"), ERROR_DECODE, "",
     "queues[1]: byte 51: expected a key"},
    {"{\"resultDatas\":[1,2,}],\"resultCode\":\"0100000\"}", ERROR_DECODE, "",
     "answer: byte 20: expected a value"},
    {"{\"resultDatas\":[1.5.2],\"resultCode\":\"0100000\"}", ERROR_DECODE, "",
     "answer: byte 19: expected ',' or ']'"},
};

static void
answers_that_are_not(void **state)
{
    (void)state;
    struct block block;
    struct error error;
    block_init(&block, &query_queues);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        if (decode(failures[i].text, strlen(failures[i].text), &block, &error))
            fail_msg("read, although wrong: %s", failures[i].text);
        assert_string_equal(error.message, failures[i].message);
        assert_string_equal(error.code, failures[i].code);
        assert_int_equal(error.kind, failures[i].kind);
    }
    block_fini(&block);
}

/* "[[[…]]]" as an unknown field of the envelope. */
static bool
decode_nested(int depth, struct block *block, struct error *error)
{
    struct buf text = {0};
    buf_add_text(&text, "{\"resultCode\":\"0100000\",\"x\":");
    for (int i = 0; i < depth; i++)
        buf_add_text(&text, "[");
    for (int i = 0; i < depth; i++)
        buf_add_text(&text, "]");
    buf_add_text(&text, "}");
    bool is_good = decode(text.data, text.size, block, error);
    buf_fini(&text);
    return is_good;
}

static void
depth_has_a_limit(void **state)
{
    (void)state;
    struct block block;
    struct error error;
    block_init(&block, &query_queues);
    assert_true(decode_nested(JSON_DEPTH - 1, &block, &error));
    assert_false(decode_nested(JSON_DEPTH, &block, &error));
    assert_string_equal(error.message, "answer: byte 59: nested too deeply");
    assert_false(decode_nested(10000, &block, &error));
    block_fini(&block);
}

static void
rows_have_a_limit(void **state)
{
    (void)state;
    struct block block;
    struct error error;
    struct buf text = {0};
    block_init(&block, &query_queues);
    buf_add_text(&text, "{\"resultCode\":\"0100000\",\"resultDesc\":[");
    for (int i = 0; i < 10000; i++)
        buf_add_text(&text, i ? ",{\"skillId\":1}" : "{\"skillId\":1}");
    size_t size = text.size;
    buf_add_text(&text, "]}");
    assert_true(decode(text.data, text.size, &block, &error));
    assert_int_equal(block.row_count, 10000);
    text.size = size;
    buf_add_text(&text, ",{\"skillId\":1}]}");
    assert_false(decode(text.data, text.size, &block, &error));
    assert_string_equal(error.message, "queues[10001]: more rows than there can be");
    block_fini(&block);
    buf_fini(&text);
}

/* Keys in another order than the descriptor's, values that were there before. */
static void
order_does_not_matter(void **state)
{
    (void)state;
    struct block block;
    struct error error;
    block_init(&block, &query_queues);
    const char *text =
        OK("[{\"cnnedIn20sCallCount\":3,\"skillId\":5,\"allCallCount\":4,"
           "\"callWaitNums\":2},{\"skillId\":6}]");
    assert_true(decode(text, strlen(text), &block, &error));
    assert_int_equal(cell(&block, 0, "id"), 5);
    assert_int_equal(cell(&block, 0, "calls_waiting"), 2);
    assert_false(knows(&block, 1, "calls_waiting"));
    double level;
    size_t field = (size_t)query_field(&query_queues, "service_level_5m");
    assert_true(row_number(&query_queues, block_row(&block, 0), field, &level));
    assert_true(level == 0.75);
    block_fini(&block);
}

/* The server's own text is cut between characters, and the message stays text. */
static void
long_texts_are_cut(void **state)
{
    (void)state;
    struct block block;
    struct error error;
    struct buf text = {0};
    block_init(&block, &query_queues);
    buf_add_text(&text, "{\"resultCode\":\"0100002\",\"resultDesc\":\"x");
    for (int i = 0; i < 500; i++)
        buf_add_text(&text, "é");
    buf_add_text(&text, "\"}");
    assert_false(decode(text.data, text.size, &block, &error));
    assert_int_equal(error.kind, ERROR_API);
    const char *end = error.message + strlen(error.message) - strlen("é…\"");
    assert_string_equal(end, "é…\"");
    block_fini(&block);
    buf_fini(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_sample),     cmocka_unit_test(truncated_anywhere),
        cmocka_unit_test(values_that_are_read),  cmocka_unit_test(values_that_are_not),
        cmocka_unit_test(answers_that_are_read), cmocka_unit_test(answers_that_are_not),
        cmocka_unit_test(depth_has_a_limit),     cmocka_unit_test(rows_have_a_limit),
        cmocka_unit_test(order_does_not_matter), cmocka_unit_test(long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
