/* Conditions over what is no plain number: words, texts, booleans, several limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "script/condition.h"
static const struct condition_view no_view;

static uint32_t
field_of(const struct query *query, const char *name)
{
    int index = query_field(query, name);
    assert_true(index >= 0);
    return (uint32_t)index;
}

/* A leaf with these operands; the texts end with NULL. */
static struct condition
match_texts(const struct query *query, const char *name, const char *const *texts)
{
    struct condition condition = {.query = query};
    condition_match(&condition, texts[1] ? OP_ONE_OF : OP_EQUAL, field_of(query, name));
    for (; *texts; texts++)
        assert_true(condition_add_text(&condition, *texts, strlen(*texts)));
    return condition;
}

static struct condition
match_numbers(const struct query *query, enum condition_op op, const char *name,
              const double *numbers, size_t count)
{
    struct condition condition = {.query = query};
    condition_match(&condition, op, field_of(query, name));
    for (size_t i = 0; i < count; i++)
        condition_add_number(&condition, numbers[i]);
    return condition;
}

static void
assert_why(struct condition *condition, struct row row, enum truth truth,
           const char *why)
{
    struct buf out = {0};
    assert_int_equal(condition_evaluate(condition, &row, &no_view), truth);
    condition_explain(condition, &row, &no_view, &out);
    assert_string_equal(out.data, why);
    buf_fini(&out);
}

static void
test_words_of_codes(void **state)
{
    (void)state;
    const struct query *query = &query_agents;
    size_t code = field_of(query, "state_code");
    int64_t cells[64] = {1, 1099};
    struct row row = {cells, ""};
    struct condition is =
        match_texts(query, "state", (const char *const[]){"rest", NULL});
    struct condition one =
        match_texts(query, "state", (const char *const[]){"busy", "code 11", NULL});
    assert_why(&is, row, TRUTH_UNKNOWN, "state is unknown");
    cells[0] |= (int64_t)1 << code;
    cells[1 + code] = 8;
    assert_why(&is, row, TRUTH_TRUE, "state is rest (equal rest)");
    assert_why(&one, row, TRUTH_FALSE, "state is rest (not one of busy, code 11)");
    cells[1 + code] = 11;
    assert_why(&is, row, TRUTH_FALSE, "state is code 11 (not equal rest)");
    assert_why(&one, row, TRUTH_TRUE, "state is code 11 (one of busy, code 11)");
    cells[0] = (int64_t)(ROW_EXPECTED | 1);
    assert_why(&is, row, TRUTH_FALSE, "state is signed_out (not equal rest)");
    assert_false(condition_add_text(&is, "pre_rest", 8));
    assert_false(condition_add_text(&is, "rest\0", 5));
    condition_fini(&is);
    condition_fini(&one);
}

static void
test_texts(void **state)
{
    (void)state;
    const struct query *query = &query_agents;
    size_t name = field_of(query, "name");
    int64_t cells[64] = {1, 1099};
    struct row row = {cells, "AnnBobé"};
    struct condition is =
        match_texts(query, "name", (const char *const[]){"Bob", NULL});
    struct condition one =
        match_texts(query, "name", (const char *const[]){"Ann", "Bobé", NULL});
    assert_why(&is, row, TRUTH_UNKNOWN, "name is unknown");
    cells[0] |= (int64_t)1 << name;
    cells[1 + name] = (int64_t)3 << 32 | 3;
    assert_why(&is, row, TRUTH_TRUE, "name is Bob (equal Bob)");
    assert_why(&one, row, TRUTH_FALSE, "name is Bob (not one of Ann, Bobé)");
    cells[1 + name] = (int64_t)3 << 32 | 5;
    assert_why(&is, row, TRUTH_FALSE, "name is Bobé (not equal Bob)");
    assert_why(&one, row, TRUTH_TRUE, "name is Bobé (one of Ann, Bobé)");
    condition_fini(&is);
    condition_fini(&one);
}

