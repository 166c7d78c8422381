/* Payloads of queries that are lists: rows with texts, arguments, spans. */
#include "message_bench.h"

#define QUARTER 900

/* Two calls of agent 1099; the heap is "1-21-3". */
struct calls {
    int64_t cells[6];
    struct message_rows rows;
};

static void
calls_init(struct calls *calls)
{
    *calls = (struct calls){
        .cells = {3, (int64_t)0 << 32 | 3, 1099, 3, (int64_t)3 << 32 | 3, 1099}};
    calls->rows = (struct message_rows){.center = 1,
                                        .query = &query_agent_calls,
                                        .row_count = 2,
                                        .cells = calls->cells,
                                        .argument = 1099,
                                        .text = "1-21-3",
                                        .text_size = 6};
}

static bool
read_calls(struct bench *bench, const struct calls *calls, struct message_rows *out)
{
    assert_true(message_write_rows(&bench->out, NOW, &calls->rows));
    return message_read_rows(bench_frame(bench), CENTERS, out, &bench->error);
}

static void
test_rows_with_texts(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct calls calls;
    struct message_rows out;
    size_t size;
    calls_init(&calls);
    assert_true(read_calls(&bench, &calls, &out));
    assert_ptr_equal(out.query, &query_agent_calls);
    assert_int_equal(out.argument, 1099);
    assert_int_equal(out.row_count, 2);
    assert_int_equal((uintptr_t)out.cells % sizeof(int64_t), 0);
    const char *text = row_heap(message_row(&out, 1), 0, &size);
    assert_int_equal(size, 3);
    assert_memory_equal(text, "1-3", 3);
    bench_fini(&bench);
}

/* An agent has no calls: a sample all the same. */
static void
test_no_rows(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct calls calls;
    struct message_rows out;
    calls_init(&calls);
    calls.rows.row_count = 0;
    calls.rows.text = NULL;
    calls.rows.text_size = 0;
    assert_true(read_calls(&bench, &calls, &out));
    assert_int_equal(out.row_count, 0);
    assert_int_equal(out.argument, 1099);
    bench_fini(&bench);
}

