/* Deliveries that fail: repeats, refusals, waits, restarts. */
#include "delivery.h"

static void
test_retry(void **state)
{
    (void)state;
    receiver.status = 503;
    add("a1", "plain", "a");
    add("a2", "plain", "a");
    wait_until(is_quiet, 2);
    give_it_time();
    assert_int_equal(receiver.count, 1);
    assert_true(is_in_state("a1", "ready"));
    assert_int_equal(attempts("a1"), 1);
    assert_int_equal(attempts("a2"), 0);
    int64_t wait_ms =
        ask("SELECT next_ms FROM outbox WHERE id = ?1", "a1") - clock_wall_ms();
    assert_in_range(wait_ms, 2000, 6000);

    restart_when_due();
    wait_until(is_quiet, 2);
    assert_int_equal(attempts("a1"), 2);
    receiver.status = 200;
    restart_when_due();
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 4);
    for (size_t i = 1; i < 3; i++) {
        assert_string_equal(receiver.seen[i].id, "a1");
        assert_string_equal(receiver.seen[i].body, receiver.seen[0].body);
    }
    assert_string_equal(receiver.seen[3].id, "a2");
    assert_int_equal(attempts("a1"), 3);
    assert_true(is_in_state("a1", "done"));
}

/* The body of the first attempt is kept, whatever is rendered now. */
static void
test_kept_body(void **state)
{
    (void)state;
    struct outbox_record record = {
        .id = TEXT("old"),
        .destination = TEXT("signed"),
        .order_key = TEXT(""),
        .kind = TEXT("raise"),
        .message = TEXT(EVENT("7")),
        .body = TEXT("{\"as\":\"before\"}"),
        .attempts = 3,
    };
    deliver_add(gateway.deliver, &record);
    wait_until(has_seen, 1);
    assert_string_equal(receiver.seen[0].body, "{\"as\":\"before\"}");
    struct buf expected = {0};
    assert_true(sign_standard_webhook(
        SECRET, "old", strtoll(receiver.seen[0].timestamp, NULL, 10),
        receiver.seen[0].body, strlen(receiver.seen[0].body), &expected));
    assert_string_equal(receiver.seen[0].signature, expected.data);
    buf_fini(&expected);
    wait_until(is_quiet, 0);
}

static void
test_dead(void **state)
{
    (void)state;
    receiver.status = 0;
    add("a1", "plain", "a");
    add("a2", "plain", "a");
    wait_until(has_seen, 1);
    receiver.status = 200;
    release(0, 410);
    wait_until(is_quiet, 0);
    assert_true(is_in_state("a1", "dead"));
    assert_int_equal(attempts("a1"), 1);
    assert_true(is_in_state("a2", "done"));
}

static void
test_two_quick_retries(void **state)
{
    (void)state;
    receiver.status = 404;
    add("m1", "plain", "a");
    wait_until(is_quiet, 1);
    restart_when_due();
    wait_until(is_quiet, 1);
    restart_when_due();
    wait_until(is_quiet, 0);
    assert_true(is_in_state("m1", "dead"));
    assert_int_equal(attempts("m1"), 3);
}

/* A receiver that was down first, and then is not yet there again, has them, too. */
static void
test_refused_after_failures(void **state)
{
    (void)state;
    static const int answers[] = {503, 503, 503, 404, 404};
    add("m1", "plain", "a");
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        receiver.status = answers[i];
        restart_when_due();
        wait_until(is_quiet, 1);
    }
    receiver.status = 200;
    restart_when_due();
    wait_until(is_quiet, 0);
    assert_true(is_in_state("m1", "done"));
    assert_int_equal(attempts("m1"), 6);
}

static void
test_redirect(void **state)
{
    (void)state;
    receiver.status = 302;
    add("m1", "plain", "a");
    wait_until(is_quiet, 1);
    assert_int_equal(receiver.count, 1); /* and nobody else was asked */
    assert_true(is_in_state("m1", "ready"));
}

static void
test_waits(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *retry_after;
        int64_t least_s, most_s;
    } cases[] = {
        {503, "120", 115, 120},
        {503, "100000000000", 3590, 3600},
        {503, "soon", 2, 6},
        {429, NULL, 55, 60},
        {429, "90", 85, 90},
        {429, "soon", 55, 60},
        {429, "-5", 55, 60},
        {429, "100000000000", 3590, 3600},
        {429, "Fri, 20 Nov 1987 18:05:00 GMT", 55, 60},
        {429, "Fri, 20 Nov 2099 18:05:00 GMT", 3590, 3600},
        {403, NULL, 475, 720},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        receiver.status = cases[i].status;
        receiver.retry_after = cases[i].retry_after;
        char *id = mem_format("m%zu", i);
        add(id, "plain", "");
        wait_until(has_seen, i + 1);
        wait_until(is_quiet, i + 1);
        int64_t wait_ms =
            ask("SELECT next_ms FROM outbox WHERE id = ?1", id) - clock_wall_ms();
        assert_in_range(wait_ms, cases[i].least_s * 1000, cases[i].most_s * 1000);
        free(id);
    }
}

/* Killed while the receiver thinks: the same again, and order kept. */
static void
test_killed_in_flight(void **state)
{
    (void)state;
    receiver.status = 0;
    add("a1", "signed", "a");
    add("a2", "signed", "a");
    wait_until(has_seen, 1);
    stop_gateway();
    receiver.status = 200;
    start_gateway();
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 3);
    assert_string_equal(receiver.seen[1].id, "a1");
    assert_string_equal(receiver.seen[1].body, receiver.seen[0].body);
    assert_string_equal(receiver.seen[2].id, "a2");
    assert_int_equal(attempts("a1"), 1);
}

/* The receiver may have taken the message: it is not asked again at once. */
static void
test_timeout_waits(void **state)
{
    (void)state;
    receiver.status = 0;
    gateway.destinations[0].timeout_ms = 50;
    add("m1", "plain", "a");
    wait_until(has_seen, 1);
    wait_until(is_quiet, 1);
    int64_t wait_ms =
        ask("SELECT next_ms FROM outbox WHERE id = ?1", "m1") - clock_wall_ms();
    assert_in_range(wait_ms, 55000, 60000);
}

/* The wall clock is set back while a message is on its way to the disk. */
static void
test_clock_set_back(void **state)
{
    (void)state;
    struct outbox_record record = {
        .id = TEXT("m1"),
        .destination = TEXT("plain"),
        .order_key = TEXT("a"),
        .kind = TEXT("raise"),
        .message = TEXT(EVENT("7")),
        .next_ms = clock_wall_ms() + 3600000,
    };
    deliver_add(gateway.deliver, &record);
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 1);
}

static void
test_unreachable(void **state)
{
    (void)state;
    add("m1", "nobody", "a");
    wait_until(is_quiet, 1);
    assert_true(is_in_state("m1", "ready"));
    assert_int_equal(attempts("m1"), 1);
    assert_int_equal(ask("SELECT status = 0 AND curl_code > 0 AND answer <> ''"
                         " FROM attempt WHERE message_id = ?1",
                         "m1"),
                     1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_retry),
        TEST(test_kept_body),
        TEST(test_dead),
        TEST(test_two_quick_retries),
        TEST(test_refused_after_failures),
        TEST(test_redirect),
        TEST(test_waits),
        TEST(test_killed_in_flight),
        TEST(test_timeout_waits),
        TEST(test_clock_set_back),
        TEST(test_unreachable),
    };
    return cmocka_run_group_tests_name("deliver again", tests, NULL, NULL);
}
