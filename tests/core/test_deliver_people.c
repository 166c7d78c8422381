/* What people see of the outbox in memory, and what they do to a message. */
#include "delivery.h"
#include "troubles.h"

static struct deliver_look looks[8];
static size_t look_count;

static void
on_destination(void *arg, const struct deliver_look *look)
{
    (void)arg;
    assert_true(look_count < 8);
    looks[look_count++] = *look;
}

static const struct deliver_look *
look_at(const char *name)
{
    look_count = 0;
    deliver_each(gateway.deliver, on_destination, NULL);
    for (size_t i = 0; i < look_count; i++)
        if (!strcmp(looks[i].name, name))
            return &looks[i];
    return NULL;
}

static struct outbox_record
record(const char *id, const char *destination, enum outbox_state state)
{
    return (struct outbox_record){.id = TEXT(id),
                                  .destination = TEXT(destination),
                                  .order_key = TEXT("a"),
                                  .kind = TEXT("raise"),
                                  .message = TEXT(EVENT("7")),
                                  .state = state,
                                  .attempts = 1,
                                  .created_ms = 77};
}

static bool
is_refused(bool (*act)(struct deliver *deliver, const struct outbox_record *record,
                       struct error *error),
           const struct outbox_record *message, const char *reason)
{
    struct error error = {0};
    return !act(gateway.deliver, message, &error) && !strcmp(error.message, reason);
}

static void
destinations_are_counted(void **state)
{
    (void)state;
    const struct deliver_look *plain = look_at("plain");
    assert_non_null(plain);
    assert_int_equal(plain->waiting + plain->in_flight + plain->done, 0);
    assert_int_equal(plain->oldest_ms, 0);
    receiver.status = 503;
    struct outbox_record old = record("a1", "plain", OUTBOX_READY);
    deliver_add(gateway.deliver, &old);
    old = record("g1", "gone", OUTBOX_READY);
    deliver_add(gateway.deliver, &old);
    wait_until(has_seen, 1);
    wait_until(is_quiet, 2);
    plain = look_at("plain");
    assert_int_equal(plain->waiting, 1);
    assert_int_equal(plain->oldest_ms, 77);
    assert_int_equal(plain->failed, 1);
    assert_non_null(plain->kind);
    assert_null(look_at("gone")->kind);
    assert_int_equal(look_at("gone")->waiting, 1);
}

static void
a_message_that_waits_is_tried_now_or_dropped(void **state)
{
    (void)state;
    struct error error = {0};
    receiver.status = 503;
    add("a1", "plain", "a");
    add("a2", "plain", "a");
    wait_until(is_quiet, 2);
    assert_int_equal(receiver.count, 1);
    struct outbox_record a1 = record("a1", "plain", OUTBOX_READY);
    assert_true(deliver_retry(gateway.deliver, &a1, &error));
    wait_until(has_seen, 2);
    assert_string_equal(receiver.seen[1].id, "a1");
    wait_until(is_quiet, 2);
    receiver.status = 200;
    assert_true(deliver_drop(gateway.deliver, &a1, &error));
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 3);
    assert_string_equal(receiver.seen[2].id, "a2");
    assert_true(is_in_state("a1", "superseded"));
    assert_true(is_in_state("a2", "done"));
    assert_int_equal(look_at("plain")->done, 1);
}

static void
a_dead_one_begins_anew_once(void **state)
{
    (void)state;
    struct error error = {0};
    receiver.status = 410;
    add("a1", "plain", "a");
    add("b1", "plain", "b");
    wait_until(has_seen, 2);
    wait_until(is_quiet, 0);
    assert_int_equal(look_at("plain")->dead, 2);
    struct outbox_record a1 = record("a1", "plain", OUTBOX_DEAD);
    struct outbox_record b1 = record("b1", "plain", OUTBOX_DEAD);
    receiver.status = 200;
    assert_true(deliver_retry(gateway.deliver, &a1, &error));
    /* The store may still say that it is dead when somebody asks again. */
    assert_true(deliver_retry(gateway.deliver, &a1, &error));
    assert_true(deliver_drop(gateway.deliver, &b1, &error));
    wait_until(has_seen, 3);
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 3);
    assert_string_equal(receiver.seen[2].id, "a1");
    assert_true(is_in_state("a1", "done"));
    assert_true(is_in_state("b1", "superseded"));
}

