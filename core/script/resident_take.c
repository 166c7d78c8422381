#include "script/resident_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

/* A task that only sleeps and sleeps must not keep gateway and host busy. */
#define SLEEP_LEAST_MS ((int64_t)10)

/* ---- waits ---- */

/* NULL with `error`: each task waits for one thing, so there are no more waits than
 * tasks, and none has the name of another. */
static struct wait *
wait_new(struct resident *resident, uint64_t id, struct error *error)
{
    bool is_known = false;
    for (struct wait *other = resident->waits; other; other = other->next)
        if (other->id == id)
            is_known = true;
    if (is_known ||
        resident->wait_count >= (size_t)resident->task_max + RESIDENT_RUNS_MAX) {
        error_set(error, ERROR_DECODE, "", "wait %llu: %s", (unsigned long long)id,
                  is_known ? "is there already" : "too many");
        return NULL;
    }
    struct wait *wait = mem_zero(sizeof *wait);
    wait->resident = resident;
    wait->id = id;
    wait->next = resident->waits;
    resident->waits = wait;
    resident->wait_count++;
    return wait;
}

static void
wait_delete(struct wait *wait)
{
    struct wait **at = &wait->resident->waits;
    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    wait->resident->wait_count--;
    timer_free(wait->timer);
    free(wait);
}

static void
on_slept(void *arg)
{
    struct wait *wait = arg;
    message_write_wake(process_out(wait->resident->process), clock_wall_ms(), wait->id);
    wait_delete(wait);
}

static void
on_fetched(void *arg, const struct error *error, const struct block *rows,
           int64_t wall_ms)
{
    struct wait *wait = arg;
    struct message_fetched fetched = {.wait = wait->id, .error = *error};
    if (error->kind == ERROR_NONE)
        fetched.rows = (struct message_rows){.center = wait->center,
                                             .query = rows->query,
                                             .row_count = (uint32_t)rows->row_count,
                                             .cells = rows->cells,
                                             .text = rows->text.data,
                                             .text_size = rows->text.size};
    (void)wall_ms;
    wait->fetch = NULL; /* ends itself after this call */
    if (!message_write_fetched(process_out(wait->resident->process), clock_wall_ms(),
                               &fetched)) {
        error_set(&fetched.error, ERROR_LIMIT, "",
                  "an answer of %u rows is more than a script can be given, %zu MB; "
                  "ask for less at a time",
                  fetched.rows.row_count, FRAME_MAX >> 20);
        message_write_fetched(process_out(wait->resident->process), clock_wall_ms(),
                              &fetched);
    }
    wait_delete(wait);
}

void
resident_drop_waits(struct resident *resident)
{
    while (resident->waits) {
        struct wait *wait = resident->waits;
        if (wait->fetch)
            fetch_cancel(wait->fetch);
        wait_delete(wait);
    }
}

/* ---- what the host says ---- */

typedef bool frame_taker(struct resident *resident, const struct frame *frame,
                         struct error *error);

/* People read a file from its top. */
static int
by_line(const void *left, const void *right)
{
    const struct message_problem *a = left, *b = right;
    return (a->line > b->line) - (a->line < b->line);
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
          sizeof *resident->loaded.problems, by_line);
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
    return mem_format("job/%s/%s/%lld", resident->name,
                      resident->loaded.entries[commit->entry].name,
                      (long long)commit->scheduled_ms);
}

/* The origin names the run: equal runs make equal ids (lifecycle.md §4). */
static bool
add_sends(struct resident *resident, struct notify_batch *batch,
          const struct message_commit *commit, struct error *error)
{
    bool fine = true;
    char *origin = origin_of(resident, commit);
    for (uint32_t i = 0; fine && i < commit->send_count; i++) {
        const struct message_send *send = &commit->sends[i];
        fine = notify_send(batch, origin, send->destination, send->ordinal,
                           send->key[0] ? send->key : NULL, send->message,
                           send->message_size, error);
    }
    free(origin);
    return fine;
}

/* `opened` counts the raises of the same commit, which are not in the book yet. */
static bool
has_room(struct resident *resident, int64_t opened)
{
    size_t raised = notify_raised_of(resident->world.notify, resident->name);
    if ((int64_t)raised + opened < resident->alert_max)
        return true;
    if (!resident->alerts_full)
        log_error(resident->room,
                  "%lld alerts are open: no more are taken (limit "
                  "alerts in [script %s])",
                  (long long)resident->alert_max, resident->name);
    resident->alerts_full = true;
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
        if (is_raise && !has_room(resident, opened++))
            continue;
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

static bool
take_commit(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_commit commit;
    if (!message_read_commit(frame, &resident->loaded,
                             resident->world.conf->center_count, &commit, error))
        return false;
    bool is_run = is_of_run(resident, &commit);
    if (is_run && !resident_run_id(resident, (uint64_t)commit.scheduled_ms)) {
        error_set(error, ERROR_DECODE, "", "COMMIT of a run that is not under way");
        message_commit_fini(&commit);
        return false;
    }
    struct notify_batch *batch =
        notify_begin(resident->world.notify, resident->name, clock_wall_ms());
    bool fine = add_items(resident, batch, &commit, error);
    if (fine)
        add_kept(resident, batch, &commit);
    if (fine && is_run)
        add_end(resident, batch, &commit);
    if (fine)
        notify_commit(batch);
    else
        notify_drop(batch);
    message_commit_fini(&commit);
    return fine;
}

static bool
take_sleep(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_sleep sleep;
    if (!message_read_sleep(frame, &sleep, error))
        return false;
    struct wait *wait = wait_new(resident, sleep.wait, error);
    if (!wait)
        return false;
    wait->timer = timer_new(resident->world.loop, on_slept, wait);
    timer_start(wait->timer, sleep.ms < SLEEP_LEAST_MS ? SLEEP_LEAST_MS : sleep.ms);
    return true;
}

/* A script that was replaced together with the configuration counts centres as before:
 * the planner has to be asked by name. */
static void
ask(struct wait *wait, const struct message_fetch *fetch)
{
    struct resident *resident = wait->resident;
    const char *name = resident->world.conf->centers[fetch->center].name;
    int center = planner_find_center(resident->world.planner, name);
    struct error error;
    wait->center = fetch->center;
    if (center >= 0) {
        wait->fetch = planner_fetch(resident->world.planner, (uint32_t)center,
                                    fetch->query, fetch->ids, fetch->id_count,
                                    &fetch->span, fetch->max_age_ms, on_fetched, wait);
        return;
    }
    error_set(&error, ERROR_CANCELLED, "", "center %s is no longer configured", name);
    on_fetched(wait, &error, NULL, 0);
}

static bool
take_fetch(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_fetch fetch;
    if (!message_read_fetch(frame, resident->world.conf->center_count, &fetch, error))
        return false;
    struct wait *wait = wait_new(resident, fetch.wait, error);
    if (wait)
        ask(wait, &fetch);
    message_fetch_fini(&fetch);
    return wait != NULL;
}

static bool
take_log(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_log line;
    if (!message_read_log(frame, &line, error))
        return false;
    log_write(line.level, resident->room, "%s%s%.*s", line.room,
              line.room[0] ? ": " : "", (int)line.text_size, line.text);
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
    [FRAME_SLEEP - FRAME_LOADED] = {take_sleep, true},
    [FRAME_FETCH - FRAME_LOADED] = {take_fetch, true},
    [FRAME_LOG - FRAME_LOADED] = {take_log, false},
    [FRAME_STRIKE - FRAME_LOADED] = {take_strike, true},
    [FRAME_DONE - FRAME_LOADED] = {take_done, true},
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
