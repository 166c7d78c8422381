#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "rehearse/rehearsal.h"

/* A folder for the files of a test, and what is rehearsed in it. */
struct stage {
    char folder[64];
    struct rehearsal *play;
};

static char *program;

static void
write_file(const struct stage *stage, const char *name, const char *text)
{
    char *path = mem_format("%s/%s", stage->folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static int
setup(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    snprintf(stage->folder, sizeof stage->folder, "/tmp/ccgate-stage-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
    *state = stage;
    return 0;
}

static int
teardown(void **state)
{
    struct stage *stage = *state;
    rehearsal_delete(stage->play);
    char *command = mem_format("rm -r %s", stage->folder);
    assert_int_equal(system(command), 0);
    free(command);
    free(stage);
    return 0;
}

/* NULL for `conf`: none. What `problems` says is not looked at when it is NULL. */
static struct rehearsal *
open_play(const struct stage *stage, const char *conf, const char *const *names,
          size_t count, struct buf *problems)
{
    struct buf unread = {0};
    char *scripts[8], *file = mem_format("%s/gateway.conf", stage->folder);
    for (size_t i = 0; i < count; i++)
        scripts[i] = mem_format("%s/%s", stage->folder, names[i]);
    if (conf)
        write_file(stage, "gateway.conf", conf);
    struct rehearsal_options options = {.conf_file = conf ? file : NULL,
                                        .scripts = (const char *const *)scripts,
                                        .script_count = count,
                                        .program = program};
    struct rehearsal *play = rehearsal_new(&options, problems ? problems : &unread);
    if (!play && !problems)
        fail_msg("%s", unread.data);
    for (size_t i = 0; i < count; i++)
        free(scripts[i]);
    free(file);
    buf_fini(&unread);
    return play;
}

static void
load(struct stage *stage, const char *conf, const char *script)
{
    static const char *const names[] = {"wait.lua"};
    write_file(stage, "wait.lua", script);
    stage->play = open_play(stage, conf, names, 1, NULL);
}

/* How somebody answers from now on; `word` instead of a status, or NULL. */
static bool
answer(struct rehearsal *play, const char *who, long status, const char *body,
       const char *word)
{
    struct error error = {0};
    const struct rehearsal_reply reply = {.status = status, .body = body, .word = word};
    return rehearsal_answer(play, who, &reply, &error);
}

static void
rows(struct stage *stage, const char *query, const char *json)
{
    struct error error = {0};
    if (!rehearsal_rows(stage->play, NULL, query, json, strlen(json), &error))
        fail_msg("%s", error.message);
}

/* "raise 7 floor-chat @40 critical: …" of each message, joined by newlines. */
static const char *
sent(const struct rehearsal *play)
{
    static struct buf text;
    buf_clear(&text);
    for (size_t i = 0; i < rehearsal_sent_count(play); i++) {
        const struct rehearsal_sent *one = rehearsal_sent(play, i);
        buf_format(&text, "%s%s %s %s @%lld %s: %s", i ? "\n" : "", one->kind,
                   one->key ? one->key : "-", one->to,
                   (long long)(one->at_ms - 1772532000000) / 1000,
                   one->severity ? one->severity : "-",
                   one->summary ? one->summary : "-");
    }
    return text.size ? text.data : "";
}

/* What was said last in a room. */
static const char *
said(const struct rehearsal *play, const char *room)
{
    const char *text = "";
    for (size_t i = 0; i < rehearsal_line_count(play); i++)
        if (!strcmp(rehearsal_line(play, i)->room, room))
            text = rehearsal_line(play, i)->text;
    return text;
}

#define WAIT_SCRIPT                                                                    \
    "local gw = require 'gateway'\n"                                                   \
    "gw.rule 'queue-wait' {\n"                                                         \
    "  from = gw.queues { 7 }, every = '15s',\n"                                       \
    "  when = gw.all { gw.above('calls_waiting', 0), "                                 \
    "gw.above('longest_wait_5m', '2m') },\n"                                           \
    "  clear = gw.below('longest_wait_5m', '1m'), hold = '30s', remind = '15m',\n"     \
    "  severity = 'critical', send = 'floor-chat',\n"                                  \
    "  summary = '{name}: {calls_waiting} waiting, longest "                           \
    "{longest_wait_5m:duration}' }\n"
#define BUSY                                                                           \
    "[{\"id\":7,\"name\":\"Sales\",\"calls_waiting\":7,\"longest_wait_5m\":135}]"
#define CALM "[{\"id\":7,\"name\":\"Sales\"}]"

/* ---- the example of scripting.md §7 ---- */

static void
test_waits_out_the_hold_raises_once_and_clears(void **state)
{
    struct stage *stage = *state;
    load(stage, NULL, WAIT_SCRIPT);
    int64_t start = rehearsal_now(stage->play);
    assert_int_equal(start, 1772532000000); /* 2026-03-03 10:00 in UTC */
    rows(stage, "queues", BUSY);
    rehearsal_advance(stage->play, 20000);
    assert_string_equal(sent(stage->play), "");
    rehearsal_advance(stage->play, 20000);
    assert_string_equal(sent(stage->play), "raise 7 floor-chat @30 critical: Sales: 7 "
                                           "waiting, longest 2m15s");
    rows(stage, "queues", CALM);
    rehearsal_advance(stage->play, 5 * 60000);
    assert_string_equal(sent(stage->play), "raise 7 floor-chat @30 critical: Sales: 7 "
                                           "waiting, longest 2m15s\n"
                                           "clear 7 floor-chat @165 critical: Sales: 7 "
                                           "waiting, longest 2m15s");
    const struct rehearsal_sent *raise = rehearsal_sent(stage->play, 0);
    assert_int_equal(raise->attempts, 1);
    assert_true(raise->is_done);
    assert_non_null(strstr(raise->body, "\"type\":\"alert.raise\""));
    assert_string_equal(raise->rule, "queue-wait");
    assert_int_equal(rehearsal_now(stage->play) - start, 340000);
}

/* ---- same inputs, same messages ---- */

#define TWO_CENTERS                                                                    \
    "[gateway]\nzone = Europe/Istanbul\nscripts = .\nnotify = ops\n"                   \
    "[center main]\nurl = https://10.0.0.1:1\ncc_id = 1\nvdn = 1\n"                    \
    "access_key = ${env:CCGATE_NOT_THERE}\nsecret_key = ${file:not-there}\n"           \
    "ca_file = not-there.pem\nqueue.7 = sales\nqueue.8 = service\n"                    \
    "[destination floor-chat]\nkind = slack\nurl = ${file:not-there}\n"                \
    "[destination pager]\nkind = pagerduty\nrouting_key = ${env:CCGATE_NOT_THERE}\n"   \
    "[destination hook]\nkind = webhook\nurl = https://hook.example.com/\n"            \
    "secret = ${file:not-there}\n"                                                     \
    "[destination ops]\nkind = log\n"

/* One of several that watch the same queues, so that much happens at once. */
static void
write_watcher(const struct stage *stage, const char *name, const char *rule)
{
    char *text = mem_format(
        "local gw = require 'gateway'\n"
        "gw.rule '%s' { from = gw.queues { 7, 8 }, every = '15s',\n"
        "  when = gw.above('calls_waiting', 3), hold = '15s', remind = '5m',\n"
        "  send = { 'floor-chat', 'hook', { to = 'pager', after = '2m' } } }\n"
        "gw.job '%s-job' { every = '1m', run = function()\n"
        "  local list = gw.queues { 7, 8 }:fetch()\n"
        "  gw.destination 'hook':send { title = '%s', text = #list .. ' queues' }\n"
        "end }\n",
        rule, rule, rule);
    write_file(stage, name, text);
    free(text);
}

static const char *const watchers[] = {"a.lua", "b.lua", "c.lua"};

static struct rehearsal *
open_watchers(const struct stage *stage)
{
    write_watcher(stage, "a.lua", "first");
    write_watcher(stage, "b.lua", "second");
    write_watcher(stage, "c.lua", "third");
    return open_play(stage, TWO_CENTERS, watchers, 3, NULL);
}

static void
play_an_hour(struct rehearsal *play)
{
    static const char *const turns[] = {
        "[{\"id\":7,\"calls_waiting\":9},{\"id\":8,\"calls_waiting\":2}]",
        "[{\"id\":7,\"calls_waiting\":9},{\"id\":8,\"calls_waiting\":12}]",
        "[{\"id\":7},{\"id\":8,\"calls_waiting\":12}]",
        "[{\"id\":7},{\"id\":8}]",
    };
    struct error error = {0};
    for (int minute = 0; minute < 60; minute++) {
        const char *json = turns[minute / 6 % 4];
        assert_true(rehearsal_rows(play, "main", "queues", json, strlen(json), &error));
        if (minute == 20)
            assert_true(answer(play, "hook", 503, "busy", NULL));
        if (minute == 30)
            assert_true(answer(play, "hook", 200, "", NULL));
        rehearsal_advance(play, 60000);
    }
}

/* Everything that was sent and said, to the last byte. */
static char *
transcript(const struct rehearsal *play)
{
    struct buf text = {0};
    for (size_t i = 0; i < rehearsal_sent_count(play); i++) {
        const struct rehearsal_sent *one = rehearsal_sent(play, i);
        buf_format(&text, "%lld %s %s %s %ld %d %s\n", (long long)one->at_ms, one->to,
                   one->kind, one->id, one->attempts, one->is_done, one->body);
    }
    for (size_t i = 0; i < rehearsal_line_count(play); i++) {
        const struct rehearsal_line *line = rehearsal_line(play, i);
        buf_format(&text, "%lld %s %s\n", (long long)line->at_ms, line->room,
                   line->text);
    }
    return buf_take(&text);
}

/* Three hosts at once, side by side with another rehearsal of the same. */
static void
test_same_inputs_same_messages(void **state)
{
    struct stage *stage = *state;
    struct rehearsal *other = open_watchers(stage);
    stage->play = open_watchers(stage);
    play_an_hour(stage->play);
    play_an_hour(other);
    char *first = transcript(stage->play), *second = transcript(other);
    assert_true(rehearsal_sent_count(stage->play) > 100);
    assert_string_equal(first, second);
    free(first);
    free(second);
    rehearsal_delete(other);
}

/* ---- configurations ---- */

static void
test_secrets_that_are_not_there_are_played(void **state)
{
    struct stage *stage = *state;
    stage->play = open_watchers(stage);
    play_an_hour(stage->play);
    bool is_paged = false;
    for (size_t i = 0; i < rehearsal_sent_count(stage->play); i++) {
        const struct rehearsal_sent *one = rehearsal_sent(stage->play, i);
        is_paged |= strcmp(one->to, "pager") == 0 &&
                    strstr(one->body, "\"routing_key\":\"***\"") != NULL;
        assert_true(one->is_done);
    }
    assert_true(is_paged);
}

static void
fails_with(const struct stage *stage, const char *conf, const char *const *names,
           size_t count, const char *expected)
{
    struct buf problems = {0};
    assert_null(open_play(stage, conf, names, count, &problems));
    char *shown = mem_format(expected, stage->folder, stage->folder);
    assert_string_equal(problems.size ? problems.data : "", shown);
    free(shown);
    buf_fini(&problems);
}

static void
test_mistakes_are_told_as_check_tells_them(void **state)
{
    struct stage *stage = *state;
    static const char *const names[] = {"wait.lua"}, *const gone[] = {"gone.lua"};
    write_file(stage, "wait.lua",
               "local gw = require 'gateway'\n"
               "gw.rule 'w' { from = gw.queues { 7 }, evry = '15s',\n"
               "  when = gw.above('calls_wating', 3) }\n");
    fails_with(stage, NULL, names, 1,
               "%s/wait.lua:2: rule 'w': unknown key 'evry' (did you mean 'every'?)\n"
               "%s/wait.lua:3: rule 'w': Queue has no field 'calls_wating' (did you "
               "mean 'calls_waiting'?)\n");
    fails_with(stage, NULL, gone, 1,
               "%s/gone.lua: cannot be read: No such file or directory\n");
    fails_with(stage, "[gateway]\nzon = UTC\n", names, 1,
               "%s/gateway.conf:2: [gateway]: unknown key 'zon' (did you mean "
               "'zone'?)\n");
}

/* ---- the centre ---- */

static void
test_rows_are_checked(void **state)
{
    struct stage *stage = *state;
    static const struct {
        const char *query, *json, *expected;
    } cases[] = {
        {"queues", "[{\"id\":7,\"call_waiting\":1}]",
         "queues[1]: unknown field 'call_waiting' (did you mean 'calls_waiting'?)"},
        {"queues", "[{\"id\":7},{\"id\":8,\"calls_waiting\":\"many\"}]",
         "queues[2].calls_waiting: expected an integer, got \"many\""},
        {"queues", "[{\"id\":7,\"longest_wait_5m\":\"2 min\"}]",
         "queues[1].longest_wait_5m: '2 min' is not a duration; write \"2m15s\""},
        {"queues", "[{\"id\":7,\"service_level_5m\":0.5}]",
         "queues[1].service_level_5m: it is made of answered_20s_5m and "
         "calls_offered_5m; give these"},
        {"queues", "[{\"calls_waiting\":1}]", "queues[1].id: is missing"},
        {"queues", "[7]", "queues[1]: expected a table of fields"},
        {"queues", "{\"id\":7}", "queues[0]: expected a list of rows"},
        {"agents", "[{\"id\":1001,\"state\":\"rset\"}]",
         "agents[1].state: there is no 'rset' (did you mean 'rest'?)"},
        {"agnts", "[]", "no query 'agnts' (did you mean 'agents'?)"},
    };
    load(stage, NULL, WAIT_SCRIPT);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        assert_false(rehearsal_rows(stage->play, NULL, cases[i].query, cases[i].json,
                                    strlen(cases[i].json), &error));
        assert_string_equal(error.message, cases[i].expected);
    }
    struct error error = {0};
    assert_false(rehearsal_rows(stage->play, "mian", "queues", "[]", 2, &error));
    assert_string_equal(error.message, "no center 'mian' (did you mean 'main'?)");
}

static void
test_all_queries(void **state)
{
    struct stage *stage = *state;
    load(stage, NULL,
         "local gw = require 'gateway'\n"
         "gw.job 'look' { every = '1m', run = function()\n"
         "  local a = gw.agents { queues = { 7 } }:fetch()[1]\n"
         "  local c = gw.agent_calls { agent = 1001 }:fetch()\n"
         "  local g = gw.agent { agent = 1002 }:fetch()[1]\n"
         "  gw.log.info(('%s %s %s %d|%s %s|%s %s %s'):format(a.name, a.state, "
         "a.state_age, a.signed_in_at, #c, c[1].id, g.name, g.state, g.media.cti))\n"
         "end }\n"
         "gw.rule 'op' { from = gw.agent_operations { agent = 1001 },\n"
         "  when = gw.equal('operation', 'hold'), send = 'chat',\n"
         "  summary = '{agent} {duration} {queue}' }\n");
    rows(stage, "agents",
         "[{\"id\":1001,\"name\":\"Ayse\",\"state\":\"rest\",\"state_age\":\"16m\","
         "\"signed_in_at\":1772520000,\"queue\":7},{\"id\":1003,\"queue\":8}]");
    rows(stage, "agent_calls",
         "[{\"id\":\"11-22\",\"agent\":1001},"
         "{\"id\":\"11-23\",\"agent\":1002}]");
    rows(stage, "agent",
         "[{\"id\":1001},{\"id\":1002,\"name\":\"Can\",\"state\":\"idle\","
         "\"media\":{\"cti\":true}}]");
    rows(stage, "agent_operations",
         "[{\"id\":\"1\",\"agent\":1001,\"operation\":\"hold\",\"queue\":7,"
         "\"began_at\":1772532060,\"ended_at\":1772532100},"
         "{\"id\":\"2\",\"agent\":1002,\"operation\":\"hold\"}]");
    rehearsal_advance(stage->play, 60000);
    const char *text = said(stage->play, "script wait");
    assert_non_null(strstr(text, "Ayse rest 960 1772520000|1 11-22|Can idle true"));
    rehearsal_advance(stage->play, 20 * 60000);
    assert_string_equal(sent(stage->play), "raise 1 chat @960 warning: 1001 40 7");
}

/* A rule with a map sees the rows of all questions together: names of their own stay
 * with their rows. */
static void
test_names_of_rows(void **state)
{
    struct stage *stage = *state;
    load(
        stage, NULL,
        "local gw = require 'gateway'\n"
        "gw.rule 'm' { from = { gw.queues { 7 }, gw.queues { 8, 9 } }, every = '15s',\n"
        "  map = function(rows) return { rows[3], rows[1], rows[2] } end,\n"
        "  when = gw.above('calls_waiting', 3), send = 'chat', summary = '{name}' }\n");
    rows(stage, "queues",
         "[{\"id\":7,\"name\":\"Sales\",\"calls_waiting\":9},"
         "{\"id\":8,\"calls_waiting\":9},"
         "{\"id\":9,\"name\":\"After hours\",\"calls_waiting\":9}]");
    rehearsal_advance(stage->play, 15000);
    assert_string_equal(sent(stage->play), "raise 9 chat @0 warning: After hours\n"
                                           "raise 7 chat @0 warning: Sales\n"
                                           "raise 8 chat @0 warning: skill 8");
}

static void
test_failures_and_the_window(void **state)
{
    struct stage *stage = *state;
    struct error error = {0};
    load(stage, NULL, WAIT_SCRIPT);
    rows(stage, "queues", BUSY);
    rehearsal_advance(stage->play, 60000);
    assert_int_equal(rehearsal_sent_count(stage->play), 1);
    assert_false(rehearsal_fail(stage->play, NULL, "queues", "slow", &error));
    assert_true(rehearsal_fail(stage->play, NULL, "queues", "timeout", &error));
    rehearsal_advance(stage->play, 10 * 60000);
    assert_int_equal(rehearsal_sent_count(stage->play), 1);
    assert_true(rehearsal_fail(stage->play, NULL, "queues", NULL, &error));
    rehearsal_window(stage->play);
    rehearsal_advance(stage->play, 90000);
    assert_int_equal(rehearsal_sent_count(stage->play), 1); /* the edge */
    rehearsal_advance(stage->play, 4 * 60000);
    assert_string_equal(rehearsal_sent(stage->play, 1)->kind, "clear");
}

/* ---- receivers ---- */

/* By default all is well; a failure takes the way of all failures, in its own time. */
static void
test_answers(void **state)
{
    struct stage *stage = *state;
    struct error error = {0};
    load(stage, NULL,
         "local gw = require 'gateway'\n"
         "gw.job 'tell' { every = '1h', run = function()\n"
         "  local receipt = gw.destination 'chat':send 'hello'\n"
         "  local answer, err = receipt:wait '30m'\n"
         "  gw.log.info(answer and answer.status .. answer.body or tostring(err))\n"
         "end }\n");
    assert_true(answer(stage->play, NULL, 503, "later", NULL));
    assert_true(answer(stage->play, "chat", 0, NULL, "timeout"));
    assert_false(answer(stage->play, "chat", 0, NULL, "slow"));
    assert_true(rehearsal_run_job(stage->play, "tell", &error));
    rehearsal_advance(stage->play, 50000);
    const struct rehearsal_sent *sent = rehearsal_sent(stage->play, 0);
    assert_string_equal(sent->kind, "message");
    assert_string_equal(sent->summary, "hello");
    assert_int_equal(sent->attempts, 1); /* after a timeout no sooner than 60 s */
    assert_true(answer(stage->play, "chat", 503, "busy", NULL));
    rehearsal_advance(stage->play, 15000);
    assert_int_equal(sent->attempts, 2);
    assert_false(sent->is_done);
    assert_true(answer(stage->play, "chat", 201, "made", NULL));
    rehearsal_advance(stage->play, 60000);
    assert_int_equal(sent->attempts, 3);
    assert_true(sent->is_done);
    assert_int_equal(rehearsal_sent_count(stage->play), 1);
    assert_string_equal(said(stage->play, "script wait"), "job tell: 201made");
}

/* Nothing leaves: what gw.http asks for is a test's to play. */
static void
test_requests_stay(void **state)
{
    struct stage *stage = *state;
    struct error error = {0};
    load(stage, NULL,
         "local gw = require 'gateway'\n"
         "gw.job 'ask' { every = '1h', run = function()\n"
         "  gw.log.info(tostring(select(2, gw.http { url = 'http://127.0.0.1:1/' })))\n"
         "end }\n");
    assert_true(rehearsal_run_job(stage->play, "ask", &error));
    rehearsal_advance(stage->play, 1000);
    assert_string_equal(
        said(stage->play, "script wait"),
        "job ask: cancelled: no request leaves a rehearsal; a test plays "
        "the server: s:answer(\"http://127.0.0.1:1\", 200, body)");
}

/* ---- time ---- */

static void
test_times_of_the_day(void **state)
{
    struct stage *stage = *state;
    struct error error = {0};
    int64_t at_ms = 0;
    stage->play = open_watchers(stage); /* 10:00 in Istanbul */
    int64_t now_ms = rehearsal_now(stage->play);
    assert_int_equal(now_ms, 1772532000000 - 3 * 3600000);
    assert_true(rehearsal_time(stage->play, "18:30", &at_ms, &error));
    assert_int_equal(at_ms - now_ms, 8 * 3600000 + 1800000);
    assert_true(rehearsal_time(stage->play, "10:00", &at_ms, &error));
    assert_int_equal(at_ms - now_ms, 24 * 3600000);
    assert_true(rehearsal_time(stage->play, "2026-03-03 10:00:30", &at_ms, &error));
    assert_int_equal(at_ms - now_ms, 30000);
    assert_false(rehearsal_time(stage->play, "2026-03-03 09:00", &at_ms, &error));
    assert_false(rehearsal_time(stage->play, "half past", &at_ms, &error));
    assert_string_equal(error.message, "'half past' is not a time; write \"18:30\" or "
                                       "\"2026-03-03 10:00\"");
}

/* ---- people and accidents ---- */

#define PAGED_SCRIPT                                                                   \
    "local gw = require 'gateway'\n"                                                   \
    "gw.rule 'busy' { from = gw.queues { 7 }, every = '15s',\n"                        \
    "  when = gw.above('calls_waiting', 3), hold = '1m', remind = '10m',\n"            \
    "  summary = 'busy',\n"                                                            \
    "  send = { 'chat', { to = 'pager', after = '5m', unless = 'acked' } } }\n"

static void
test_acks_and_silences(void **state)
{
    struct stage *stage = *state;
    struct error error = {0};
    struct buf alerts = {0};
    load(stage, NULL, PAGED_SCRIPT);
    rows(stage, "queues", BUSY);
    assert_false(rehearsal_ack(stage->play, "7", "ayse", &error));
    assert_string_equal(error.message, "no raised alert has the key '7'");
    rehearsal_advance(stage->play, 2 * 60000);
    assert_true(rehearsal_ack(stage->play, "busy/7", "ayse", &error));
    rehearsal_alerts(stage->play, &alerts);
    assert_non_null(strstr(alerts.data, "\"rule\":\"busy\",\"key\":\"7\""));
    assert_non_null(strstr(alerts.data, "\"acked\":true"));
    buf_fini(&alerts);
    rehearsal_advance(stage->play, 30 * 60000);
    assert_string_equal(sent(stage->play), "raise 7 chat @60 warning: busy");
    rows(stage, "queues", CALM);
    rehearsal_advance(stage->play, 60000);
    assert_true(
        rehearsal_silence(stage->play, "{\"key\":\"7\"}", 600000, "can", &error));
    rows(stage, "queues", BUSY);
    rehearsal_advance(stage->play, 8 * 60000);
    assert_int_equal(rehearsal_sent_count(stage->play), 2); /* its clear */
    rehearsal_advance(stage->play, 5 * 60000);
    assert_int_equal(rehearsal_sent_count(stage->play), 4); /* chat, pager */
    assert_false(rehearsal_silence(stage->play, "nobody", 1, "can", &error));
}

/* The hold and the pager's five minutes go on over a kill -9, and nothing is said
 * twice. */
static void
test_restarts(void **state)
{
    struct stage *stage = *state;
    load(stage, NULL, PAGED_SCRIPT);
    rows(stage, "queues", BUSY);
    rehearsal_advance(stage->play, 40000);
    rehearsal_restart(stage->play);
    rehearsal_advance(stage->play, 40000);
    assert_string_equal(sent(stage->play), "raise 7 chat @70 warning: busy");
    assert_true(rehearsal_kill_script(stage->play, "wait"));
    assert_false(rehearsal_kill_script(stage->play, "weight"));
    rehearsal_restart(stage->play);
    rehearsal_advance(stage->play, 6 * 60000);
    assert_string_equal(sent(stage->play), "raise 7 chat @70 warning: busy\n"
                                           "raise 7 pager @370 warning: busy");
    assert_string_not_equal(rehearsal_sent(stage->play, 0)->id,
                            rehearsal_sent(stage->play, 1)->id);
}

static void
test_reloads(void **state)
{
    struct stage *stage = *state;
    struct buf problems = {0};
    load(stage, NULL, PAGED_SCRIPT);
    rows(stage, "queues", BUSY);
    rehearsal_advance(stage->play, 2 * 60000);
    write_file(stage, "wait.lua", "local gw = require 'gateway'\ngw.rule 'busy' {}\n");
    assert_false(rehearsal_reload(stage->play, &problems));
    assert_non_null(strstr(problems.data, "wait.lua:2: rule 'busy': "));
    buf_fini(&problems);
    write_file(stage, "wait.lua",
               "local gw = require 'gateway'\n"
               "gw.job 'j' { every = '1h', run = print }\n");
    assert_true(rehearsal_reload(stage->play, &problems));
    rehearsal_advance(stage->play, 15000);
    assert_string_equal(sent(stage->play), "raise 7 chat @60 warning: busy\n"
                                           "clear 7 chat @120 warning: busy");
    buf_fini(&problems);
}

/* The limit of processor time is real, whatever the clock says. */
static void
test_a_runaway_script_is_ended(void **state)
{
    struct stage *stage = *state;
    load(stage, NULL,
         "local gw = require 'gateway'\n"
         "gw.job 'spin' { every = '1m', run = function()\n"
         "  string.find(('a'):rep(60), ('.-'):rep(40) .. 'b')\n"
         "end }\n"
         "gw.job 'fine' { every = '1m', run = function()\n"
         "  gw.destination 'chat':send 'fine'\n"
         "end }\n");
    rehearsal_advance(stage->play, 5 * 60000);
    bool is_killed = false, is_off = false;
    for (size_t i = 0; i < rehearsal_line_count(stage->play); i++) {
        const char *text = rehearsal_line(stage->play, i)->text;
        is_killed |= strstr(text, "cpu limit") != NULL;
        is_off |= strstr(text, "switched off after 3 strikes") != NULL;
    }
    assert_true(is_killed);
    assert_true(is_off);
    assert_true(rehearsal_sent_count(stage->play) >= 2);
}

static void
test_nothing_stays_behind(void **state)
{
    struct stage *stage = *state;
    setenv("TMPDIR", stage->folder, 1);
    struct rehearsal *play = open_watchers(stage);
    unsetenv("TMPDIR");
    play_an_hour(play);
    rehearsal_delete(play);
    rehearsal_delete(NULL);
    char *command =
        mem_format("test -z \"$(ls -d %s/ccgate-rehearsal-* 2>&-)\"", stage->folder);
    assert_int_equal(system(command), 0);
    free(command);
}

#define STAGE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int
main(int argc, char **argv)
{
    (void)argc;
    const char *slash = strrchr(argv[0], '/');
    program = mem_format("%.*s/../ccgate-script", (int)(slash - argv[0]), argv[0]);
    const struct CMUnitTest tests[] = {
        STAGE_TEST(test_waits_out_the_hold_raises_once_and_clears),
        STAGE_TEST(test_same_inputs_same_messages),
        STAGE_TEST(test_secrets_that_are_not_there_are_played),
        STAGE_TEST(test_mistakes_are_told_as_check_tells_them),
        STAGE_TEST(test_rows_are_checked),
        STAGE_TEST(test_all_queries),
        STAGE_TEST(test_names_of_rows),
        STAGE_TEST(test_failures_and_the_window),
        STAGE_TEST(test_answers),
        STAGE_TEST(test_requests_stay),
        STAGE_TEST(test_times_of_the_day),
        STAGE_TEST(test_acks_and_silences),
        STAGE_TEST(test_restarts),
        STAGE_TEST(test_reloads),
        STAGE_TEST(test_a_runaway_script_is_ended),
        STAGE_TEST(test_nothing_stays_behind),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(program);
    return failed;
}
