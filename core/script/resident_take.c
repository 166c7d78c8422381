#include "script/resident_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "script/tally.h"
#include "base/message_id.h"

/* ---- what the host says ---- */

/* People read a file from its top, and the script before its modules. */
static int
by_spot(const void *left, const void *right)
{
    const struct message_problem *a = left, *b = right;
    return (a->spot > b->spot) - (a->spot < b->spot);
}

static bool
take_loaded(struct resident *resident, const struct frame *frame, struct error *error)
{
    if (resident->is_loaded) {
        error_set(error, ERROR_DECODE, "", "LOADED twice");
        return false;
    }
    if (!message_read_loaded(frame, resident->world.conf->center_count,
                             resident->want_max, &resident->loaded, error))
        return false;
    if (!resident_make_jobs(resident, error))
        return false;
    resident->is_loaded = true;
    qsort(resident->loaded.problems, resident->loaded.problem_count,
          sizeof *resident->loaded.problems, by_spot);
    process_set_loaded(resident->process);
    resident->events.on_loaded(resident->events.arg, &resident->loaded);
    return true;
}

static bool
is_of_run(const struct resident *resident, const struct message_commit *commit)
{
    return commit->scheduled_ms &&
           resident->loaded.entries[commit->entry].kind == ENTRY_RULE;
}

static char *
origin_of(const struct resident *resident, const struct message_commit *commit)
{
    if (is_of_run(resident, commit))
        return mem_text(resident_run_id(resident, (uint64_t)commit->scheduled_ms));
    return message_id_job(resident->name, resident->loaded.entries[commit->entry].name,
                          commit->scheduled_ms);
}

static bool
add_send(struct notify_batch *batch, const char *run, const struct message_send *send,
         struct error *error)
{
    char *origin = message_id_origin(run, send->path);
    bool fine = notify_send(batch, origin, send->destination, send->ordinal,
                            send->key[0] ? send->key : NULL, send->message,
                            send->message_size, error);
    free(origin);
    return fine;
}

/* The origin names the task and its run: equal runs make equal ids (lifecycle.md §4).
 */
static bool
add_sends(struct resident *resident, struct notify_batch *batch,
          const struct message_commit *commit, struct error *error)
{
    bool fine = true;
    char *run = origin_of(resident, commit);
    for (uint32_t i = 0; fine && i < commit->send_count; i++)
        fine = add_send(batch, run, &commit->sends[i], error);
    free(run);
    return fine;
}

/* A host keeps to the limit by itself, and says FULL; it may not know of alerts that
 * were open before. `opened` counts the raises of the same commit, which are not in the
 * book yet. */
static bool
has_room(const struct resident *resident, int64_t opened, struct error *error)
{
    size_t open = notify_raised_of(resident->world.notify, resident->name);
    if ((int64_t)open + opened < (int64_t)resident->open_before + resident->alert_max)
        return true;
    error_set(error, ERROR_LIMIT, "", "COMMIT: more than %lld alerts are open",
              (long long)resident->alert_max);
    return false;
}

static bool
add_alerts(struct resident *resident, struct notify_batch *batch,
           const struct message_commit *commit, struct error *error)
{
    const struct conf *conf = resident->world.conf;
    int64_t opened = 0;
    for (uint32_t i = 0; i < commit->alert_count; i++) {
        const struct message_alert *alert = &commit->alerts[i];
        bool is_raise = !strcmp(alert->kind, "raise");
        if (is_raise && !has_room(resident, opened++, error))
            return false;
        if (!notify_alert(batch, conf->centers[alert->center].name,
                          resident->loaded.entries[commit->entry].name, alert->key,
                          alert->kind, alert->event, alert->event_size, error))
            return false;
    }
    return true;
}

/* Of the same rule, in the same transaction. */
static void
add_states(struct resident *resident, struct notify_batch *batch,
           const struct message_commit *commit)
{
    const struct conf *conf = resident->world.conf;
    for (uint32_t i = 0; i < commit->state_count; i++) {
        const struct message_state *state = &commit->states[i];
        notify_state(batch, conf->centers[state->center].name,
                     resident->loaded.entries[commit->entry].name, state->key,
                     state->state);
    }
}

/* Only once all else of the commit is known to be good. A script that was replaced has
 * handed its store over. */
static void
add_kept(struct resident *resident, struct notify_batch *batch,
         const struct message_commit *commit)
{
    if (resident->is_replaced && commit->kept_count && !resident->store_lost) {
        log_warn(resident->room, "what a task of the replaced version still keeps in "
                                 "gw.store() is dropped");
        resident->store_lost = true;
    }
    for (uint32_t i = 0; !resident->is_replaced && i < commit->kept_count; i++) {
        const struct message_stored *kept = &commit->kept[i];
        if (notify_keep(batch, kept->key, kept->value_size ? kept->value : NULL,
                        kept->value_size, kept->written_ms,
                        (size_t)resident->store_max) ||
            resident->store_full)
            continue;
        log_error(resident->room,
                  "gw.store() is full: no more is kept (limit store in [script %s])",
                  resident->name);
        resident->store_full = true;
    }
}

