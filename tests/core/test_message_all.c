/* Messages of every type: what a small one says, what is refused, and what holds for
 * all of them. */
#include "frame_again.h"
#include "message_bench.h"

/* The script that frames are of. */
struct script {
    struct bench bench;
    struct message_loaded loaded;
};

static int
set_up(void **state)
{
    struct script *script = mem_zero(sizeof *script);
    load(&script->bench, &script->loaded);
    *state = script;
    return 0;
}

static int
tear_down(void **state)
{
    struct script *script = *state;
    message_loaded_fini(&script->loaded);
    bench_fini(&script->bench);
    free(script);
    return 0;
}

/* ---- the small ones ---- */

static void
test_run(void **state)
{
    struct bench *bench = &((struct script *)*state)->bench;
    struct message_run run;
    message_write_run(&bench->out, NOW, &(struct message_run){1, 60000});
    assert_true(message_read_run(bench_frame(bench), ENTRIES, &run, &bench->error));
    assert_int_equal(run.entry, 1);
    assert_int_equal(run.scheduled_ms, 60000);
}

static void
test_wake(void **state)
{
    struct bench *bench = &((struct script *)*state)->bench;
    uint64_t wait;
    message_write_wake(&bench->out, NOW, UINT64_MAX);
    assert_true(message_read_wake(bench_frame(bench), &wait, &bench->error));
    assert_true(wait == UINT64_MAX);
}

static void
test_disable(void **state)
{
    struct bench *bench = &((struct script *)*state)->bench;
    uint32_t entry;
    message_write_disable(&bench->out, NOW, 2);
    assert_true(
        message_read_disable(bench_frame(bench), ENTRIES, &entry, &bench->error));
    assert_int_equal(entry, 2);
}

static void
test_sleep(void **state)
{
    struct bench *bench = &((struct script *)*state)->bench;
    struct message_sleep sleep;
    message_write_sleep(&bench->out, NOW, &(struct message_sleep){4, 2500});
    assert_true(message_read_sleep(bench_frame(bench), &sleep, &bench->error));
    assert_int_equal(sleep.wait, 4);
    assert_int_equal(sleep.ms, 2500);
}

static void
test_fetch(void **state)
{
    struct bench *bench = &((struct script *)*state)->bench;
    const struct query_span none = {0, 0, OPERATION_ANY};
    struct message_fetch fetch = {5, 1, &query_queues, 30000, none, want_ids, 2},
                         fetched;
    assert_true(message_write_fetch(&bench->out, NOW, &fetch));
    assert_true(
        message_read_fetch(bench_frame(bench), CENTERS, &fetched, &bench->error));
    assert_int_equal(fetched.wait, 5);
    assert_int_equal(fetched.center, 1);
    assert_ptr_equal(fetched.query, &query_queues);
    assert_int_equal(fetched.max_age_ms, 30000);
    assert_int_equal(fetched.id_count, 2);
    assert_memory_equal(fetched.ids, want_ids, sizeof want_ids);
    message_fetch_fini(&fetched);
}

static void
test_log(void **state)
{
    struct bench *bench = &((struct script *)*state)->bench;
    struct message_log log;
    assert_true(message_write_log(
        &bench->out, NOW, &(struct message_log){LEVEL_WARN, "rule a", "x\0\ny", 4}));
    assert_true(message_read_log(bench_frame(bench), &log, &bench->error));
    assert_int_equal(log.level, LEVEL_WARN);
    assert_string_equal(log.room, "rule a");
    assert_int_equal(log.text_size, 4);
    assert_memory_equal(log.text, "x\0\ny", 5);
}

static void
test_strike(void **state)
{
    struct script *script = *state;
    struct bench *bench = &script->bench;
    struct message_strike strike;
    message_write_strike(&bench->out, NOW, &(struct message_strike){2, "cpu limit"});
    assert_true(message_read_strike(bench_frame(bench), &script->loaded, &strike,
                                    &bench->error));
    assert_int_equal(strike.entry, 2);
    assert_string_equal(strike.text, "cpu limit");
}

static void
test_full(void **state)
{
    struct script *script = *state;
    struct bench *bench = &script->bench;
    struct message_full full;
    message_write_full(&bench->out, NOW, &(struct message_full){0, true});
    assert_true(
        message_read_full(bench_frame(bench), &script->loaded, &full, &bench->error));
    assert_int_equal(full.entry, 0);
    assert_true(full.is_waiting);
}

