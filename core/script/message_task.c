/* What a task waits for: SLEEP, FETCH and ASK, and the end of it: ANSWER, FORGET. */
#include <stdlib.h>

#include "script/cursor.h"
#include "script/message.h"

void
message_write_sleep(struct buf *out, int64_t now_ms, const struct message_sleep *sleep)
{
    size_t begin = frame_begin(out, FRAME_SLEEP, sleep->wait, now_ms);
    frame_put_i64(out, sleep->ms);
    frame_end(out, begin);
}

bool
message_read_sleep(const struct frame *frame, struct message_sleep *out,
                   struct error *error)
{
    struct cursor cursor = cursor_open(frame, "SLEEP", error);
    out->wait = frame->header.id;
    out->ms = cursor_number(&cursor, 0, MESSAGE_PERIOD_MAX_MS, "the time to sleep");
    return cursor_finish(&cursor);
}

bool
message_write_fetch(struct buf *out, int64_t now_ms, const struct message_fetch *fetch)
{
    size_t begin = frame_begin(out, FRAME_FETCH, fetch->wait, now_ms);
    frame_put_u32(out, fetch->center);
    frame_put_u32(out, (uint32_t)query_number(fetch->query));
    frame_put_i64(out, fetch->max_age_ms);
    frame_put_i64(out, fetch->span.begin);
    frame_put_i64(out, fetch->span.end);
    frame_put_i64(out, fetch->span.type);
    frame_put_u32(out, fetch->id_count);
    frame_put_cells(out, fetch->ids, fetch->id_count);
    return frame_end(out, begin);
}

bool
message_read_fetch(const struct frame *frame, size_t center_count,
                   struct message_fetch *out, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "FETCH", error);
    out->wait = frame->header.id;
    out->center = cursor_index(&cursor, center_count, "no such centre");
    out->query = cursor_query(&cursor);
    out->max_age_ms =
        cursor_number(&cursor, 0, MESSAGE_PERIOD_MAX_MS, "the greatest age");
    out->span = cursor_span(&cursor, out->query);
    int64_t *ids = cursor_room_for_ids(frame);
    out->ids = ids;
    out->id_count = cursor_ids(&cursor, out->query, ids);
    if (cursor_finish(&cursor))
        return true;
    message_fetch_fini(out);
    return false;
}

void
message_fetch_fini(struct message_fetch *fetch)
{
    free((int64_t *)fetch->ids);
    *fetch = (struct message_fetch){0};
}

bool
message_write_ask(struct buf *out, int64_t now_ms, const struct message_ask *ask)
{
    size_t begin = frame_begin(out, FRAME_ASK, ask->wait, now_ms);
    frame_put_string(out, ask->word);
    frame_put_text(out, ask->question, ask->question_size);
    return frame_end(out, begin);
}

bool
message_read_ask(const struct frame *frame, struct message_ask *out,
                 struct error *error)
{
    struct cursor cursor = cursor_open(frame, "ASK", error);
    out->wait = frame->header.id;
    out->word = cursor_word(&cursor, 1, MESSAGE_NAME_MAX, "the word of a question");
    out->question = cursor_text(&cursor, &out->question_size, "no question");
    return cursor_finish(&cursor);
}

bool
message_write_answer(struct buf *out, int64_t now_ms,
                     const struct message_answer *answer)
{
    bool is_good = answer->error.kind == ERROR_NONE;
    size_t begin = frame_begin(out, FRAME_ANSWER, answer->wait, now_ms);
    frame_put_i64(out, is_good);
    if (is_good)
        frame_put_text(out, answer->answer, answer->answer_size);
    else
        message_put_error(out, &answer->error);
    return frame_end(out, begin);
}

bool
message_read_answer(const struct frame *frame, struct message_answer *out,
                    struct error *error)
{
    struct cursor cursor = cursor_open(frame, "ANSWER", error);
    *out = (struct message_answer){.wait = frame->header.id};
    if (cursor_number(&cursor, 0, 1, "ok is neither 0 nor 1") == 1)
        out->answer = cursor_text(&cursor, &out->answer_size, "no answer");
    else
        cursor_error(&cursor, &out->error);
    return cursor_finish(&cursor);
}

void
message_write_forget(struct buf *out, int64_t now_ms, uint64_t wait)
{
    frame_end(out, frame_begin(out, FRAME_FORGET, wait, now_ms));
}

bool
message_read_forget(const struct frame *frame, uint64_t *wait, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "FORGET", error);
    *wait = frame->header.id;
    return cursor_finish(&cursor);
}