/* Both were told by the store, a moment ago, that it is dead. */
static void
a_dead_one_is_dealt_with_once(void **state)
{
    (void)state;
    struct error error = {0};
    receiver.status = 410;
    add("a1", "plain", "a");
    add("b1", "plain", "b");
    wait_until(has_seen, 2);
    wait_until(is_quiet, 0);
    struct outbox_record a1 = record("a1", "plain", OUTBOX_DEAD);
    assert_int_equal(look_at("plain")->letters, 2);
    assert_true(deliver_drop(gateway.deliver, &a1, &error));
    assert_true(is_refused(deliver_drop, &a1, "a1 has just been dealt with"));
    assert_true(is_refused(deliver_retry, &a1, "a1 has just been dealt with"));
    assert_int_equal(look_at("plain")->letters, 1);
    wait_until(is_quiet, 0);
    assert_true(is_in_state("a1", "superseded"));
}

static void
what_is_over_or_on_its_way_is_left_alone(void **state)
{
    (void)state;
    receiver.status = 0;
    add("a1", "plain", "a");
    wait_until(has_seen, 1);
    struct outbox_record message = record("a1", "plain", OUTBOX_IN_FLIGHT);
    assert_true(is_refused(deliver_retry, &message, "a1 is on its way just now"));
    assert_true(is_refused(deliver_drop, &message, "a1 is on its way just now"));
    message = record("x", "plain", OUTBOX_DONE);
    assert_true(is_refused(deliver_retry, &message, "x has been delivered"));
    message = record("x", "nowhere", OUTBOX_SUPERSEDED);
    assert_true(is_refused(deliver_drop, &message, "x is not to be sent any more"));
    release(0, 200);
    wait_until(is_quiet, 0);
}

static void
dead_letters_are_told_until_they_are_dealt_with(void **state)
{
    (void)state;
    struct error error = {0};
    troubles_listen();
    receiver.status = 410;
    add("a1", "plain", "a");
    add("b1", "plain", "b");
    wait_until(has_seen, 2);
    wait_until(is_quiet, 0);
    assert_int_equal(troubles.told, 1);
    assert_true(troubles_say(TROUBLE_DESTINATION, "plain", "HTTP 410"));
    assert_int_equal(look_at("plain")->letters, 2);
    struct outbox_record a1 = record("a1", "plain", OUTBOX_DEAD);
    struct outbox_record b1 = record("b1", "plain", OUTBOX_DEAD);
    assert_true(deliver_drop(gateway.deliver, &b1, &error));
    assert_int_equal(troubles.over, 0);
    wait_until(is_quiet, 0);
    /* A start knows what is left. */
    stop_gateway();
    start_gateway();
    assert_int_equal(look_at("plain")->letters, 1);
    troubles_listen();
    deliver_tell_troubles(gateway.deliver);
    assert_int_equal(troubles.told, 1);
    assert_non_null(strstr(troubles.text, "plain: 1 message could not be delivered"));
    assert_int_equal(troubles.over, 3); /* of the other destinations */
    receiver.status = 200;
    assert_true(deliver_retry(gateway.deliver, &a1, &error));
    assert_int_equal(troubles.over, 4);
    wait_until(is_quiet, 0);
    assert_int_equal(look_at("plain")->letters, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(destinations_are_counted),
        TEST(a_message_that_waits_is_tried_now_or_dropped),
        TEST(a_dead_one_begins_anew_once),
        TEST(a_dead_one_is_dealt_with_once),
        TEST(dead_letters_are_told_until_they_are_dealt_with),
        TEST(what_is_over_or_on_its_way_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
