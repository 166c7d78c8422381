#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script/condition.h"

static const struct condition_view no_view;

#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint32_t
field(const char *name)
{
    int index = query_field(&query_queues, name);
    assert_true(index >= 0);
    return (uint32_t)index;
}

/* Cells of a queue; fields are set by name, the others stay unknown. */
struct given {
    int64_t cells[64];
    struct row row;
};

static const struct row *
seen(struct given *given)
{
    given->row = (struct row){given->cells, ""};
    return &given->row;
}

static void
row_set(struct given *row, const char *name, int64_t value)
{
    uint32_t index = field(name);
    row->cells[0] |= (int64_t)1 << index;
    row->cells[1 + index] = value;
}

static void
leaf(struct condition *condition, enum condition_op op, const char *name, double limit)
{
    condition_compare(condition, op, field(name), limit);
}

/* Functions of a script, in tests: call 0 is false, 1 true, 2 unknown. */
static enum truth
answer(void *arg, int call, const struct row *row)
{
    int *calls = arg;
    assert_non_null(row);
    if (calls)
        (*calls)++;
    return (enum truth)call;
}

static void
test_words(void **state)
{
    (void)state;
    static const char *const words[] = {
        [OP_ABOVE] = "above",     [OP_BELOW] = "below",     [OP_AT_LEAST] = "at_least",
        [OP_AT_MOST] = "at_most", [OP_EQUAL] = "equal",     [OP_ONE_OF] = "one_of",
        [OP_WITHIN] = "within",   [OP_OUTSIDE] = "outside", [OP_CHANGED] = "changed",
        [OP_ALL] = "all",         [OP_ANY] = "any",         [OP_NONE] = "none",
        [OP_TIMES] = "times",     [OP_GIVEN] = "given",     [OP_CALL] = "call",
    };
    for (size_t op = 0; op < COUNT(words); op++) {
        assert_string_equal(condition_word((enum condition_op)op), words[op]);
        assert_int_equal(condition_op_of(words[op]), op);
    }
    assert_int_equal(condition_op_of("abov"), -1);
    assert_int_equal(condition_op_of(""), -1);
}

