/* Escalations, reminders, acks and silences of the book, over restarts. Who is told
 * when is tested in tests/lua/notify_time_spec.lua; here, that time passes at all. */
#include "booking.h"

/* An alert that was raised `ago` seconds ago, by a plan. */
static void
raise(int64_t ago, const char *plan)
{
    struct error error = {0};
    char *event =
        mem_format("{\"severity\":\"warning\",\"labels\":{},\"summary\":\"Sales\","
                   "\"details\":null,\"link\":null,\"why\":\"\",\"reason\":null,"
                   "\"row\":{\"id\":7},\"query\":\"queues\",%s}",
                   plan);
    struct notify_batch *batch =
        notify_begin(gateway.notify, "queue_wait", clock_wall_ms() - ago * 1000);
    if (!notify_alert(batch, "main", "queue-wait", "7", "raise", event, strlen(event),
                      &error))
        fail_msg("%s", error.message);
    notify_commit(batch);
    free(event);
}

static void
add_kind(void *arg, const struct outbox_record *record)
{
    buf_format(arg, "%s %s,", record->kind, record->destination);
}

/* What was sent so far, on disk. */
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

#define ESCALATING "\"send\":[{\"to\":\"chat\"},{\"to\":\"pager\",\"after\":600%s}]"

static void
test_an_escalation_comes_by_itself(void **state)
{
    (void)state;
    char *plan = mem_format(ESCALATING, "");
    raise(599, plan);
    sent_is("raise chat,");
    /* The rest of the 600 s, less than two of them. */
    int64_t until = clock_mono_ms() + 5000;
    while (deliver_waiting(gateway.deliver) < 2 && clock_mono_ms() < until)
        settle();
    sent_is("raise chat,raise pager,");
    free(plan);
}

static void
test_an_escalation_that_fell_due_while_down(void **state)
{
    (void)state;
    char *plan = mem_format(ESCALATING, "");
    raise(4000, plan);
    sent_is("raise chat,raise pager,");
    sent_is("raise chat,raise pager,");
    free(plan);
}

static void
test_an_ack_stops_it(void **state)
{
    (void)state;
    struct error error = {0};
    char *plan = mem_format(ESCALATING, ",\"unless\":\"acked\"");
    raise(599, plan);
    assert_false(notify_ack(gateway.notify, "0000000000000000", "ayse", NULL, &error));
    assert_string_equal(error.message, "no raised alert has the id 0000000000000000");
    char fingerprint[17];
    notify_fingerprint("ccgate", "main", "queue-wait", "7", fingerprint);
    char *other = mem_format("%s-2", fingerprint),
         *id = mem_format("%s-1", fingerprint);
    assert_false(notify_ack(gateway.notify, other, "ayse", NULL, &error));
    assert_true(notify_ack(gateway.notify, id, "ayse", "on it", &error));
    sent_is("raise chat,");
    int64_t until = clock_mono_ms() + 2100;
    while (clock_mono_ms() < until)
        settle();
    sent_is("raise chat,");
    free(id);
    free(other);
    free(plan);
}

static void
test_a_clear_by_hand_is_told_and_stays(void **state)
{
    (void)state;
    struct error error = {0};
    char fingerprint[17];
    raise(0, "\"send\":[{\"to\":\"chat\"}]");
    notify_fingerprint("ccgate", "main", "queue-wait", "7", fingerprint);
    assert_true(notify_close(gateway.notify, fingerprint, "ayse", NULL, &error));
    sent_is("raise chat,clear chat,");
    assert_false(notify_close(gateway.notify, fingerprint, "ayse", NULL, &error));
    sent_is("raise chat,clear chat,"); /* over a restart */
}

static void
test_a_silence_holds_back_and_lets_go(void **state)
{
    (void)state;
    int64_t now = clock_wall_ms();
    struct silence_record silence = {
        .id = (char[]){"s1"},
        .matcher = (char[]){"{\"rule\":\"queue-wait\"}"},
        .created_ms = now,
        .until_ms = now + 3600000,
        .by = (char[]){"ayse"},
    };
    notify_silence(gateway.notify, &silence);
    raise(0, "\"send\":[{\"to\":\"chat\"}]");
    sent_is("");
    sent_is(""); /* silences survive a restart */
    silence.until_ms = clock_wall_ms();
    notify_silence(gateway.notify, &silence);
    sent_is("raise chat,");
}

#define BOOK_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BOOK_TEST(test_an_escalation_comes_by_itself),
        BOOK_TEST(test_an_escalation_that_fell_due_while_down),
        BOOK_TEST(test_an_ack_stops_it),
        BOOK_TEST(test_a_clear_by_hand_is_told_and_stays),
        BOOK_TEST(test_a_silence_holds_back_and_lets_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
