/* ccgate-script, the real program: loading, rows, rules, and frames that are wrong. */
#include "host_peer.h"

#define RULE(more)                                                                     \
    "local gw = require 'gateway'\n"                                                   \
    "gw.rule 'wait' { from = gw.queues { 7, 8 }, " more " }\n"

/* ---- loading ---- */

static void
test_loads_and_tells_what_it_wants(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with("local gw = require 'gateway'\n"
                  "assert(gw.now() == 1763661900 and os.time() == gw.now())\n"
                  "gw.rule 'wait' { from = gw.queues { 7, 8 }, every = '15s',\n"
                  "when = gw.above('calls_waiting', 5) }\n"
                  "gw.job 'sweep' { every = '1m', run = function() end }\n");
    const struct message_loaded *loaded = &peer->loaded;
    assert_int_equal(2, loaded->entry_count);
    assert_int_equal(ENTRY_RULE, loaded->entries[0].kind);
    assert_string_equal("wait", loaded->entries[0].name);
    assert_non_null(strstr(loaded->entries[0].about, "calls_waiting above 5"));
    assert_int_equal(ENTRY_JOB, loaded->entries[1].kind);
    assert_int_equal(60000, loaded->entries[1].schedule.every_ms);
    assert_int_equal(1, loaded->want_count);
    assert_int_equal(15000, loaded->wants[0].every_ms);
    assert_int_equal(2, loaded->wants[0].id_count);
    assert_int_equal(8, loaded->wants[0].ids[1]);
    peer_end(peer);
}

static void
test_mistakes_are_problems_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        uint32_t line;
        const char *text;
    } cases[] = {
        {"local gw = require 'gateway'\ngw.rule 'x' {\n  from = gw.queues { 7 },\n"
         "  when = gw.above('calls_waiting', 1),\n  evry = '1s' }\n",
         5, "unknown key 'evry' (did you mean 'every'?)"},
        {"local x =\n= 1\n", 2, "unexpected symbol"},
        {"\n\nerror 'so not'\n", 3, "so not"},
        {"error({})", 1, "the error is a table"},
        {"local t = nil\nlocal u = t.x\n", 2, "attempt to index a nil value"},
        {"\x1bLua", 0, "attempt to load a binary chunk"},
        {"while true do end", 1,
         "cpu limit; loading (1s, or cpu when that is more) may take 1s of processor "
         "time: cpu = 2s in [script "},
        {"\nwhile true do pcall(function() while true do end end) end", 2, "cpu limit"},
        {"local t = {}\nwhile true do t[#t + 1] = ('x'):rep(1000) .. #t end", 0,
         "memory limit: not enough memory; it may use 32 MB: memory = 64MB in [script "},
        {"require 'gateway.core'", 1, "require knows only"},
        {"local gw = require 'gateway'\nlocal ids = {}\n"
         "for i = 1, 501 do gw.rule('r' .. i) { from = gw.queues { 7 }, when = "
         "function() end } end",
         0, "wants more than 500 queries"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer *peer = peer_start();
        struct message_load load = peer_load(cases[i].source);
        peer_send_load(peer, &load);
        const struct message_loaded *loaded = peer_expect_loaded(peer);
        assert_true(loaded->failed);
        assert_int_equal(0, loaded->entry_count);
        if (!strstr(loaded->problems[0].text, cases[i].text))
            fail_msg("case %zu: %s", i, loaded->problems[0].text);
        assert_int_equal(cases[i].line, loaded->problems[0].spot);
        assert_false(peer_next(peer)); /* it has ended by itself */
        peer_end(peer);
    }
}

/* ---- rules ---- */

