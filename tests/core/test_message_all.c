#include "message_bench.h"

/* ---- the small ones ---- */

static void
test_small(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_loaded loaded;
    load(&bench, &loaded);

    struct message_run run;
    message_write_run(&bench.out, NOW, &(struct message_run){1, 60000});
    assert_true(message_read_run(bench_frame(&bench), ENTRIES, &run, &bench.error));
    assert_int_equal(run.entry, 1);
    assert_int_equal(run.scheduled_ms, 60000);

    uint64_t wait;
    message_write_wake(&bench.out, NOW, UINT64_MAX);
    assert_true(message_read_wake(bench_frame(&bench), &wait, &bench.error));
    assert_true(wait == UINT64_MAX);

    uint32_t entry;
    message_write_disable(&bench.out, NOW, 2);
    assert_true(
        message_read_disable(bench_frame(&bench), ENTRIES, &entry, &bench.error));
    assert_int_equal(entry, 2);

    struct message_sleep sleep;
    message_write_sleep(&bench.out, NOW, &(struct message_sleep){4, 2500});
    assert_true(message_read_sleep(bench_frame(&bench), &sleep, &bench.error));
    assert_int_equal(sleep.wait, 4);
    assert_int_equal(sleep.ms, 2500);

    const struct query_span none = {0, 0, OPERATION_ANY};
    struct message_fetch fetch = {5, 1, &query_queues, 30000, none, want_ids, 2},
                         fetched;
    assert_true(message_write_fetch(&bench.out, NOW, &fetch));
    assert_true(
        message_read_fetch(bench_frame(&bench), CENTERS, &fetched, &bench.error));
    assert_int_equal(fetched.wait, 5);
    assert_int_equal(fetched.center, 1);
    assert_ptr_equal(fetched.query, &query_queues);
    assert_int_equal(fetched.max_age_ms, 30000);
    assert_int_equal(fetched.id_count, 2);
    assert_memory_equal(fetched.ids, want_ids, sizeof want_ids);
    message_fetch_fini(&fetched);

    struct message_log log;
    assert_true(message_write_log(
        &bench.out, NOW, &(struct message_log){LEVEL_WARN, "rule a", "x\0\ny", 4}));
    assert_true(message_read_log(bench_frame(&bench), &log, &bench.error));
    assert_int_equal(log.level, LEVEL_WARN);
    assert_string_equal(log.room, "rule a");
    assert_int_equal(log.text_size, 4);
    assert_memory_equal(log.text, "x\0\ny", 5);

    struct message_strike strike;
    message_write_strike(&bench.out, NOW, &(struct message_strike){2, "cpu limit"});
    assert_true(
        message_read_strike(bench_frame(&bench), &loaded, &strike, &bench.error));
    assert_int_equal(strike.entry, 2);
    assert_string_equal(strike.text, "cpu limit");

    struct message_full full;
    message_write_full(&bench.out, NOW, &(struct message_full){0, true});
    assert_true(message_read_full(bench_frame(&bench), &loaded, &full, &bench.error));
    assert_int_equal(full.entry, 0);
    assert_true(full.is_waiting);

    struct message_failed failed;
    message_write_failed(&bench.out, NOW,
                         &(struct message_failed){2, 7, "a.lua:3: no", 11});
    assert_true(
        message_read_failed(bench_frame(&bench), &loaded, &failed, &bench.error));
    assert_int_equal(failed.entry, 2);
    assert_int_equal(failed.count, 7);
    assert_string_equal(failed.text, "a.lua:3: no");

    struct message_done done;
    message_write_done(&bench.out, NOW,
                       &(struct message_done){1, 60000, "a.lua:3: no", 11});
    assert_true(message_read_done(bench_frame(&bench), &loaded, &done, &bench.error));
    assert_int_equal(done.entry, 1);
    assert_int_equal(done.scheduled_ms, 60000);
    assert_int_equal(done.trouble_size, 11);
    assert_string_equal(done.trouble, "a.lua:3: no");

    message_loaded_fini(&loaded);
    bench_fini(&bench);
}

