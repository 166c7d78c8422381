/* Every frame, read and written again: a row for each type of script/frame.h. A payload
 * can be written in one way only, so that what comes out is what was read. */
#ifndef CCGATE_TESTS_FRAME_AGAIN_H
#define CCGATE_TESTS_FRAME_AGAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "script/message.h"

/* What a reader knows of the script. */
struct known {
    const struct message_loaded *loaded;
    size_t center_count, want_max;
};

/* Adds the frame to `out`, of the same time. False with `error` (NULL is allowed) when
 * its reader refuses it; it keeps nothing. */
typedef bool read_again(const struct frame *frame, const struct known *known,
                        struct buf *out, struct error *error);

/* ---- frames that hold nothing of their own ---- */

/* again_NAME of a TYPE, with the arguments of its reader and of its writer: the value
 * that was read is `it`. */
#define AGAIN(name, type, reads, writes)                                               \
    static inline bool again_##name(const struct frame *frame,                         \
                                    const struct known *known, struct buf *out,        \
                                    struct error *error)                               \
    {                                                                                  \
        int64_t now_ms = frame->header.now_ms;                                         \
        type it;                                                                       \
        (void)known;                                                                   \
        if (!message_read_##name reads)                                                \
            return false;                                                              \
        message_write_##name writes;                                                   \
        return true;                                                                   \
    }

#define PLAIN    (frame, &it, error)
#define ENTRY    (frame, known->loaded->entry_count, &it, error)
#define CENTERED (frame, known->center_count, &it, error)
#define SCRIPT   (frame, known->loaded, &it, error)
#define WHOLE    (out, now_ms, &it)
#define VALUE    (out, now_ms, it)

/* core → host */
AGAIN(rows, struct message_rows, CENTERED, WHOLE)
AGAIN(run, struct message_run, ENTRY, WHOLE)
AGAIN(handle, struct message_handle, ENTRY, WHOLE)
AGAIN(cancel, uint64_t, PLAIN, VALUE)
AGAIN(wake, uint64_t, PLAIN, VALUE)
AGAIN(fetched, struct message_fetched, CENTERED, WHOLE)
AGAIN(answer, struct message_answer, PLAIN, WHOLE)
AGAIN(tick, uint32_t, ENTRY, VALUE)
AGAIN(disable, uint32_t, ENTRY, VALUE)
AGAIN(step, int64_t, PLAIN, VALUE)
/* host → core */
AGAIN(sleep, struct message_sleep, PLAIN, WHOLE)
AGAIN(log, struct message_log, PLAIN, WHOLE)
AGAIN(strike, struct message_strike, SCRIPT, WHOLE)
AGAIN(full, struct message_full, SCRIPT, WHOLE)
AGAIN(failed, struct message_failed, SCRIPT, WHOLE)
AGAIN(done, struct message_done, SCRIPT, WHOLE)
AGAIN(ask, struct message_ask, PLAIN, WHOLE)
AGAIN(metric, struct message_metric, PLAIN, WHOLE)
AGAIN(forget, uint64_t, PLAIN, VALUE)

#undef AGAIN
#undef PLAIN
#undef ENTRY
#undef CENTERED
#undef SCRIPT
#undef WHOLE
#undef VALUE

/* ---- frames of lists ---- */

static inline bool
again_load(const struct frame *frame, const struct known *known, struct buf *out,
           struct error *error)
{
    struct message_load load;
    (void)known;
    bool is_good = message_read_load(frame, &load, error);
    if (is_good)
        message_write_load(out, frame->header.now_ms, &load);
    message_load_fini(&load);
    return is_good;
}

static inline bool
again_restore(const struct frame *frame, const struct known *known, struct buf *out,
              struct error *error)
{
    struct message_restore restore;
    struct message_list list = {0};
    bool is_good = message_read_restore(frame, known->loaded->entry_count,
                                        known->center_count, &restore, error);
    for (uint32_t i = 0; is_good && i < restore.count; i++)
        message_put_kept(&list, &restore.kept[i]);
    if (is_good)
        message_write_restore(out, frame->header.now_ms, &list);
    message_restore_fini(&restore);
    message_list_fini(&list);
    return is_good;
}

static inline bool
again_store(const struct frame *frame, const struct known *known, struct buf *out,
            struct error *error)
{
    struct message_store store;
    struct message_list list = {0};
    (void)known;
    bool is_good = message_read_store(frame, &store, error);
    for (uint32_t i = 0; is_good && i < store.count; i++)
        message_put_stored(&list, &store.kept[i]);
    if (is_good)
        message_write_store(out, frame->header.now_ms, &list);
    message_store_fini(&store);
    message_list_fini(&list);
    return is_good;
}

static inline void
write_loaded(const struct message_loaded *loaded, int64_t now_ms, struct buf *out)
{
    struct message_list problems = {0}, entries = {0}, wants = {0};
    for (uint32_t i = 0; i < loaded->problem_count; i++)
        message_put_problem(&problems, &loaded->problems[i]);
    for (uint32_t i = 0; i < loaded->entry_count; i++)
        message_put_entry(&entries, &loaded->entries[i]);
    for (uint32_t i = 0; i < loaded->want_count; i++)
        message_put_want(&wants, &loaded->wants[i]);
    message_write_loaded(out, now_ms, &problems, &entries, &wants);
    message_list_fini(&problems);
    message_list_fini(&entries);
    message_list_fini(&wants);
}

static inline bool
again_loaded(const struct frame *frame, const struct known *known, struct buf *out,
             struct error *error)
{
    struct message_loaded loaded;
    bool is_good = message_read_loaded(frame, known->center_count, known->want_max,
                                       &loaded, error);
    if (is_good)
        write_loaded(&loaded, frame->header.now_ms, out);
    message_loaded_fini(&loaded);
    return is_good;
}

static inline void
write_commit(const struct message_commit *commit, int64_t now_ms, struct buf *out)
{
    struct message_list items = {0};
    for (uint32_t i = 0; i < commit->alert_count; i++)
        message_put_alert(&items, &commit->alerts[i]);
    for (uint32_t i = 0; i < commit->state_count; i++)
        message_put_state(&items, &commit->states[i]);
    for (uint32_t i = 0; i < commit->send_count; i++)
        message_put_send(&items, &commit->sends[i]);
    for (uint32_t i = 0; i < commit->kept_count; i++)
        message_put_change(&items, &commit->kept[i]);
    if (commit->note)
        message_put_note(&items, commit->note, commit->note_size);
    if (commit->is_done)
        message_put_done(&items);
    message_write_commit(out, now_ms, commit->entry, commit->scheduled_ms, &items);
    message_list_fini(&items);
}

static inline bool
again_commit(const struct frame *frame, const struct known *known, struct buf *out,
             struct error *error)
{
    struct message_commit commit;
    bool is_good =
        message_read_commit(frame, known->loaded, known->center_count, &commit, error);
    if (is_good)
        write_commit(&commit, frame->header.now_ms, out);
    message_commit_fini(&commit);
    return is_good;
}

static inline bool
again_fetch(const struct frame *frame, const struct known *known, struct buf *out,
            struct error *error)
{
    struct message_fetch fetch;
    bool is_good = message_read_fetch(frame, known->center_count, &fetch, error);
    if (is_good)
        message_write_fetch(out, frame->header.now_ms, &fetch);
    message_fetch_fini(&fetch);
    return is_good;
}

/* ---- all of them ---- */

/* As read_again: of whatever type the frame is. */
static inline bool
frame_again(const struct frame *frame, const struct known *known, struct buf *out,
            struct error *error)
{
    static read_again *const table[] = {
        [FRAME_LOAD] = again_load,       [FRAME_RESTORE] = again_restore,
        [FRAME_STORE] = again_store,     [FRAME_ROWS] = again_rows,
        [FRAME_RUN] = again_run,         [FRAME_HANDLE] = again_handle,
        [FRAME_CANCEL] = again_cancel,   [FRAME_WAKE] = again_wake,
        [FRAME_FETCHED] = again_fetched, [FRAME_ANSWER] = again_answer,
        [FRAME_DISABLE] = again_disable, [FRAME_TICK] = again_tick,
        [FRAME_STEP] = again_step,       [FRAME_LOADED] = again_loaded,
        [FRAME_COMMIT] = again_commit,   [FRAME_SLEEP] = again_sleep,
        [FRAME_FETCH] = again_fetch,     [FRAME_LOG] = again_log,
        [FRAME_STRIKE] = again_strike,   [FRAME_FULL] = again_full,
        [FRAME_FAILED] = again_failed,   [FRAME_DONE] = again_done,
        [FRAME_ASK] = again_ask,         [FRAME_METRIC] = again_metric,
        [FRAME_FORGET] = again_forget,
    };
    return table[frame->header.type](frame, known, out, error);
}

#endif
