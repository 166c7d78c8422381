/* The shortcuts of the decoder: rows that are written like the row before, and the copy
 * of the rows in resultDatas. What they read must be what the general way reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/schema.h"

#define OK(list)   "{\"resultCode\":\"0100000\",\"resultDesc\":" list "}"
#define NOTHING    INT64_MIN /* the field is unknown */
#define PLACES     62        /* as many keys of a row the decoder remembers */
#define COPY(list) "\"resultDatas\":" list
#define DESC(list) "\"resultDesc\":" list
#define CODE       "\"resultCode\":\"0100000\""
#define ROWS_7_8                                                                       \
    "[{\"skillId\":7,\"callWaitNums\":1},{\"skillId\":8,\"callWaitNums\":2}]"
#define ROWS_5 "[{\"skillId\":5,\"callWaitNums\":9}]"

/* Decodes a copy of exactly that size, so that the sanitizer sees a read beyond it. */
static bool
decode(const char *text, size_t size, struct block *block, struct error *error)
{
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    *error = (struct error){0};
    block_init(block, &query_queues);
    bool is_good = answer_decode(&query_queues, copy, size, block, error);
    free(copy);
    assert_int_equal(is_good, error->kind == ERROR_NONE);
    return is_good;
}

static int64_t
cell(const struct block *block, size_t row, const char *field)
{
    size_t index = (size_t)query_field(block->query, field);
    const int64_t *cells = block_row(block, row);
    return row_has(cells, index) ? cells[1 + index] : NOTHING;
}

/* "7:1 8:- " for rows with id and calls_waiting, or the message. */
static char *
outcome(const char *text)
{
    struct block block;
    struct error error;
    struct buf out = {0};
    if (!decode(text, strlen(text), &block, &error))
        buf_add_text(&out, error.message);
    for (size_t i = 0; i < block.row_count; i++) {
        int64_t waiting = cell(&block, i, "calls_waiting");
        buf_format(&out, "%lld:", (long long)cell(&block, i, "id"));
        if (waiting == NOTHING)
            buf_add_text(&out, "- ");
        else
            buf_format(&out, "%lld ", (long long)waiting);
    }
    block_fini(&block);
    return buf_take(&out);
}

struct sample {
    const char *text, *outcome;
};

static void
check_samples(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *real = outcome(samples[i].text);
        if (strcmp(real, samples[i].outcome) != 0)
            fail_msg("%s:\n got: %s\nwant: %s", samples[i].text, real,
                     samples[i].outcome);
        free(real);
    }
}

#define CHECK(samples) check_samples(samples, sizeof samples / sizeof *samples)

/* ---- rows ---- */

/* A value of calls_waiting where the key stands as in the row before: the outcome. */
static const struct sample values[] = {
    {"0", "7:0 8:0 "},
    {"4", "7:0 8:4 "},
    {"4 ", "7:0 8:4 "},
    {"\t4\r\n", "7:0 8:4 "},
    {"120", "7:0 8:120 "},
    {"-4", "7:0 8:-4 "},
    {"-0", "7:0 8:0 "},
    {"\"4\"", "7:0 8:4 "},
    {"null", "7:0 8:- "},
    {"4.0", "7:0 8:4 "},
    {"4e0", "7:0 8:4 "},
    {"4E1", "7:0 8:40 "},
    {"0e9", "7:0 8:0 "},
    {"0.0", "7:0 8:0 "},
    {"12345678901234567", "7:0 8:12345678901234567 "},
    {"999999999999999999", "7:0 8:999999999999999999 "},
    {"9999999999999999999", "queues[2].calls_waiting: expected an integer of 64 bits, "
                            "got 9999999999999999999"},
    {"1000000000000000000", "7:0 8:1000000000000000000 "},
    {"9223372036854775807", "7:0 8:9223372036854775807 "},
    {"9223372036854775808", "queues[2].calls_waiting: expected an integer of 64 bits, "
                            "got 9223372036854775808"},
    {"18446744073709551617", "queues[2].calls_waiting: expected an integer of 64 bits, "
                             "got 18446744073709551617"},
    {"4.5", "queues[2].calls_waiting: expected an integer, got 4.5"},
    {"\"x\"", "queues[2].calls_waiting: expected an integer, got \"x\""},
    {"[4]", "queues[2].calls_waiting: expected an integer, got a list"},
    {"00", "queues[2].calls_waiting: byte 97: not a number"},
    {"04", "queues[2].calls_waiting: byte 97: not a number"},
    {"4x", "queues[2]: byte 98: expected ',' or '}'"},
    {"4\"", "queues[2]: byte 98: expected ',' or '}'"},
    {"4]", "queues[2]: byte 98: expected ',' or '}'"},
    {"4:", "queues[2]: byte 98: expected ',' or '}'"},
    {"4 4", "queues[2]: byte 99: expected ',' or '}'"},
    {"4\x1f", "queues[2]: byte 98: expected ',' or '}'"},
    {"", "queues[2].calls_waiting: byte 97: expected a value"},
};

