/* A rehearsal: its clock, its configuration, and that it comes out the same. */
#include "stage.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(test_waits_out_the_hold_raises_once_and_clears),
        STAGE_TEST(test_same_inputs_same_messages),
        STAGE_TEST(test_secrets_that_are_not_there_are_played),
        STAGE_TEST(test_mistakes_are_told_as_check_tells_them),
        STAGE_TEST(test_times_of_the_day),
        STAGE_TEST(test_a_runaway_script_is_ended),
        STAGE_TEST(test_nothing_stays_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
