/* Attendance: who was there in the newest answer to one request of a list.
 *
 * Alerts over a list end when their row is in none of these any more. Only keys are
 * kept, as key.h's ids: rows go with their frame. */
#ifndef CCGATE_SCRIPT_ATTENDANCE_H
#define CCGATE_SCRIPT_ATTENDANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "script/message.h"

/* A zeroed struct has no answer yet. */
struct attendance {
    bool is_answered;
    int64_t *ids; /* sorted; owned */
    size_t count, room;
};

void attendance_fini(struct attendance *attendance);

/* Takes over the keys of a sample, and forgets those of the one before. */
void attendance_take(struct attendance *attendance, const struct message_rows *rows);

bool attendance_has(const struct attendance *attendance, int64_t id);

#endif