static void
check_value(const char *form, const struct sample *value)
{
    char *text = mem_format(form, value->text);
    check_samples(&(struct sample){text, value->outcome}, 1);
    free(text);
}

/* As the last of the row, at the end of the answer and not; with a key behind it. */
static void
values_behind_known_keys(void **state)
{
    (void)state;
    static const char last[] =
        OK("[{\"skillId\":7,\"callWaitNums\":0},{\"skillId\":8,\"callWaitNums\":%s}]");
    static const char last_of_row[] = OK(
        "[{\"skillId\":7,\"callWaitNums\":0},{\"skillId\":8,\"callWaitNums\":%s}]") "                    ";
    static const char inside[] =
        OK("[{\"skillId\":7,\"callWaitNums\":0,\"x\":1},"
           "{\"skillId\":8,\"callWaitNums\":%s,\"x\":\"as long as any number is\"}]");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        check_value(last, &values[i]);
        check_value(last_of_row, &values[i]);
        /* Bytes are counted in the shorter forms. */
        if (strstr(values[i].outcome, "byte") == NULL)
            check_value(inside, &values[i]);
    }
}

static const struct sample rows[] = {
    /* Another order, more keys, fewer keys, and the first order again. */
    {OK("[{\"skillId\":1,\"callWaitNums\":4},{\"callWaitNums\":5,\"skillId\":2},"
        "{\"skillId\":3,\"callWaitNums\":6},{\"skillId\":4,\"callWaitNums\":7}]"),
     "1:4 2:5 3:6 4:7 "},
    {OK("[{\"skillId\":1},{\"skillId\":2,\"callWaitNums\":5},{\"skillId\":3},"
        "{\"skillId\":4,\"allCallCount\":1,\"callWaitNums\":7},"
        "{\"skillId\":5,\"callWaitNums\":8,\"allCallCount\":1}]"),
     "1:- 2:5 3:- 4:7 5:8 "},
    /* Keys that are like each other. */
    {OK("[{\"skillId\":1,\"callWaitNums\":4},{\"skillId\":2,\"callWaitNumz\":5},"
        "{\"skillId\":3,\"callWaitNums \":5},{\"skillId\":4,\"callWaitNums\":7}]"),
     "1:4 2:- 3:- 4:7 "},
    /* Blanks that come, go and change. */
    {OK("[{\"skillId\":1,\"callWaitNums\":4},{ \"skillId\":2,\"callWaitNums\":5},"
        "{\"skillId\" :3,\"callWaitNums\": 6},{\"skillId\":\n4\t,\"callWaitNums\":\r7 }"
        ",{\"skillId\":\n5\t,\"callWaitNums\":\r8 },{\"skillId\":6,\"callWaitNums\":9}]"),
     "1:4 2:5 3:6 4:7 5:8 6:9 "},
    /* Unknown keys with whatever values. */
    {OK("[{\"x\":1,\"skillId\":1,\"y\":\"a\",\"callWaitNums\":4},"
        "{\"x\":{\"skillId\":9},\"skillId\":2,\"y\":\",\\\"callWaitNums\\\":8\","
        "\"callWaitNums\":5},{\"x\":[],\"skillId\":3,\"y\":null,\"callWaitNums\":6}]"),
     "1:4 2:5 3:6 "},
    {OK("[{\"skillId\":1,\"y\":1,\"callWaitNums\":4},{\"skillId\":2,\"y\":1.,"
        "\"callWaitNums\":5}]"),
     "queues[2]: byte 92: not a number"},
    {OK("[{\"skillId\":1,\"y\":1,\"callWaitNums\":4},{\"skillId\":2,\"y\":{\"z\","
        "\"callWaitNums\":5}}]"),
     "queues[2]: byte 96: expected ':'"},
    /* Keys with escapes. */
    {OK("[{\"skill\\u0049d\":1,\"callWaitNums\":4},{\"skill\\u0049d\":2,"
        "\"callWaitNums\":5}]"),
     "1:4 2:5 "},
    /* Keys that are there twice, in the row and not in the one before. */
    {OK("[{\"skillId\":1,\"callWaitNums\":4},{\"skillId\":2,\"callWaitNums\":5,"
        "\"skillId\":2}]"),
     "queues[2].id: is there twice"},
    {OK("[{\"skillId\":1,\"callWaitNums\":4},{\"callWaitNums\":5,\"callWaitNums\":5,"
        "\"skillId\":2}]"),
     "queues[2].calls_waiting: is there twice"},
    {OK("[{\"callWaitNums\":4,\"skillId\":1},{\"skillId\":2,\"skillId\":2}]"),
     "queues[2].id: is there twice"},
    /* What is required, in a row like the one before. */
    {OK("[{\"skillId\":1,\"callWaitNums\":4},{\"skillId\":null,\"callWaitNums\":5}]"),
     "queues[2].id: is missing"},
    {OK("[{\"skillId\":1,\"callWaitNums\":4},{\"callWaitNums\":5}]"),
     "queues[2].id: is missing"},
    {OK("[{\"skillId\":1,\"callWaitNums\":4},{}]"), "queues[2].id: is missing"},
    /* Mistakes where the bytes of the row before are expected. */
    {OK("[{\"skillId\":1,\"callWaitNums\":4},{,\"skillId\":2,\"callWaitNums\":5}]"),
     "queues[2]: byte 70: expected a key"},
    {OK("[{\"skillId\":1,\"callWaitNums\":4},{\"skillId\":2\"callWaitNums\":5}]"),
     "queues[2]: byte 81: expected ',' or '}'"},
    {OK("[{\"skillId\":1,\"callWaitNums\":4},{\"skillId\":2,\"callWaitNums\n:5}]"),
     "queues[2]: byte 95: control character in a string"},
};

