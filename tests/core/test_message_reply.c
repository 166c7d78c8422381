#include "message_bench.h"

/* ---- LOADED ---- */

#define EVERY(ms)                                                                      \
    {                                                                                  \
        ms, "", "UTC", MISSED_SKIP, false, "", "UTC"                                   \
    }

static void
assert_same_schedule(const struct message_entry *entry,
                     const struct message_entry *other)
{
    const struct message_schedule *got = &entry->schedule, *want = &other->schedule;
    if (entry->kind == ENTRY_RULE)
        return;
    assert_int_equal(got->every_ms, want->every_ms);
    assert_string_equal(got->cron, want->cron);
    assert_string_equal(got->zone, want->zone);
    assert_int_equal(got->missed, want->missed);
    assert_int_equal(got->has_during, want->has_during);
    assert_string_equal(got->during, want->during);
    assert_string_equal(got->during_zone, want->during_zone);
}

static void
test_loaded(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_loaded loaded;
    load(&bench, &loaded);
    /* The texts are the struct's own: the frame may go. */
    memset(bench.out.data, 0xff, bench.out.room);
    assert_false(loaded.failed);
    assert_int_equal(loaded.problem_count, 1);
    assert_int_equal(loaded.problems[0].spot, 12);
    assert_int_equal(loaded.problems[0].level, LEVEL_WARN);
    assert_int_equal(loaded.problems[0].text_size, 9);
    assert_memory_equal(loaded.problems[0].text, problem.text, 10);
    assert_int_equal(loaded.entry_count, ENTRIES);
    for (size_t i = 0; i < ENTRIES; i++) {
        assert_int_equal(loaded.entries[i].kind, entries[i].kind);
        assert_string_equal(loaded.entries[i].name, entries[i].name);
        assert_same_schedule(&loaded.entries[i], &entries[i]);
        assert_int_equal(loaded.entries[i].about_size, entries[i].about_size);
        assert_memory_equal(loaded.entries[i].about, entries[i].about,
                            entries[i].about_size);
    }
    assert_int_equal(loaded.want_count, WANTS);
    for (size_t i = 0; i < WANTS; i++) {
        assert_int_equal(loaded.wants[i].entry, 2);
        assert_int_equal(loaded.wants[i].center, 1);
        assert_ptr_equal(loaded.wants[i].query, &query_queues);
        assert_int_equal(loaded.wants[i].every_ms, 15000);
        assert_int_equal(loaded.wants[i].id_count, 2);
        assert_memory_equal(loaded.wants[i].ids, want_ids, sizeof want_ids);
    }
    message_loaded_fini(&loaded);
    message_loaded_fini(&loaded);
    bench_fini(&bench);
}

static void
test_loaded_with_an_error(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct lists lists = {0};
    struct message_loaded loaded;
    message_put_problem(&lists.problems,
                        &(struct message_problem){3, LEVEL_ERROR, "no", 2});
    message_put_problem(&lists.problems, &problem);
    assert_true(read_lists(&bench, &lists, &loaded));
    assert_true(loaded.failed);
    assert_int_equal(loaded.problem_count, 2);
    message_loaded_fini(&loaded);
    bench_fini(&bench);
}

static void
test_problems_refused(void **state)
{
    (void)state;
    for (unsigned level = 0; level < 256; level++) {
        struct bench bench = {0};
        struct lists lists = {0};
        struct message_loaded loaded;
        message_put_problem(&lists.problems,
                            &(struct message_problem){1, (uint8_t)level, "x", 1});
        bool is_good = level == LEVEL_WARN || level == LEVEL_ERROR;
        assert_int_equal(read_lists(&bench, &lists, &loaded), is_good);
        if (!is_good)
            assert_fault(&bench, "LOADED: the level of a problem");
        message_loaded_fini(&loaded);
        bench_fini(&bench);
    }
}

