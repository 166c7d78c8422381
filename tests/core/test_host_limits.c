/* ccgate-script, the real program: what a hostile or careless script may not do. What
 * only a signal can end (C functions that never return, finalizers and error handlers
 * that loop: Lua calls no hook in them) is the supervisor's, and tested there. */
#include <sys/resource.h>
#include <time.h>

#include "host_peer.h"

/* What a job may use before it is stopped, when its limit is 100 ms. */
#ifdef CCGATE_SANITIZE
#define CPU_MOST_MS 1500
#else
#define CPU_MOST_MS 300
#endif

/* A script whose job "bad" runs `body`, and whose job "good" tells that it is alive. */
static struct peer *
peer_with_job_and_time(const char *before, const char *body, int64_t cpu_ms)
{
    char *source = mem_format("local gw = require 'gateway'\n"
                              "%s\n"
                              "gw.job 'bad' { every = '1m', run = function()\n"
                              "%s\n"
                              "end }\n"
                              "gw.job 'good' { every = '1m', run = function()\n"
                              "gw.log.info 'alive' end }\n",
                              before, body);
    struct message_load load = peer_load(source);
    load.limits.cpu_ms = cpu_ms;
    struct peer *peer = peer_with_load(&load);
    free(source);
    return peer;
}

static struct peer *
peer_with_job(const char *before, const char *body)
{
    return peer_with_job_and_time(before, body, 100);
}

static void
expect_alive(struct peer *peer)
{
    peer_run(peer, 1);
    peer_expect_log(peer, "job good", "alive");
    assert_true(peer_is_quiet(peer));
}

/* ---- processor ---- */

static int64_t
cpu_ms(pid_t pid)
{
    clockid_t id;
    struct timespec used;
    assert_int_equal(0, clock_getcpuclockid(pid, &id));
    clock_gettime(id, &used);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void
test_loops_meet_the_cpu_limit(void **state)
{
    (void)state;
    static const struct {
        const char *before, *body;
    } cases[] = {
        {"", "while true do end"},
        {"", "while true do pcall(function() while true do end end) end"},
        {"", "while true do pcall(pcall, pcall, error) end"},
        {"", "coroutine.wrap(function() while true do end end)()"},
        {"", "pcall(coroutine.wrap(function() while true do end end))"},
        {"", "pcall(coroutine.wrap(function() while true do end end)) gw.sleep(1)"},
        {"",
         "while true do pcall(coroutine.wrap(function() while true do end end)) end"},
        {"", "local function f() return coroutine.wrap(function() f() end)() end\n"
             "while true do pcall(f) end"},
        {"local co = coroutine.wrap(function() coroutine.yield() while true do end end)\n"
         "co()",
         "co()"},
        {"local co = coroutine.wrap(function()\n"
         "while true do pcall(function() coroutine.yield() while true do end end) end\n"
         "end) co()",
         "while true do co() end"},
        {"", "local x <close> = setmetatable({}, { __close = function()\n"
             "while true do end end })"},
        {"",
         "local t = setmetatable({}, { __index = function() while true do end end })\n"
         "return t.x"},
        {"", "table.sort({ 1, 2, 3 }, function() while true do end end)"},
        {"", "string.gsub('abc', '.', function() while true do end end)"},
        {"", "error(setmetatable({}, { __tostring = function()\n"
             "while true do end end }))"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer *peer = peer_with_job(cases[i].before, cases[i].body);
        int64_t before = cpu_ms(peer->pid);
        peer_run(peer, 0);
        peer_expect_log(peer, "job bad", "cpu limit");
        peer_expect_strike(peer, 0, "cpu limit");
        if (cpu_ms(peer->pid) - before > CPU_MOST_MS)
            fail_msg("case %zu took %lld ms", i,
                     (long long)(cpu_ms(peer->pid) - before));
        expect_alive(peer);
        peer_end(peer);
    }
}

/* What a failed task left open is closed under the same limit. */
static void
test_closing_meets_the_cpu_limit(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with_job("", "local x <close> = setmetatable({}, { __close = function()\n"
                          "while true do end end })\n"
                          "error 'first'");
    peer_run(peer, 0);
    peer_expect_log(peer, "job bad", "first");
    peer_expect_strike(peer, 0, "cpu limit");
    expect_alive(peer);
    peer_end(peer);
}

static void
test_long_work_within_the_limit_is_let_be(void **state)
{
    (void)state;
    struct peer *peer = peer_with_job(
        "", "for i = 1, 200000 do pcall(math.abs, i) end gw.log.info 'ok'");
    for (int i = 0; i < 20; i++) {
        peer_run(peer, 0);
        peer_expect_log(peer, "job bad", "ok");
    }
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

/* ---- memory ---- */

static void
test_eaters_meet_the_memory_limit(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "local s = ('x'):rep(1e9)",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} for i = 1, 1e9 do t[i] = { i } end",
        "local t = {} while true do t[#t + 1] = coroutine.create(error) end",
        "coroutine.wrap(function() local s = 'x' while true do s = s .. s end end)()",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct peer *peer = peer_with_job_and_time("", bodies[i], 20000);
        peer_run(peer, 0);
        peer_expect_log(peer, "job bad", "memory limit");
        peer_expect_strike(peer, 0, "memory limit");
        expect_alive(peer);
        peer_end(peer);
    }
}

#ifndef CCGATE_SANITIZE

static long
peak_kb(pid_t pid)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    long kb = -1;
    while (fgets(line, sizeof line, file))
        sscanf(line, "VmHWM: %ld kB", &kb);
    fclose(file);
    return kb;
}

