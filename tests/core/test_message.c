#include <math.h>

#include "message_bench.h"

/* ---- LOAD, RESTORE ---- */

static void
test_load(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_load load = load_of(), out;
    assert_true(message_write_load(&bench.out, NOW, &load));
    assert_true(message_read_load(bench_frame(&bench), &out, &bench.error));
    assert_memory_equal(&out.limits, &load.limits, sizeof load.limits);
    assert_string_equal(out.name, "queue_wait");
    assert_int_equal(out.source_size, 9);
    assert_memory_equal(out.source, load.source, 9);
    assert_int_equal(out.source[9], '\0');
    assert_string_equal(out.setup, "{}");
    assert_int_equal(out.setup_size, 2);
    assert_int_equal(out.module_count, 2);
    assert_string_equal(out.modules[0].name, "lib.a");
    assert_string_equal(out.modules[0].file, "scripts/lib/a.lua");
    assert_int_equal(out.modules[0].source_size, 1);
    assert_string_equal(out.modules[0].source, "x");
    assert_string_equal(out.modules[0].trouble, "");
    assert_int_equal(out.modules[1].source_size, 0);
    assert_string_equal(out.modules[1].trouble, "is a symbolic link");
    assert_string_equal(out.module_names, "lib.a\nlib.c");
    message_load_fini(&out);
    bench_fini(&bench);
}

static void
test_load_refused(void **state)
{
    (void)state;
    struct message_load bad[12];
    static struct message_module nameless[] = {{"", "a.lua", "", 0, ""}},
                                 placeless[] = {{"lib.a", "", "", 0, ""}},
                                 many[MESSAGE_MODULES_MAX + 1];
    for (size_t i = 0; i < COUNT(bad); i++)
        bad[i] = load_of();
    bad[0].limits.cpu_ms = 0;
    bad[1].limits.alerts = -1;
    bad[2].limits.sends_per_s = 0;
    bad[3].limits.logs_per_s = NAN;
    bad[4].limits.sends_per_s = INFINITY;
    bad[5].limits.source_bytes = 8;
    bad[6].name = "two\nlines";
    bad[7].setup_size = 0;
    bad[8].limits.source_bytes = 9;
    bad[9].modules = nameless;
    bad[9].module_count = 1;
    bad[10].modules = placeless;
    bad[10].module_count = 1;
    bad[11].modules = many;
    bad[11].module_count = COUNT(many);
    static const char *const faults[] = {
        "LOAD: limit cpu",
        "LOAD: limit alerts",
        "LOAD: limit sends",
        "LOAD: limit log",
        "LOAD: limit sends",
        "LOAD: the source is larger than its limit",
        "LOAD: the name of the script",
        "LOAD: no setup",
        "LOAD: the modules are larger than the limit of the source",
        "LOAD: a module's name",
        "LOAD: a module without a file",
        "LOAD: the number of modules",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct bench bench = {0};
        struct message_load out;
        message_write_load(&bench.out, NOW, &bad[i]);
        assert_false(message_read_load(bench_frame(&bench), &out, &bench.error));
        assert_fault(&bench, faults[i]);
        bench_fini(&bench);
    }
}

