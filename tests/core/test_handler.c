/* ccgate-script, the real program: handlers of rules. */
#include "host_peer.h"

#define HANDLES(body)                                                                  \
    "local gw = require 'gateway'\n"                                                   \
    "local chat, kept = gw.destination 'chat', gw.store()\n"                           \
    "gw.rule 'wait' { from = gw.queues { 7 }, when = gw.above('calls_waiting', 5),\n"  \
    "on_raise = function(row, alert)\n" body "\nend }\n"

static void
handle(struct peer *peer, uint64_t run, const char *kind, const char *note)
{
    struct buf out = {0};
    const char *alert = "{\"id\":\"f-1\",\"summary\":\"busy\",\"row\":{\"id\":7}}";
    struct message_handle message = {.run = run,
                                     .origin = "f-1/raise/1",
                                     .kind = kind,
                                     .alert = alert,
                                     .alert_size = strlen(alert),
                                     .attempt = 1,
                                     .note = note,
                                     .note_size = strlen(note)};
    assert_true(message_write_handle(&out, peer->now_ms, &message));
    peer_send(peer, &out);
}

/* A commit of the run with so many sends. */
static void
expect_run(struct peer *peer, int64_t run, uint32_t sends, bool is_done)
{
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(0, commit.entry);
    assert_int_equal(run, commit.scheduled_ms);
    assert_int_equal(sends, commit.send_count);
    assert_int_equal(is_done, commit.is_done);
    message_commit_fini(&commit);
}

static void
test_the_end_is_committed_with_what_was_done(void **state)
{
    (void)state;
    struct peer *peer = peer_with(HANDLES("chat:send(alert.summary .. row.id)\n"
                                          "gw.sleep '5s' chat:send 'b' chat:send 'c'"));
    handle(peer, 3, "raise", "");
    expect_run(peer, 3, 1, false);
    peer_wake(peer, peer_expect_sleep(peer, 5000));
    expect_run(peer, 3, 2, true);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_one_that_raises_is_done(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(HANDLES("chat:send 'x' kept.x = 1 alert.note.x = 1 error 'no'"));
    handle(peer, 1, "raise", "");
    peer_expect_log(peer, "rule wait", "no");
    expect_run(peer, 1, 0, true);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_the_note(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(HANDLES("gw.log.info(alert.note.a or 'none') alert.note.a = 'x'"));
    handle(peer, 1, "raise", "");
    peer_expect_log(peer, "rule wait", "none");
    struct message_commit commit = peer_expect_commit(peer);
    char *note = mem_copy(commit.note, commit.note_size);
    assert_true(commit.is_done);
    assert_null(memchr(note, '\0', 1));
    size_t size = commit.note_size;
    message_commit_fini(&commit);
    struct buf out = {0};
    struct message_handle again = {
        2, "f-1/raise/1", 0, "raise", "{\"row\":{}}", 10, 2, note, size, NULL, 0};
    assert_true(message_write_handle(&out, peer->now_ms, &again));
    peer_send(peer, &out);
    peer_expect_log(peer, "rule wait", "x");
    free(note);
    expect_run(peer, 2, 0, true);
    peer_end(peer);
}

static void
test_nothing_to_run_is_done_at_once(void **state)
{
    (void)state;
    struct peer *peer = peer_with(HANDLES("gw.log.info 'ran'"));
    handle(peer, 1, "clear", "");
    expect_run(peer, 1, 0, true);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

/* It is the core's until the rule is on again. */
static void
test_of_a_rule_that_is_switched_off_nothing_is_said(void **state)
{
    (void)state;
    struct peer *peer = peer_with(HANDLES("gw.sleep '1h'"));
    handle(peer, 1, "raise", "");
    uint64_t wait = peer_expect_sleep(peer, 3600000);
    peer_disable(peer, 0);
    peer_expect_forget(peer, wait);
    handle(peer, 2, "raise", "");
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_a_run_that_takes_too_long_is_ended(void **state)
{
    (void)state;
    struct buf out = {0};
    struct peer *peer = peer_with(HANDLES("gw.sleep '1h'"));
    handle(peer, 1, "raise", "");
    handle(peer, 2, "raise", "");
    uint64_t wait = peer_expect_sleep(peer, 3600000);
    peer_expect_sleep(peer, 3600000);
    message_write_cancel(&out, peer->now_ms, 1);
    message_write_cancel(&out, peer->now_ms, 1); /* crossed its end: nothing */
    peer_send(peer, &out);
    peer_expect_log(peer, "rule wait", "has not ended within its time");
    peer_expect_forget(peer, wait);
    expect_run(peer, 1, 0, true);
    peer_wake(peer, wait);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_a_limit_is_a_strike_and_the_end(void **state)
{
    (void)state;
    struct peer *peer = peer_with(HANDLES("while true do end"));
    handle(peer, 1, "raise", "");
    peer_expect_log(peer, "rule wait", "cpu limit");
    peer_expect_strike(peer, 0, "cpu limit");
    expect_run(peer, 1, 0, true);
    peer_end(peer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_end_is_committed_with_what_was_done),
        cmocka_unit_test(test_one_that_raises_is_done),
        cmocka_unit_test(test_the_note),
        cmocka_unit_test(test_nothing_to_run_is_done_at_once),
        cmocka_unit_test(test_of_a_rule_that_is_switched_off_nothing_is_said),
        cmocka_unit_test(test_a_run_that_takes_too_long_is_ended),
        cmocka_unit_test(test_a_limit_is_a_strike_and_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
