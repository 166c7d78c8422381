/* From the outbox to a receiver on the same loop: what is sent, and in which order. */
#include "delivery.h"

static void
test_sent(void **state)
{
    (void)state;
    add("m1", "plain", "a");
    int64_t before_s = clock_wall_ms() / 1000;
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 1);
    const struct seen *seen = &receiver.seen[0];
    assert_string_equal(seen->path, "/plain");
    assert_string_equal(seen->id, "m1");
    assert_string_equal(seen->type, "application/json");
    assert_string_equal(seen->token, "s3cret-token");
    assert_string_equal(seen->body, EVENT("7"));
    assert_null(seen->signature);
    assert_int_equal(strncmp(seen->agent, "ccgate/", 7), 0);
    int64_t timestamp_s = strtoll(seen->timestamp, NULL, 10);
    assert_true(timestamp_s >= before_s && timestamp_s <= clock_wall_ms() / 1000);
    assert_true(is_in_state("m1", "done"));
    assert_int_equal(attempts("m1"), 1);
    assert_int_equal(ask("SELECT status FROM attempt WHERE message_id = ?1", "m1"),
                     200);
}

static void
test_signed(void **state)
{
    (void)state;
    add("msg_1", "signed", "a");
    wait_until(is_quiet, 0);
    const struct seen *seen = &receiver.seen[0];
    struct buf expected = {0};
    assert_true(sign_standard_webhook(SECRET, "msg_1",
                                      strtoll(seen->timestamp, NULL, 10), EVENT("7"),
                                      strlen(EVENT("7")), &expected));
    assert_string_equal(seen->signature, expected.data);
    buf_fini(&expected);
}

static void
test_bad_secret(void **state)
{
    (void)state;
    gateway.destinations[1].secret = TEXT("whsec_x");
    add("m1", "signed", "a");
    wait_until(is_quiet, 1);
    assert_int_equal(receiver.count, 0);
    assert_true(is_in_state("m1", "ready"));
}

/* The state and the body are on disk before the first byte leaves. */
static void
test_committed_first(void **state)
{
    (void)state;
    receiver.status = 0;
    add("m1", "plain", "a");
    wait_until(has_seen, 1);
    assert_true(is_in_state("m1", "in_flight"));
    assert_int_equal(ask("SELECT body = message FROM outbox WHERE id = ?1", "m1"), 1);
    assert_int_equal(deliver_busy(gateway.deliver), 1);
    release(0, 200);
    wait_until(is_quiet, 0);
}

static void
test_order_of_a_key(void **state)
{
    (void)state;
    receiver.status = 0;
    add("a1", "plain", "a");
    add("a2", "plain", "a");
    add("a3", "plain", "a");
    add("b1", "plain", "b");
    wait_until(has_seen, 2);
    give_it_time();
    assert_int_equal(receiver.count, 2);
    assert_string_equal(receiver.seen[0].id, "a1");
    assert_string_equal(receiver.seen[1].id, "b1");
    assert_int_equal(deliver_waiting(gateway.deliver), 4);
    release(0, 200);
    wait_until(has_seen, 3);
    assert_string_equal(receiver.seen[2].id, "a2");
    release(2, 200);
    wait_until(has_seen, 4);
    assert_string_equal(receiver.seen[3].id, "a3");
    release(1, 200);
    release(3, 200);
    wait_until(is_quiet, 0);
}

static void
test_parallel(void **state)
{
    (void)state;
    receiver.status = 0;
    add_many("plain", 20);
    wait_until(has_seen, 8);
    give_it_time();
    assert_int_equal(receiver.count, 8);
    assert_int_equal(deliver_busy(gateway.deliver), 8);
    /* A slow destination delays no other. */
    add("other", "signed", "a");
    wait_until(has_seen, 9);
    assert_string_equal(receiver.seen[8].id, "other");
    release(0, 200);
    wait_until(has_seen, 10);
    receiver.status = 200;
    for (size_t i = 1; i < 10; i++)
        release(i, 200);
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 21);
}

static void
test_missing_destination(void **state)
{
    (void)state;
    struct conf without = gateway.conf;
    without.destination_count = 0;
    deliver_set_conf(gateway.deliver, &without);
    add("m1", "plain", "a");
    add("m2", "never", "a");
    wait_until(is_quiet, 2);
    give_it_time();
    assert_int_equal(receiver.count, 0);
    deliver_set_conf(gateway.deliver, &gateway.conf);
    wait_until(is_quiet, 1);
    assert_string_equal(receiver.seen[0].id, "m1");
    assert_true(is_in_state("m2", "ready"));
}

static bool
has_begun(size_t count)
{
    return deliver_busy(gateway.deliver) == count;
}