static void
test_failed(void **state)
{
    struct script *script = *state;
    struct bench *bench = &script->bench;
    struct message_failed failed;
    message_write_failed(&bench->out, NOW,
                         &(struct message_failed){2, 7, "a.lua:3: no", 11});
    assert_true(message_read_failed(bench_frame(bench), &script->loaded, &failed,
                                    &bench->error));
    assert_int_equal(failed.entry, 2);
    assert_int_equal(failed.count, 7);
    assert_string_equal(failed.text, "a.lua:3: no");
}

static void
test_done(void **state)
{
    struct script *script = *state;
    struct bench *bench = &script->bench;
    struct message_done done;
    message_write_done(&bench->out, NOW,
                       &(struct message_done){1, 60000, "a.lua:3: no", 11});
    assert_true(
        message_read_done(bench_frame(bench), &script->loaded, &done, &bench->error));
    assert_int_equal(done.entry, 1);
    assert_int_equal(done.scheduled_ms, 60000);
    assert_int_equal(done.trouble_size, 11);
    assert_string_equal(done.trouble, "a.lua:3: no");
}

/* What was written last is refused, for this reason. */
static void
refuses(struct script *script, const char *fault)
{
    const struct known known = {&script->loaded, CENTERS, WANTS};
    struct bench *bench = &script->bench;
    struct buf out = {0};
    assert_false(frame_again(bench_frame(bench), &known, &out, &bench->error));
    assert_fault(bench, fault);
    assert_int_equal(out.size, 0);
    buf_fini(&out);
}

static void
test_refused_by_the_host(void **state)
{
    struct script *script = *state;
    struct buf *out = &script->bench.out;
    message_write_run(out, NOW, &(struct message_run){ENTRIES, 0});
    refuses(script, "RUN: no such entry");
    message_write_run(out, NOW, &(struct message_run){0, -1});
    refuses(script, "RUN: the scheduled time");
    /* An id is 64 bits: it must not be cut to an entry that exists. */
    frame_end(out, frame_begin(out, FRAME_DISABLE, (uint64_t)1 << 32, NOW));
    refuses(script, "DISABLE: no such entry");
    message_write_tick(out, NOW, ENTRIES);
    refuses(script, "TICK: no such entry");
}

static void
test_refused_by_the_core(void **state)
{
    struct script *script = *state;
    struct buf *out = &script->bench.out;
    message_write_sleep(out, NOW, &(struct message_sleep){4, -1});
    refuses(script, "SLEEP: the time to sleep");
    message_write_sleep(out, NOW,
                        &(struct message_sleep){4, MESSAGE_PERIOD_MAX_MS + 1});
    refuses(script, "SLEEP: the time to sleep");
    message_write_log(out, NOW,
                      &(struct message_log){LEVEL_ERROR + 1, "rule a", "", 0});
    refuses(script, "LOG: the level");
    message_write_log(out, NOW, &(struct message_log){LEVEL_INFO, "a\x1b[1m", "", 0});
    refuses(script, "LOG: the room");
    message_write_strike(out, NOW, &(struct message_strike){ENTRIES, "x"});
    refuses(script, "STRIKE: no such entry");
    message_write_strike(out, NOW, &(struct message_strike){0, ""});
    refuses(script, "STRIKE: the text");
    message_write_full(out, NOW, &(struct message_full){ENTRIES, true});
    refuses(script, "FULL: no such entry");
    message_write_full(out, NOW, &(struct message_full){1, true});
    refuses(script, "FULL: the rule");
    message_write_failed(out, NOW, &(struct message_failed){ENTRIES, 1, "x", 1});
    refuses(script, "FAILED: no such entry");
    message_write_failed(out, NOW, &(struct message_failed){0, 0, "x", 1});
    refuses(script, "FAILED: the count");
    message_write_done(out, NOW, &(struct message_done){ENTRIES, 1, "", 0});
    refuses(script, "DONE: no such entry");
    message_write_done(out, NOW, &(struct message_done){0, 1, "", 0});
    refuses(script, "DONE: the end of what is no job");
}

