/* ccgate-script, the real program: gw.store(). */
#include "host_peer.h"

#define KEEPS(body)                                                                    \
    "local gw = require 'gateway'\n"                                                   \
    "local day = gw.store()\n"                                                         \
    "gw.job 'sweep' { every = '1m', run = function(now)\n" body "\nend }\n"

static void
give(struct peer *peer, const char *key, const char *value, size_t size)
{
    struct buf out = {0};
    struct message_list list = {0};
    struct message_stored kept = {key, peer->now_ms, value, size};
    message_put_stored(&list, &kept);
    assert_true(message_write_store(&out, peer->now_ms, &list));
    message_list_fini(&list);
    peer_send(peer, &out);
}

/* One change of the commit that comes next. */
static void
expect_kept(struct peer *peer, uint32_t count, const char *key, const char *value,
            size_t size)
{
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(count, commit.kept_count);
    assert_string_equal(key, commit.kept[count - 1].key);
    assert_int_equal(size, commit.kept[count - 1].value_size);
    assert_memory_equal(value, commit.kept[count - 1].value, size);
    assert_int_equal(peer->now_ms, commit.kept[count - 1].written_ms);
    message_commit_fini(&commit);
}

static void
test_what_was_kept_is_there(void **state)
{
    (void)state;
    struct peer *peer = peer_with(KEEPS("gw.log.info(day.a .. day[7])\n"
                                        "day.a = 'new' day[7] = nil"));
    give(peer, "sa", "s\3\0\0\0old", 8);
    give(peer, "i7", "i\1\0\0\0\0\0\0\0", 9);
    peer_run(peer, 0);
    peer_expect_log(peer, "job sweep", "old1");
    expect_kept(peer, 2, "i7", "", 0);
    peer_end(peer);
}

static void
test_each_activation_commits_its_own(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(KEEPS("day.a = true gw.sleep '1s' gw.log.info(day.a) day.a = false"));
    peer_run(peer, 0);
    expect_kept(peer, 1, "sa", "t", 1);
    peer_wake(peer, peer_expect_sleep(peer, 1000));
    peer_expect_log(peer, "job sweep", "true");
    expect_kept(peer, 1, "sa", "f", 1);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_an_error_drops_what_was_kept(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(KEEPS("gw.log.info(day.a) day.a = (day.a or 0) + 1\n"
                        "gw.sleep '1s' day.a = 50 day.b = 1 error 'no'"));
    peer_run(peer, 0);
    peer_expect_log(peer, "job sweep", "nil");
    expect_kept(peer, 1, "sa", "i\1\0\0\0\0\0\0\0", 9);
    peer_wake(peer, peer_expect_sleep(peer, 1000));
    peer_expect_log(peer, "job sweep", "no");
    peer_run(peer, 0);
    peer_expect_log(peer, "job sweep", "1");
    expect_kept(peer, 1, "sa", "i\2\0\0\0\0\0\0\0", 9);
    peer_end(peer);
}

/* A condition's function is a part of its rule's activation. */
static void
test_functions_of_rules_keep(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with("local gw = require 'gateway'\n"
                  "local day = gw.store()\n"
                  "gw.rule 'x' { from = gw.queues { 7, 8 }, when = function(row)\n"
                  "day[row.id] = row.calls_waiting\n"
                  "if row.id == 8 then error 'eight' end\n"
                  "return false end }");
    peer_sample(peer, 1, 2);
    peer_expect_log(peer, "rule x", "eight");
    expect_kept(peer, 1, "i7", "i\1\0\0\0\0\0\0\0", 9);
    peer_sample(peer, 1, -1);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_a_full_store_is_an_error(void **state)
{
    (void)state;
    struct message_load load = peer_load(KEEPS("for i = 1, 1000000 do day[i] = i end"));
    load.limits.cpu_ms = 10000;
    struct peer *peer = peer_with_load(&load);
    peer_run(peer, 0);
    peer_expect_log(peer, "job sweep", "limit: gw.store: full, with 10485");
    peer_run(peer, 0); /* dropped, all of it: so it is full again, and no worse */
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_a_commit_has_an_end(void **state)
{
    (void)state;
    struct message_load load =
        peer_load(KEEPS("for i = 1, 9 do day.a = ('x'):rep(500000 + i) end"));
    load.limits.cpu_ms = 10000;
    struct peer *peer = peer_with_load(&load);
    peer_run(peer, 0);
    peer_expect_log(peer, "job sweep",
                    "limit: gw.store: more than one activation can change");
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_what_is_kept_needs_memory(void **state)
{
    (void)state;
    struct message_load load = peer_load(KEEPS(""));
    load.limits.memory_bytes = 2 << 20;
    struct peer *peer = peer_with_load(&load);
    char *value = mem_zero(3 << 20);
    give(peer, "sa", value, 3 << 20);
    free(value);
    peer_end_with(peer, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_kept_is_there),
        cmocka_unit_test(test_each_activation_commits_its_own),
        cmocka_unit_test(test_an_error_drops_what_was_kept),
        cmocka_unit_test(test_functions_of_rules_keep),
        cmocka_unit_test(test_a_full_store_is_an_error),
        cmocka_unit_test(test_a_commit_has_an_end),
        cmocka_unit_test(test_what_is_kept_needs_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
