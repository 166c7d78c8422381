/* Any bytes as a stream of frames, in both directions: cut, read and, because a payload
 * can be written in one way only, written again as it was. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "script/message.h"

enum { CENTERS = 2, WANTS = 500 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

/* A script for streams that do not begin with LOADED. */
static struct message_entry usual_entries[] = {
    {ENTRY_RULE, "queue-wait", {0}, "", 0, false},
    {ENTRY_JOB, "digest", {60000, "", "UTC", 0, false, "", "UTC"}, "", 0, false},
};
static const struct message_loaded usual = {.entries = usual_entries, .entry_count = 2};

/* ---- core → host: false when the reader refuses the frame ---- */

static bool
again_load(const struct frame *frame, struct buf *out)
{
    struct message_load load;
    if (!message_read_load(frame, &load, NULL))
        return false;
    message_write_load(out, 0, &load);
    message_load_fini(&load);
    return true;
}

static bool
again_restore(const struct frame *frame, struct buf *out)
{
    struct message_restore restore;
    struct message_list list = {0};
    if (!message_read_restore(frame, usual.entry_count, CENTERS, &restore, NULL))
        return false;
    for (uint32_t i = 0; i < restore.count; i++)
        message_put_kept(&list, &restore.kept[i]);
    message_restore_fini(&restore);
    message_write_restore(out, 0, &list);
    message_list_fini(&list);
    return true;
}

static bool
again_store(const struct frame *frame, struct buf *out)
{
    struct message_store store;
    struct message_list list = {0};
    if (!message_read_store(frame, &store, NULL))
        return false;
    for (uint32_t i = 0; i < store.count; i++)
        message_put_stored(&list, &store.kept[i]);
    message_store_fini(&store);
    message_write_store(out, 0, &list);
    message_list_fini(&list);
    return true;
}

static bool
again_rows(const struct frame *frame, struct buf *out)
{
    struct message_rows rows;
    return message_read_rows(frame, CENTERS, &rows, NULL) &&
           message_write_rows(out, 0, &rows);
}

static bool
again_fetched(const struct frame *frame, struct buf *out)
{
    struct message_fetched fetched;
    return message_read_fetched(frame, CENTERS, &fetched, NULL) &&
           message_write_fetched(out, 0, &fetched);
}

static bool
again_to_host(const struct frame *frame, struct buf *out)
{
    struct message_run run;
    struct message_handle handle;
    struct message_answer answer;
    uint64_t wait;
    uint32_t entry;
    int64_t by_ms;
    switch (frame->header.type) {
    case FRAME_LOAD: return again_load(frame, out);
    case FRAME_RESTORE: return again_restore(frame, out);
    case FRAME_STORE: return again_store(frame, out);
    case FRAME_ROWS: return again_rows(frame, out);
    case FRAME_FETCHED: return again_fetched(frame, out);
    case FRAME_RUN:
        if (!message_read_run(frame, usual.entry_count, &run, NULL))
            return false;
        message_write_run(out, 0, &run);
        return true;
    case FRAME_HANDLE:
        return message_read_handle(frame, usual.entry_count, &handle, NULL) &&
               message_write_handle(out, 0, &handle);
    case FRAME_ANSWER:
        return message_read_answer(frame, &answer, NULL) &&
               message_write_answer(out, 0, &answer);
    case FRAME_CANCEL:
        if (!message_read_cancel(frame, &wait, NULL))
            return false;
        message_write_cancel(out, 0, wait);
        return true;
    case FRAME_WAKE:
        if (!message_read_wake(frame, &wait, NULL))
            return false;
        message_write_wake(out, 0, wait);
        return true;
    case FRAME_STEP:
        if (!message_read_step(frame, &by_ms, NULL))
            return false;
        message_write_step(out, 0, by_ms);
        return true;
    case FRAME_TICK:
        if (!message_read_tick(frame, usual.entry_count, &entry, NULL))
            return false;
        message_write_tick(out, 0, entry);
        return true;
    default:
        require(frame->header.type == FRAME_DISABLE);
        if (!message_read_disable(frame, usual.entry_count, &entry, NULL))
            return false;
        message_write_disable(out, 0, entry);
        return true;
    }
}

/* ---- host → core ---- */

static void
write_loaded(const struct message_loaded *loaded, struct buf *out)
{
    struct message_list problems = {0}, entries = {0}, wants = {0};
    for (uint32_t i = 0; i < loaded->problem_count; i++)
        message_put_problem(&problems, &loaded->problems[i]);
    for (uint32_t i = 0; i < loaded->entry_count; i++)
        message_put_entry(&entries, &loaded->entries[i]);
    for (uint32_t i = 0; i < loaded->want_count; i++)
        message_put_want(&wants, &loaded->wants[i]);
    message_write_loaded(out, 0, &problems, &entries, &wants);
    message_list_fini(&problems);
    message_list_fini(&entries);
    message_list_fini(&wants);
}

