#include "script/ward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define RESTART_FIRST_MS ((int64_t)100)
#define RESTART_MOST_MS  ((int64_t)60 * 1000)
#define RESTART_NO_FAULT ((int64_t)1000) /* most, when the script was not at fault */
#define NAMES_SHOWN      5u
#define HEALTHY_MS       ((int64_t)60 * 1000) /* up so long: the back-off starts anew */

/* ---- entries and strikes ---- */

struct entry_record *
ward_record(struct ward *ward, uint8_t kind, const char *name)
{
    for (size_t i = 0; i < ward->entry_count; i++)
        if (ward->entries[i].kind == kind && !strcmp(ward->entries[i].name, name))
            return &ward->entries[i];
    ward->entries =
        mem_grow(ward->entries, ward->entry_count + 1, sizeof *ward->entries);
    ward->entries[ward->entry_count] =
        (struct entry_record){.kind = kind, .name = mem_text(name)};
    return &ward->entries[ward->entry_count++];
}

struct entry_record *
ward_record_at(struct ward *ward, uint32_t entry)
{
    const struct message_loaded *loaded =
        ward->resident ? resident_loaded(ward->resident) : NULL;
    if (!loaded || entry >= loaded->entry_count)
        return NULL;
    return ward_record(ward, loaded->entries[entry].kind, loaded->entries[entry].name);
}

/* Another version: nothing is held against it. */
static void
forgive_entries(struct ward *ward)
{
    for (size_t i = 0; i < ward->entry_count; i++) {
        struct entry_record *record = &ward->entries[i];
        free(record->trouble);
        *record = (struct entry_record){.kind = record->kind,
                                        .name = record->name,
                                        .error_count = record->error_count};
    }
    ward->deaths = (struct strikes){0};
}

static void
forget_entries(struct ward *ward)
{
    for (size_t i = 0; i < ward->entry_count; i++) {
        free(ward->entries[i].trouble);
        free(ward->entries[i].name);
    }
    free(ward->entries);
}

static void
strike(struct ward *ward, struct entry_record *record, const char *reason)
{
    int64_t now = clock_mono_ms();
    const char *word = record->kind == ENTRY_RULE ? "rule" : "job";
    bool is_out = strikes_add(&record->strikes, now);
    ward_note_error(record, reason, strlen(reason));
    if (is_out)
        ward_tell_off(ward, record, reason);
    if (is_out)
        log_error(
            ward->room,
            "%s '%s' stopped: %s; switched off after %d strikes in 10 minutes, its "
            "alerts are held; on again when the file changes, at a reload, or for "
            "one trial in an hour",
            word, record->name, reason, STRIKES_OUT);
    else
        log_warn(ward->room, "%s '%s' stopped: %s (strike %d of %d)", word,
                 record->name, reason, strikes_count(&record->strikes, now),
                 STRIKES_OUT);
}

static void
on_strike(void *arg, uint32_t entry, const char *text)
{
    struct ward *ward = arg;
    struct entry_record *record = ward_record_at(ward, entry);
    /* It met samples that were on their way before it was switched off. */
    if (record->strikes.out_since_ms)
        return;
    strike(ward, record, text);
    if (!record->strikes.out_since_ms)
        return;
    ward_tell_full(ward, record, false);
    resident_disable(ward->resident, entry);
}

static void
on_full(void *arg, uint32_t entry, bool is_waiting)
{
    struct ward *ward = arg;
    struct entry_record *record = ward_record_at(ward, entry);
    /* It may have crossed the word that the rule is switched off. */
    if (!record->strikes.out_since_ms)
        ward_tell_full(ward, record, is_waiting);
}

static void
on_failed(void *arg, const struct message_failed *failed)
{
    ward_take_errors(arg, failed);
}

/* ---- loading ---- */

void
ward_note_trouble(struct ward *ward, const char *text)
{
    free(ward->trouble);
    ward->trouble = mem_text(text);
}

static const struct resident_events resident_events;