/* An explanation does not repeat a long text, and cuts no character in two. */
static void
test_long_texts(void **state)
{
    (void)state;
    size_t name = field_of(&query_agents, "name");
    char text[141], why[200];
    for (size_t i = 0; i < 70; i++)
        memcpy(text + 1 + 2 * i, "é", 2);
    text[0] = 'x';
    int64_t cells[64] = {1 | (int64_t)1 << name, 1099};
    cells[1 + name] = 141;
    struct condition is =
        match_texts(&query_agents, "name", (const char *const[]){"Bob", NULL});
    snprintf(why, sizeof why, "name is %.99s… (not equal Bob)", text);
    assert_why(&is, (struct row){cells, text}, TRUTH_FALSE, why);
    condition_fini(&is);
}

static void
test_causes(void **state)
{
    (void)state;
    const struct query *query = &query_agent_operations;
    size_t code = field_of(query, "operation_code"), cause = field_of(query, "cause");
    int64_t cells[64] = {0};
    struct row row = {cells, ""};
    struct condition rest =
        match_texts(query, "cause_text", (const char *const[]){"rest", NULL});
    struct condition interim =
        match_numbers(query, OP_EQUAL, "interim", (double[]){1}, 1);
    assert_why(&rest, row, TRUTH_UNKNOWN, "cause_text is unknown");
    assert_why(&interim, row, TRUTH_UNKNOWN, "interim is unknown");
    cells[0] = (int64_t)1 << code | (int64_t)1 << cause;
    cells[1 + code] = 3;
    cells[1 + cause] = 4;
    assert_why(&rest, row, TRUTH_TRUE, "cause_text is rest (equal rest)");
    assert_why(&interim, row, TRUTH_FALSE, "interim is false (not equal true)");
    cells[1 + cause] = 99;
    assert_why(&rest, row, TRUTH_UNKNOWN, "cause_text is unknown");
    cells[1 + code] = 60;
    cells[1 + cause] = 1;
    assert_why(&interim, row, TRUTH_TRUE, "interim is true (equal true)");
    condition_fini(&rest);
    condition_fini(&interim);
}

static void
test_between(void **state)
{
    (void)state;
    /* What 1, 2, 3, 4 and 5 are against 2 to 4. */
    static const bool is_within[] = {false, true, true, true, false};
    const double limits[] = {2, 4}, some[] = {1, 3, 5};
    struct condition within =
        match_numbers(&query_queues, OP_WITHIN, "calls_waiting", limits, 2);
    struct condition outside =
        match_numbers(&query_queues, OP_OUTSIDE, "calls_waiting", limits, 2);
    struct condition one =
        match_numbers(&query_queues, OP_ONE_OF, "calls_waiting", some, 3);
    size_t waiting = field_of(&query_queues, "calls_waiting");
    int64_t cells[64] = {1, 7};
    struct row row = {cells, ""};
    assert_why(&outside, row, TRUTH_UNKNOWN, "calls_waiting is unknown");
    cells[0] |= (int64_t)1 << waiting;
    for (int64_t i = 1; i <= 5; i++) {
        cells[1 + waiting] = i;
        bool expected = is_within[i - 1];
        assert_int_equal(condition_evaluate(&within, &row, &no_view), expected);
        assert_int_equal(condition_evaluate(&outside, &row, &no_view), !expected);
        assert_int_equal(condition_evaluate(&one, &row, &no_view), i % 2);
    }
    assert_why(&within, row, TRUTH_FALSE, "calls_waiting is 5 (not within 2 to 4)");
    assert_why(&outside, row, TRUTH_TRUE, "calls_waiting is 5 (outside 2 to 4)");
    condition_fini(&within);
    condition_fini(&outside);
    condition_fini(&one);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_codes), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_long_texts),     cmocka_unit_test(test_causes),
        cmocka_unit_test(test_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