static void
test_raises_and_clears(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(RULE("when = gw.above('calls_waiting', 5), send = 'chat', "
                       "summary = '{name}: {calls_waiting} waiting'"));
    peer_sample(peer, 5, -1);
    assert_true(peer_is_quiet(peer));
    peer_sample(peer, 6, -1);
    peer_expect_alert(peer, "raise", "7", "\"summary\":\"sales: 6 waiting\"");
    peer_sample(peer, 7, 0);
    assert_true(peer_is_quiet(peer));
    peer_sample(peer, 5, 9);
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(2, commit.alert_count); /* one sample, one transaction */
    assert_string_equal("clear", commit.alerts[0].kind);
    assert_non_null(strstr(commit.alerts[0].event, "\"reason\":\"recovered\""));
    assert_non_null(strstr(commit.alerts[0].event, "\"calls_waiting\":5"));
    assert_non_null(strstr(commit.alerts[0].event, "\"service_level_5m\":null"));
    assert_string_equal("8", commit.alerts[1].key);
    message_commit_fini(&commit);
    assert_true(peer_is_quiet(peer));
    for (int i = 0; i < 20000 && peer->page->busy; i++)
        usleep(100); /* what it consumed is noted before it is back at the socket */
    assert_int_equal(0, peer->page->busy);
    assert_int_equal(0, peer->page->entry);
    peer_end(peer);
}

static void
test_a_row_that_is_gone_clears(void **state)
{
    (void)state;
    struct peer *peer = peer_with(RULE("when = gw.above('calls_waiting', 5)"));
    peer_sample(peer, 6, -1);
    peer_expect_alert(peer, "raise", "7", NULL);
    struct buf out = {0};
    struct block block;
    block_init(&block, &query_queues);
    peer_add_row(&block, 7, -1);
    block.cells[0] |= (int64_t)ROW_GONE;
    struct message_rows rows = peer_rows(&block);
    assert_true(message_write_rows(&out, PEER_NOW, &rows));
    peer_send(peer, &out);
    block_fini(&block);
    peer_expect_alert(peer, "clear", "7", "\"reason\":\"gone\"");
    peer_end(peer);
}

static void
test_restored_alerts_are_not_raised_again(void **state)
{
    (void)state;
    struct peer *peer = peer_with(RULE("when = gw.above('calls_waiting', 5)"));
    struct buf out = {0};
    struct message_list list = {0};
    struct message_kept raised = {0, 0, "7", ""}, unknown = {0, 0, "999", ""};
    message_put_kept(&list, &raised);
    message_put_kept(&list, &unknown);
    message_write_restore(&out, PEER_NOW, &list);
    message_list_fini(&list);
    peer_send(peer, &out);
    peer_sample(peer, 9, -1);
    assert_true(peer_is_quiet(peer));
    peer_sample(peer, 1, -1);
    peer_expect_alert(peer, "clear", "7", NULL);
    peer_end(peer);
}