/* Into the log; the errors stay to be asked for. */
static void
tell_problems(struct ward *ward, const struct script_file *file,
              const struct message_loaded *loaded)
{
    struct buf errors = {0};
    for (uint32_t i = 0; i < loaded->problem_count; i++) {
        const struct message_problem *problem = &loaded->problems[i];
        char line[16] = "";
        uint32_t number;
        const char *shown = script_file_place(file, problem->spot, &number);
        if (number)
            snprintf(line, sizeof line, ":%u", number);
        log_write(problem->level, ward->room, "%s%s: %.*s", shown, line,
                  (int)problem->text_size, problem->text);
        if (problem->level == LEVEL_ERROR)
            buf_format(&errors, "%s%s%s: %.*s", errors.size ? "\n" : "", shown, line,
                       (int)problem->text_size, problem->text);
    }
    ward_note_trouble(ward, errors.data);
    buf_fini(&errors);
}

/* "live: rule queue-wait, job digest" */
static void
say_live(const struct ward *ward, const struct message_loaded *loaded)
{
    struct buf names = {0};
    for (uint32_t i = 0; i < loaded->entry_count && i < NAMES_SHOWN; i++)
        buf_format(&names, "%s%s %s", i ? ", " : "",
                   loaded->entries[i].kind == ENTRY_RULE ? "rule" : "job",
                   loaded->entries[i].name);
    if (loaded->entry_count > NAMES_SHOWN)
        buf_format(&names, " and %u more", loaded->entry_count - NAMES_SHOWN);
    log_info(ward->room, "live: %s", names.size ? names.data : "no rule and no job");
    buf_fini(&names);
}

static void
go_live(struct ward *ward)
{
    const struct message_loaded *loaded = resident_loaded(ward->resident);
    bool *disabled = mem_zero(loaded->entry_count + 1);
    for (uint32_t i = 0; i < loaded->entry_count; i++)
        disabled[i] = ward_record_at(ward, i)->strikes.out_since_ms != 0;
    /* What waits for room the new host finds out for itself. */
    for (size_t i = 0; i < ward->entry_count; i++)
        ward_tell_full(ward, &ward->entries[i], false);
    if (ward->state != WARD_RESTARTING) {
        ward_tell_over(ward);
        say_live(ward, loaded);
    }
    ward->state = WARD_LIVE;
    ward->live_since_ms = clock_mono_ms();
    resident_start(ward->resident, disabled);
    free(disabled);
}

static void
on_loaded(void *arg, const struct message_loaded *loaded)
{
    struct ward *ward = arg;
    /* It was good before: what is wrong now is said, and the host ends by itself. */
    tell_problems(ward, &ward->file, loaded);
    if (!loaded->failed && !ward->is_draining)
        go_live(ward);
    ward->on_change(ward->arg);
}

static void
load(void *arg)
{
    struct ward *ward = arg;
    struct resident_events events = resident_events;
    struct error error = {0};
    events.arg = ward;
    ward->resident = resident_new(ward->world, &ward->file, &events, &error);
    if (ward->resident)
        return;
    log_error(ward->room, "%s; trying again in a minute", error.message);
    timer_start(ward->restart_timer, RESTART_MOST_MS);
}

/* ---- the end of a host ---- */

static void
start_again(struct ward *ward, bool was_at_fault)
{
    int64_t now = clock_mono_ms(), most = RESTART_MOST_MS;
    if (ward->live_since_ms && now - ward->live_since_ms > HEALTHY_MS)
        ward->backoff_ms = 0;
    if (!was_at_fault)
        most = RESTART_NO_FAULT;
    int64_t wait = ward->backoff_ms < most ? ward->backoff_ms : most;
    ward->backoff_ms = ward->backoff_ms ? ward->backoff_ms * 2 : RESTART_FIRST_MS;
    if (ward->backoff_ms > RESTART_MOST_MS)
        ward->backoff_ms = RESTART_MOST_MS;
    ward->state = WARD_RESTARTING;
    ward->restarts++;
    timer_start(ward->restart_timer, wait);
}

/* A host that died at work: the entry that ran takes the strike, the script when none
 * did. One that was waiting for frames was killed by somebody else. */
