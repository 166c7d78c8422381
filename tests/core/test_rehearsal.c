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

int
main(int argc, char **argv)
{
    (void)argc;
    const char *slash = strrchr(argv[0], '/');
    program = mem_format("%.*s/../ccgate-script", (int)(slash - argv[0]), argv[0]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_waits_out_the_hold_raises_once_and_clears,
                                        setup, teardown),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(program);
    return failed;
}