static void
test_restore(void **state)
{
    (void)state;
    static const struct {
        struct message_kept kept;
        const char *fault;
    } cases[] = {
        {{2, 1, "7", ""}, NULL},
        {{3, 1, "7", ""}, "RESTORE: no such entry"},
        {{2, 2, "7", ""}, "RESTORE: no such centre"},
        {{2, 1, "", ""}, "RESTORE: the key of an alert"},
        {{2, 1, "7\n", ""}, "RESTORE: the key of an alert"},
        {{2, 1, "7", "\n"}, "RESTORE: the state of a key"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        struct message_list list = {0};
        struct message_restore out;
        message_put_kept(&list, &(struct message_kept){0, 0, "sales", "0 0 raised@5"});
        message_put_kept(&list, &cases[i].kept);
        assert_true(message_write_restore(&bench.out, NOW, &list));
        bool is_good = message_read_restore(bench_frame(&bench), ENTRIES, CENTERS, &out,
                                            &bench.error);
        assert_int_equal(is_good, cases[i].fault == NULL);
        if (is_good) {
            assert_int_equal(out.count, 2);
            assert_string_equal(out.kept[0].key, "sales");
            assert_int_equal(out.kept[1].entry, 2);
            assert_int_equal(out.kept[1].center, 1);
            assert_string_equal(out.kept[1].key, "7");
            assert_string_equal(out.kept[0].state, "0 0 raised@5");
            assert_string_equal(out.kept[1].state, "");
        } else {
            assert_fault(&bench, cases[i].fault);
            assert_null(out.kept);
        }
        message_restore_fini(&out);
        message_list_fini(&list);
        bench_fini(&bench);
    }
}

/* ---- ROWS, FETCHED ---- */

static void
test_rows(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct block block;
    struct message_rows out;
    block_init(&block, &query_queues);
    for (int64_t id = 1; id <= 3; id++) {
        int64_t *row = block_add(&block);
        row[0] = KEY_BIT | 4;
        row[1] = id;
        row[3] = -id;
    }
    struct message_rows rows = {1, &query_queues, 3, block.cells, 0, NULL, 0, 0};
    assert_true(message_write_rows(&bench.out, NOW, &rows));
    assert_true(message_read_rows(bench_frame(&bench), CENTERS, &out, &bench.error));
    assert_int_equal(out.center, 1);
    assert_ptr_equal(out.query, &query_queues);
    assert_int_equal(out.row_count, 3);
    assert_ptr_equal(out.cells, bench.frame.payload + 24);
    assert_int_equal((uintptr_t)out.cells % sizeof(int64_t), 0);
    assert_memory_equal(out.cells, block.cells,
                        3 * query_width(&query_queues) * sizeof(int64_t));

    struct message_fetched fetched = {.wait = 9, .rows = rows}, got;
    assert_true(message_write_fetched(&bench.out, NOW, &fetched));
    assert_true(message_read_fetched(bench_frame(&bench), CENTERS, &got, &bench.error));
    assert_int_equal(got.wait, 9);
    assert_int_equal(got.error.kind, ERROR_NONE);
    assert_int_equal(got.rows.row_count, 3);
    assert_int_equal((uintptr_t)got.rows.cells % sizeof(int64_t), 0);
    assert_int_equal(got.rows.cells[query_width(&query_queues) + 3], -2);

    rows.row_count = 0;
    assert_true(message_write_rows(&bench.out, NOW, &rows));
    assert_true(message_read_rows(bench_frame(&bench), CENTERS, &out, &bench.error));
    assert_int_equal(out.row_count, 0);
    block_fini(&block);
    bench_fini(&bench);
}

static void
test_presence(void **state)
{
    (void)state;
    const int64_t gone = INT64_MIN;
    const int64_t all = ((int64_t)1 << query_queues.field_count) - 1;
    const struct {
        int64_t word;
        bool is_good;
    } cases[] = {
        {KEY_BIT, true},
        {all, true},
        {gone | KEY_BIT, true},
        {0, false},
        {all - KEY_BIT, false},
        {gone, false},
        {gone | all, false},
        {KEY_BIT | (all + 1), false},
        {-1, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        int64_t cells[64] = {cases[i].word, 7};
        struct message_rows rows = {0, &query_queues, 1, cells, 0, NULL, 0, 0}, out;
        message_write_rows(&bench.out, NOW, &rows);
        bool is_good =
            message_read_rows(bench_frame(&bench), CENTERS, &out, &bench.error);
        assert_int_equal(is_good, cases[i].is_good);
        if (!is_good)
            assert_fault(&bench, "ROWS: a presence word does not fit the query");
        bench_fini(&bench);
    }
}

static void
test_rows_refused(void **state)
{
    (void)state;
    uint32_t width = (uint32_t)query_width(&query_queues);
    const struct {
        uint32_t center, query, row_count, width;
        const char *fault;
    } cases[] = {
        {0, 0, 1, width, NULL},
        {2, 0, 1, width, "ROWS: no such centre"},
        {0, 5, 1, width, "ROWS: no such query"},
        {0, UINT32_MAX, 1, width, "ROWS: no such query"},
        {0, 0, 1, width - 1, "ROWS: the width is not the query's"},
        {0, 0, width, 1, "ROWS: the width is not the query's"},
        {0, 0, 0, width, "ROWS: the payload does not hold what it announces"},
        {0, 0, 2, width, "ROWS: the payload does not hold what it announces"},
        {0, 0, UINT32_MAX, width, "ROWS: the number of rows"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        struct message_rows out;
        int64_t cells[64] = {KEY_BIT, 7};
        size_t begin = frame_begin(&bench.out, FRAME_ROWS, 0, NOW);
        frame_put_u32(&bench.out, cases[i].center);
        frame_put_u32(&bench.out, cases[i].query);
        frame_put_u32(&bench.out, cases[i].row_count);
        frame_put_u32(&bench.out, cases[i].width);
        frame_put_i64(&bench.out, 0);
        frame_put_cells(&bench.out, cells, width);
        frame_put_string(&bench.out, "");
        assert_true(frame_end(&bench.out, begin));
        bool is_good =
            message_read_rows(bench_frame(&bench), CENTERS, &out, &bench.error);
        assert_int_equal(is_good, cases[i].fault == NULL);
        if (!is_good)
            assert_fault(&bench, cases[i].fault);
        bench_fini(&bench);
    }
}

static void
test_fetched_error(void **state)
{
    (void)state;
    for (int kind = ERROR_NONE + 1; kind < ERROR_KINDS; kind++) {
        struct bench bench = {0};
        struct message_fetched fetched = {.wait = UINT64_MAX}, out;
        error_set(&fetched.error, (enum error_kind)kind, "0100002", "no %s", "luck");
        assert_true(message_write_fetched(&bench.out, NOW, &fetched));
        assert_true(
            message_read_fetched(bench_frame(&bench), CENTERS, &out, &bench.error));
        assert_true(out.wait == UINT64_MAX);
        assert_int_equal(out.error.kind, kind);
        assert_string_equal(out.error.code, "0100002");
        assert_string_equal(out.error.message, "no luck");
        assert_null(out.rows.cells);
        bench_fini(&bench);
    }
}

static void
test_fetched_refused(void **state)
{
    (void)state;
    char text[257];
    memset(text, 'x', 256);
    text[256] = '\0';
    const struct {
        int64_t ok;
        const char *kind, *code, *message, *fault;
    } cases[] = {
        {0, "none", "", "", "FETCHED: the kind of the error"},
        {0, "bad luck", "", "", "FETCHED: the kind of the error"},
        {0, "api", text, "", "FETCHED: the code"},
        {0, "api", "", text, "FETCHED: the text"},
        {2, "api", "", "", "FETCHED: ok is neither 0 nor 1"},
        {-1, "api", "", "", "FETCHED: ok is neither 0 nor 1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        struct message_fetched out;
        size_t begin = frame_begin(&bench.out, FRAME_FETCHED, 1, NOW);
        frame_put_i64(&bench.out, cases[i].ok);
        frame_put_string(&bench.out, cases[i].kind);
        frame_put_string(&bench.out, cases[i].code);
        frame_put_string(&bench.out, cases[i].message);
        frame_end(&bench.out, begin);
        assert_false(
            message_read_fetched(bench_frame(&bench), CENTERS, &out, &bench.error));
        assert_fault(&bench, cases[i].fault);
        bench_fini(&bench);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),          cmocka_unit_test(test_load_refused),
        cmocka_unit_test(test_restore),       cmocka_unit_test(test_rows),
        cmocka_unit_test(test_presence),      cmocka_unit_test(test_rows_refused),
        cmocka_unit_test(test_fetched_error), cmocka_unit_test(test_fetched_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