static void
test_fetches_refused(void **state)
{
    (void)state;
    static const int64_t zero[] = {0};
    const struct query_span none = {0, 0, OPERATION_ANY};
    const struct {
        struct message_fetch fetch;
        const char *fault;
    } cases[] = {
        {{1, 2, &query_queues, 0, none, want_ids, 2}, "FETCH: no such centre"},
        {{1, 0, NULL, 0, none, want_ids, 2}, "FETCH: no such query"},
        {{1, 0, &query_queues, -1, none, want_ids, 2}, "FETCH: the greatest age"},
        {{1, 0, &query_queues, 0, none, zero, 1}, "FETCH: an id is out of range"},
        {{1, 0, &query_queues, 0, none, NULL, 0}, "FETCH: the number of ids"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        struct message_fetch out;
        assert_true(message_write_fetch(&bench.out, NOW, &cases[i].fetch));
        assert_false(
            message_read_fetch(bench_frame(&bench), CENTERS, &out, &bench.error));
        assert_fault(&bench, cases[i].fault);
        assert_null(out.ids);
        bench_fini(&bench);
    }
}

/* ---- what holds for all of them ---- */

/* The reader takes it; then it is what is written again. */
static bool
is_read(const struct frame *frame, const struct message_loaded *loaded)
{
    const struct known known = {loaded, CENTERS, WANTS};
    struct buf out = {0};
    struct frame again;
    size_t used = 0;
    bool is_good = frame_again(frame, &known, &out, NULL);
    if (is_good) {
        assert_int_equal(frame_next(out.data, out.size, &used, FRAME_LOAD,
                                    FRAME_LAST_TO_CORE, &again),
                         FRAME_OK);
        assert_int_equal(again.header.size, frame->header.size);
        assert_memory_equal(again.payload, frame->payload, again.header.size);
    }
    buf_fini(&out);
    return is_good;
}

/* One good frame of each type. */
static void
write_to_host(struct buf *out)
{
    struct message_load load = load_of();
    struct message_list raised = {0}, stored = {0};
    int64_t cells[64] = {KEY_BIT, 7};
    struct message_rows rows = {0, &query_queues, 1, cells, 0, NULL, 0, 0};
    struct message_fetched fetched = {.wait = 1, .rows = rows}, failed = {.wait = 2};
    error_set(&failed.error, ERROR_API, "1", "no");
    struct message_answer answer = {1, {0}, "{}", 2},
                          refusal = {2, failed.error, NULL, 0};
    message_put_kept(&raised, &(struct message_kept){0, 0, "7", ""});
    message_put_kept(&raised, &(struct message_kept){0, 0, "7", "0 0 raised@5"});
    message_put_stored(&stored, &(struct message_stored){"sday", 5, "t", 1});

    message_write_load(out, NOW, &load);
    message_write_restore(out, NOW, &raised);
    message_write_store(out, NOW, &stored);
    message_write_rows(out, NOW, &rows);
    message_write_run(out, NOW, &(struct message_run){1, 60000});
    message_write_handle(
        out, NOW,
        &(struct message_handle){1, "f-1", 0, "raise", "{}", 2, 1, "n", 1, "{}", 2});
    message_write_cancel(out, NOW, 1);
    message_write_wake(out, NOW, 1);
    message_write_fetched(out, NOW, &fetched);
    message_write_fetched(out, NOW, &failed);
    message_write_disable(out, NOW, 0);
    message_write_tick(out, NOW, 0);
    message_write_step(out, NOW, -3600000);
    message_write_answer(out, NOW, &answer);
    message_write_answer(out, NOW, &refusal);
    message_list_fini(&raised);
    message_list_fini(&stored);
}

static void
write_to_core(struct buf *out)
{
    struct message_list alerts = {0}, sends = {0};
    struct lists lists = {0};
    struct message_want want = want_of();
    message_put_problem(&lists.problems, &problem);
    for (size_t i = 0; i < ENTRIES; i++)
        message_put_entry(&lists.entries, &entries[i]);
    message_put_want(&lists.wants, &want);
    message_put_alert(&alerts, &good_alert);
    message_put_state(&alerts, &(struct message_state){0, "7", "0 0 raised@5"});
    message_put_send(&sends, &good_send);
    message_put_change(&sends, &(struct message_stored){"sday", 0, "t", 1});

    message_write_loaded(out, NOW, &lists.problems, &lists.entries, &lists.wants);
    message_write_commit(out, NOW, 0, 0, &alerts);
    message_write_commit(out, NOW, 1, 0, &sends);
    message_put_note(&sends, "n", 1);
    message_put_done(&sends);
    message_write_commit(out, NOW, 0, 1, &sends);
    message_write_sleep(out, NOW, &(struct message_sleep){3, 10});
    message_write_fetch(
        out, NOW,
        &(struct message_fetch){
            4, 0, &query_queues, 0, {0, 0, OPERATION_ANY}, want_ids, 2});
    message_write_log(out, NOW, &(struct message_log){LEVEL_INFO, "rule a", "x", 1});
    message_write_strike(out, NOW, &(struct message_strike){0, "cpu limit"});
    message_write_full(out, NOW, &(struct message_full){0, true});
    message_write_failed(out, NOW, &(struct message_failed){0, 2, "no", 2});
    message_write_done(out, NOW, &(struct message_done){1, 60000, "", 0});
    message_write_ask(out, NOW, &(struct message_ask){5, "http", "{}", 2});
    message_write_forget(out, NOW, 5);
    message_write_metric(out, NOW,
                         &(struct message_metric){1, "a", "b", {"c", "d"}, 1, 5});
    lists_fini(&lists);
    message_list_fini(&alerts);
    message_list_fini(&sends);
}

/* A payload that is cut anywhere, or goes on behind its end, is refused. The copy has
 * no byte more than the payload, so that ASan sees a reader that goes too far. */
static void
test_used_up_exactly(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_loaded loaded;
    struct frame frame;
    size_t used = 0, count = 0;
    load(&bench, &loaded);
    buf_clear(&bench.out);
    write_to_host(&bench.out);
    write_to_core(&bench.out);
    while (frame_next(bench.out.data, bench.out.size, &used, FRAME_LOAD,
                      FRAME_LAST_TO_CORE, &frame) == FRAME_OK) {
        const char *payload = frame.payload;
        uint32_t whole = frame.header.size;
        for (uint32_t size = 0; size <= whole + 1; size++) {
            char *copy = mem_zero(size);
            memcpy(copy, payload, size < whole ? size : whole);
            frame.payload = copy;
            frame.header.size = size;
            assert_int_equal(is_read(&frame, &loaded), size == whole);
            free(copy);
        }
        count++;
    }
    assert_int_equal(used, bench.out.size);
    assert_int_equal(count, 29);
    message_loaded_fini(&loaded);
    bench_fini(&bench);
}

static void
test_ids_that_say_nothing(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_loaded loaded;
    struct frame frame;
    size_t used = 0, refused = 0;
    load(&bench, &loaded);
    buf_clear(&bench.out);
    write_to_host(&bench.out);
    write_to_core(&bench.out);
    while (frame_next(bench.out.data, bench.out.size, &used, FRAME_LOAD,
                      FRAME_LAST_TO_CORE, &frame) == FRAME_OK)
        if (frame.header.id == 0) {
            frame.header.id = UINT64_MAX;
            assert_false(is_read(&frame, &loaded));
            refused++;
        }
    /* LOAD RESTORE STORE ROWS STEP LOADED LOG METRIC, and those whose id is entry 0:
     * DISABLE TICK COMMIT (of a rule and of its handler) STRIKE FULL FAILED. */
    assert_int_equal(refused, 15);
    message_loaded_fini(&loaded);
    bench_fini(&bench);
}

/* What the room says fits into a frame; far beyond it nothing is written. */
static void
test_list_room(void **state)
{
    (void)state;
    struct buf out = {0};
    struct message_list list = {0};
    char *text = mem_zero(FRAME_MAX + 1);
    memset(text, 'x', FRAME_MAX);
    for (int i = 0; i < 3; i++) {
        size_t room = message_list_room(&list);
        size_t size = i < 2 ? room / 2 : room;
        message_put_alert(&list,
                          &(struct message_alert){0, "", "raise", text, size - 5});
    }
    assert_true(message_list_room(&list) < 256);
    assert_true(message_write_commit(&out, NOW, 0, 0, &list));

    size_t before = out.size;
    message_put_alert(&list, &(struct message_alert){0, "7", "raise", text, 1000});
    assert_int_equal(message_list_room(&list), 0);
    assert_false(message_write_commit(&out, NOW, 0, 0, &list));
    assert_int_equal(out.size, before);
    message_list_fini(&list);
    free(text);
    buf_fini(&out);
}

#define SCRIPT_TEST(function)                                                          \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT_TEST(test_run),
        SCRIPT_TEST(test_wake),
        SCRIPT_TEST(test_disable),
        SCRIPT_TEST(test_sleep),
        SCRIPT_TEST(test_fetch),
        SCRIPT_TEST(test_log),
        SCRIPT_TEST(test_strike),
        SCRIPT_TEST(test_full),
        SCRIPT_TEST(test_failed),
        SCRIPT_TEST(test_done),
        SCRIPT_TEST(test_refused_by_the_host),
        SCRIPT_TEST(test_refused_by_the_core),
        cmocka_unit_test(test_fetches_refused),
        cmocka_unit_test(test_used_up_exactly),
        cmocka_unit_test(test_ids_that_say_nothing),
        cmocka_unit_test(test_list_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
