#include "script/resident_inside.h"

#include <stdlib.h>

#include "base/mem.h"

/* A tick that the host has not yet worked off is as good as another one. */
static void
on_tick(void *arg)
{
    struct tick *tick = arg;
    struct resident *resident = tick->resident;
    if (process_is_worked_off(resident->process, tick->mark)) {
        message_write_tick(process_out(resident->process), clock_wall_ms(),
                           tick->entry);
        tick->mark = process_mark(resident->process);
    }
    timer_start(tick->timer, tick->every_ms);
}

#define FIRST_MS ((int64_t)100)
#define SPREAD   20 /* places within a second */

/* A rule that finds its rows itself does not wait for a whole period. */
static int64_t
first_ms(int64_t every_ms, uint32_t number)
{
    int64_t first_ms = FIRST_MS + (number % SPREAD) * (900 / SPREAD);
    return first_ms < every_ms ? first_ms : every_ms;
}

void
resident_start_ticks(struct resident *resident)
{
    uint32_t count = resident->loaded.entry_count;
    resident->ticks = mem_zero((count + 1) * sizeof *resident->ticks);
    for (uint32_t i = 0; i < count; i++) {
        const struct message_entry *entry = &resident->loaded.entries[i];
        if (entry->kind != ENTRY_RULE || !entry->schedule.every_ms)
            continue;
        struct tick *tick = &resident->ticks[resident->tick_count++];
        tick->resident = resident;
        tick->entry = i;
        tick->every_ms = entry->schedule.every_ms;
        tick->timer = timer_new(resident->world.loop, on_tick, tick);
        timer_start(tick->timer, first_ms(tick->every_ms, i));
    }
}

void
resident_stop_ticks(struct resident *resident)
{
    for (size_t i = 0; i < resident->tick_count; i++)
        timer_free(resident->ticks[i].timer);
    free(resident->ticks);
    resident->ticks = NULL;
    resident->tick_count = 0;
}
