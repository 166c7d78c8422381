/* The bucket of a destination, and what piles up behind it. */
#include "delivery.h"

/* A destination that people read; `rate` messages a second, as many at once. */
static void
use_chat(double rate)
{
    gateway.destinations[1].rate = rate;
    gateway.destinations[1].kind = TEXT("slack");
    gateway.destinations[1].method = NULL;
    gateway.destinations[1].secret = NULL;
    deliver_set_conf(gateway.deliver, &gateway.conf);
}

static void
fill(struct txn *txn, const char *id, const char *destination, const char *order_key,
     const char *kind)
{
    char *event = mem_format(
        "{\"data\":{\"kind\":\"%s\",\"rule\":\"queue-wait\",\"key\":\"%s\","
        "\"severity\":\"info\",\"summary\":\"queue %s\",\"message\":\"hello\"}}",
        kind, order_key, order_key);
    struct outbox_record record = {
        .id = TEXT(id),
        .destination = TEXT(destination),
        .order_key = TEXT(order_key),
        .kind = TEXT(kind),
        .message = event,
        .created_ms = clock_wall_ms(),
        .next_ms = clock_wall_ms(),
    };
    txn_add_outbox(txn, &record);
    free(event);
}

/* `count` raises of as many alerts, all at once: m0, m1, … */
static void
raise_many(const char *destination, int count, const char *kind)
{
    struct txn *txn = txn_new();
    for (int i = 0; i < count; i++) {
        char *id = mem_format("m%d", i), *key = mem_format("k%d", i);
        fill(txn, id, destination, key, kind);
        free(key);
        free(id);
    }
    store_commit(gateway.store, txn, NULL, NULL);
}

static bool
all_are(int count, const char *state)
{
    for (int i = 0; i < count; i++) {
        char *id = mem_format("m%d", i);
        bool is = is_in_state(id, state);
        free(id);
        if (!is)
            return false;
    }
    return true;
}

static void
test_webhook_waits(void **state)
{
    (void)state;
    gateway.destinations[0].rate = 40;
    deliver_set_conf(gateway.deliver, &gateway.conf);
    int64_t begin_ms = clock_mono_ms();
    raise_many("plain", 48, "raise");
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 48);
    assert_true(clock_mono_ms() - begin_ms >= 8 * 1000 / 40);
}

static void
test_few_go_alone(void **state)
{
    (void)state;
    use_chat(20);
    raise_many("signed", 25, "raise");
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 25);
    assert_non_null(strstr(receiver.seen[0].body, "queue k0"));
    assert_non_null(strstr(receiver.seen[24].body, "queue k24"));
}

static void
test_digest(void **state)
{
    (void)state;
    use_chat(20);
    raise_many("signed", 40, "raise");
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 1);
    assert_non_null(strstr(receiver.seen[0].body, "40 messages of alerts: 40 raised"));
    assert_non_null(strstr(receiver.seen[0].body, "queue k0"));
    assert_non_null(strstr(receiver.seen[0].body, "queue-wait/k39 raised"));
    assert_true(all_are(40, "done"));
    assert_int_equal(attempts("m0"), 1);
    assert_int_equal(attempts("m39"), 1);
    assert_int_equal(ask("SELECT status FROM attempt WHERE message_id = ?1", "m39"),
                     200);
}

/* A storm is several digests, at the rate of Slack; none of it is left out. */
static void
test_storm(void **state)
{
    (void)state;
    use_chat(0);
    raise_many("signed", 90, "raise");
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 2);
    assert_non_null(strstr(receiver.seen[0].body, "50 messages of alerts: 50 raised"));
    assert_non_null(strstr(receiver.seen[1].body, "40 messages of alerts: 40 raised"));
    assert_true(all_are(90, "done"));
}

/* The clear of an alert is told behind its raise. */
static void
test_order(void **state)
{
    (void)state;
    use_chat(1);
    receiver.status = 0;
    struct txn *txn = txn_new();
    fill(txn, "clear", "signed", "k3", "clear");
    raise_many("signed", 8, "raise");
    store_commit(gateway.store, txn, NULL, NULL);
    wait_until(has_seen, 1);
    give_it_time();
    assert_true(is_in_state("clear", "ready"));
    assert_null(strstr(receiver.seen[0].body, "cleared"));
    receiver.status = 200;
    release(0, 200);
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 2);
    assert_non_null(strstr(receiver.seen[1].body, "queue k3"));
}

static void
test_scripts_are_not_merged(void **state)
{
    (void)state;
    use_chat(10);
    raise_many("signed", 17, "message");
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 17);
}

/* What failed together goes together again, and what has come meanwhile, too. */
static void
test_digest_fails(void **state)
{
    (void)state;
    use_chat(1);
    receiver.status = 503;
    raise_many("signed", 8, "raise");
    wait_until(is_quiet, 8);
    assert_int_equal(receiver.count, 1);
    assert_int_equal(attempts("m7"), 1);
    assert_int_equal(ask("SELECT count(DISTINCT next_ms) FROM outbox", ""), 1);
    assert_int_equal(ask("SELECT count(body) FROM outbox", ""), 0);
    receiver.status = 200;
    restart_when_due();
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 2);
    assert_non_null(strstr(receiver.seen[1].body, "8 messages of alerts"));
    assert_true(all_are(8, "done"));
    assert_int_equal(attempts("m7"), 2);
}

static bool
has_come(size_t count)
{
    return receiver.count >= count;
}

/* Nothing is lost with a digest that the receiver will not have. */
static void
test_digest_is_refused(void **state)
{
    (void)state;
    use_chat(20);
    receiver.status = 0;
    raise_many("signed", 26, "raise");
    wait_until(has_come, 1);
    receiver.answer = "invalid_blocks";
    release(0, 400);
    receiver.status = 200; /* before anything else can come */
    receiver.answer = "ok";
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 27);
    assert_non_null(strstr(receiver.seen[1].body, "queue k0"));
    assert_true(all_are(26, "done"));
    assert_int_equal(attempts("m25"), 2);
}

/* While they wait behind the bucket, as ever. */
static void
test_reminders_are_superseded(void **state)
{
    (void)state;
    use_chat(1);
    struct txn *txn = txn_new();
    fill(txn, "first", "signed", "a", "raise");
    fill(txn, "remind", "signed", "b", "remind");
    fill(txn, "clear", "signed", "b", "clear");
    store_commit(gateway.store, txn, NULL, NULL);
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 2);
    assert_true(is_in_state("remind", "superseded"));
    assert_true(is_in_state("clear", "done"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_webhook_waits),
        TEST(test_few_go_alone),
        TEST(test_digest),
        TEST(test_storm),
        TEST(test_order),
        TEST(test_scripts_are_not_merged),
        TEST(test_digest_fails),
        TEST(test_digest_is_refused),
        TEST(test_reminders_are_superseded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
