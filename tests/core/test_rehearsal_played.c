/* What is played in a rehearsal: the centre, the receivers, people and accidents. */
#include "stage.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(test_rows_are_checked),  STAGE_TEST(test_all_queries),
        STAGE_TEST(test_names_of_rows),     STAGE_TEST(test_failures_and_the_window),
        STAGE_TEST(test_answers),           STAGE_TEST(test_requests_stay),
        STAGE_TEST(test_acks_and_silences), STAGE_TEST(test_restarts),
        STAGE_TEST(test_reloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