static bool
again_commit(const struct frame *frame, const struct message_loaded *loaded,
             struct buf *out)
{
    struct message_commit commit;
    struct message_list items = {0};
    if (!message_read_commit(frame, loaded, CENTERS, &commit, NULL))
        return false;
    for (uint32_t i = 0; i < commit.alert_count; i++)
        message_put_alert(&items, &commit.alerts[i]);
    for (uint32_t i = 0; i < commit.state_count; i++)
        message_put_state(&items, &commit.states[i]);
    for (uint32_t i = 0; i < commit.send_count; i++)
        message_put_send(&items, &commit.sends[i]);
    for (uint32_t i = 0; i < commit.kept_count; i++)
        message_put_change(&items, &commit.kept[i]);
    if (commit.note)
        message_put_note(&items, commit.note, commit.note_size);
    if (commit.is_done)
        message_put_done(&items);
    message_write_commit(out, 0, commit.entry, commit.scheduled_ms, &items);
    message_commit_fini(&commit);
    message_list_fini(&items);
    return true;
}

static bool
again_fetch(const struct frame *frame, struct buf *out)
{
    struct message_fetch fetch;
    if (!message_read_fetch(frame, CENTERS, &fetch, NULL))
        return false;
    message_write_fetch(out, 0, &fetch);
    message_fetch_fini(&fetch);
    return true;
}

/* A LOADED takes the place of `loaded`, as in the core. */
static bool
again_to_core(const struct frame *frame, struct message_loaded *loaded, struct buf *out)
{
    struct message_sleep sleep;
    struct message_log log;
    struct message_strike strike;
    struct message_full full;
    struct message_failed failed;
    struct message_done done;
    struct message_ask ask;
    struct message_metric metric;
    uint64_t wait;
    const struct message_loaded *known = loaded->entry_count ? loaded : &usual;
    switch (frame->header.type) {
    case FRAME_LOADED:
        message_loaded_fini(loaded);
        if (!message_read_loaded(frame, CENTERS, WANTS, loaded, NULL))
            return false;
        write_loaded(loaded, out);
        return true;
    case FRAME_COMMIT: return again_commit(frame, known, out);
    case FRAME_FETCH: return again_fetch(frame, out);
    case FRAME_SLEEP:
        if (!message_read_sleep(frame, &sleep, NULL))
            return false;
        message_write_sleep(out, 0, &sleep);
        return true;
    case FRAME_LOG:
        return message_read_log(frame, &log, NULL) && message_write_log(out, 0, &log);
    case FRAME_STRIKE:
        if (!message_read_strike(frame, known, &strike, NULL))
            return false;
        message_write_strike(out, 0, &strike);
        return true;
    case FRAME_FULL:
        if (!message_read_full(frame, known, &full, NULL))
            return false;
        message_write_full(out, 0, &full);
        return true;
    case FRAME_FAILED:
        if (!message_read_failed(frame, known, &failed, NULL))
            return false;
        message_write_failed(out, 0, &failed);
        return true;
    case FRAME_ASK:
        return message_read_ask(frame, &ask, NULL) && message_write_ask(out, 0, &ask);
    case FRAME_METRIC:
        if (!message_read_metric(frame, &metric, NULL))
            return false;
        message_write_metric(out, 0, &metric);
        return true;
    case FRAME_FORGET:
        if (!message_read_forget(frame, &wait, NULL))
            return false;
        message_write_forget(out, 0, wait);
        return true;
    default:
        require(frame->header.type == FRAME_DONE);
        if (!message_read_done(frame, known, &done, NULL))
            return false;
        message_write_done(out, 0, &done);
        return true;
    }
}

/* ---- streams ---- */

static void
require_same(const struct frame *frame, const struct buf *out)
{
    struct frame again;
    size_t used = 0;
    require(frame_next(out->data, out->size, &used, FRAME_LOAD, FRAME_LAST_TO_CORE,
                       &again) == FRAME_OK);
    require(used == out->size);
    require(again.header.type == frame->header.type);
    require(again.header.id == frame->header.id);
    require(again.header.size == frame->header.size);
    require(memcmp(again.payload, frame->payload, frame->header.size) == 0);
}

/* As a receiver does: up to the first frame that breaks a rule. */
static void
receive(const char *data, size_t size, enum frame_type low, enum frame_type high)
{
    struct message_loaded loaded = {0};
    struct frame frame;
    size_t used = 0;
    bool is_good = true;
    while (is_good && frame_next(data, size, &used, low, high, &frame) == FRAME_OK) {
        struct buf out = {0};
        require(used <= size && used % 8 == 0);
        is_good = low == FRAME_LOAD ? again_to_host(&frame, &out)
                                    : again_to_core(&frame, &loaded, &out);
        if (is_good)
            require_same(&frame, &out);
        buf_fini(&out);
    }
    message_loaded_fini(&loaded);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Aligned, as frame_next() wants it, and not a byte longer than it is. */
    char *copy = mem_zero(size);
    memcpy(copy, data, size);
    receive(copy, size, FRAME_LOAD, FRAME_LAST_TO_HOST);
    receive(copy, size, FRAME_LOADED, FRAME_LAST_TO_CORE);
    free(copy);
    return 0;
}