static bool
add_items(struct resident *resident, struct notify_batch *batch,
          const struct message_commit *commit, struct error *error)
{
    if (!resident->is_replaced) {
        add_states(resident, batch, commit);
        if (!add_alerts(resident, batch, commit, error))
            return false;
    }
    return add_sends(resident, batch, commit, error);
}

static void
add_end(struct resident *resident, struct notify_batch *batch,
        const struct message_commit *commit)
{
    uint64_t number = (uint64_t)commit->scheduled_ms;
    const char *id = resident_run_id(resident, number);
    if (commit->note_size)
        notify_note(batch, id, commit->note, commit->note_size);
    if (!commit->is_done)
        return;
    notify_end_run(batch, id);
    resident_end_handler(resident, number);
}

/* For whoever watches the run. */
static void
report_sends(const struct resident *resident, const struct message_commit *commit)
{
    struct run_report *report = resident_report(resident, commit->entry);
    for (uint32_t i = 0; report && i < commit->send_count; i++)
        run_report_send(report, commit->sends[i].destination);
}

static bool
take_commit(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_commit commit;
    if (!message_read_commit(frame, &resident->loaded,
                             resident->world.conf->center_count, &commit, error))
        return false;
    bool is_run = is_of_run(resident, &commit);
    if (is_run && !resident_run_id(resident, (uint64_t)commit.scheduled_ms)) {
        /* It may have crossed the word that its rule is switched off: it runs again. */
        bool is_off = resident->is_off[commit.entry];
        if (!is_off)
            error_set(error, ERROR_DECODE, "", "COMMIT of a run that is not under way");
        message_commit_fini(&commit);
        return is_off;
    }
    struct notify_batch *batch =
        notify_begin(resident->world.notify, resident->name, clock_wall_ms());
    bool fine = add_items(resident, batch, &commit, error);
    if (fine)
        add_kept(resident, batch, &commit);
    if (fine && is_run)
        add_end(resident, batch, &commit);
    if (fine)
        report_sends(resident, &commit);
    if (fine)
        notify_commit(batch);
    else
        notify_drop(batch);
    message_commit_fini(&commit);
    return fine;
}

static bool
take_metric(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_metric metric;
    if (!message_read_metric(frame, &metric, error))
        return false;
    const char *problem = tally_take(resident->world.tally, resident->name, &metric);
    if (problem && !resident->metrics_lost)
        log_warn(resident->room, "metric %s is not counted: %s", metric.name, problem);
    resident->metrics_lost = resident->metrics_lost || problem;
    return true;
}

static bool
take_log(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_log line;
    if (!message_read_log(frame, &line, error))
        return false;
    log_write(line.level, resident->room, "%s%s%.*s", line.room,
              line.room[0] ? ": " : "", (int)line.text_size, line.text);
    struct run_report *report = resident_report_in(resident, line.room);
    if (report)
        run_report_line(report, line.level, line.text, line.text_size);
    return true;
}

static bool
take_strike(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_strike strike;
    if (!message_read_strike(frame, &resident->loaded, &strike, error))
        return false;
    resident->events.on_strike(resident->events.arg, strike.entry, strike.text);
    return true;
}

static bool
take_full(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_full full;
    if (!message_read_full(frame, &resident->loaded, &full, error))
        return false;
    if (!resident->is_replaced)
        resident->events.on_full(resident->events.arg, full.entry, full.is_waiting);
    return true;
}

static bool
take_failed(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_failed failed;
    if (!message_read_failed(frame, &resident->loaded, &failed, error))
        return false;
    if (resident->events.on_failed)
        resident->events.on_failed(resident->events.arg, &failed);
    return true;
}

static bool
take_done(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_done done;
    if (!message_read_done(frame, &resident->loaded, &done, error))
        return false;
    resident_end_run(resident, &done);
    return true;
}

/* What may come when: a host that is not live has nothing to commit. */
static const struct {
    frame_taker *take;
    bool only_live;
} takers[] = {
    [FRAME_LOADED - FRAME_LOADED] = {take_loaded, false},
    [FRAME_COMMIT - FRAME_LOADED] = {take_commit, true},
    [FRAME_SLEEP - FRAME_LOADED] = {resident_take_sleep, true},
    [FRAME_FETCH - FRAME_LOADED] = {resident_take_fetch, true},
    [FRAME_LOG - FRAME_LOADED] = {take_log, false},
    [FRAME_STRIKE - FRAME_LOADED] = {take_strike, true},
    [FRAME_DONE - FRAME_LOADED] = {take_done, true},
    [FRAME_ASK - FRAME_LOADED] = {resident_take_ask, true},
    [FRAME_FORGET - FRAME_LOADED] = {resident_take_forget, true},
    [FRAME_METRIC - FRAME_LOADED] = {take_metric, true},
    [FRAME_FULL - FRAME_LOADED] = {take_full, true},
    [FRAME_FAILED - FRAME_LOADED] = {take_failed, true},
};

bool
resident_take(struct resident *resident, const struct frame *frame, struct error *error)
{
    size_t index = frame->header.type - FRAME_LOADED;
    if (takers[index].only_live && !resident->is_live) {
        error_set(error, ERROR_DECODE, "", "frame %u before the script is live",
                  frame->header.type);
        return false;
    }
    return takers[index].take(resident, frame, error);
}
