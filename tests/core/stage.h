/* What the tests of rehearse/rehearsal.h share: a folder of files, and a rehearsal of
 * what is in it. */
#ifndef CCGATE_TESTS_STAGE_H
#define CCGATE_TESTS_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "hosts.h"
#include "rehearse/rehearsal.h"

/* A folder for the files of a test, and what is rehearsed in it. */
struct stage {
    char folder[64];
    struct rehearsal *play;
};

static inline void
write_file(const struct stage *stage, const char *name, const char *text)
{
    char *path = mem_format("%s/%s", stage->folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static inline int
setup(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    snprintf(stage->folder, sizeof stage->folder, "/tmp/ccgate-stage-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
    *state = stage;
    return 0;
}

static inline int
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
static inline struct rehearsal *
open_play(const struct stage *stage, const char *conf, const char *const *names,
          size_t count, struct buf *problems)
{
    struct buf unread = {0};
    char program[1024], *scripts[8],
        *file = mem_format("%s/gateway.conf", stage->folder);
    for (size_t i = 0; i < count; i++)
        scripts[i] = mem_format("%s/%s", stage->folder, names[i]);
    if (conf)
        write_file(stage, "gateway.conf", conf);
    hosts_program(program, sizeof program);
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

static inline void
load(struct stage *stage, const char *conf, const char *script)
{
    static const char *const names[] = {"wait.lua"};
    write_file(stage, "wait.lua", script);
    stage->play = open_play(stage, conf, names, 1, NULL);
}

/* How somebody answers from now on; `word` instead of a status, or NULL. */
static inline bool
answer(struct rehearsal *play, const char *who, long status, const char *body,
       const char *word)
{
    struct error error = {0};
    const struct rehearsal_reply reply = {.status = status, .body = body, .word = word};
    return rehearsal_answer(play, who, &reply, &error);
}

static inline void
rows(struct stage *stage, const char *query, const char *json)
{
    struct error error = {0};
    if (!rehearsal_rows(stage->play, NULL, query, json, strlen(json), &error))
        fail_msg("%s", error.message);
}

/* "raise 7 floor-chat @40 critical: …" of each message, joined by newlines. */
static inline const char *
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
static inline const char *
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

#define STAGE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif
