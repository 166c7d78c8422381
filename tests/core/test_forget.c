/* What the store sweeps is forgotten by the book, too, unless it has a newer one; and
 * no id is given twice. On a clock that stands still. */
#include "booking.h"

#define START  INT64_C(1772521200000)
#define DAY_MS ((int64_t)24 * 3600 * 1000)

static struct clock_held now;

static void
on_swept(void *arg, const struct sweep *sweep)
{
    (void)arg;
    for (size_t i = 0; i < sweep->row_count; i++)
        notify_forget(gateway.notify, &sweep->rows[i]);
}

static void
restart(void)
{
    restart_gateway();
    store_set_on_swept(gateway.store, on_swept, NULL);
}

static int
hold_and_set_up(void **state)
{
    now = (struct clock_held){1000, START};
    clock_hold(&now);
    int code = set_up(state);
    store_set_on_swept(gateway.store, on_swept, NULL);
    return code;
}

static int
tear_down_and_let_go(void **state)
{
    int code = tear_down(state);
    clock_hold(NULL);
    return code;
}

static void
pass(int64_t ms)
{
    now.wall_ms += ms;
    now.mono_ms += ms;
}

/* Hands a step over; the scripts in the list are there. */
static void
sweep(const char *scripts)
{
    struct txn *txn = txn_new();
    txn_call_roll(txn, scripts, clock_wall_ms());
    txn_sweep(txn, 0, clock_wall_ms());
    store_commit(gateway.store, txn, NULL, NULL);
}

static void
sweep_now(void)
{
    sweep("[]");
    settle();
}

static void
move(const char *kind, const char *key)
{
    static const char event[] =
        "{\"severity\":\"warning\",\"labels\":{},\"summary\":\"Sales\",\"why\":\"\","
        "\"row\":{\"id\":7},\"query\":\"queues\",\"send\":[{\"to\":\"chat\"}],"
        "\"handlers\":[\"raise\"]}";
    struct error error = {0};
    struct notify_batch *batch =
        notify_begin(gateway.notify, "queue_wait", clock_wall_ms());
    if (!notify_alert(batch, "main", "queue-wait", key, kind, event, strlen(event),
                      &error))
        fail_msg("%s", error.message);
    notify_commit(batch);
}

