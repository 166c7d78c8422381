/* The wall clock is put forward or back while alerts are raised, on a clock that stands
 * still: escalations, reminders, silences, states of keys and what scripts keep. */
#include "booking.h"

#include "base/step.h"

#define START     INT64_C(1772521200000)
#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS   (60 * MINUTE_MS)

static struct clock_held now;

static int
hold_and_set_up(void **state)
{
    now = (struct clock_held){1000, START};
    clock_hold(&now);
    return set_up(state);
}

static int
tear_down_and_let_go(void **state)
{
    int code = tear_down(state);
    clock_hold(NULL);
    return code;
}

static void
raise(const char *plan)
{
    struct error error = {0};
    char *event = mem_format("{\"severity\":\"warning\",\"labels\":{},\"summary\":"
                             "\"Sales\",\"why\":\"\",\"row\":{\"id\":7},"
                             "\"query\":\"queues\",%s}",
                             plan);
    struct notify_batch *batch =
        notify_begin(gateway.notify, "queue_wait", clock_wall_ms());
    if (!notify_alert(batch, "main", "queue-wait", "7", "raise", event, strlen(event),
                      &error))
        fail_msg("%s", error.message);
    notify_state(batch, "main", "queue-wait", "7", "since 5");
    notify_state(batch, "main", "queue-wait", "8", "odd");
    assert_true(notify_keep(batch, "sday", "x", 1, START - 5000, 1000));
    notify_commit(batch);
    free(event);
}

/* "since N" is since N + by. */
static bool
shift_state(const char *state, int64_t by_ms, struct buf *out)
{
    long long since;
    if (sscanf(state, "since %lld", &since) != 1)
        return false;
    buf_format(out, "since %lld", since + (long long)by_ms);
    return true;
}

static void
step(int64_t by_ms)
{
    now.wall_ms += by_ms;
    notify_shift(gateway.notify, by_ms, shift_state);
}

static void
pass(int64_t ms)
{
    now.wall_ms += ms;
    now.mono_ms += ms;
    notify_look(gateway.notify);
}

static void
add_kind(void *arg, const struct outbox_record *record)
{
    buf_format(arg, "%s %s,", record->kind, record->destination);
}

static void
sent_is(const char *expected)
{
    struct buf sent = {0};
    settle();
    restart_gateway();
    store_each_ready(gateway.store, add_kind, &sent);
    assert_string_equal(sent.size ? sent.data : "", expected);
    buf_fini(&sent);
}

/* The step comes after five minutes of ten. */
static void
escalate_over(int64_t by_ms)
{
    raise("\"send\":[{\"to\":\"chat\"},{\"to\":\"pager\",\"after\":600}],"
          "\"remind\":900");
    pass(5 * MINUTE_MS);
    step(by_ms);
    sent_is("raise chat,");
    pass(5 * MINUTE_MS - 1000);
    sent_is("raise chat,");
    pass(1000);
    sent_is("raise chat,raise pager,");
    pass(5 * MINUTE_MS - 1000);
    sent_is("raise chat,raise pager,");
    step(-by_ms);
    pass(1000);
    sent_is("raise chat,raise pager,remind chat,remind pager,");
}

static void
test_forward(void **state)
{
    (void)state;
    escalate_over(HOUR_MS);
}

static void
test_back(void **state)
{
    (void)state;
    escalate_over(-HOUR_MS);
}

/* Its timers stood still: what fell due meanwhile goes out at once. */
static void
test_a_sleep(void **state)
{
    (void)state;
    raise("\"send\":[{\"to\":\"chat\",\"after\":600}]");
    now.wall_ms += HOUR_MS;
    notify_look(gateway.notify);
    sent_is("raise chat,");
}

static void
add_alert(void *arg, const struct alert_record *record)
{
    const char *started = strstr(record->state, "\"started_at\":");
    buf_format(arg, "%.*s %lld", (int)strcspn(started, ","), started,
               (long long)record->due_ms);
}

static void
add_state(void *arg, const struct key_state_record *record)
{
    buf_format(arg, ", %s %s %s", record->script, record->key, record->state);
}

static void
add_kept(void *arg, const struct kept_record *record)
{
    buf_format(arg, ", %s %lld", record->key, (long long)record->written_ms);
}

/* With all that is stored, and for whom. */
static void
test_everything_stored_goes_along(void **state)
{
    (void)state;
    struct buf found = {0};
    raise("\"send\":[{\"to\":\"chat\",\"after\":600}]");
    step(HOUR_MS);
    settle();
    restart_gateway();
    notify_each_raised(gateway.notify, NULL, add_alert, &found);
    notify_each_state(gateway.notify, NULL, add_state, &found);
    notify_each_kept(gateway.notify, "queue_wait", add_kept, &found);
    assert_non_null(strstr(found.data, "\"started_at\":1772524800 1772525400000"));
    assert_non_null(strstr(found.data, ", queue_wait 7 since 3600005"));
    assert_non_null(strstr(found.data, ", queue_wait 8 odd"));
    assert_non_null(strstr(found.data, ", sday 1772524795000"));
    buf_fini(&found);
}

static void
be_silent(int64_t until_ms)
{
    struct silence_record silence = {
        .id = (char[]){"s1"},
        .matcher = (char[]){"{\"rule\":\"queue-wait\"}"},
        .created_ms = START,
        .until_ms = until_ms,
        .by = (char[]){"ayse"},
    };
    notify_silence(gateway.notify, &silence);
}

/* People said until when: a silence is not moved. */
static void
test_a_silence_ends_when_it_was_said_to(void **state)
{
    (void)state;
    be_silent(START + 30 * MINUTE_MS);
    raise("\"send\":[{\"to\":\"chat\"}]");
    step(-HOUR_MS);
    pass(89 * MINUTE_MS);
    sent_is("");
    step(HOUR_MS);
    sent_is("raise chat,");
}

#define STEP_TEST(function)                                                            \
    cmocka_unit_test_setup_teardown(function, hold_and_set_up, tear_down_and_let_go)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STEP_TEST(test_forward),
        STEP_TEST(test_back),
        STEP_TEST(test_a_sleep),
        STEP_TEST(test_everything_stored_goes_along),
        STEP_TEST(test_a_silence_ends_when_it_was_said_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
