/* What a task waits for: SLEEP and FETCH. */
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