/* All messages are delivered. */
static void
deliver_all(void)
{
    sqlite3 *handle;
    char *path = mem_format("%s/state.db", gateway.dir);
    settle();
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(handle, "UPDATE outbox SET state = 'done'", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(handle);
    free(path);
}

static void
raise_and_clear(const char *key, int times)
{
    for (int i = 0; i < times; i++) {
        move("raise", key);
        move("clear", key);
    }
    deliver_all();
}

static void
found_is(const char *status, const char *expected)
{
    struct error error = {0};
    char *question = mem_format("{\"status\":\"%s\"}", status);
    char *answer = notify_search(gateway.notify, "alerts", question, &error);
    if (!answer)
        fail_msg("%s", error.message);
    struct buf ids = {0};
    for (const char *at = answer; (at = strstr(at, "\"id\":\"")); at++)
        if (at > answer && at[-1] == '{')
            buf_format(&ids, "%.*s ", (int)strcspn(at + 22, "\""), at + 22);
    assert_string_equal(ids.size ? ids.data : "", expected);
    buf_fini(&ids);
    free(answer);
    free(question);
}

static void
test_an_alert_is_counted_for_35_days(void **state)
{
    (void)state;
    raise_and_clear("7", 2);
    pass(35 * DAY_MS);
    sweep_now();
    found_is("cleared", "-2 ");
    pass(1);
    sweep_now();
    found_is("cleared", "");
    restart();
    found_is("cleared", "");
}

/* Of its own key, and of keys that are seen for the first time: who knows which those
 * were once. */
static void
test_no_id_comes_again(void **state)
{
    (void)state;
    raise_and_clear("7", 3);
    raise_and_clear("8", 1);
    pass(36 * DAY_MS);
    sweep_now();
    move("raise", "7");
    found_is("raised", "-4 ");
    move("clear", "7");
    restart();
    move("raise", "8");
    found_is("raised", "-4 ");
    move("raise", "7");
    found_is("raised", "-4 -5 "); /* that of 8, and of 7 */
}

/* What is on its way to the disk is newer than what the sweep finds there. */
static void
test_a_raise_that_comes_meanwhile(void **state)
{
    (void)state;
    raise_and_clear("7", 1);
    pass(36 * DAY_MS);
    sweep("[]");
    move("raise", "7");
    settle();
    found_is("raised", "-2 ");
    restart();
    found_is("raised", "-2 ");
}

static void
test_one_that_comes_and_goes_meanwhile(void **state)
{
    (void)state;
    raise_and_clear("7", 1);
    pass(36 * DAY_MS);
    sweep("[]");
    move("raise", "7");
    move("clear", "7");
    settle();
    found_is("cleared", "-2 ");
    restart();
    found_is("cleared", "-2 ");
}

static void
test_a_message_holds_its_alert(void **state)
{
    (void)state;
    move("raise", "7");
    move("clear", "7");
    settle();
    pass(36 * DAY_MS);
    sweep_now();
    found_is("cleared", "-1 ");
    deliver_all();
    sweep_now();
    found_is("cleared", "");
}

/* ---- the rest of the book ---- */

static void
count_silence(void *arg, const struct silence_record *record)
{
    buf_format(arg, "%s ", record->id);
}

static void
silences_are(const char *expected)
{
    struct buf found = {0};
    notify_each_silence(gateway.notify, count_silence, &found);
    assert_string_equal(found.size ? found.data : "", expected);
    buf_fini(&found);
}

static void
be_silent(const char *id, int64_t lasts_ms)
{
    const struct silence_record silence = {
        .id = (char *)(uintptr_t)id,
        .matcher = (char[]){"{\"rule\":\"queue-wait\"}"},
        .created_ms = clock_wall_ms(),
        .until_ms = clock_wall_ms() + lasts_ms,
        .by = (char[]){"ayse"},
    };
    notify_silence(gateway.notify, &silence);
}

static void
test_silences(void **state)
{
    (void)state;
    be_silent("s1", DAY_MS);
    be_silent("s2", 2 * DAY_MS);
    be_silent("s3", DAY_MS);
    be_silent("s4", 30 * DAY_MS);
    settle();
    pass(8 * DAY_MS);
    sweep_now();
    silences_are("s1 s2 s3 s4 ");
    pass(1);
    sweep("[]");
    be_silent("s3", DAY_MS);
    settle();
    silences_are("s2 s3 s4 ");
    restart();
    silences_are("s2 s4 s3 ");
}

static size_t started;

static void
on_due(void *arg)
{
    (void)arg;
}

static void
on_start(void *arg, const struct handler_record *record)
{
    (void)arg, (void)record;
    started++;
}

static bool
is_any(const void *arg, const char *rule)
{
    (void)arg, (void)rule;
    return true;
}

/* One that somebody is at goes on. */
static void
test_runs_of_handlers(void **state)
{
    (void)state;
    const struct notify_runner runner = {on_due, on_start, &now};
    started = 0;
    notify_add_runner(gateway.notify, &runner);
    move("raise", "7");
    move("raise", "8");
    move("raise", "9");
    assert_true(notify_claim(gateway.notify, &now, is_any));
    settle();
    pass(8 * DAY_MS);
    sweep_now();
    assert_int_equal(started, 1);
    assert_false(notify_claim(gateway.notify, &now, is_any));
    assert_int_equal(notify_release(gateway.notify, &now, NULL), 1);
    notify_remove_runner(gateway.notify, &now);
}

static bool
shift_state(const char *state, int64_t by_ms, struct buf *out)
{
    (void)state, (void)by_ms, (void)out;
    return false;
}

/* A run is as old as before when the clock is put forward, after a restart, too. */
static void
test_a_step_of_the_clock_makes_no_run_older(void **state)
{
    (void)state;
    const struct notify_runner runner = {on_due, on_start, &now};
    started = 0;
    move("raise", "7");
    settle();
    now.wall_ms += 30 * DAY_MS;
    notify_shift(gateway.notify, 30 * DAY_MS, shift_state);
    pass(7 * DAY_MS);
    sweep_now();
    restart();
    sweep_now();
    restart();
    notify_add_runner(gateway.notify, &runner);
    assert_true(notify_claim(gateway.notify, &now, is_any));
    settle();
    assert_int_equal(started, 1);
    notify_remove_runner(gateway.notify, &now);
}

/* The clock was far ahead, and the sweep believed it. */
static void
test_a_step_back_that_comes_meanwhile(void **state)
{
    (void)state;
    const struct notify_runner runner = {on_due, on_start, &now};
    notify_add_runner(gateway.notify, &runner);
    move("raise", "7");
    settle();
    pass(8 * DAY_MS);
    sweep("[]");
    now.wall_ms -= 8 * DAY_MS;
    notify_shift(gateway.notify, -8 * DAY_MS, shift_state);
    settle();
    assert_true(notify_claim(gateway.notify, &now, is_any));
    notify_remove_runner(gateway.notify, &now);
}

static void
keep(const char *script, const char *key, int64_t at_ms)
{
    struct notify_batch *batch = notify_begin(gateway.notify, script, at_ms);
    assert_true(notify_keep(batch, key, "x", 1, at_ms, 1000));
    notify_state(batch, "main", script, key, "raised");
    notify_commit(batch);
}

static void
add_kept(void *arg, const struct kept_record *record)
{
    buf_format(arg, "%s.%s ", record->script, record->key);
}

static void
add_state(void *arg, const struct key_state_record *record)
{
    buf_format(arg, "%s/%s ", record->script, record->key);
}

static void
kept_is(const char *expected)
{
    struct buf found = {0};
    notify_each_kept(gateway.notify, "a", add_kept, &found);
    notify_each_kept(gateway.notify, "b", add_kept, &found);
    notify_each_state(gateway.notify, "a", add_state, &found);
    notify_each_state(gateway.notify, "b", add_state, &found);
    assert_string_equal(found.size ? found.data : "", expected);
    buf_fini(&found);
}

static void
test_what_a_missed_script_has(void **state)
{
    (void)state;
    keep("a", "x", 1);
    keep("b", "x", 1);
    keep("b", "y", 2);
    sweep("[\"a\"]");
    settle();
    pass(35 * DAY_MS + 1);
    sweep("[\"a\"]");
    keep("b", "y", 3);
    settle();
    kept_is("a.x b.y a/x ");
}

static void
test_a_step_of_the_clock_is_no_absence(void **state)
{
    (void)state;
    keep("b", "x", 1);
    sweep("[]");
    now.wall_ms += 40 * DAY_MS;
    notify_shift(gateway.notify, 40 * DAY_MS, shift_state);
    pass(35 * DAY_MS);
    sweep_now();
    kept_is("b.x b/x ");
    pass(1);
    sweep_now();
    kept_is("");
}

static void
add_name(void *arg, const char *script)
{
    buf_format(arg, "%s ", script);
}

static void
test_who_has_a_raised_alert(void **state)
{
    (void)state;
    struct buf names = {0};
    notify_each_raising(gateway.notify, add_name, &names);
    move("raise", "7");
    notify_each_raising(gateway.notify, add_name, &names);
    move("clear", "7");
    notify_each_raising(gateway.notify, add_name, &names);
    assert_string_equal(names.data, "queue_wait ");
    buf_fini(&names);
}

#define FORGET_TEST(function)                                                          \
    cmocka_unit_test_setup_teardown(function, hold_and_set_up, tear_down_and_let_go)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FORGET_TEST(test_an_alert_is_counted_for_35_days),
        FORGET_TEST(test_no_id_comes_again),
        FORGET_TEST(test_a_raise_that_comes_meanwhile),
        FORGET_TEST(test_one_that_comes_and_goes_meanwhile),
        FORGET_TEST(test_a_message_holds_its_alert),
        FORGET_TEST(test_silences),
        FORGET_TEST(test_runs_of_handlers),
        FORGET_TEST(test_a_step_of_the_clock_makes_no_run_older),
        FORGET_TEST(test_a_step_back_that_comes_meanwhile),
        FORGET_TEST(test_what_a_missed_script_has),
        FORGET_TEST(test_a_step_of_the_clock_is_no_absence),
        FORGET_TEST(test_who_has_a_raised_alert),
    };
    return cmocka_run_group_tests_name("forget", tests, NULL, NULL);
}