static void
test_entries_refused(void **state)
{
    (void)state;
    char longest[MESSAGE_NAME_MAX + 1], longer[MESSAGE_NAME_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    memset(longer, 'a', sizeof longer - 1);
    longest[sizeof longest - 1] = longer[sizeof longer - 1] = '\0';
    const char *const name = "LOADED: the name of an entry";
    const char *const period = "LOADED: the period of a job";
    const struct {
        struct message_entry entry;
        const char *fault; /* NULL: fine */
    } cases[] = {
        {{ENTRY_RULE, longest, {0}, "", 0, false}, NULL},
        {{ENTRY_RULE, longer, {0}, "", 0, false}, name},
        {{ENTRY_RULE, "", {0}, "", 0, false}, name},
        {{ENTRY_RULE, "-a", {0}, "", 0, false}, name},
        {{ENTRY_RULE, "Queue", {0}, "", 0, false}, name},
        {{ENTRY_RULE, "a/b", {0}, "", 0, false}, name},
        {{ENTRY_RULE, "a b", {0}, "", 0, false}, name},
        {{0, "a", {0}, "", 0, false}, "LOADED: the kind of an entry"},
        {{3, "a", {0}, "", 0, false}, "LOADED: the kind of an entry"},
        {{ENTRY_RULE, "a", {.every_ms = 1000}, "", 0, false}, NULL},
        {{ENTRY_RULE, "a", {.every_ms = 1000}, "", 0, true}, NULL},
        {{ENTRY_RULE, "a", {.every_ms = -1}, "", 0, false},
         "LOADED: the period of an entry"},
        {{ENTRY_JOB, "a", EVERY(0), "", 0, false}, period},
        {{ENTRY_JOB, "a", EVERY(MESSAGE_PERIOD_MIN_MS - 1), "", 0, false}, period},
        {{ENTRY_JOB, "a", EVERY(MESSAGE_PERIOD_MIN_MS), "", 0, false}, NULL},
        {{ENTRY_JOB, "a", EVERY(MESSAGE_PERIOD_MAX_MS), "", 0, false}, NULL},
        {{ENTRY_JOB, "a", EVERY(MESSAGE_PERIOD_MAX_MS + 1), "", 0, false}, period},
        {{ENTRY_RULE, "queue-wait", {0}, "", 0, false},
         "LOADED: two entries of one name"},
        {{ENTRY_JOB, "queue-wait", EVERY(1000), "", 0, false}, NULL},
        {{ENTRY_JOB, "a", {1000, "0 9 * * *", "UTC", 0, 0, "", "UTC"}, "", 0, false},
         period},
        {{ENTRY_JOB, "a", {1000, "", "", 0, 0, "", "UTC"}, "", 0, false},
         "LOADED: the zone of a job"},
        {{ENTRY_JOB, "a", {1000, "\t", "UTC", 0, 0, "", "UTC"}, "", 0, false},
         "LOADED: the times of a job"},
        {{ENTRY_JOB, "a", {1000, "", "UTC", 3, 0, "", "UTC"}, "", 0, false},
         "LOADED: what becomes of missed runs"},
        {{ENTRY_JOB, "a", {1000, "", "UTC", 0, 1, "", ""}, "", 0, false},
         "LOADED: the zone of a calendar"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        struct lists lists = {0};
        struct message_loaded loaded;
        message_put_entry(&lists.entries, &entries[0]);
        message_put_entry(&lists.entries, &cases[i].entry);
        message_put_entry(&lists.entries, &entries[1]);
        assert_int_equal(read_lists(&bench, &lists, &loaded), cases[i].fault == NULL);
        if (cases[i].fault)
            assert_fault(&bench, cases[i].fault);
        message_loaded_fini(&loaded);
        bench_fini(&bench);
    }
}

static void
test_too_many_entries(void **state)
{
    (void)state;
    for (uint32_t more = 0; more < 2; more++) {
        struct bench bench = {0};
        struct lists lists = {0};
        struct message_loaded loaded;
        for (uint32_t i = 0; i < MESSAGE_ENTRIES_MAX + more; i++) {
            char *name = mem_format("rule-%u", (unsigned)i);
            message_put_entry(&lists.entries, &(struct message_entry){
                                                  ENTRY_RULE, name, {0}, "", 0, false});
            free(name);
        }
        assert_int_equal(read_lists(&bench, &lists, &loaded), !more);
        if (more)
            assert_fault(&bench, "LOADED: too many entries");
        message_loaded_fini(&loaded);
        bench_fini(&bench);
    }
}

/* Reads a script of `entries` with WANTS - 1 good wants and this one. */
static bool
read_want(struct bench *bench, const struct message_want *want)
{
    struct lists lists = {0};
    struct message_loaded loaded;
    struct message_want good = want_of();
    for (size_t i = 0; i < ENTRIES; i++)
        message_put_entry(&lists.entries, &entries[i]);
    for (size_t i = 0; i < WANTS - 1; i++)
        message_put_want(&lists.wants, &good);
    message_put_want(&lists.wants, want);
    bool is_good = read_lists(bench, &lists, &loaded);
    message_loaded_fini(&loaded);
    return is_good;
}

static void
test_wants_refused(void **state)
{
    (void)state;
    static int64_t many[MESSAGE_IDS_MAX + 1];
    static const int64_t edge[] = {1, 10000}, low[] = {5, 0}, high[] = {10001},
                         negative[] = {-1};
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = 1;
    const char *const period = "LOADED: the period of a want";
    const char *const range = "LOADED: an id is out of range";
    const char *const number = "LOADED: the number of ids";
    const struct {
        struct message_want want;
        const char *fault;
    } cases[] = {
        {{0, 0, &query_queues, MESSAGE_PERIOD_MIN_MS, 0, edge, 2, 0}, NULL},
        {{0, 0, &query_queues, MESSAGE_PERIOD_MAX_MS, 0, many, MESSAGE_IDS_MAX, 0},
         NULL},
        {{3, 0, &query_queues, 1000, 0, edge, 2, 0}, "LOADED: no such entry"},
        {{UINT32_MAX, 0, &query_queues, 1000, 0, edge, 2, 0}, "LOADED: no such entry"},
        {{1, 0, &query_queues, 1000, 0, edge, 2, 0},
         "LOADED: a want of an entry that is no rule"},
        {{0, 2, &query_queues, 1000, 0, edge, 2, 0}, "LOADED: no such centre"},
        {{0, 0, NULL, 1000, 0, edge, 2, 0}, "LOADED: no such query"},
        {{0, 0, &query_queues, MESSAGE_PERIOD_MIN_MS - 1, 0, edge, 2, 0}, period},
        {{0, 0, &query_queues, MESSAGE_PERIOD_MAX_MS + 1, 0, edge, 2, 0}, period},
        {{0, 0, &query_queues, INT64_MIN, 0, edge, 2, 0}, period},
        {{0, 0, &query_queues, 1000, 0, low, 2, 0}, range},
        {{0, 0, &query_queues, 1000, 0, high, 1, 0}, range},
        {{0, 0, &query_queues, 1000, 0, negative, 1, 0}, range},
        {{0, 0, &query_queues, 1000, 0, many, MESSAGE_IDS_MAX + 1, 0}, number},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        assert_int_equal(read_want(&bench, &cases[i].want), cases[i].fault == NULL);
        if (cases[i].fault)
            assert_fault(&bench, cases[i].fault);
        bench_fini(&bench);
    }
}

static void
test_too_many_wants(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct lists lists = {0};
    struct message_loaded loaded;
    struct message_want want = want_of();
    for (size_t i = 0; i < ENTRIES; i++)
        message_put_entry(&lists.entries, &entries[i]);
    for (size_t i = 0; i < WANTS + 1; i++)
        message_put_want(&lists.wants, &want);
    assert_false(read_lists(&bench, &lists, &loaded));
    assert_fault(&bench, "LOADED: more wants than the limit");
    assert_null(loaded.wants);
    bench_fini(&bench);
}

/* ---- COMMIT ---- */

static void
test_commit(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_loaded loaded;
    struct message_list list = {0};
    struct message_commit out;
    load(&bench, &loaded);

    message_put_alert(&list, &good_alert);
    message_put_alert(&list, &(struct message_alert){0, "8", "clear", "{}", 2});
    assert_true(message_write_commit(&bench.out, NOW, 2, 0, &list));
    assert_true(
        message_read_commit(bench_frame(&bench), &loaded, CENTERS, &out, &bench.error));
    assert_int_equal(out.entry, 2);
    assert_int_equal(out.alert_count, 2);
    assert_int_equal(out.send_count, 0);
    assert_int_equal(out.alerts[0].center, 1);
    assert_string_equal(out.alerts[0].key, "7");
    assert_string_equal(out.alerts[0].kind, "raise");
    assert_string_equal(out.alerts[0].event, "{\"a\":1}");
    assert_int_equal(out.alerts[0].event_size, 7);
    assert_string_equal(out.alerts[1].kind, "clear");
    message_commit_fini(&out);

    message_list_clear(&list);
    message_put_send(&list, &good_send);
    message_put_send(&list, &(struct message_send){"pager", 2, "1.2", "k", "{}", 2});
    assert_true(message_write_commit(&bench.out, NOW, 1, 5000, &list));
    assert_true(
        message_read_commit(bench_frame(&bench), &loaded, CENTERS, &out, &bench.error));
    assert_int_equal(out.entry, 1);
    assert_int_equal(out.scheduled_ms, 5000);
    assert_int_equal(out.alert_count, 0);
    assert_int_equal(out.send_count, 2);
    assert_string_equal(out.sends[0].destination, "floor-chat");
    assert_string_equal(out.sends[0].key, "");
    assert_string_equal(out.sends[0].message, "\"hello\"");
    assert_int_equal(out.sends[0].message_size, 7);
    assert_int_equal(out.sends[1].ordinal, 2);
    assert_string_equal(out.sends[1].key, "k");
    message_commit_fini(&out);

    message_list_fini(&list);
    message_loaded_fini(&loaded);
    bench_fini(&bench);
}

static void
assert_commit_refused(uint32_t entry, int64_t scheduled_ms, struct message_list *list,
                      const char *fault)
{
    struct bench bench = {0};
    struct message_loaded loaded;
    struct message_commit out;
    load(&bench, &loaded);
    assert_true(message_write_commit(&bench.out, NOW, entry, scheduled_ms, list));
    assert_false(
        message_read_commit(bench_frame(&bench), &loaded, CENTERS, &out, &bench.error));
    assert_fault(&bench, fault);
    assert_null(out.alerts);
    assert_null(out.sends);
    message_list_fini(list);
    message_loaded_fini(&loaded);
    bench_fini(&bench);
}

static void
test_commits_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t entry;
        int64_t scheduled_ms;
        bool with_alert, with_send;
        const char *fault;
    } cases[] = {
        {3, 0, true, false, "COMMIT: no such entry"},
        {0, 0, false, false, "COMMIT: nothing to commit"},
        {1, 0, false, false, "COMMIT: nothing to commit"},
        {0, 0, false, true, "COMMIT: an item that is not of this entry"},
        {0, 0, true, true, "COMMIT: an item that is not of this entry"},
        {1, 0, true, false, "COMMIT: an item that is not of this entry"},
        {0, 5000, true, false, "COMMIT: an item that is not of this entry"},
        {1, -1, false, true, "COMMIT: the scheduled time"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct message_list list = {0};
        if (cases[i].with_alert)
            message_put_alert(&list, &good_alert);
        if (cases[i].with_send)
            message_put_send(&list, &good_send);
        assert_commit_refused(cases[i].entry, cases[i].scheduled_ms, &list,
                              cases[i].fault);
    }
}

/* Alerts and states of one activation come in one frame, in any order. */
static void
test_states_of_a_rule(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_loaded loaded;
    struct message_list list = {0};
    struct message_commit out;
    load(&bench, &loaded);
    message_put_state(&list, &(struct message_state){1, "8", ""});
    message_put_alert(&list, &good_alert);
    message_put_state(&list, &(struct message_state){0, "7", "0 0 raised@5"});
    assert_true(message_write_commit(&bench.out, NOW, 0, 0, &list));
    assert_true(
        message_read_commit(bench_frame(&bench), &loaded, CENTERS, &out, &bench.error));
    assert_int_equal(out.alert_count, 1);
    assert_int_equal(out.state_count, 2);
    assert_string_equal(out.alerts[0].key, good_alert.key);
    assert_int_equal(out.states[0].center, 1);
    assert_string_equal(out.states[0].state, "");
    assert_string_equal(out.states[1].state, "0 0 raised@5");
    message_commit_fini(&out);
    message_list_fini(&list);
    message_loaded_fini(&loaded);
    bench_fini(&bench);
}

static void
test_items_refused(void **state)
{
    (void)state;
    char key[MESSAGE_KEY_MAX + 2];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    const struct {
        struct message_alert alert;
        const char *fault;
    } alerts[] = {
        {{2, "7", "raise", "{}", 2}, "COMMIT: no such centre"},
        {{0, "", "raise", "{}", 2}, "COMMIT: the key of an alert"},
        {{0, key, "raise", "{}", 2}, "COMMIT: the key of an alert"},
        {{0, "7\x7f", "raise", "{}", 2}, "COMMIT: the key of an alert"},
        {{0, "7", "remind", "{}", 2}, "COMMIT: the kind of an alert"},
        {{0, "7", "", "{}", 2}, "COMMIT: the kind of an alert"},
        {{0, "7", "raise", "", 0}, "COMMIT: an alert without an event"},
        {{0, "7", "raise", "{\0}", 3},
         "COMMIT: the payload does not hold what it announces"},
    };
    for (size_t i = 0; i < COUNT(alerts); i++) {
        struct message_list list = {0};
        message_put_alert(&list, &good_alert);
        message_put_alert(&list, &alerts[i].alert);
        assert_commit_refused(0, 0, &list, alerts[i].fault);
    }
    const struct {
        struct message_state state;
        const char *fault;
    } states[] = {
        {{2, "7", "0 0"}, "COMMIT: no such centre"},
        {{0, "", "0 0"}, "COMMIT: the key of a state"},
        {{0, "7", "\n"}, "COMMIT: the state of a key"},
        {{0, "7", key}, "COMMIT: the state of a key"},
    };
    for (size_t i = 0; i < COUNT(states); i++) {
        struct message_list list = {0};
        message_put_alert(&list, &good_alert);
        message_put_state(&list, &states[i].state);
        assert_commit_refused(0, 0, &list, states[i].fault);
    }
    const struct {
        struct message_send send;
        const char *fault;
    } sends[] = {
        {{"", 1, "", "", "{}", 2}, "COMMIT: the destination of a send"},
        {{"a\r\nb", 1, "", "", "{}", 2}, "COMMIT: the destination of a send"},
        {{"a", 1, "1.1/x", "", "{}", 2}, "COMMIT: the path of a send"},
        {{"a", 1, "", key, "{}", 2}, "COMMIT: the key of a send"},
        {{"a", 1, "", "", "", 0}, "COMMIT: a send without a message"},
    };
    for (size_t i = 0; i < COUNT(sends); i++) {
        struct message_list list = {0};
        message_put_send(&list, &sends[i].send);
        assert_commit_refused(1, 0, &list, sends[i].fault);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loaded),
        cmocka_unit_test(test_loaded_with_an_error),
        cmocka_unit_test(test_problems_refused),
        cmocka_unit_test(test_entries_refused),
        cmocka_unit_test(test_too_many_entries),
        cmocka_unit_test(test_wants_refused),
        cmocka_unit_test(test_too_many_wants),
        cmocka_unit_test(test_commit),
        cmocka_unit_test(test_commits_refused),
        cmocka_unit_test(test_states_of_a_rule),
        cmocka_unit_test(test_items_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
