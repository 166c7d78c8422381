/* What a host says about its script: LOG, STRIKE, FULL, FAILED. */
#include "base/log.h"
#include "script/cursor.h"
#include "script/message.h"

bool
message_write_log(struct buf *out, int64_t now_ms, const struct message_log *log)
{
    size_t begin = frame_begin(out, FRAME_LOG, 0, now_ms);
    frame_put_u8(out, log->level);
    frame_put_string(out, log->room);
    frame_put_text(out, log->text, log->text_size);
    return frame_end(out, begin);
}

bool
message_read_log(const struct frame *frame, struct message_log *out,
                 struct error *error)
{
    struct cursor cursor = cursor_open(frame, "LOG", error);
    cursor_no_id(&cursor, frame);
    out->level = frame_get_u8(&cursor.in);
    cursor_demand(&cursor, out->level <= LEVEL_ERROR, "the level");
    out->room = cursor_word(&cursor, 1, MESSAGE_KEY_MAX, "the room");
    out->text = frame_get_text(&cursor.in, &out->text_size);
    return cursor_finish(&cursor);
}

void
message_write_strike(struct buf *out, int64_t now_ms,
                     const struct message_strike *strike)
{
    size_t begin = frame_begin(out, FRAME_STRIKE, strike->entry, now_ms);
    frame_put_string(out, strike->text);
    frame_end(out, begin);
}

bool
message_read_strike(const struct frame *frame, const struct message_loaded *loaded,
                    struct message_strike *out, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "STRIKE", error);
    out->entry = cursor_entry(&cursor, frame, loaded->entry_count);
    out->text = cursor_word(&cursor, 1, MESSAGE_NAME_MAX, "the text");
    return cursor_finish(&cursor);
}

void
message_write_full(struct buf *out, int64_t now_ms, const struct message_full *full)
{
    size_t begin = frame_begin(out, FRAME_FULL, full->entry, now_ms);
    frame_put_u8(out, full->is_waiting);
    frame_end(out, begin);
}

bool
message_read_full(const struct frame *frame, const struct message_loaded *loaded,
                  struct message_full *out, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "FULL", error);
    out->entry = cursor_entry(&cursor, frame, loaded->entry_count);
    uint8_t is_waiting = frame_get_u8(&cursor.in);
    out->is_waiting = is_waiting == 1;
    cursor_demand(&cursor,
                  !cursor.in.bad && is_waiting <= 1 &&
                      loaded->entries[out->entry].kind == ENTRY_RULE,
                  "the rule");
    return cursor_finish(&cursor);
}

void
message_write_failed(struct buf *out, int64_t now_ms,
                     const struct message_failed *failed)
{
    size_t begin = frame_begin(out, FRAME_FAILED, failed->entry, now_ms);
    frame_put_i64(out, failed->count);
    frame_put_text(out, failed->text, failed->text_size);
    frame_end(out, begin);
}

bool
message_read_failed(const struct frame *frame, const struct message_loaded *loaded,
                    struct message_failed *out, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "FAILED", error);
    out->entry = cursor_entry(&cursor, frame, loaded->entry_count);
    out->count = cursor_number(&cursor, 1, INT64_MAX, "the count");
    out->text = cursor_text(&cursor, &out->text_size, "the text");
    return cursor_finish(&cursor);
}
