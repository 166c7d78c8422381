#include "script/attendance.h"

#include <stdlib.h>

#include "base/mem.h"
#include "script/key.h"

static int
by_id(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

void
attendance_fini(struct attendance *attendance)
{
    free(attendance->ids);
    *attendance = (struct attendance){0};
}

void
attendance_take(struct attendance *attendance, const struct message_rows *rows)
{
    struct key key;
    if (rows->row_count > attendance->room) {
        attendance->room = rows->row_count;
        attendance->ids =
            mem_grow(attendance->ids, attendance->room, sizeof *attendance->ids);
    }
    for (uint32_t i = 0; i < rows->row_count; i++) {
        key_of_row(&key, rows->query, message_row(rows, i));
        attendance->ids[i] = key.id;
    }
    attendance->count = rows->row_count;
    attendance->is_answered = true;
    if (attendance->count)
        qsort(attendance->ids, attendance->count, sizeof *attendance->ids, by_id);
}

bool
attendance_has(const struct attendance *attendance, int64_t id)
{
    return attendance->count && bsearch(&id, attendance->ids, attendance->count,
                                        sizeof *attendance->ids, by_id);
}