static void
rows_like_the_one_before(void **state)
{
    (void)state;
    CHECK(rows);
}

/* More keys in a row than the decoder remembers, and one that it reads behind them. */
static void
rows_with_many_keys(void **state)
{
    (void)state;
    for (int keys = PLACES - 3; keys <= PLACES + 3; keys++) {
        struct buf text = {0};
        buf_add_text(&text, "{\"resultCode\":\"0100000\",\"resultDesc\":[");
        for (int row = 0; row < 3; row++) {
            buf_format(&text, "%s{\"skillId\":%d", row ? "," : "", row + 1);
            for (int i = 0; i < keys; i++)
                buf_format(&text, ",\"x%d\":%d", i, row);
            buf_format(&text, ",\"callWaitNums\":%d}", row + 4);
        }
        buf_add_text(&text, "]}");
        check_samples(&(struct sample){text.data, "1:4 2:5 3:6 "}, 1);
        buf_fini(&text);
    }
}

/* Every proper beginning is an error, whichever shortcut it ends in. */
static void
truncated_anywhere(void **state)
{
    (void)state;
    static const char text[] = "{" CODE "," COPY(ROWS_7_8) "," DESC(ROWS_7_8) "}";
    struct block block;
    struct error error;
    for (size_t size = 0; size < sizeof text - 1; size++) {
        assert_false(decode(text, size, &block, &error));
        assert_int_equal(error.kind, ERROR_DECODE);
        assert_int_equal(block.row_count, 0);
        assert_non_null(strstr(error.message, "ends too early"));
        block_fini(&block);
    }
}

/* ---- the copy ---- */