static bool
retries_until_quiet(size_t waiting)
{
    store_retry(gateway.store);
    return is_quiet(waiting);
}

/* The destination goes while the message is on its way to the disk. */
static void
test_destination_goes(void **state)
{
    (void)state;
    struct conf without = gateway.conf;
    without.destination_count = 0;
    sqlite3 *other;
    assert_int_equal(sqlite3_open(gateway.path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    struct outbox_record record = {
        .id = TEXT("m1"),
        .destination = TEXT("plain"),
        .order_key = TEXT("a"),
        .kind = TEXT("raise"),
        .message = TEXT(EVENT("7")),
    };
    deliver_add(gateway.deliver, &record);
    wait_until(has_begun, 1);
    deliver_set_conf(gateway.deliver, &without);
    sqlite3_close(other);
    wait_until(retries_until_quiet, 1);
    assert_int_equal(receiver.count, 0);
    deliver_set_conf(gateway.deliver, &gateway.conf);
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 1);
}

static void
test_drain(void **state)
{
    (void)state;
    receiver.status = 0;
    add("a1", "plain", "a");
    add("a2", "plain", "a");
    wait_until(has_seen, 1);
    deliver_drain(gateway.deliver);
    add("b1", "plain", "b");
    release(0, 200);
    wait_until(is_quiet, 2);
    give_it_time();
    assert_int_equal(receiver.count, 1);
    assert_true(is_in_state("a1", "done"));
    assert_true(is_in_state("a2", "ready"));
    assert_true(is_in_state("b1", "ready"));
}

static void
test_log(void **state)
{
    (void)state;
    add("m1", "log", "a");
    add("m2", "log", "a");
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 0);
    assert_true(is_in_state("m1", "done"));
    assert_true(is_in_state("m2", "done"));
}

static void
test_secrets_stay(void **state)
{
    (void)state;
    receiver.answer = "your s3cret-token is s3cret-token";
    add("m1", "plain", "a");
    wait_until(is_quiet, 0);
    assert_int_equal(ask("SELECT answer = 'your ************ is ************'"
                         " FROM attempt WHERE message_id = ?1",
                         "m1"),
                     1);
    /* What servers say of a path that they do not know. */
    gateway.header.value = TEXT("Bearer s3cret-token");
    size_t size = strlen(receiver.url);
    snprintf(receiver.url + size, sizeof(receiver.url) - size, "/T0KEN-1?key=T0KEN-2");
    receiver.answer = "{\"path\":\"/plain/T0KEN-1\"} T0KEN-2 s3cret-token ok";
    add("m3", "plain", "a");
    wait_until(is_quiet, 0);
    assert_int_equal(ask("SELECT answer LIKE '%T0KEN%' OR answer LIKE '%s3cret%'"
                         " OR answer NOT LIKE '{\"path\":%ok'"
                         " FROM attempt WHERE message_id = ?1",
                         "m3"),
                     0);
    char *long_answer = mem_zero(5001);
    for (size_t i = 0; i < 5000; i += 2)
        memcpy(long_answer + i, "\xc3\xbc", 2);
    long_answer[0] = '_';
    long_answer[1] = 'x';
    memmove(long_answer + 1, long_answer + 2, 4999);
    receiver.answer = long_answer;
    add("m2", "plain", "a");
    wait_until(is_quiet, 0);
    assert_int_equal(ask("SELECT length(CAST(answer AS BLOB)) FROM attempt"
                         " WHERE message_id = ?1",
                         "m2"),
                     1023);
    receiver.answer = "ok";
    free(long_answer);
}

static void
test_headers_once(void **state)
{
    (void)state;
    struct conf_header headers[] = {
        {TEXT("Content-Type"), TEXT("application/event+json")},
        {TEXT("Webhook-Id"), TEXT("mine")},
        {TEXT("User-Agent"), TEXT("us")},
    };
    gateway.destinations[0].headers = headers;
    gateway.destinations[0].header_count = 3;
    add("m1", "plain", "a");
    wait_until(is_quiet, 0);
    assert_string_equal(receiver.seen[0].type, "application/event+json");
    assert_string_equal(receiver.seen[0].id, "m1");
    assert_string_equal(receiver.seen[0].agent, "us");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sent),
        TEST(test_signed),
        TEST(test_bad_secret),
        TEST(test_committed_first),
        TEST(test_order_of_a_key),
        TEST(test_parallel),
        TEST(test_missing_destination),
        TEST(test_destination_goes),
        TEST(test_drain),
        TEST(test_log),
        TEST(test_secrets_stay),
        TEST(test_headers_once),
    };
    return cmocka_run_group_tests_name("deliver", tests, NULL, NULL);
}
