/* ccgate-script, the real program: gw.parallel and gw.map. */
#include "host_peer.h"

#define JOB(body)                                                                      \
    "local gw = require 'gateway'\n"                                                   \
    "local chat = gw.destination 'chat'\n"                                             \
    "gw.job 'sweep' { every = '1m', run = function(now)\n" body "\nend }\n"

/* Sends "PATH ORDINAL MESSAGE" must be the next commit. */
static void
expect_send(struct peer *peer, const char *path, uint32_t ordinal, const char *message)
{
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(1, commit.send_count);
    assert_string_equal(path, commit.sends[0].path);
    assert_int_equal(ordinal, commit.sends[0].ordinal);
    assert_string_equal(message, commit.sends[0].message);
    message_commit_fini(&commit);
}

/* ---- results ---- */

static void
test_results_stand_by_position(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(JOB("local results, errs = gw.parallel {\n"
                      "function() gw.sleep '2s' return 'slow' end,\n"
                      "function() gw.sleep '1s' return nil, 'bad luck' end,\n"
                      "function() return 'at once' end, function() end }\n"
                      "gw.log.info(results[1], results[2], results[3], results[4])\n"
                      "gw.log.info(errs[1], errs[2], errs[3], errs[4])"));
    peer_run(peer, 0);
    uint64_t slow = peer_expect_sleep(peer, 2000), fast = peer_expect_sleep(peer, 1000);
    peer_wake(peer, fast);
    assert_true(peer_is_quiet(peer));
    assert_int_equal(0, peer->dones);
    peer_wake(peer, slow);
    peer_expect_log(peer, "job sweep", "slow");
    peer_expect_log(peer, "job sweep", "nil");
    assert_true(peer_is_quiet(peer));
    assert_int_equal(1, peer->dones);
    peer_end(peer);
}

static void
test_map_runs_so_many_at_once(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(JOB("local seconds = gw.map({ 5, 3, 4, 1 }, function(s, position)\n"
                      "gw.sleep(s) return position * 10 + s end, { at_once = 2 })\n"
                      "chat:send(table.concat(seconds, ' '))"));
    peer_run(peer, 0);
    uint64_t first = peer_expect_sleep(peer, 5000);
    uint64_t second = peer_expect_sleep(peer, 3000);
    assert_true(peer_is_quiet(peer));
    peer_wake(peer, second);
    uint64_t third = peer_expect_sleep(peer, 4000);
    peer_wake(peer, third);
    uint64_t fourth = peer_expect_sleep(peer, 1000);
    peer_wake(peer, first);
    peer_wake(peer, fourth);
    expect_send(peer, "", 1, "\"15 23 34 41\"");
    peer_end(peer);
}

static void
test_many_that_do_not_wait(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(JOB("local list = {} for i = 1, 3000 do list[i] = i end\n"
                      "local doubled = gw.map(list, function(i) return 2 * i end)\n"
                      "chat:send(#doubled .. ' ' .. doubled[3000])\n"
                      "local none, errs = gw.map({}, print)\n"
                      "chat:send(#none + #errs .. '')"));
    peer_run(peer, 0);
    struct message_commit commit = peer_expect_commit(peer);
    assert_string_equal("\"3000 6000\"", commit.sends[0].message);
    assert_string_equal("\"0\"", commit.sends[1].message);
    message_commit_fini(&commit);
    peer_end(peer);
}

/* ---- what they do ---- */

/* Whoever is faster, a repeated run gives each message the same place. */
static void
test_sends_are_named_by_position(void **state)
{
    (void)state;
    static const char source[] = JOB(
        "gw.parallel { function() gw.sleep '1s' chat:send 'a' chat:send 'b' end,\n"
        "function() gw.sleep '2s' gw.parallel { function() chat:send 'c' end } end }\n"
        "gw.parallel { function() chat:send 'd' end } chat:send 'e'");
    for (int turn = 0; turn < 2; turn++) {
        struct peer *peer = peer_with(source);
        peer_run(peer, 0);
        uint64_t one = peer_expect_sleep(peer, 1000);
        uint64_t two = peer_expect_sleep(peer, 2000);
        if (turn == 0)
            peer_wake(peer, one);
        else
            peer_wake(peer, two);
        if (turn == 1)
            expect_send(peer, "1.2/1.1", 1, "\"c\"");
        peer_wake(peer, turn == 0 ? two : one);
        struct message_commit commit = peer_expect_commit(peer);
        assert_int_equal(2, commit.send_count);
        assert_string_equal("1.1", commit.sends[0].path);
        assert_string_equal("1.1", commit.sends[1].path);
        assert_int_equal(2, commit.sends[1].ordinal);
        message_commit_fini(&commit);
        if (turn == 0)
            expect_send(peer, "1.2/1.1", 1, "\"c\"");
        expect_send(peer, "2.1", 1, "\"d\"");
        expect_send(peer, "", 1, "\"e\"");
        peer_end(peer);
    }
}

