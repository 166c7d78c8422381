/* The schedule of a job as a payload item; shared by message_reply.c and message_job.c
 * alone. */
#ifndef CCGATE_SCRIPT_MESSAGE_JOB_H
#define CCGATE_SCRIPT_MESSAGE_JOB_H

#include "script/cursor.h"
#include "script/message.h"

void message_put_schedule(struct buf *out, const struct message_schedule *schedule);

/* Its texts have been checked for their size alone: whether they say times, zones and
 * hours is for who makes a timetable of them. */
void message_get_schedule(struct cursor *cursor, struct message_schedule *schedule);

#endif
