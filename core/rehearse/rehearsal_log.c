/* The gateway's log, kept. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "rehearse/rehearsal_inside.h"

static void
on_line(void *arg, enum log_level level, const char *room, const char *message)
{
    struct rehearsal *rehearsal = arg;
    struct rehearsal_line *line = mem_zero(sizeof *line);
    *line = (struct rehearsal_line){.room = mem_text(room),
                                    .text = mem_text(message),
                                    .level = (int)level,
                                    .at_ms = clock_wall_ms()};
    rehearsal->lines =
        mem_grow(rehearsal->lines, rehearsal->line_count + 1, sizeof line);
    rehearsal->lines[rehearsal->line_count++] = line;
}

void
rehearsal_take_log(struct rehearsal *rehearsal)
{
    rehearsal->taker = (struct log_taker){on_line, rehearsal};
}

void
rehearsal_forget_log(struct rehearsal *rehearsal)
{
    for (size_t i = 0; i < rehearsal->line_count; i++) {
        free((void *)(uintptr_t)rehearsal->lines[i]->room);
        free((void *)(uintptr_t)rehearsal->lines[i]->text);
        free(rehearsal->lines[i]);
    }
    free(rehearsal->lines);
}

size_t
rehearsal_line_count(const struct rehearsal *rehearsal)
{
    return rehearsal->line_count;
}

const struct rehearsal_line *
rehearsal_line(const struct rehearsal *rehearsal, size_t index)
{
    return rehearsal->lines[index];
}
