/* Frames to a host that are little more than a number: WAKE, TICK, DISABLE, STEP. */
#include "script/cursor.h"
#include "script/message.h"

void
message_write_wake(struct buf *out, int64_t now_ms, uint64_t wait)
{
    frame_end(out, frame_begin(out, FRAME_WAKE, wait, now_ms));
}

bool
message_read_wake(const struct frame *frame, uint64_t *wait, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "WAKE", error);
    *wait = frame->header.id;
    return cursor_finish(&cursor);
}

void
message_write_tick(struct buf *out, int64_t now_ms, uint32_t entry)
{
    frame_end(out, frame_begin(out, FRAME_TICK, entry, now_ms));
}

bool
message_read_tick(const struct frame *frame, size_t entry_count, uint32_t *entry,
                  struct error *error)
{
    struct cursor cursor = cursor_open(frame, "TICK", error);
    *entry = cursor_entry(&cursor, frame, entry_count);
    return cursor_finish(&cursor);
}

void
message_write_disable(struct buf *out, int64_t now_ms, uint32_t entry)
{
    frame_end(out, frame_begin(out, FRAME_DISABLE, entry, now_ms));
}

bool
message_read_disable(const struct frame *frame, size_t entry_count, uint32_t *entry,
                     struct error *error)
{
    struct cursor cursor = cursor_open(frame, "DISABLE", error);
    *entry = cursor_entry(&cursor, frame, entry_count);
    return cursor_finish(&cursor);
}

void
message_write_step(struct buf *out, int64_t now_ms, int64_t by_ms)
{
    size_t begin = frame_begin(out, FRAME_STEP, 0, now_ms);
    frame_put_i64(out, by_ms);
    frame_end(out, begin);
}

bool
message_read_step(const struct frame *frame, int64_t *by_ms, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "STEP", error);
    cursor_no_id(&cursor, frame);
    *by_ms = cursor_number(&cursor, -MESSAGE_STEP_MAX_MS, MESSAGE_STEP_MAX_MS,
                           "how far the clock was put");
    return cursor_finish(&cursor);
}