static void
test_texts_outside_of_the_heap(void **state)
{
    (void)state;
    static const struct {
        int64_t cell;
        bool is_good;
    } cases[] = {
        {(int64_t)3 << 32 | 3, true},
        {(int64_t)6 << 32, true}, /* nothing, at the end */
        {(int64_t)3 << 32 | 4, false},
        {(int64_t)7 << 32, false},
        {(int64_t)UINT32_MAX, false},
        {-1, false},
        {INT64_MIN, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        struct calls calls;
        struct message_rows out;
        calls_init(&calls);
        calls.cells[4] = cases[i].cell;
        assert_int_equal(read_calls(&bench, &calls, &out), cases[i].is_good);
        if (!cases[i].is_good)
            assert_fault(&bench, "ROWS: a text outside of the heap");
        bench_fini(&bench);
    }
}

/* A cell of no value is not looked at. */
static void
test_texts_that_are_unknown(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_rows out;
    int64_t cells[64] = {1, 1099};
    int name = query_field(&query_agents, "name");
    cells[1 + name] = -1;
    struct message_rows rows = {
        .query = &query_agents, .row_count = 1, .cells = cells, .argument = 7};
    assert_true(message_write_rows(&bench.out, NOW, &rows));
    assert_true(message_read_rows(bench_frame(&bench), CENTERS, &out, &bench.error));
    bench_fini(&bench);
}

static void
test_marks(void **state)
{
    (void)state;
    static const struct {
        uint64_t word;
        bool is_good;
    } cases[] = {
        {ROW_GONE | 1, true},  {ROW_EXPECTED | 1, false},
        {ROW_EXPECTED, false}, {ROW_EXPECTED | ROW_GONE | 1, false},
        {ROW_GONE | 3, false}, {ROW_EXPECTED | 3, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        struct calls calls;
        struct message_rows out;
        calls_init(&calls);
        calls.cells[3] = (int64_t)cases[i].word;
        assert_int_equal(read_calls(&bench, &calls, &out), cases[i].is_good);
        if (!cases[i].is_good)
            assert_fault(&bench, "ROWS: a presence word does not fit the query");
        bench_fini(&bench);
    }
}

static void
test_an_argument_of_no_list(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_rows out;
    int64_t cells[64] = {KEY_BIT, 7};
    struct message_rows rows = {
        .query = &query_queues, .row_count = 1, .cells = cells, .argument = 7};
    message_write_rows(&bench.out, NOW, &rows);
    assert_false(message_read_rows(bench_frame(&bench), CENTERS, &out, &bench.error));
    assert_fault(&bench, "ROWS: an argument of rows that are no list");
    bench_fini(&bench);
}

/* ---- wants ---- */

static void
test_how_far_back_a_want_reaches(void **state)
{
    (void)state;
    static const int64_t queues[] = {7}, agents[] = {1099};
    const struct {
        const struct query *query;
        const int64_t *ids;
        int64_t last_ms;
        bool is_good;
    } cases[] = {
        {&query_queues, queues, 0, true},
        {&query_queues, queues, 900000, false},
        {&query_agents, queues, 900000, false},
        {&query_agent_operations, agents, 0, true},
        {&query_agent_operations, agents, 900000, true},
        {&query_agent_operations, agents, 86400000, true},
        {&query_agent_operations, agents, 86400001, false},
        {&query_agent_operations, agents, -1, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        struct lists lists = {0};
        struct message_loaded loaded = {0};
        struct message_want want = {
            0, 0, cases[i].query, 15000, cases[i].last_ms, cases[i].ids, 1, 0};
        for (size_t j = 0; j < ENTRIES; j++)
            message_put_entry(&lists.entries, &entries[j]);
        message_put_want(&lists.wants, &want);
        assert_int_equal(read_lists(&bench, &lists, &loaded), cases[i].is_good);
        if (cases[i].is_good)
            assert_int_equal(loaded.wants[0].last_ms, cases[i].last_ms);
        else
            assert_non_null(strstr(bench.error.message, "LOADED: "));
        message_loaded_fini(&loaded);
        bench_fini(&bench);
    }
}

/* ---- FETCH ---- */

static void
test_spans(void **state)
{
    (void)state;
    static const int64_t queues[] = {7}, agents[] = {1099};
    const struct query *const with = &query_agent_operations;
    const struct {
        const struct query *query;
        struct query_span span;
        const char *fault;
    } cases[] = {
        {with, {QUARTER, 2 * QUARTER, OPERATION_ANY}, NULL},
        {with, {0, 96 * QUARTER, 3}, NULL},
        {with, {0, 97 * QUARTER, 3}, "FETCH: a span that cannot be"},
        {with, {QUARTER, QUARTER, 3}, "FETCH: a span that cannot be"},
        {with, {2 * QUARTER, QUARTER, 3}, "FETCH: a span that cannot be"},
        {with, {1, 1 + QUARTER, 3}, "FETCH: a span that cannot be"},
        {with, {0, QUARTER + 1, 3}, "FETCH: a span that cannot be"},
        {with, {0, 0, OPERATION_ANY}, "FETCH: a span that cannot be"},
        {with, {-QUARTER, 0, 3}, "FETCH: the begin of a span"},
        {with, {0, INT64_MAX, 3}, "FETCH: the end of a span"},
        {with, {0, QUARTER, -2}, "FETCH: the type of an operation"},
        {with, {0, QUARTER, (int64_t)INT32_MAX + 1}, "FETCH: the type of an operation"},
        {&query_queues, {0, 0, OPERATION_ANY}, NULL},
        {&query_queues, {0, QUARTER, OPERATION_ANY}, "FETCH: the end of a span"},
        {&query_agents, {0, 0, 3}, "FETCH: the type of an operation"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        const int64_t *ids = cases[i].query == with ? agents : queues;
        struct message_fetch fetch = {5, 1, cases[i].query, 0, cases[i].span, ids, 1};
        struct message_fetch out = {0};
        assert_true(message_write_fetch(&bench.out, NOW, &fetch));
        bool is_good =
            message_read_fetch(bench_frame(&bench), CENTERS, &out, &bench.error);
        assert_int_equal(is_good, cases[i].fault == NULL);
        if (is_good) {
            assert_memory_equal(&out.span, &cases[i].span, sizeof out.span);
            message_fetch_fini(&out);
        } else {
            assert_fault(&bench, cases[i].fault);
        }
        bench_fini(&bench);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_with_texts),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_texts_outside_of_the_heap),
        cmocka_unit_test(test_texts_that_are_unknown),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_an_argument_of_no_list),
        cmocka_unit_test(test_how_far_back_a_want_reaches),
        cmocka_unit_test(test_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
