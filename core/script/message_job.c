/* What a host says of jobs: when they run, and that a run has ended. */
#include "script/message_job.h"

void
message_put_schedule(struct buf *out, const struct message_schedule *schedule)
{
    frame_put_i64(out, schedule->every_ms);
    frame_put_string(out, schedule->cron);
    frame_put_string(out, schedule->zone);
    frame_put_u8(out, schedule->missed);
    frame_put_u8(out, schedule->has_during);
    frame_put_string(out, schedule->during);
    frame_put_string(out, schedule->during_zone);
}

void
message_get_schedule(struct cursor *cursor, struct message_schedule *schedule)
{
    schedule->every_ms =
        cursor_number(cursor, 0, MESSAGE_PERIOD_MAX_MS, "the period of a job");
    schedule->cron = cursor_word(cursor, 0, MESSAGE_CRON_MAX, "the times of a job");
    cursor_demand(cursor,
                  schedule->cron[0] ? !schedule->every_ms
                                    : schedule->every_ms >= MESSAGE_PERIOD_MIN_MS,
                  "the period of a job");
    schedule->zone = cursor_word(cursor, 1, MESSAGE_NAME_MAX, "the zone of a job");
    schedule->missed = frame_get_u8(&cursor->in);
    uint8_t has_during = frame_get_u8(&cursor->in);
    cursor_demand(cursor, schedule->missed <= MISSED_ALL && has_during <= 1,
                  "what becomes of missed runs");
    schedule->has_during = has_during == 1;
    schedule->during = frame_get_string(&cursor->in);
    schedule->during_zone =
        cursor_word(cursor, 1, MESSAGE_NAME_MAX, "the zone of a calendar");
}

void
message_write_done(struct buf *out, int64_t now_ms, const struct message_done *done)
{
    size_t begin = frame_begin(out, FRAME_DONE, done->entry, now_ms);
    frame_put_i64(out, done->scheduled_ms);
    frame_put_text(out, done->trouble, done->trouble_size);
    frame_end(out, begin);
}

bool
message_read_done(const struct frame *frame, const struct message_loaded *loaded,
                  struct message_done *out, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "DONE", error);
    out->entry = cursor_entry(&cursor, frame, loaded->entry_count);
    out->scheduled_ms = frame_get_i64(&cursor.in);
    out->trouble = frame_get_text(&cursor.in, &out->trouble_size);
    cursor_demand(&cursor,
                  out->entry < loaded->entry_count &&
                      loaded->entries[out->entry].kind == ENTRY_JOB,
                  "the end of what is no job");
    return cursor_finish(&cursor);
}