static void
test_one_that_raises_ends_the_others(void **state)
{
    (void)state;
    struct peer *peer = peer_with(
        JOB("local ok, mistake = pcall(gw.parallel, {\n"
            "function() chat:send 'kept' gw.sleep '9s' chat:send 'never' end,\n"
            "function() gw.parallel { function() gw.sleep '8s' end } end,\n"
            "function() gw.sleep '1s' chat:send 'dropped'\n"
            "error 'oh' end })\n"
            "chat:send(mistake) gw.sleep '1s'"));
    peer_run(peer, 0);
    expect_send(peer, "1.1", 1, "\"kept\"");
    uint64_t nine = peer_expect_sleep(peer, 9000);
    uint64_t one = peer_expect_sleep(peer, 1000);
    uint64_t eight = peer_expect_sleep(peer, 8000);
    peer_wake(peer, one);
    peer_expect_forget(peer, eight);
    peer_expect_forget(peer, nine);
    expect_send(peer, "", 1, "\"scripts/a.lua:8: oh\"");
    peer_wake(peer, nine); /* was on its way */
    uint64_t last = peer_expect_sleep(peer, 1000);
    peer_wake(peer, last);
    assert_true(peer_is_quiet(peer));
    assert_int_equal(1, peer->dones);
    peer_end(peer);
}

static void
test_a_raise_that_nobody_catches(void **state)
{
    (void)state;
    struct peer *peer = peer_with(JOB("gw.map({ 1, 2 }, function(i)\n"
                                      "gw.sleep(i) error('no ' .. i) end)\n"
                                      "chat:send 'never'"));
    peer_run(peer, 0);
    uint64_t one = peer_expect_sleep(peer, 1000), two = peer_expect_sleep(peer, 2000);
    peer_wake(peer, one);
    peer_expect_forget(peer, two);
    peer_expect_log(peer, "job sweep", "scripts/a.lua:5: no 1\nstack traceback:");
    assert_true(peer_is_quiet(peer));
    assert_int_equal(1, peer->dones);
    peer_run(peer, 0); /* and it can run again */
    peer_expect_sleep(peer, 1000);
    peer_end(peer);
}

/* ---- their end ---- */