static void
test_comparisons(void **state)
{
    (void)state;
    /* What 4, 5 and 6 are against a limit of 5. */
    static const struct {
        enum condition_op op;
        enum truth four, five, six;
    } cases[] = {
        {OP_ABOVE, TRUTH_FALSE, TRUTH_FALSE, TRUTH_TRUE},
        {OP_BELOW, TRUTH_TRUE, TRUTH_FALSE, TRUTH_FALSE},
        {OP_AT_LEAST, TRUTH_FALSE, TRUTH_TRUE, TRUTH_TRUE},
        {OP_AT_MOST, TRUTH_TRUE, TRUTH_TRUE, TRUTH_FALSE},
        {OP_EQUAL, TRUTH_FALSE, TRUTH_TRUE, TRUTH_FALSE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct condition condition = {.query = &query_queues};
        struct given row = {0};
        leaf(&condition, cases[i].op, "calls_waiting", 5);
        assert_int_equal(condition_evaluate(&condition, seen(&row), &no_view),
                         TRUTH_UNKNOWN);
        row_set(&row, "calls_waiting", 4);
        assert_int_equal(condition_evaluate(&condition, seen(&row), &no_view),
                         cases[i].four);
        row_set(&row, "calls_waiting", 5);
        assert_int_equal(condition_evaluate(&condition, seen(&row), &no_view),
                         cases[i].five);
        row_set(&row, "calls_waiting", 6);
        assert_int_equal(condition_evaluate(&condition, seen(&row), &no_view),
                         cases[i].six);
        condition_fini(&condition);
    }
}

/* A zero that was sent is a value; a field that was not sent is none. */
static void
test_nil_is_not_zero(void **state)
{
    (void)state;
    struct condition condition = {.query = &query_queues};
    struct given row = {0};
    leaf(&condition, OP_EQUAL, "agents_available", 0);
    assert_int_equal(condition_evaluate(&condition, seen(&row), &no_view),
                     TRUTH_UNKNOWN);
    row_set(&row, "agents_available", 0);
    assert_int_equal(condition_evaluate(&condition, seen(&row), &no_view), TRUTH_TRUE);
    condition_fini(&condition);
}

static void
test_ratio(void **state)
{
    (void)state;
    struct condition condition = {.query = &query_queues};
    struct given row = {0};
    leaf(&condition, OP_BELOW, "service_level_5m", 0.8);
    row_set(&row, "answered_20s_5m", 0);
    assert_int_equal(condition_evaluate(&condition, seen(&row), &no_view),
                     TRUTH_UNKNOWN);
    row_set(&row, "calls_offered_5m", 0);
    assert_int_equal(condition_evaluate(&condition, seen(&row), &no_view),
                     TRUTH_UNKNOWN);
    row_set(&row, "calls_offered_5m", 10);
    row_set(&row, "answered_20s_5m", 7);
    assert_int_equal(condition_evaluate(&condition, seen(&row), &no_view), TRUTH_TRUE);
    row_set(&row, "answered_20s_5m", 8);
    assert_int_equal(condition_evaluate(&condition, seen(&row), &no_view), TRUTH_FALSE);
    condition_fini(&condition);
}

/* What a list of truths is, counted: the definition, not the program. */
static enum truth
expected(enum condition_op op, const enum truth *parts, size_t count)
{
    size_t seen[3] = {0};
    for (size_t i = 0; i < count; i++)
        seen[parts[i]]++;
    switch (op) {
    case OP_ALL:
        return seen[TRUTH_FALSE]     ? TRUTH_FALSE
               : seen[TRUTH_UNKNOWN] ? TRUTH_UNKNOWN
                                     : TRUTH_TRUE;
    case OP_ANY:
        return seen[TRUTH_TRUE]      ? TRUTH_TRUE
               : seen[TRUTH_UNKNOWN] ? TRUTH_UNKNOWN
                                     : TRUTH_FALSE;
    default:
        return seen[TRUTH_TRUE]      ? TRUTH_FALSE
               : seen[TRUTH_UNKNOWN] ? TRUTH_UNKNOWN
                                     : TRUTH_TRUE;
    }
}

/* All combinations of up to four parts, each false, true or unknown. */
static void
test_combinations(void **state)
{
    (void)state;
    static const enum condition_op ops[] = {OP_ALL, OP_ANY, OP_NONE};
    struct given row = {0};
    for (size_t o = 0; o < COUNT(ops); o++)
        for (size_t count = 1; count <= 4; count++) {
            size_t all = 1;
            for (size_t i = 0; i < count; i++)
                all *= 3;
            for (size_t n = 0; n < all; n++) {
                struct condition condition = {.query = &query_queues};
                enum truth parts[4];
                size_t opened = condition_open(&condition, ops[o]);
                for (size_t i = 0, digits = n; i < count; i++, digits /= 3) {
                    parts[i] = (enum truth)(digits % 3);
                    condition_call(&condition, (int)parts[i]);
                }
                condition_close(&condition, opened);
                assert_int_equal(
                    condition_evaluate(&condition, seen(&row),
                                       &(struct condition_view){.caller = answer}),
                    expected(ops[o], parts, count));
                condition_fini(&condition);
            }
        }
}

/* all { calls_waiting above 0, any { longest_wait_5m above 2m, not (agents_idle at
 * least 1) }, a function } */
static void
build_nested(struct condition *condition)
{
    size_t all = condition_open(condition, OP_ALL);
    leaf(condition, OP_ABOVE, "calls_waiting", 0);
    size_t any = condition_open(condition, OP_ANY);
    leaf(condition, OP_ABOVE, "longest_wait_5m", 120);
    size_t none = condition_open(condition, OP_NONE);
    leaf(condition, OP_AT_LEAST, "agents_idle", 1);
    condition_close(condition, none);
    condition_close(condition, any);
    condition_call(condition, 1);
    condition_close(condition, all);
}

static void
test_nesting(void **state)
{
    (void)state;
    static const struct {
        int64_t waiting, longest, idle;
        enum truth truth;
        int calls; /* a part that cannot matter any more is not asked */
    } cases[] = {
        {7, 121, 3, TRUTH_TRUE, 1},
        {7, 0, 0, TRUTH_TRUE, 1},
        {7, 0, 3, TRUTH_FALSE, 0},
        {0, 121, 0, TRUTH_FALSE, 0},
    };
    struct condition condition = {.query = &query_queues};
    build_nested(&condition);
    assert_int_equal(condition.count, 7);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct given row = {0};
        int calls = 0;
        row_set(&row, "calls_waiting", cases[i].waiting);
        row_set(&row, "longest_wait_5m", cases[i].longest);
        row_set(&row, "agents_idle", cases[i].idle);
        assert_int_equal(condition_evaluate(
                             &condition, seen(&row),
                             &(struct condition_view){.caller = answer, .arg = &calls}),
                         cases[i].truth);
        assert_int_equal(calls, cases[i].calls);
    }
    condition_fini(&condition);
}

static void
test_empty_is_unknown(void **state)
{
    (void)state;
    struct condition condition = {.query = &query_queues};
    struct given row = {0};
    struct buf out = {0};
    assert_int_equal(condition_evaluate(&condition, seen(&row), &no_view),
                     TRUTH_UNKNOWN);
    condition_explain(&condition, seen(&row), &no_view, &out);
    condition_describe(&condition, &out);
    assert_int_equal(out.size, 0);
    condition_fini(&condition);
}

static void
assert_explained(const struct condition *condition, struct given *row, const char *text)
{
    struct buf out = {0};
    condition_explain(condition, seen(row), &(struct condition_view){.caller = answer},
                      &out);
    assert_string_equal(out.data, text);
    buf_fini(&out);
}