static const struct sample copies[] = {
    /* The same text, in whatever order. */
    {"{" CODE "," COPY(ROWS_7_8) "," DESC(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" CODE "," DESC(ROWS_7_8) "," COPY(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" COPY(ROWS_7_8) "," DESC(ROWS_7_8) "," CODE "}", "7:1 8:2 "},
    {"{" DESC(ROWS_7_8) "," COPY(ROWS_7_8) "," CODE "}", "7:1 8:2 "},
    {"{" COPY(ROWS_7_8) "," CODE "," DESC(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" DESC(ROWS_7_8) "," CODE "," COPY(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" CODE ",\"resultDatas\" :\n" ROWS_7_8 " ,\"resultDesc\": " ROWS_7_8 " }",
     "7:1 8:2 "},
    {"{" CODE "," COPY("null") "," DESC("null") "}", ""},
    {"{" CODE "," COPY("[]") "," DESC("[]") "}", ""},

    /* Another text: resultDesc decides. */
    {"{" CODE "," COPY(ROWS_5) "," DESC(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" CODE "," DESC(ROWS_7_8) "," COPY(ROWS_5) "}", "7:1 8:2 "},
    {"{" COPY(ROWS_5) "," DESC(ROWS_7_8) "," CODE "}", "7:1 8:2 "},
    {"{" DESC(ROWS_7_8) "," COPY(ROWS_5) "," CODE "}", "7:1 8:2 "},
    {"{" DESC(ROWS_7_8) "," CODE "," COPY(ROWS_5) "}", "7:1 8:2 "},
    {"{" CODE "," COPY(ROWS_7_8) "," DESC(ROWS_5) "}", "5:9 "},
    {"{" CODE "," COPY(ROWS_7_8) "," DESC("[ ]") "}", ""},
    {"{" CODE "," COPY(ROWS_7_8) "," DESC("null") "}", ""},
    {"{" CODE "," COPY("null") "," DESC(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" CODE "," COPY("[]") "," DESC(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" CODE "," COPY(ROWS_7_8) "}", ""},
    {"{" COPY(ROWS_7_8) "," CODE "}", ""},

    /* More than one copy. */
    {"{" CODE "," COPY(ROWS_5) "," COPY(ROWS_7_8) "," DESC(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" CODE "," COPY(ROWS_7_8) "," COPY(ROWS_5) "," DESC(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" CODE "," COPY(ROWS_7_8) "," DESC(ROWS_7_8) "," DESC(ROWS_7_8) "}",
     "resultDesc: is there twice"},

    /* A copy that holds no rows is nobody's business. */
    {"{" CODE "," COPY("\"\"") "," DESC(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" CODE "," COPY("{}") "," DESC(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" CODE "," COPY("[1]") "," DESC(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" CODE "," COPY("[{}]") "," DESC(ROWS_7_8) "}", "7:1 8:2 "},
    {"{" CODE "," COPY("[{}]") "}", ""},
    {"{" CODE "," COPY("[{\"skillId\":1},{\"skillId\":\"x\"}]") "," DESC(ROWS_7_8) "}",
     "7:1 8:2 "},
    {"{" CODE "," COPY("[{\"skillId\":1},{\"skillId\":\"x\"}]") "}", ""},
    {"{" COPY("[{\"skillId\":\"x\"}]") "," DESC(ROWS_7_8) "," CODE "}", "7:1 8:2 "},
    {"{" COPY("[{\"skillId\":\"x\"}]") ",\"resultCode\":{}}",
     "resultCode: expected a code, got an object"},

    /* Mistakes are reported where they are. */
    {"{" CODE "," COPY("[{]") "," DESC(ROWS_7_8) "}",
     "answer: byte 40: expected a key"},
    {"{" CODE "," COPY(ROWS_5) "," DESC("[{\"skillId\":1},7]") "}",
     "queues[2]: expected an object, got 7"},
    {"{" CODE "," COPY("[{\"skillId\":1},7]") "," DESC("[{\"skillId\":1},7]") "}",
     "queues[2]: expected an object, got 7"},
    {"{" COPY("[{\"skillId\":1},7]") "," DESC("[{\"skillId\":1},7]") "," CODE "}",
     "queues[2]: expected an object, got 7"},
    {"{" CODE "," COPY(ROWS_5) "," DESC("\"none\"") "}",
     "queues: expected a list, got \"none\""},
    {"{" CODE "," COPY("null") "," DESC("nullx") "}",
     "answer: byte 60: expected ',' or '}'"},
    {"{" CODE "," COPY("[]") "," DESC("[]]") "}",
     "answer: byte 56: expected ',' or '}'"},
    {"{" CODE "," COPY(ROWS_5) "," DESC(ROWS_5) "}}",
     "answer: byte 117: more text after the value"},
    {"{\"resultCode\":\"0100001\"," COPY(ROWS_5) "," DESC(ROWS_5) "}",
     "invocation failed"},
    {"{" COPY(ROWS_5) "," DESC(ROWS_5) ",\"resultCode\":\"0100001\"}",
     "invocation failed"},
    {"{" COPY("\"no\"") "," DESC("\"no\"") ",\"resultCode\":\"0100001\"}",
     "invocation failed: \"no\""},

    /* What a copy taught about keys excuses nothing in resultDesc. */
    {"{" CODE "," COPY("[{\"skillId\":1,\"skillId\":1}]") "," DESC(
         "[{\"skillId\":2,\"skillId\":2}]") "}",
     "queues[1].id: is there twice"},
};

static void
copies_of_the_rows(void **state)
{
    (void)state;
    CHECK(copies);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_behind_known_keys),
        cmocka_unit_test(rows_like_the_one_before),
        cmocka_unit_test(rows_with_many_keys),
        cmocka_unit_test(truncated_anywhere),
        cmocka_unit_test(copies_of_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
