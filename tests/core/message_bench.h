/* What the tests of script/message.h share: a frame to read, and a script. */
#ifndef CCGATE_TESTS_MESSAGE_BENCH_H
#define CCGATE_TESTS_MESSAGE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "script/message.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NOW          1763661900123

enum { CENTERS = 2, ENTRIES = 3, WANTS = 4 };

/* What every test of a reader needs: a buffer, the frame in it, the error. */
struct bench {
    struct buf out;
    struct frame frame;
    struct error error;
};

static inline void
bench_fini(struct bench *bench)
{
    buf_fini(&bench->out);
}

/* The frame that was written last, alone in the buffer. */
static const struct frame *
bench_frame(struct bench *bench)
{
    size_t used = 0;
    assert_int_equal(frame_next(bench->out.data, bench->out.size, &used, FRAME_LOAD,
                                FRAME_LAST_TO_CORE, &bench->frame),
                     FRAME_OK);
    assert_int_equal(used, bench->out.size);
    assert_int_equal(bench->frame.header.now_ms, NOW);
    buf_clear(&bench->out);
    return &bench->frame;
}

static inline void
assert_fault(const struct bench *bench, const char *fault)
{
    assert_int_equal(bench->error.kind, ERROR_DECODE);
    assert_string_equal(bench->error.message, fault);
}

#define KEY_BIT ((int64_t)1)

/* ---- a host's script, as the core knows it: a rule, a job, another rule ---- */

static const int64_t want_ids[] = {7, 2000};

static const struct message_entry entries[ENTRIES] = {
    {ENTRY_RULE, "queue-wait", {0}, "asks", 4, false},
    {ENTRY_JOB,
     "digest",
     {0, "5 18 * * *", "Europe/Istanbul", MISSED_ONCE, true, "days=mon-fri\n", "UTC"},
     "runs\0on",
     7,
     false},
    {ENTRY_RULE, "digest", {0}, "", 0, false},
};

static const struct message_problem problem = {12, LEVEL_WARN, "slow\n\x1b[1m", 9};

static inline struct message_want
want_of(void)
{
    return (struct message_want){2, 1, &query_queues, 15000, 0, want_ids, 2, 7};
}

struct lists {
    struct message_list problems, entries, wants;
};

static inline void
lists_fini(struct lists *lists)
{
    message_list_fini(&lists->problems);
    message_list_fini(&lists->entries);
    message_list_fini(&lists->wants);
}

static inline bool
read_lists(struct bench *bench, struct lists *lists, struct message_loaded *loaded)
{
    assert_true(message_write_loaded(&bench->out, NOW, &lists->problems,
                                     &lists->entries, &lists->wants));
    lists_fini(lists);
    return message_read_loaded(bench_frame(bench), CENTERS, WANTS, loaded,
                               &bench->error);
}

static inline void
load(struct bench *bench, struct message_loaded *loaded)
{
    struct lists lists = {0};
    struct message_want want = want_of();
    message_put_problem(&lists.problems, &problem);
    for (size_t i = 0; i < ENTRIES; i++)
        message_put_entry(&lists.entries, &entries[i]);
    for (size_t i = 0; i < WANTS; i++)
        message_put_want(&lists.wants, &want);
    assert_true(read_lists(bench, &lists, loaded));
}

static const struct message_alert good_alert = {1, "7", "raise", "{\"a\":1}", 7};
static const struct message_send good_send = {"floor-chat", 1, "", "", "\"hello\"", 7};

static struct message_module modules[] = {
    {"lib.a", "scripts/lib/a.lua", "x", 1, ""},
    {"lib.b", "scripts/lib/b.lua", "", 0, "is a symbolic link"},
};

static inline struct message_load
load_of(void)
{
    return (struct message_load){
        .limits = {.cpu_ms = 100,
                   .cpu_load_ms = 1000,
                   .memory_bytes = 32 << 20,
                   .source_bytes = 10,
                   .tasks = 1000,
                   .wants = 500,
                   .sends_per_s = 100.0 / 60,
                   .alerts = 10000,
                   .store_bytes = 1 << 20,
                   .logs_per_s = 200.0 / 60},
        .name = "queue_wait",
        .source = "a = \0 -- b",
        .source_size = 9,
        .setup = "{}",
        .setup_size = 2,
        .modules = modules,
        .module_count = COUNT(modules),
        .module_names = "lib.a\nlib.c",
    };
}

#endif
