/* Handlers of rules: claimed from the book, given to the host, ended by it. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "script/resident_inside.h"

#define RUN_MS ((int64_t)5 * 60 * 1000)

/* A run that the host has been given. */
struct run {
    struct resident *resident;
    uint64_t number;
    uint32_t entry;
    char *id; /* of the book's record */
    struct timer *timer;
    struct run *next;
};

/* The entry of the rule, or how many there are. */
static uint32_t
entry_of(const struct resident *resident, const char *rule)
{
    uint32_t entry = 0;
    while (entry < resident->loaded.entry_count &&
           (resident->loaded.entries[entry].kind != ENTRY_RULE ||
            strcmp(resident->loaded.entries[entry].name, rule) != 0))
        entry++;
    return entry;
}

/* Of a rule that is switched off nothing runs: it waits until the rule is on again. */
static bool
is_mine(const void *arg, const char *rule)
{
    const struct resident *resident = arg;
    uint32_t entry = entry_of(resident, rule);
    return entry < resident->loaded.entry_count && !resident->is_off[entry];
}

static void
on_due(void *arg)
{
    struct resident *resident = arg;
    while (resident->run_count < RESIDENT_RUNS_MAX &&
           notify_claim(resident->world.notify, resident, is_mine))
        resident->run_count++;
}

static void
on_late(void *arg)
{
    const struct run *run = arg;
    message_write_cancel(process_out(run->resident->process), clock_wall_ms(),
                         run->number);
}

static void
on_start(void *arg, const struct handler_record *record)
{
    struct resident *resident = arg;
    struct run *run = mem_zero(sizeof *run);
    struct buf refs = {0};
    struct message_handle handle = {
        .run = ++resident->run_number,
        .origin = record->id,
        .entry = entry_of(resident, record->rule),
        .kind = record->kind,
        .alert = record->alert,
        .alert_size = strlen(record->alert),
        .attempt = record->attempts,
    };
    handle.note = notify_note_of(resident->world.notify, record->id, &handle.note_size);
    notify_refs(resident->world.notify, record->id, &refs);
    handle.refs = refs.data;
    handle.refs_size = refs.size;
    run->resident = resident;
    run->number = handle.run;
    run->entry = handle.entry;
    run->id = mem_text(record->id);
    run->timer = timer_new(resident->world.loop, on_late, run);
    run->next = resident->runs;
    resident->runs = run;
    timer_start(run->timer, RUN_MS);
    message_write_handle(process_out(resident->process), clock_wall_ms(), &handle);
    buf_fini(&refs);
}

void
resident_start_handlers(struct resident *resident)
{
    const struct notify_runner runner = {on_due, on_start, resident};
    notify_add_runner(resident->world.notify, &runner);
    on_due(resident);
}

void
resident_stop_handlers(struct resident *resident)
{
    if (resident->is_live)
        resident->run_count -= notify_remove_runner(resident->world.notify, resident);
}

static void
run_delete(struct run *run)
{
    timer_free(run->timer);
    free(run->id);
    free(run);
}

void
resident_drop_runs(struct resident *resident)
{
    while (resident->runs) {
        struct run *run = resident->runs;
        resident->runs = run->next;
        run_delete(run);
    }
    if (resident->is_live)
        notify_release(resident->world.notify, resident, NULL);
}

void
resident_hold_handlers(struct resident *resident, uint32_t entry)
{
    const struct message_entry *rule = &resident->loaded.entries[entry];
    for (struct run **at = &resident->runs; *at;) {
        struct run *run = *at;
        if (run->entry != entry) {
            at = &run->next;
            continue;
        }
        *at = run->next;
        run_delete(run);
    }
    if (rule->kind == ENTRY_RULE)
        resident->run_count -=
            notify_release(resident->world.notify, resident, rule->name);
}

const char *
resident_run_id(const struct resident *resident, uint64_t number)
{
    const struct run *run = resident->runs;
    while (run && run->number != number)
        run = run->next;
    return run ? run->id : NULL;
}

void
resident_end_handler(struct resident *resident, uint64_t number)
{
    struct run **at = &resident->runs;
    while (*at && (*at)->number != number)
        at = &(*at)->next;
    struct run *run = *at;
    if (!run)
        return;
    *at = run->next;
    run_delete(run);
    resident->run_count--;
}