static void
test_functions_are_conditions(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(RULE("when = function(row, now) return now == 1763661901 and "
                       "row.calls_waiting > 5 end, clear = function() end"));
    peer_sample(peer, 6, -1);
    peer_expect_alert(peer, "raise", "7", "\"why\":\"a function\"");
    peer_sample(peer, 0, 6); /* a second later */
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_a_disabled_rule_is_at_rest(void **state)
{
    (void)state;
    struct peer *peer = peer_with(RULE("when = gw.above('calls_waiting', 5)"));
    peer_sample(peer, 6, -1);
    peer_expect_alert(peer, "raise", "7", NULL);
    peer_disable(peer, 0);
    peer_sample(peer, 0, 9);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_a_function_that_fails_is_unknown_and_counted(void **state)
{
    (void)state;
    struct peer *peer = peer_with(
        RULE("when = function(row) if row.calls_waiting == 3 then error 'odd' end\n"
             "if row.calls_waiting == 4 then return 'yes' end\n"
             "if row.calls_waiting == 2 then return nil end\n"
             "return row.calls_waiting > 5 end"));
    peer_sample(peer, 6, -1);
    peer_expect_alert(peer, "raise", "7", NULL);
    peer_sample(peer, 3, -1); /* unknown: neither cleared nor raised */
    peer_expect_log(peer, "rule wait", "scripts/a.lua:2: odd\nstack traceback:");
    peer_sample(peer, 2, -1);
    peer_sample(peer, 4, -1);
    for (int i = 0; i < 7; i++)
        peer_sample(peer, 3, -1);
    assert_true(peer_is_quiet(peer));
    peer_sample(peer, 3, 9); /* and the other row is judged all the same */
    peer_expect_log(peer, "rule wait", "has failed 10 times; the last time: scripts");
    peer_expect_alert(peer, "raise", "8", NULL);
    assert_true(peer_is_quiet(peer));
    assert_int_equal(peer->failures, 10); /* though the log had two */
    assert_string_equal(peer->failure, "scripts/a.lua:2: odd");
    peer_end(peer);
}

static void
test_a_summary_that_loops_costs_no_alert(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(RULE("when = gw.above('calls_waiting', 5), summary = function(row)\n"
                       "while true do pcall(error) end end"));
    peer_sample(peer, 6, 7);
    peer_expect_log(peer, "rule wait", "cpu limit");
    peer_expect_strike(peer, 0, "cpu limit");
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(2, commit.alert_count);
    assert_non_null(strstr(commit.alerts[0].event, "calls_waiting is 6"));
    message_commit_fini(&commit);
    assert_true(peer_is_quiet(peer)); /* one strike, not one for each row */
    peer_end(peer);
}

static void
test_samples_of_what_nobody_wants_are_ignored(void **state)
{
    (void)state;
    struct peer *peer = peer_with("local gw = require 'gateway'\n"
                                  "gw.rule 'one' { from = gw.queues { 7 }, when = "
                                  "gw.above('calls_waiting', 5) }");
    peer_sample(peer, 0, 9);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

/* More than one frame holds: every row becomes its alert, none is lost. */
static void
test_many_transitions_at_once(void **state)
{
    (void)state;
    enum { ROWS = 2000 };
    struct peer *peer = peer_with(
        "local gw = require 'gateway'\n"
        "local ids = {} for i = 1, 2000 do ids[i] = i end\n"
        "gw.rule 'x' { from = gw.queues(ids), when = gw.above('calls_waiting', 5),\n"
        "summary = function(row) return ('x'):rep(3900) end }");
    struct buf out = {0};
    struct block block;
    block_init(&block, &query_queues);
    for (int64_t id = 1; id <= ROWS; id++)
        peer_add_row(&block, id, 9);
    struct message_rows rows = peer_rows(&block);
    assert_true(message_write_rows(&out, PEER_NOW, &rows));
    peer_send(peer, &out);
    block_fini(&block);
    for (int64_t id = 1; id <= ROWS;) {
        struct message_commit commit = peer_expect_commit(peer);
        for (uint32_t i = 0; i < commit.alert_count; i++, id++)
            assert_int_equal(id, strtoll(commit.alerts[i].key, NULL, 10));
        message_commit_fini(&commit);
    }
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_frames_may_come_in_pieces(void **state)
{
    (void)state;
    struct peer *peer = peer_with(RULE("when = gw.above('calls_waiting', 5)"));
    struct buf out = {0};
    struct block block;
    block_init(&block, &query_queues);
    peer_add_row(&block, 7, 9);
    struct message_rows rows = peer_rows(&block);
    assert_true(message_write_rows(&out, PEER_NOW, &rows));
    block.cells[1 + query_field(&query_queues, "calls_waiting")] = 0;
    assert_true(message_write_rows(&out, PEER_NOW, &rows));
    block_fini(&block);
    for (size_t i = 0; i < out.size; i += 5) {
        struct buf piece = {0};
        buf_add(&piece, out.data + i, out.size - i < 5 ? out.size - i : 5);
        peer_send(peer, &piece);
    }
    buf_fini(&out);
    peer_expect_alert(peer, "raise", "7", NULL);
    peer_expect_alert(peer, "clear", "7", NULL);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

/* ---- rows ---- */

static void
test_rows_are_strict_views(void **state)
{
    (void)state;
    /* Each expression is judged with `row` of queue 7, calls_waiting 6. */
    static const char *const truths[] = {
        "row.id == 7 and math.type(row.id) == 'integer'",
        "row.name == 'sales'",
        "row.calls_waiting == 6",
        "row.agents_idle == nil",
        "row.service_level_5m == nil",
        "fails(function() return row.call_waiting end, "
        "\"Queue has no field 'call_waiting' (did you mean 'calls_waiting'?)\")",
        "fails(function() return row.callWaitNums end, "
        "\"'callWaitNums' is 'calls_waiting' here\")",
        "fails(function() return row[{}] end, 'fields of Queue have names, got a table')",
        "fails(function() return row[nil] end, 'fields of Queue have names')",
        "fails(function() row.id = 8 end, 'a row of Queue is read-only')",
        "fails(function() row.new = 8 end, 'a row of Queue is read-only')",
        "fails(function() rawset(row, 'id', 8) end, 'table expected')",
        "getmetatable(row) == 'Queue'",
        "tostring(row) == 'Queue 7'",
        "names(row) == 'id name calls_waiting'",
        "names(gw.copy(row)) ~= '' and gw.copy(row).calls_waiting == 6",
        "gw.copy(row).call_waiting == nil",
        "gw.template('{name} {calls_waiting} {agents_idle}', row) == 'sales 6 –'",
    };
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        char *source = mem_format(
            "local gw = require 'gateway'\n"
            "local function fails(f, text) local ok, err = pcall(f)\n"
            "  assert(not ok and string.find(err, text, 1, true), err) return true end\n"
            "local function names(t) local all = {}\n"
            "  for k, v in pairs(t) do assert(v ~= nil) all[#all + 1] = k end\n"
            "  return table.concat(all, ' ') end\n"
            "gw.rule 'x' { from = gw.queues { 7 }, when = function(row)\n"
            "return assert(%s) end }",
            truths[i]);
        struct peer *peer = peer_with(source);
        peer_sample(peer, 6, -1);
        peer_expect_alert(peer, "raise", "7", NULL);
        peer_end(peer);
        free(source);
    }
}

static void
test_rows_expire_with_their_activation(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with("local gw = require 'gateway'\n"
                  "local kept, copy\n"
                  "gw.rule 'x' { from = gw.queues { 7, 8 }, when = function(row)\n"
                  "  if kept and kept.id == 8 then error 'alive' end\n"
                  "  if row.id == 7 then kept, copy = row, gw.copy(row) end\n"
                  "  return kept.id == 7 and false end }\n"
                  "gw.job 'look' { every = '1m', run = function()\n"
                  "  local ok, err = pcall(function() return kept.id end)\n"
                  "  gw.log.info(tostring(ok) .. ' ' .. err)\n"
                  "  gw.log.info(pcall(pairs, kept) and 'pairs' or 'no pairs')\n"
                  "  gw.log.info(tostring(copy.calls_waiting)) end }\n");
    peer_sample(peer, 6, 1); /* within the activation the kept row stays itself */
    peer_run(peer, 1);
    peer_expect_log(peer, "job look",
                    "false scripts/a.lua:8: this row has expired: it "
                    "was valid during the activation that received "
                    "it; keep gw.copy(row)");
    peer_expect_log(peer, "job look", "no pairs");
    peer_expect_log(peer, "job look", "6");
    peer_end(peer);
}

/* ---- frames that are wrong ---- */

/* What the core must never send; the host says so and ends. */
static void
write_nothing(struct buf *out)
{
    struct message_run run = {0, 0};
    message_write_run(out, 0, &run); /* before LOAD */
}

static void
write_garbage(struct buf *out)
{
    buf_add(out, "this is no frame of the core, but it is long enough", 48);
}

static void
write_own(struct buf *out)
{
    struct message_sleep sleep = {1, 1};
    message_write_sleep(out, 0, &sleep); /* a frame of the other direction */
}

static void
test_ends_on_frames_that_cannot_be(void **state)
{
    (void)state;
    void (*const cases[])(struct buf *) = {write_nothing, write_garbage, write_own};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer *peer = peer_start();
        struct buf out = {0};
        cases[i](&out);
        peer_send(peer, &out);
        assert_false(peer_next(peer));
        peer_end_with(peer, 1);
    }
}

static void
test_ends_on_entries_and_waits_that_do_not_exist(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct peer *peer = peer_with(RULE("when = gw.above('calls_waiting', 5)"));
        struct message_load load = peer_load("");
        switch (i) {
        case 0: peer_run(peer, 1); break;  /* no such entry */
        case 1: peer_run(peer, 0); break;  /* a rule */
        case 2: peer_wake(peer, 1); break; /* a wait that was never asked for */
        case 3: peer_send_load(peer, &load); break;
        }
        assert_false(peer_next(peer));
        peer_end_with(peer, 1);
    }
}

/* ---- modules ---- */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct message_module modules[] = {
    {"lib.a", "scripts/lib/a.lua", "seen = (seen or 0) + 1\nreturn { seen = seen }", 0,
     ""},
    {"lib.b", "scripts/lib/b.lua",
     "local gw = require 'gateway'\n"
     "gw.rule 'bad' {\n"
     "  from = gw.queues { 7 }, when = gw.above('calls_waiting', 5),\n"
     "  sned = 'chat',\n"
     "}\n",
     0, ""},
    {"lib.c", "scripts/lib/c.lua", "return 1\n+", 0, ""},
    {"lib.d", "scripts/lib/d.lua", "\n\nerror { 'a table' }", 0, ""},
    {"lib.e", "scripts/lib/e.lua", "", 0, "is a symbolic link"},
};

static struct message_load
load_with_modules(const char *source)
{
    struct message_load load = peer_load(source);
    for (size_t i = 0; i < COUNT(modules); i++)
        modules[i].source_size = strlen(modules[i].source);
    load.modules = modules;
    load.module_count = COUNT(modules);
    load.module_names = "lib.a\nlib.b\nlib.c\nlib.d";
    return load;
}

static void
test_modules_run_once_in_the_script_s_environment(void **state)
{
    (void)state;
    struct message_load load = load_with_modules(
        "assert(require('lib.a') == require('lib.a') and require('lib.a').seen == 1)\n"
        "assert(seen == 1)\n");
    peer_end(peer_with_load(&load));
}

static void
test_mistakes_in_modules_have_their_spot(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t spot;
        const char *text;
    } cases[] = {
        {"lib.b", 2 * SPOT_LINES + 4,
         "rule 'bad': unknown key 'sned' (did you mean 'send'?)"},
        {"lib.c", 3 * SPOT_LINES + 2, "unexpected symbol near <eof>"},
        {"lib.d", 4 * SPOT_LINES + 3, "the error is a table"},
        {"lib.e", 2, "module 'lib.e': scripts/lib/e.lua is a symbolic link"},
        {"lib.f", 2, "there is no module 'lib.f', which would be scripts/lib/f.lua"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *source = mem_format("\nlocal m = require '%s'", cases[i].name);
        struct message_load load = load_with_modules(source);
        struct peer *peer = peer_start();
        peer_send_load(peer, &load);
        const struct message_loaded *loaded = peer_expect_loaded(peer);
        assert_true(loaded->failed);
        assert_int_equal(loaded->problem_count, 1);
        assert_int_equal(loaded->problems[0].spot, cases[i].spot);
        assert_memory_equal(loaded->problems[0].text, cases[i].text,
                            strlen(cases[i].text));
        peer_end(peer);
        free(source);
    }
}

static void
test_ends_with_the_stream(void **state)
{
    (void)state;
    peer_end(peer_start());
    peer_end(peer_with(RULE("when = gw.above('calls_waiting', 5)")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loads_and_tells_what_it_wants),
        cmocka_unit_test(test_mistakes_are_problems_with_their_line),
        cmocka_unit_test(test_raises_and_clears),
        cmocka_unit_test(test_a_row_that_is_gone_clears),
        cmocka_unit_test(test_restored_alerts_are_not_raised_again),
        cmocka_unit_test(test_functions_are_conditions),
        cmocka_unit_test(test_a_disabled_rule_is_at_rest),
        cmocka_unit_test(test_a_function_that_fails_is_unknown_and_counted),
        cmocka_unit_test(test_a_summary_that_loops_costs_no_alert),
        cmocka_unit_test(test_samples_of_what_nobody_wants_are_ignored),
        cmocka_unit_test(test_many_transitions_at_once),
        cmocka_unit_test(test_frames_may_come_in_pieces),
        cmocka_unit_test(test_rows_are_strict_views),
        cmocka_unit_test(test_rows_expire_with_their_activation),
        cmocka_unit_test(test_ends_on_frames_that_cannot_be),
        cmocka_unit_test(test_ends_on_entries_and_waits_that_do_not_exist),
        cmocka_unit_test(test_modules_run_once_in_the_script_s_environment),
        cmocka_unit_test(test_mistakes_in_modules_have_their_spot),
        cmocka_unit_test(test_ends_with_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