static void
mourn(struct ward *ward, const struct resident *dead, const struct process_end *end)
{
    struct entry_record *record =
        end->entry ? ward_record_at(ward, end->entry - 1) : NULL;
    bool is_loading = !resident_loaded(dead);
    bool was_at_fault = end->was_busy || end->was_ours || is_loading;
    free(ward->death);
    ward->death = mem_text(end->reason);
    if (!was_at_fault)
        log_warn(ward->room, "its host was %s; starting it again", end->reason);
    else if (record)
        strike(ward, record, end->reason);
    else
        log_warn(ward->room, "its host ended%s: %s",
                 is_loading ? " while the script was loading" : "", end->reason);
    if (was_at_fault && !record && strikes_add(&ward->deaths, clock_mono_ms())) {
        log_error(
            ward->room,
            "quarantined: it died %d times in 10 minutes; its alerts are held; "
            "out again when the file changes, at a reload, or for one trial in an "
            "hour",
            STRIKES_OUT);
        ward_tell_quarantined(ward, end->reason);
        ward->state = WARD_QUARANTINED;
    } else {
        start_again(ward, was_at_fault);
    }
}

static void
on_end(void *arg, const struct process_end *end)
{
    struct ward *ward = arg;
    if (!ward->is_draining)
        mourn(ward, ward->resident, end);
    resident_delete(ward->resident);
    ward->resident = NULL;
    ward->on_change(ward->arg);
}

static const struct resident_events resident_events = {on_loaded, on_strike, on_full,
                                                       on_failed, on_end,    NULL};

/* ---- a candidate beside it ---- */

static bool
has_switched_off(const struct ward *ward)
{
    for (size_t i = 0; i < ward->entry_count; i++)
        if (ward->entries[i].strikes.out_since_ms)
            return true;
    return false;
}

bool
ward_is_changed(const struct ward *ward, const struct script_file *file,
                const struct buf *setup)
{
    return ward->state != WARD_LIVE || has_switched_off(ward) ||
           !script_file_is_same(&ward->file, file) || ward->setup.size != setup->size ||
           memcmp(ward->setup.data, setup->data, setup->size) != 0;
}

void
ward_drop_candidate(struct ward *ward)
{
    resident_delete(ward->candidate);
    script_file_fini(&ward->candidate_file);
    buf_fini(&ward->candidate_setup);
    ward->candidate = NULL;
    ward->candidate_file = (struct script_file){0};
    ward->candidate_is_good = false;
}

/* What the candidate was made of is what the ward is made of from now on. */
static void
adopt(struct ward *ward)
{
    script_file_fini(&ward->file);
    buf_fini(&ward->setup);
    ward->file = ward->candidate_file;
    ward->setup = ward->candidate_setup;
    ward->candidate_file = (struct script_file){0};
    ward->candidate_setup = (struct buf){0};
}

static void
on_candidate_loaded(void *arg, const struct message_loaded *loaded)
{
    struct ward *ward = arg;
    tell_problems(ward, &ward->candidate_file, loaded);
    ward->candidate_is_good = !loaded->failed;
    ward->on_change(ward->arg);
}

/* A host that said what is wrong with the script, or one that died: where none runs it
 * is tried again like one that ran. */
static void
on_candidate_end(void *arg, const struct process_end *end)
{
    struct ward *ward = arg;
    const struct message_loaded *loaded = resident_loaded(ward->candidate);
    bool is_refused = loaded && loaded->failed;
    bool is_alone = ward->state == WARD_DOWN || ward->state == WARD_QUARANTINED;
    if (is_refused || !is_alone)
        log_error(ward->room,
                  is_alone ? "not loaded; its alerts are held until the file is mended "
                             "(then: kill -HUP)"
                           : "not loaded: what ran before goes on");
    if (!is_refused && is_alone) {
        adopt(ward);
        mourn(ward, ward->candidate, end);
    }
    ward_drop_candidate(ward);
    ward->on_change(ward->arg);
}

