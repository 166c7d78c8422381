/* ccgate-script, the real program, with as many alerts open as may be: what waits, what
 * the core is told of it, and that nothing is lost. */
#include "host_peer.h"

static const char rules[] =
    "local gw = require 'gateway'\n"
    "gw.rule 'first' { from = gw.queues { 7, 8 }, every = '10s',\n"
    "  when = gw.above('calls_waiting', 5), summary = 'x', send = 'chat' }\n"
    "gw.rule 'second' { from = gw.queues { 8 }, every = '10s',\n"
    "  when = gw.above('calls_waiting', 50), summary = 'x', send = 'chat',\n"
    "  stale_after = '30s', stale = 'raise' }\n";

static struct peer *
peer_with_room_for(int64_t alerts)
{
    struct message_load load = peer_load(rules);
    load.limits.alerts = alerts;
    return peer_with_load(&load);
}

static void
peer_expect_full(struct peer *peer, uint32_t entry, bool is_waiting)
{
    struct message_full full;
    struct error error;
    peer_expect(peer, FRAME_FULL);
    assert_true(message_read_full(&peer->frame, &peer->loaded, &full, &error));
    assert_int_equal(full.entry, entry);
    assert_int_equal(full.is_waiting, is_waiting);
}

/* What a restart has to know: the key still waits. */
static void
peer_expect_state(struct peer *peer, const char *key, const char *word)
{
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(commit.alert_count, 0);
    assert_int_equal(commit.state_count, 1);
    assert_string_equal(commit.states[0].key, key);
    assert_non_null(strstr(commit.states[0].state, word));
    message_commit_fini(&commit);
}

static void
test_a_raise_waits_for_room(void **state)
{
    (void)state;
    struct peer *peer = peer_with_room_for(1);
    peer_sample(peer, 6, 6);
    peer_expect_alert(peer, "raise", "7", NULL);
    peer_expect_full(peer, 0, true);
    peer_sample(peer, 6, 6);
    assert_true(peer_is_quiet(peer)); /* told once */

    peer_sample(peer, 0, 6); /* one ends: in the same sample the other has its place */
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(commit.alert_count, 2);
    assert_string_equal(commit.alerts[0].kind, "clear");
    assert_string_equal(commit.alerts[0].key, "7");
    assert_string_equal(commit.alerts[1].kind, "raise");
    assert_string_equal(commit.alerts[1].key, "8");
    message_commit_fini(&commit);
    peer_expect_full(peer, 0, false);
    peer_end(peer);
}

static void
test_what_ends_while_it_waits_is_nothing(void **state)
{
    (void)state;
    struct peer *peer = peer_with_room_for(1);
    peer_sample(peer, 6, 6);
    peer_expect_alert(peer, "raise", "7", NULL);
    peer_expect_full(peer, 0, true);
    peer_sample(peer, 6, 0);
    peer_expect_state(peer, "8", "");
    peer_expect_full(peer, 0, false);
    peer_end(peer);
}

/* The limit is the script's: alerts of one rule take the room of another. */
static void
test_rules_share_the_room(void **state)
{
    (void)state;
    struct peer *peer = peer_with_room_for(2);
    peer_sample(peer, 6, 60);
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(commit.alert_count, 2);
    message_commit_fini(&commit);
    peer_expect_state(peer, "8", "pending");
    peer_expect_full(peer, 1, true);
    peer_end(peer);
}

static void
peer_restore(struct peer *peer, uint32_t entry, const char *key)
{
    struct message_list list = {0};
    struct buf out = {0};
    message_put_kept(&list, &(struct message_kept){entry, 0, key, ""});
    message_write_restore(&out, peer->now_ms, &list);
    message_list_fini(&list);
    peer_send(peer, &out);
}

static void
test_restored_alerts_take_room(void **state)
{
    (void)state;
    struct peer *peer = peer_with_room_for(1);
    peer_restore(peer, 0, "7");
    peer_sample(peer, 6, 6);
    peer_expect_state(peer, "8", "pending");
    peer_expect_full(peer, 0, true);
    peer_end(peer);
}

static void
peer_tick(struct peer *peer, int64_t after_ms)
{
    struct buf out = {0};
    message_write_tick(&out, peer->now_ms += after_ms, 1);
    peer_send(peer, &out);
}

static void
test_a_source_that_is_stale_waits_too(void **state)
{
    (void)state;
    struct peer *peer = peer_with_room_for(1);
    peer_sample(peer, 6, 0);
    peer_expect_alert(peer, "raise", "7", NULL);
    peer_tick(peer, 31000);
    peer_expect_full(peer, 1, true);
    peer_sample(peer, 0, -1); /* queue 7 alone: nothing that the second rule watches */
    peer_expect_alert(peer, "clear", "7", NULL);
    peer_tick(peer, 1000);
    peer_expect_alert(peer, "raise", "source", NULL);
    peer_expect_full(peer, 1, false);
    peer_end(peer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_raise_waits_for_room),
        cmocka_unit_test(test_what_ends_while_it_waits_is_nothing),
        cmocka_unit_test(test_rules_share_the_room),
        cmocka_unit_test(test_restored_alerts_take_room),
        cmocka_unit_test(test_a_source_that_is_stale_waits_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