/* What the kernel knows of the fence. */
static void
test_the_program_stands_behind_its_fence(void **state)
{
    (void)state;
    struct peer *peer = peer_with_job("", "");
    struct rlimit core, files;
    char text[4096] = "", path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)peer->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_non_null(strstr(text, "NoNewPrivs:\t1\n"));
    assert_non_null(strstr(text, "Seccomp:\t2\n"));
    assert_int_equal(0, prlimit(peer->pid, RLIMIT_CORE, NULL, &core));
    assert_int_equal(0, prlimit(peer->pid, RLIMIT_NOFILE, NULL, &files));
    assert_int_equal(0, core.rlim_max);
    assert_int_equal(0, files.rlim_max);
    peer_end(peer);
}

static void
test_resident_memory_stays_near_the_cap(void **state)
{
    (void)state;
    struct peer *peer = peer_with_job(
        "", "while true do pcall(function() local t = {}\n"
            "while true do t[#t + 1] = ('x'):rep(#t % 3000) end end) end");
    peer_run(peer, 0);
    peer_expect_log(peer, "job bad", "limit");
    assert_true(peer_next(peer));
    assert_int_equal(FRAME_STRIKE, peer->frame.header.type);
    assert_in_range(peak_kb(peer->pid), 1024, (32 + 16) * 1024);
    peer_end(peer);
}

#endif

/* ---- rates ---- */

static void
test_logs_over_the_rate_are_counted(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with_job("", "for i = 1, 1000 do gw.log.info('line ' .. i) end");
    peer_run(peer, 0);
    for (int i = 0; i < 200; i++) /* a minute's worth */
        peer_expect_log(peer, "job bad", "line ");
    peer_expect_log(peer, "script", "800 log lines were dropped (log = 200/min)");
    assert_true(peer_is_quiet(peer));
    peer->now_ms += 30000;
    peer_run(peer, 0);
    for (int i = 0; i < 100; i++)
        peer_expect_log(peer, "job bad", "line ");
    assert_true(peer_next(peer)); /* a few more have gathered in a second */
    peer_end(peer);
}

static void
test_sends_over_the_rate_are_refused(void **state)
{
    (void)state;
    struct peer *peer = peer_with_job(
        "",
        "local chat, sent, err, bad = gw.destination 'chat', 0\n"
        "for i = 1, 1000 do\n"
        "  local ok, e = chat:send('x') if ok then sent = sent + 1 else bad = e end\n"
        "end\n"
        "gw.log.info(sent .. ' ' .. bad.kind)");
    peer_run(peer, 0);
    peer_expect_log(peer, "job bad", "100 limit");
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(100, commit.send_count);
    message_commit_fini(&commit);
    peer_end(peer);
}

