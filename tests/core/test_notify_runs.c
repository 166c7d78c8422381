/* Runs of handlers in the book: who may claim them, how often, in which order. */
#include "booking.h"

static struct notify_batch *
begin(const char *kind, const char *remind)
{
    static const char form[] =
        "{\"severity\":\"warning\",\"labels\":{},\"summary\":\"Sales\",\"why\":\"\","
        "\"row\":{\"id\":7},\"query\":\"queues\",\"send\":[],\"remind\":%s,"
        "\"handlers\":[\"raise\",\"clear\",\"remind\"]}";
    struct error error = {0};
    char *event = mem_format(form, remind);
    struct notify_batch *batch =
        notify_begin(gateway.notify, "queue_wait", clock_wall_ms());
    if (!notify_alert(batch, "main", "queue-wait", "7", kind, event, strlen(event),
                      &error))
        fail_msg("%s", error.message);
    free(event);
    return batch;
}

static void
move(const char *kind)
{
    notify_commit(begin(kind, "null"));
}

/* Somebody who runs handlers, and what it was told to start: "raise 1,clear 1,". */
struct runner {
    size_t told; /* that something is due */
    struct buf started;
    char *last; /* run */
};

static void
on_due(void *arg)
{
    struct runner *runner = arg;
    runner->told++;
}

static void
on_start(void *arg, const struct handler_record *record)
{
    struct runner *runner = arg;
    free(runner->last);
    runner->last = mem_text(record->id);
    buf_format(&runner->started, "%s %d,", record->kind, (int)record->attempts);
}

static void
join(struct runner *runner)
{
    const struct notify_runner asks = {on_due, on_start, runner};
    notify_add_runner(gateway.notify, &asks);
}

static void
leave(struct runner *runner)
{
    notify_remove_runner(gateway.notify, runner);
    notify_release(gateway.notify, runner, NULL);
    buf_fini(&runner->started);
    free(runner->last);
    *runner = (struct runner){0};
}

static bool
is_any(const void *arg, const char *rule)
{
    (void)arg, (void)rule;
    return true;
}

static bool
claim(const struct runner *runner)
{
    return notify_claim(gateway.notify, runner, is_any);
}

static void
end(const char *run)
{
    struct notify_batch *batch =
        notify_begin(gateway.notify, "queue_wait", clock_wall_ms());
    notify_end_run(batch, run);
    notify_commit(batch);
}

static void
has_started(const struct runner *runner, const char *expected)
{
    settle();
    assert_string_equal(runner->started.data ? runner->started.data : "", expected);
}

/* ---- the tests ---- */

static void
test_one_of_an_alert_at_a_time(void **state)
{
    (void)state;
    struct runner runner = {0};
    join(&runner);
    move("raise");
    move("clear");
    assert_true(claim(&runner));
    assert_false(claim(&runner));
    has_started(&runner, "raise 1,");
    end(runner.last);
    assert_true(claim(&runner));
    has_started(&runner, "raise 1,clear 1,");
    end(runner.last);
    assert_false(claim(&runner));
    leave(&runner);
}

/* What else the host said in the same activation was nonsense. */
static void
test_nothing_is_due_of_what_is_dropped(void **state)
{
    (void)state;
    struct runner runner = {0};
    join(&runner);
    notify_drop(begin("raise", "null"));
    assert_false(claim(&runner));
    move("raise");
    restart_gateway();
    join(&runner);
    assert_true(claim(&runner));
    has_started(&runner, "raise 1,");
    leave(&runner);
}

/* A host dies, or its script is replaced, while its claim is on the way to the disk,
 * and another one claims the run: that one is told to start it, once, and the claim
 * that started nothing was no attempt. */
static void
test_a_claim_that_changes_hands_starts_once(void **state)
{
    (void)state;
    struct runner first = {0}, second = {0};
    join(&first);
    join(&second);
    move("raise");
    assert_true(claim(&first));
    leave(&first);
    assert_true(claim(&second));
    has_started(&second, "raise 1,");
    leave(&second);
}

static void
add_record(void *arg, const struct handler_record *record)
{
    buf_format(arg, "%s ", strchr(record->id, '/'));
}