static void
test_the_end_of_the_run_is_theirs(void **state)
{
    (void)state;
    struct peer *peer = peer_with(
        JOB("local x <close> = setmetatable({}, { __close = function()\n"
            "gw.log.info 'parent' end })\n"
            "gw.parallel { function() local y <close> = setmetatable({}, {\n"
            "__close = function() gw.log.info 'child' end }) gw.sleep '5s' end }"));
    peer_run(peer, 0);
    uint64_t wait = peer_expect_sleep(peer, 5000);
    peer_disable(peer, 0);
    peer_expect_forget(peer, wait);
    peer_expect_log(peer, "job sweep", "child");
    peer_expect_log(peer, "job sweep", "parent");
    peer_wake(peer, wait);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

/* As a job closes what it has open: before anybody catches the error. */
static void
test_what_one_has_open_is_closed_when_it_raises(void **state)
{
    (void)state;
    struct peer *peer = peer_with(
        JOB("local ok, mistake = pcall(gw.parallel, { function()\n"
            "local y <close> = setmetatable({}, { __close = function(_, err)\n"
            "gw.log.info('closed: ' .. err) end })\n"
            "gw.sleep '1s' error('oh', 0) end })\n"
            "gw.log.info('caught: ' .. mistake)"));
    peer_run(peer, 0);
    peer_wake(peer, peer_expect_sleep(peer, 1000));
    peer_expect_log(peer, "job sweep", "closed: oh");
    peer_expect_log(peer, "job sweep", "caught: oh");
    assert_true(peer_is_quiet(peer));
    assert_int_equal(1, peer->dones);
    peer_end(peer);
}

/* What it yielded is no error of anybody's. */
static void
test_a_yield_is_an_error_for_the_parent(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(JOB("local ok, mistake = pcall(gw.parallel, { coroutine.yield })\n"
                      "gw.log.info(tostring(ok) .. ': ' .. type(mistake) .. ': ' ..\n"
                      "tostring(mistake))"));
    peer_run(peer, 0);
    peer_expect_log(peer, "job sweep", "coroutine.yield() outside of a coroutine");
    peer_expect_log(peer, "job sweep",
                    "false: string: coroutine.yield() outside of a coroutine");
    peer_end(peer);
}

/* ---- limits ---- */

static void
test_children_count_as_tasks(void **state)
{
    (void)state;
    struct message_load load =
        peer_load(JOB("gw.map({ 1, 2, 3 }, function(i) gw.sleep(i)\n"
                      "local function f() gw.log.info 'x' end\n"
                      "local ok, mistake = pcall(gw.parallel, { f, f })\n"
                      "gw.log.info(tostring(ok) .. ' ' .. tostring(mistake)) end)\n"
                      "gw.log.info 'all'"));
    load.limits.tasks = 3;
    struct peer *peer = peer_with_load(&load);
    peer_run(peer, 0);
    uint64_t one = peer_expect_sleep(peer, 1000), two = peer_expect_sleep(peer, 2000);
    assert_true(peer_is_quiet(peer)); /* two and their parent are three */
    peer_wake(peer, one);
    peer_expect_log(peer, "job sweep",
                    "false 3 tasks run already (limit tasks in [script a])");
    uint64_t three = peer_expect_sleep(peer, 3000);
    peer_wake(peer, three);
    peer_expect_log(peer, "job sweep", "false 3 tasks run already");
    peer_wake(peer, two); /* alone with its parent: one at a time */
    peer_expect_log(peer, "job sweep", "x");
    peer_expect_log(peer, "job sweep", "x");
    peer_expect_log(peer, "job sweep", "true");
    peer_expect_log(peer, "job sweep", "all");
    peer_end(peer);
}

/* What one frame brings about has the time of one activation. */
static void
test_the_processor_time_is_shared(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(JOB("local list = {} for i = 1, 1000 do list[i] = i end\n"
                      "pcall(gw.map, list, function()\n"
                      "for i = 1, 1e5 do local x = { i } end end)\n"
                      "chat:send 'never'"));
    peer_run(peer, 0);
    peer_expect_log(peer, "job sweep", "cpu limit");
    peer_expect_strike(peer, 0, "cpu limit");
    assert_true(peer_is_quiet(peer));
    assert_int_equal(1, peer->dones);
    peer_end(peer);
}

static void
test_nesting_has_an_end(void **state)
{
    (void)state;
    struct peer *peer = peer_with(JOB("local function deeper()\n"
                                      "gw.parallel { deeper } end deeper()"));
    peer_run(peer, 0);
    peer_expect_log(peer, "job sweep", "gw.parallel and gw.map are nested too deeply");
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_a_child_waits_for_one_thing(void **state)
{
    (void)state;
    struct peer *peer = peer_with(JOB("gw.parallel { coroutine.yield }\n"));
    peer_run(peer, 0);
    peer_expect_log(peer, "job sweep", "coroutine.yield() outside of a coroutine");
    assert_true(peer_is_quiet(peer));
    assert_int_equal(1, peer->dones);
    peer_end(peer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_stand_by_position),
        cmocka_unit_test(test_map_runs_so_many_at_once),
        cmocka_unit_test(test_many_that_do_not_wait),
        cmocka_unit_test(test_sends_are_named_by_position),
        cmocka_unit_test(test_one_that_raises_ends_the_others),
        cmocka_unit_test(test_a_raise_that_nobody_catches),
        cmocka_unit_test(test_the_end_of_the_run_is_theirs),
        cmocka_unit_test(test_what_one_has_open_is_closed_when_it_raises),
        cmocka_unit_test(test_a_yield_is_an_error_for_the_parent),
        cmocka_unit_test(test_children_count_as_tasks),
        cmocka_unit_test(test_the_processor_time_is_shared),
        cmocka_unit_test(test_nesting_has_an_end),
        cmocka_unit_test(test_a_child_waits_for_one_thing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