/* Not live: a strike ends its loading, and LOADED tells why. */
static void
on_candidate_strike(void *arg, uint32_t entry, const char *text)
{
    (void)arg, (void)entry, (void)text;
}

void
ward_try(struct ward *ward, struct script_file *file, struct buf *setup,
         const struct resident_world *world)
{
    struct resident_events events = {.on_loaded = on_candidate_loaded,
                                     .on_strike = on_candidate_strike,
                                     .on_end = on_candidate_end,
                                     .arg = ward};
    struct error error = {0};
    ward->candidate_file = *file;
    ward->candidate_setup = *setup;
    *file = (struct script_file){0};
    *setup = (struct buf){0};
    if (ward->candidate_file.source)
        ward->candidate = resident_new(world, &ward->candidate_file, &events, &error);
    if (ward->candidate)
        return;
    char *text = mem_format("%s: %s", ward->candidate_file.shown,
                            ward->candidate_file.trouble ? ward->candidate_file.trouble
                                                         : error.message);
    log_error(ward->room, "%s", text);
    ward_note_trouble(ward, text);
    free(text);
    ward_drop_candidate(ward);
}

bool
ward_is_trying(const struct ward *ward)
{
    return ward->candidate && !ward->candidate_is_good;
}

bool
ward_is_unsettled(const struct ward *ward)
{
    return ward_is_trying(ward) || ward->state == WARD_RESTARTING;
}

struct resident *
ward_swap(struct ward *ward)
{
    struct resident *old = ward->resident;
    struct resident_events events = resident_events;
    events.arg = ward;
    resident_set_events(ward->candidate, &events);
    timer_stop(ward->restart_timer);
    forgive_entries(ward);
    adopt(ward);
    ward->resident = ward->candidate;
    ward->candidate = NULL;
    ward->candidate_is_good = false;
    ward->backoff_ms = 0;
    ward->state = WARD_DOWN;
    if (old)
        resident_retire(old);
    go_live(ward);
    return old;
}

struct resident *
ward_put_down(struct ward *ward)
{
    struct resident *old = ward->resident;
    timer_stop(ward->restart_timer);
    resident_retire(old);
    ward->resident = NULL;
    ward->state = WARD_DOWN;
    return old;
}

/* ---- life ---- */

struct ward *
ward_new(const struct resident_world *world, struct ward **place,
         const struct script_file *file, loop_callback *on_change, void *arg)
{
    struct ward *ward = mem_zero(sizeof *ward);
    ward->world = world;
    ward->on_change = on_change;
    ward->arg = arg;
    ward->file.name = mem_text(file->name);
    ward->file.shown = mem_text(file->shown);
    ward->room = mem_format("script %s", file->name);
    ward->state = WARD_DOWN;
    ward->restart_timer = timer_new(world->loop, load, ward);
    ward->next = *place;
    *place = ward;
    return ward;
}

void
ward_delete(struct ward *ward)
{
    ward_drop_candidate(ward);
    resident_delete(ward->resident);
    timer_free(ward->restart_timer);
    forget_entries(ward);
    script_file_fini(&ward->file);
    buf_fini(&ward->setup);
    free(ward->trouble);
    free(ward->death);
    free(ward->room);
    free(ward);
}

void
ward_try_again(struct ward *ward, int64_t now_ms)
{
    ward_tell_survivors(ward, now_ms);
    bool is_due = strikes_try(&ward->deaths, now_ms);
    if (ward->state == WARD_QUARANTINED && !is_due)
        return;
    for (size_t i = 0; i < ward->entry_count; i++)
        if (strikes_try(&ward->entries[i].strikes, now_ms))
            is_due = true;
    if (!is_due)
        return;
    log_info(ward->room, "starting it again: one trial after an hour");
    timer_stop(ward->restart_timer);
    resident_delete(ward->resident);
    ward->resident = NULL;
    ward->state = WARD_RESTARTING;
    load(ward);
}

void
ward_drain(struct ward *ward)
{
    ward->is_draining = true;
    ward_drop_candidate(ward);
    timer_stop(ward->restart_timer);
    if (ward->resident)
        resident_retire(ward->resident);
}