static void
add_attempts(void *arg, const struct handler_record *record)
{
    *(int64_t *)arg += record->attempts;
}

/* A script is replaced three times while its claim is on the way to the disk. */
static void
test_a_claim_that_starts_nothing_spends_nothing(void **state)
{
    (void)state;
    struct runner runner = {0};
    int64_t attempts = 0;
    move("raise");
    for (int i = 0; i < 3; i++) {
        join(&runner);
        assert_true(claim(&runner));
        assert_int_equal(notify_remove_runner(gateway.notify, &runner), 1);
        assert_int_equal(notify_remove_runner(gateway.notify, &runner), 0);
    }
    has_started(&runner, "");
    restart_gateway();
    store_each_handler(gateway.store, add_attempts, &attempts);
    assert_int_equal(attempts, 0);
    join(&runner);
    assert_true(claim(&runner));
    has_started(&runner, "raise 1,");
    leave(&runner);
}

/* Of one rule only: the other's runs stay whose they are. */
static void
test_the_runs_of_a_rule_are_given_back(void **state)
{
    (void)state;
    struct runner runner = {0};
    join(&runner);
    move("raise");
    assert_true(claim(&runner));
    has_started(&runner, "raise 1,");
    assert_int_equal(notify_release(gateway.notify, &runner, "another"), 0);
    assert_int_equal(notify_release(gateway.notify, &runner, "queue-wait"), 1);
    assert_true(claim(&runner));
    has_started(&runner, "raise 1,raise 2,");
    leave(&runner);
}

static bool
is_of_script(const void *arg, const char *rule, const char *script)
{
    assert_string_equal(rule, "queue-wait");
    return !strcmp(script, arg);
}

static void
test_what_is_due_of_a_removed_rule_ends(void **state)
{
    (void)state;
    struct runner runner = {0};
    struct buf left = {0};
    join(&runner);
    move("raise");
    move("clear");
    assert_true(claim(&runner));
    notify_end_runs(gateway.notify, is_of_script, "another");
    notify_end_runs(gateway.notify, is_of_script, "queue_wait");
    has_started(&runner, "raise 1,"); /* goes on */
    leave(&runner);
    restart_gateway();
    store_each_handler(gateway.store, add_record, &left);
    assert_string_equal(left.data, "/raise/1 ");
    notify_end_runs(gateway.notify, is_of_script, "queue_wait");
    restart_gateway();
    buf_clear(&left);
    store_each_handler(gateway.store, add_record, &left);
    assert_int_equal(left.size, 0);
    buf_fini(&left);
}

/* Nobody claims them: of the reminders the newest is left. */
static void
test_reminders_do_not_pile_up(void **state)
{
    (void)state;
    struct runner runner = {0};
    struct buf left = {0};
    join(&runner);
    notify_commit(begin("raise", "1"));
    int64_t until = clock_mono_ms() + 10000;
    while (runner.told < 4 && clock_mono_ms() < until)
        settle();
    leave(&runner);
    restart_gateway();
    store_each_handler(gateway.store, add_record, &left);
    assert_string_equal(left.data, "/raise/1 /remind/3 ");
    buf_fini(&left);
}

static void
test_three_times_at_most(void **state)
{
    (void)state;
    struct runner runner = {0};
    move("raise");
    for (int attempt = 1; attempt <= 3; attempt++) {
        char *expected = mem_format("raise %d,", attempt);
        join(&runner);
        assert_true(claim(&runner));
        has_started(&runner, expected);
        free(expected);
        if (attempt == 2)
            restart_gateway();
        leave(&runner);
    }
    join(&runner);
    assert_false(claim(&runner));
    restart_gateway();
    assert_false(claim(&runner));
    leave(&runner);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_of_an_alert_at_a_time, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_is_due_of_what_is_dropped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_claim_that_changes_hands_starts_once,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_claim_that_starts_nothing_spends_nothing,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_runs_of_a_rule_are_given_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_due_of_a_removed_rule_ends, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_reminders_do_not_pile_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_three_times_at_most, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("notify_runs", tests, NULL, NULL);
}