static void
test_a_message_too_large_is_refused(void **state)
{
    (void)state;
    struct peer *peer = peer_with_job(
        "", "local ok, err = gw.destination 'chat':send(('x'):rep(1000000))\n"
            "gw.log.info(tostring(ok) .. ' ' .. tostring(err))");
    peer_run(peer, 0);
    peer_expect_log(peer, "job bad", "nil limit: the message is larger than 256 KB");
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

/* ---- the sandbox ---- */

static void
test_the_environment_is_the_allow_list(void **state)
{
    (void)state;
    static const char *const libraries[][2] = {
        {"_G",
         "_G _VERSION assert coroutine error getmetatable ipairs math next os pairs "
         "pcall print rawequal rawget rawlen rawset require select setmetatable "
         "string table tonumber tostring type utf8 xpcall"},
        {"coroutine", "close create isyieldable resume running status wrap yield"},
        {"math",
         "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger "
         "min mininteger modf pi rad random randomseed sin sqrt tan tointeger "
         "type ult"},
        {"os", "date difftime time"},
        {"string",
         "byte char find format gmatch gsub len lower match pack packsize rep "
         "reverse sub unpack upper"},
        {"table", "concat insert move pack remove sort unpack"},
        {"utf8", "char charpattern codepoint codes len offset"},
    };
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        char *body = mem_format("local all = {}\n"
                                "for k in pairs(%s) do all[#all + 1] = k end\n"
                                "table.sort(all) gw.log.info(table.concat(all, ' '))",
                                libraries[i][0]);
        struct peer *peer = peer_with_job("", body);
        struct message_log log;
        struct error error;
        peer_run(peer, 0);
        peer_expect(peer, FRAME_LOG);
        assert_true(message_read_log(&peer->frame, &log, &error));
        char *got = mem_copy(log.text, log.text_size);
        assert_string_equal(libraries[i][1], got);
        free(got);
        free(body);
        peer_end(peer);
    }
}

static void
test_nothing_leaks_out_of_the_sandbox(void **state)
{
    (void)state;
    /* Each must be true. */
    static const char *const truths[] = {
        "tostring({}) == 'table' and tostring(print) == 'function'",
        "string.format('%s', {}) == 'table' and ('%s'):format(print) == 'function'",
        "not pcall(string.format, '%p', {}) and not pcall(function()\n"
        "return ('%p'):format({}) end)",
        "tostring(coroutine.create(print)) == 'thread'",
        "('x').dump == nil and getmetatable('') == false",
        "not tostring(select(2, pcall(error, {}))):find('0x')",
        "require 'gateway' == gw and type(require 'cjson'.encode) == 'function'",
        "not pcall(require, 'gateway.core') and not pcall(require, 'io')",
        "not pcall(function() gw.rule = 1 end)",
        "os.time() == 1763661901 and os.date('!%Y') == '2025'",
    };
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        char *body = mem_format("gw.log.info(tostring(%s))", truths[i]);
        struct peer *peer = peer_with_job("", body);
        peer_run(peer, 0);
        peer_expect_log(peer, "job bad", "true");
        peer_end(peer);
        free(body);
    }
}

/* Two hosts with equal inputs draw equal numbers, and each activation others. */
static void
test_chance_depends_on_inputs_alone(void **state)
{
    (void)state;
    char *lines[2][2];
    for (int i = 0; i < 2; i++) {
        struct peer *peer = peer_with_job("", "gw.log.info(math.random(1e9) .. ' '\n"
                                              ".. math.random(1e9))");
        for (int run = 0; run < 2; run++) {
            struct message_log log;
            struct error error;
            peer_run(peer, 0);
            peer_expect(peer, FRAME_LOG);
            assert_true(message_read_log(&peer->frame, &log, &error));
            lines[i][run] = mem_copy(log.text, log.text_size);
        }
        peer_end(peer);
    }
    assert_string_equal(lines[0][0], lines[1][0]);
    assert_string_equal(lines[0][1], lines[1][1]);
    assert_string_not_equal(lines[0][0], lines[0][1]);
    for (int i = 0; i < 4; i++)
        free(lines[i / 2][i % 2]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loops_meet_the_cpu_limit),
        cmocka_unit_test(test_closing_meets_the_cpu_limit),
        cmocka_unit_test(test_long_work_within_the_limit_is_let_be),
        cmocka_unit_test(test_eaters_meet_the_memory_limit),
#ifndef CCGATE_SANITIZE
        cmocka_unit_test(test_the_program_stands_behind_its_fence),
        cmocka_unit_test(test_resident_memory_stays_near_the_cap),
#endif
        cmocka_unit_test(test_logs_over_the_rate_are_counted),
        cmocka_unit_test(test_sends_over_the_rate_are_refused),
        cmocka_unit_test(test_a_message_too_large_is_refused),
        cmocka_unit_test(test_the_environment_is_the_allow_list),
        cmocka_unit_test(test_nothing_leaks_out_of_the_sandbox),
        cmocka_unit_test(test_chance_depends_on_inputs_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