static void
test_explaining(void **state)
{
    (void)state;
    struct condition condition = {.query = &query_queues};
    struct given row = {0};
    build_nested(&condition);

    assert_explained(&condition, &row,
                     "calls_waiting is unknown, longest_wait_5m is unknown, "
                     "agents_idle is unknown");
    row_set(&row, "calls_waiting", 7);
    row_set(&row, "longest_wait_5m", 135);
    assert_explained(&condition, &row,
                     "calls_waiting is 7 (above 0), longest_wait_5m is 2m15s (above "
                     "2m), a function");
    row_set(&row, "agents_idle", 0);
    assert_explained(&condition, &row,
                     "calls_waiting is 7 (above 0), longest_wait_5m is 2m15s (above "
                     "2m), agents_idle is 0 (not at least 1), a function");
    row_set(&row, "longest_wait_5m", 60);
    row_set(&row, "agents_idle", 2);
    assert_explained(&condition, &row,
                     "longest_wait_5m is 1m (not above 2m), agents_idle is 2 (at "
                     "least 1)");
    row_set(&row, "calls_waiting", 0);
    row_set(&row, "agents_idle", 0);
    assert_explained(&condition, &row, "calls_waiting is 0 (not above 0)");
    condition_fini(&condition);
}

static void
test_explaining_none(void **state)
{
    (void)state;
    struct condition condition = {.query = &query_queues};
    struct given row = {0};
    size_t none = condition_open(&condition, OP_NONE);
    leaf(&condition, OP_BELOW, "service_level_5m", 0.8);
    leaf(&condition, OP_EQUAL, "agents_available", 0);
    condition_close(&condition, none);

    row_set(&row, "agents_available", 3);
    assert_explained(&condition, &row, "service_level_5m is unknown");
    row_set(&row, "calls_offered_5m", 3);
    row_set(&row, "answered_20s_5m", 2);
    assert_explained(&condition, &row, "service_level_5m is 66.67% (below 80%)");
    row_set(&row, "answered_20s_5m", 3);
    assert_explained(&condition, &row,
                     "service_level_5m is 100% (not below 80%), agents_available is 3 "
                     "(not equal to 0)");
    condition_fini(&condition);
}

static void
assert_described(struct condition *condition, const char *text)
{
    struct buf out = {0};
    condition_describe(condition, &out);
    assert_string_equal(out.data, text);
    buf_fini(&out);
    condition_fini(condition);
}

static void
test_describing(void **state)
{
    (void)state;
    struct condition condition = {.query = &query_queues};
    build_nested(&condition);
    assert_described(&condition,
                     "calls_waiting above 0 and (longest_wait_5m above 2m or not "
                     "(agents_idle at least 1)) and a function");

    leaf(&condition, OP_AT_MOST, "service_level_5m", 0.805);
    assert_described(&condition, "service_level_5m at most 80.5%");

    /* A combination of one part is that part: no brackets for it. */
    size_t all = condition_open(&condition, OP_ALL);
    size_t any = condition_open(&condition, OP_ANY);
    leaf(&condition, OP_EQUAL, "agents_idle", 0);
    leaf(&condition, OP_BELOW, "calls_waiting", 2.5);
    condition_close(&condition, any);
    condition_close(&condition, all);
    assert_described(&condition, "agents_idle equal to 0 or calls_waiting below 2.5");
}

static void
test_values(void **state)
{
    (void)state;
    static const struct {
        enum field_unit unit;
        double value;
        const char *text;
    } cases[] = {
        {UNIT_COUNT, 7, "7"},
        {UNIT_COUNT, 0, "0"},
        {UNIT_COUNT, 100, "100"},
        {UNIT_COUNT, -3, "-3"},
        {UNIT_COUNT, 2.5, "2.5"},
        {UNIT_NONE, 9007199254740992.0, "9007199254740992"},
        {UNIT_SECONDS, 0, "0s"},
        {UNIT_SECONDS, 135, "2m15s"},
        {UNIT_SECONDS, 0.5, "500ms"},
        {UNIT_SECONDS, -60, "-1m"},
        {UNIT_SECONDS, 1e30, "1000000000000000019884624838656s"},
        {UNIT_SECONDS, INFINITY, "infs"},
        {UNIT_RATIO, 0.8, "80%"},
        {UNIT_RATIO, 1, "100%"},
        {UNIT_RATIO, 0.29, "29%"},
        {UNIT_RATIO, 2.0 / 3, "66.67%"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = {0};
        condition_add_value(&out, cases[i].unit, cases[i].value);
        assert_string_equal(out.data, cases[i].text);
        buf_fini(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_comparisons),
        cmocka_unit_test(test_nil_is_not_zero),
        cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_combinations),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_empty_is_unknown),
        cmocka_unit_test(test_explaining),
        cmocka_unit_test(test_explaining_none),
        cmocka_unit_test(test_describing),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