static void
test_small_refused(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_loaded loaded;
    load(&bench, &loaded);

    struct message_run run;
    message_write_run(&bench.out, NOW, &(struct message_run){ENTRIES, 0});
    assert_false(message_read_run(bench_frame(&bench), ENTRIES, &run, &bench.error));
    assert_fault(&bench, "RUN: no such entry");
    message_write_run(&bench.out, NOW, &(struct message_run){0, -1});
    assert_false(message_read_run(bench_frame(&bench), ENTRIES, &run, &bench.error));
    assert_fault(&bench, "RUN: the scheduled time");

    /* An id is 64 bits: it must not be cut to an entry that exists. */
    uint32_t entry;
    frame_end(&bench.out,
              frame_begin(&bench.out, FRAME_DISABLE, (uint64_t)1 << 32, NOW));
    assert_false(
        message_read_disable(bench_frame(&bench), ENTRIES, &entry, &bench.error));
    assert_fault(&bench, "DISABLE: no such entry");
    message_write_tick(&bench.out, NOW, ENTRIES);
    assert_false(message_read_tick(bench_frame(&bench), ENTRIES, &entry, &bench.error));
    assert_fault(&bench, "TICK: no such entry");

    struct message_sleep sleep;
    static const int64_t times[] = {-1, MESSAGE_PERIOD_MAX_MS + 1};
    for (size_t i = 0; i < COUNT(times); i++) {
        message_write_sleep(&bench.out, NOW, &(struct message_sleep){4, times[i]});
        assert_false(message_read_sleep(bench_frame(&bench), &sleep, &bench.error));
        assert_fault(&bench, "SLEEP: the time to sleep");
    }

    struct message_log log;
    message_write_log(&bench.out, NOW,
                      &(struct message_log){LEVEL_ERROR + 1, "rule a", "", 0});
    assert_false(message_read_log(bench_frame(&bench), &log, &bench.error));
    assert_fault(&bench, "LOG: the level");
    message_write_log(&bench.out, NOW,
                      &(struct message_log){LEVEL_INFO, "a\x1b[1m", "", 0});
    assert_false(message_read_log(bench_frame(&bench), &log, &bench.error));
    assert_fault(&bench, "LOG: the room");

    struct message_strike strike;
    message_write_strike(&bench.out, NOW, &(struct message_strike){ENTRIES, "x"});
    assert_false(
        message_read_strike(bench_frame(&bench), &loaded, &strike, &bench.error));
    assert_fault(&bench, "STRIKE: no such entry");
    message_write_strike(&bench.out, NOW, &(struct message_strike){0, ""});
    assert_false(
        message_read_strike(bench_frame(&bench), &loaded, &strike, &bench.error));
    assert_fault(&bench, "STRIKE: the text");

    struct message_full full;
    message_write_full(&bench.out, NOW, &(struct message_full){ENTRIES, true});
    assert_false(message_read_full(bench_frame(&bench), &loaded, &full, &bench.error));
    assert_fault(&bench, "FULL: no such entry");
    message_write_full(&bench.out, NOW, &(struct message_full){1, true});
    assert_false(message_read_full(bench_frame(&bench), &loaded, &full, &bench.error));
    assert_fault(&bench, "FULL: the rule");

    struct message_failed failed;
    message_write_failed(&bench.out, NOW, &(struct message_failed){ENTRIES, 1, "x", 1});
    assert_false(
        message_read_failed(bench_frame(&bench), &loaded, &failed, &bench.error));
    assert_fault(&bench, "FAILED: no such entry");
    message_write_failed(&bench.out, NOW, &(struct message_failed){0, 0, "x", 1});
    assert_false(
        message_read_failed(bench_frame(&bench), &loaded, &failed, &bench.error));
    assert_fault(&bench, "FAILED: the count");

    struct message_done done;
    message_write_done(&bench.out, NOW, &(struct message_done){ENTRIES, 1, "", 0});
    assert_false(message_read_done(bench_frame(&bench), &loaded, &done, &bench.error));
    assert_fault(&bench, "DONE: no such entry");
    message_write_done(&bench.out, NOW, &(struct message_done){0, 1, "", 0});
    assert_false(message_read_done(bench_frame(&bench), &loaded, &done, &bench.error));
    assert_fault(&bench, "DONE: the end of what is no job");

    message_loaded_fini(&loaded);
    bench_fini(&bench);
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

/* Reads `frame` with the reader of its type, and releases what it got. */
static bool
read_any(const struct frame *frame, const struct message_loaded *loaded)
{
    union {
        struct message_load load;
        struct message_restore restore;
        struct message_store store;
        struct message_rows rows;
        struct message_fetched fetched;
        struct message_run run;
        struct message_handle handle;
        uint64_t wait;
        uint32_t entry;
        struct message_loaded loaded;
        struct message_commit commit;
        struct message_sleep sleep;
        struct message_fetch fetch;
        struct message_log log;
        struct message_strike strike;
        struct message_full full;
        struct message_failed failed;
        struct message_done done;
        struct message_ask ask;
        struct message_answer answer;
        int64_t by_ms;
        struct message_metric metric;
    } out;
    bool is_good;
    switch ((enum frame_type)frame->header.type) {
    case FRAME_LOAD:
        is_good = message_read_load(frame, &out.load, NULL);
        message_load_fini(&out.load);
        return is_good;
    case FRAME_RESTORE:
        is_good = message_read_restore(frame, ENTRIES, CENTERS, &out.restore, NULL);
        message_restore_fini(&out.restore);
        return is_good;
    case FRAME_STORE:
        is_good = message_read_store(frame, &out.store, NULL);
        message_store_fini(&out.store);
        return is_good;
    case FRAME_ROWS: return message_read_rows(frame, CENTERS, &out.rows, NULL);
    case FRAME_RUN: return message_read_run(frame, ENTRIES, &out.run, NULL);
    case FRAME_HANDLE: return message_read_handle(frame, ENTRIES, &out.handle, NULL);
    case FRAME_CANCEL: return message_read_cancel(frame, &out.wait, NULL);
    case FRAME_WAKE: return message_read_wake(frame, &out.wait, NULL);
    case FRAME_FETCHED: return message_read_fetched(frame, CENTERS, &out.fetched, NULL);
    case FRAME_STEP: return message_read_step(frame, &out.by_ms, NULL);
    case FRAME_TICK: return message_read_tick(frame, ENTRIES, &out.entry, NULL);
    case FRAME_DISABLE: return message_read_disable(frame, ENTRIES, &out.entry, NULL);
    case FRAME_LOADED:
        is_good = message_read_loaded(frame, CENTERS, WANTS, &out.loaded, NULL);
        message_loaded_fini(&out.loaded);
        return is_good;
    case FRAME_COMMIT:
        is_good = message_read_commit(frame, loaded, CENTERS, &out.commit, NULL);
        message_commit_fini(&out.commit);
        return is_good;
    case FRAME_SLEEP: return message_read_sleep(frame, &out.sleep, NULL);
    case FRAME_FETCH:
        is_good = message_read_fetch(frame, CENTERS, &out.fetch, NULL);
        message_fetch_fini(&out.fetch);
        return is_good;
    case FRAME_LOG: return message_read_log(frame, &out.log, NULL);
    case FRAME_STRIKE: return message_read_strike(frame, loaded, &out.strike, NULL);
    case FRAME_FULL: return message_read_full(frame, loaded, &out.full, NULL);
    case FRAME_FAILED: return message_read_failed(frame, loaded, &out.failed, NULL);
    case FRAME_DONE: return message_read_done(frame, loaded, &out.done, NULL);
    case FRAME_ASK: return message_read_ask(frame, &out.ask, NULL);
    case FRAME_ANSWER: return message_read_answer(frame, &out.answer, NULL);
    case FRAME_METRIC: return message_read_metric(frame, &out.metric, NULL);
    case FRAME_FORGET: return message_read_forget(frame, &out.wait, NULL);
    }
    return false;
}

/* One good frame of each type. */
static void
write_all(struct buf *out)
{
    struct message_load load = load_of();
    struct message_list raised = {0}, stored = {0}, alerts = {0}, sends = {0};
    struct lists lists = {0};
    struct message_want want = want_of();
    int64_t cells[64] = {KEY_BIT, 7};
    struct message_rows rows = {0, &query_queues, 1, cells, 0, NULL, 0, 0};
    struct message_fetched fetched = {.wait = 1, .rows = rows}, failed = {.wait = 2};
    error_set(&failed.error, ERROR_API, "1", "no");
    struct message_answer answer = {1, {0}, "{}", 2},
                          refusal = {2, failed.error, NULL, 0};
    message_put_kept(&raised, &(struct message_kept){0, 0, "7", ""});
    message_put_kept(&raised, &(struct message_kept){0, 0, "7", "0 0 raised@5"});
    message_put_problem(&lists.problems, &problem);
    for (size_t i = 0; i < ENTRIES; i++)
        message_put_entry(&lists.entries, &entries[i]);
    message_put_want(&lists.wants, &want);
    message_put_alert(&alerts, &good_alert);
    message_put_state(&alerts, &(struct message_state){0, "7", "0 0 raised@5"});
    message_put_send(&sends, &good_send);
    message_put_change(&sends, &(struct message_stored){"sday", 0, "t", 1});
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
    message_write_answer(out, NOW, &answer);
    message_write_answer(out, NOW, &refusal);
    message_write_forget(out, NOW, 5);
    message_write_metric(out, NOW,
                         &(struct message_metric){1, "a", "b", {"c", "d"}, 1, 5});

    lists_fini(&lists);
    message_list_fini(&raised);
    message_list_fini(&stored);
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
    write_all(&bench.out);
    while (frame_next(bench.out.data, bench.out.size, &used, FRAME_LOAD,
                      FRAME_LAST_TO_CORE, &frame) == FRAME_OK) {
        const char *payload = frame.payload;
        uint32_t whole = frame.header.size;
        for (uint32_t size = 0; size <= whole + 1; size++) {
            char *copy = mem_zero(size);
            memcpy(copy, payload, size < whole ? size : whole);
            frame.payload = copy;
            frame.header.size = size;
            assert_int_equal(read_any(&frame, &loaded), size == whole);
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
    write_all(&bench.out);
    while (frame_next(bench.out.data, bench.out.size, &used, FRAME_LOAD,
                      FRAME_LAST_TO_CORE, &frame) == FRAME_OK)
        if (frame.header.id == 0) {
            frame.header.id = UINT64_MAX;
            assert_false(read_any(&frame, &loaded));
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_small_refused),
        cmocka_unit_test(test_fetches_refused),
        cmocka_unit_test(test_used_up_exactly),
        cmocka_unit_test(test_ids_that_say_nothing),
        cmocka_unit_test(test_list_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
