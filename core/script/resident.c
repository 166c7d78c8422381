#include "script/resident.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "script/setup.h"

/* A task that waits: for a time or for an answer. */
struct wait {
    struct resident *resident;
    uint64_t id;
    struct timer *timer;
    struct fetch *fetch;
    uint32_t center; /* of the fetch, as the script counts centres */
    struct wait *next;
};

/* A job and its next time. Times are multiples of the interval since the epoch, so that
 * they are the same after a restart and a run has a name. */
struct job {
    struct resident *resident;
    uint32_t entry;
    int64_t every_ms, scheduled_ms;
    struct timer *timer;
};

struct resident {
    struct resident_world world;
    struct resident_events events;
    char *name, *room; /* "script queue_wait" */
    struct process *process;
    bool is_loaded, is_live;
    struct message_loaded loaded;
    int64_t want_max, alert_max, task_max;
    bool alerts_full; /* said so already */
    struct subscription *subscription;
    struct job *jobs;
    size_t job_count;
    struct wait *waits;
    size_t wait_count;
};

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
    if (is_known || (int64_t)resident->wait_count >= resident->task_max) {
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
                                             .cells = rows->cells};
    (void)wall_ms;
    wait->fetch = NULL; /* ends itself after this call */
    if (!message_write_fetched(process_out(wait->resident->process), clock_wall_ms(),
                               &fetched)) {
        error_set(&fetched.error, ERROR_LIMIT, "", "the answer is too large");
        message_write_fetched(process_out(wait->resident->process), clock_wall_ms(),
                              &fetched);
    }
    wait_delete(wait);
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
    resident->is_loaded = true;
    qsort(resident->loaded.problems, resident->loaded.problem_count,
          sizeof *resident->loaded.problems, by_line);
    process_set_loaded(resident->process);
    resident->events.on_loaded(resident->events.arg, &resident->loaded);
    return true;
}

/* The origin names the run: equal runs make equal ids (lifecycle.md §4). */
static bool
add_sends(struct resident *resident, struct notify_batch *batch,
          const struct message_commit *commit, struct error *error)
{
    bool fine = true;
    char *origin = mem_format("job/%s/%s/%lld", resident->name,
                              resident->loaded.entries[commit->entry].name,
                              (long long)commit->scheduled_ms);
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

static bool
take_commit(struct resident *resident, const struct frame *frame, struct error *error)
{
    struct message_commit commit;
    if (!message_read_commit(frame, &resident->loaded,
                             resident->world.conf->center_count, &commit, error))
        return false;
    struct notify_batch *batch =
        notify_begin(resident->world.notify, resident->name, clock_wall_ms());
    bool fine = add_alerts(resident, batch, &commit, error) &&
                add_sends(resident, batch, &commit, error);
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
    timer_start(wait->timer, sleep.ms);
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
                                    fetch->max_age_ms, on_fetched, wait);
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
};

static bool
on_frame(void *arg, const struct frame *frame, struct error *error)
{
    struct resident *resident = arg;
    size_t index = frame->header.type - FRAME_LOADED;
    if (takers[index].only_live && !resident->is_live) {
        error_set(error, ERROR_DECODE, "", "frame %u before the script is live",
                  frame->header.type);
        return false;
    }
    return takers[index].take(resident, frame, error);
}

/* ---- what the host gets ---- */

static bool
on_rows(void *arg, uint32_t center, const struct block *rows, int64_t wall_ms)
{
    struct resident *resident = arg;
    if (process_is_full(resident->process))
        return false;
    struct message_rows message = {.center = center,
                                   .query = rows->query,
                                   .row_count = (uint32_t)rows->row_count,
                                   .cells = rows->cells};
    return message_write_rows(process_out(resident->process), wall_ms, &message);
}

static void
on_room(void *arg)
{
    struct resident *resident = arg;
    if (resident->subscription)
        planner_resume(resident->subscription);
}

static void
arm(struct job *job)
{
    int64_t now = clock_wall_ms();
    int64_t next = (now / job->every_ms + 1) * job->every_ms;
    if (next == job->scheduled_ms) /* the clock stands a moment before the last run */
        next += job->every_ms;
    job->scheduled_ms = next;
    timer_start(job->timer, next - now);
}

static void
on_job(void *arg)
{
    struct job *job = arg;
    struct message_run run = {.entry = job->entry, .scheduled_ms = job->scheduled_ms};
    message_write_run(process_out(job->resident->process), clock_wall_ms(), &run);
    arm(job);
}

static void
on_process_end(void *arg, const struct process_end *end)
{
    struct resident *resident = arg;
    resident_retire(resident);
    resident->events.on_end(resident->events.arg, end);
}

/* ---- life ---- */

static bool
send_load(struct resident *resident, const struct conf_limits *limits, const char *file,
          const char *source, size_t source_size)
{
    struct buf setup = {0};
    setup_write(resident->world.conf, file, &setup);
    struct message_load load = {.limits = *limits,
                                .name = resident->name,
                                .source = source,
                                .source_size = source_size,
                                .setup = setup.data,
                                .setup_size = setup.size};
    bool fine =
        message_write_load(process_out(resident->process), clock_wall_ms(), &load);
    buf_fini(&setup);
    return fine;
}

struct resident *
resident_new(const struct resident_world *world, const char *name, const char *file,
             const char *source, size_t source_size,
             const struct resident_events *events, struct error *error)
{
    const struct conf_limits *limits = conf_limits_of(world->conf, name);
    if (source_size > (uint64_t)limits->source_bytes) {
        error_set(
            error, ERROR_LIMIT, "",
            "has %zu bytes, and a script has at most %lld (source in [script %s])",
            source_size, (long long)limits->source_bytes, name);
        return NULL;
    }
    struct resident *resident = mem_zero(sizeof *resident);
    resident->world = *world;
    resident->events = *events;
    resident->name = mem_text(name);
    resident->room = mem_format("script %s", name);
    resident->want_max = limits->wants;
    resident->alert_max = limits->alerts;
    resident->task_max = limits->tasks;
    struct process_events process_events = {on_frame, on_room, on_process_end,
                                            resident};
    resident->process =
        process_new(world->loop, world->program, name, limits, &process_events, error);
    if (resident->process && send_load(resident, limits, file, source, source_size))
        return resident;
    if (resident->process)
        error_set(error, ERROR_LIMIT, "", "the script is too large");
    resident_delete(resident);
    return NULL;
}

static void
drop_waits(struct resident *resident)
{
    while (resident->waits) {
        struct wait *wait = resident->waits;
        if (wait->fetch)
            fetch_cancel(wait->fetch);
        wait_delete(wait);
    }
}

void
resident_delete(struct resident *resident)
{
    if (!resident)
        return;
    resident_retire(resident);
    drop_waits(resident);
    process_delete(resident->process);
    message_loaded_fini(&resident->loaded);
    free(resident->room);
    free(resident->name);
    free(resident);
}

void
resident_set_events(struct resident *resident, const struct resident_events *events)
{
    resident->events = *events;
}

void
resident_set_conf(struct resident *resident, const struct conf *conf)
{
    resident->world.conf = conf;
}

const struct message_loaded *
resident_loaded(const struct resident *resident)
{
    return resident->is_loaded ? &resident->loaded : NULL;
}

bool
resident_is_idle(const struct resident *resident)
{
    return !resident->waits && process_is_idle(resident->process);
}

pid_t
resident_pid(const struct resident *resident)
{
    return process_pid(resident->process);
}

/* The alerts of one rule that are raised, as the host is told of them. */
struct restoring {
    struct resident *resident;
    uint32_t entry;
    struct message_list list;
};

static void
flush_raised(struct restoring *restoring)
{
    message_write_restore(process_out(restoring->resident->process), clock_wall_ms(),
                          &restoring->list);
    message_list_clear(&restoring->list);
}

static void
on_raised(void *arg, const struct alert_record *record)
{
    struct restoring *restoring = arg;
    const struct conf *conf = restoring->resident->world.conf;
    const struct conf_center *center = conf_find_center(conf, record->center);
    if (!center)
        return; /* held until the centre is configured again */
    struct message_raised raised = {restoring->entry,
                                    (uint32_t)(center - conf->centers), record->key};
    if (message_list_room(&restoring->list) < strlen(record->key))
        flush_raised(restoring);
    message_put_raised(&restoring->list, &raised);
}

static void
restore(struct resident *resident)
{
    struct restoring restoring = {.resident = resident};
    for (uint32_t i = 0; i < resident->loaded.entry_count; i++) {
        restoring.entry = i;
        if (resident->loaded.entries[i].kind == ENTRY_RULE)
            notify_each_raised(resident->world.notify, resident->loaded.entries[i].name,
                               on_raised, &restoring);
    }
    flush_raised(&restoring);
    message_list_fini(&restoring.list);
}

static void
subscribe(struct resident *resident)
{
    uint32_t count = resident->loaded.want_count;
    struct planner_want *wants = mem_zero((count + 1) * sizeof *wants);
    for (uint32_t i = 0; i < count; i++) {
        const struct message_want *want = &resident->loaded.wants[i];
        wants[i] = (struct planner_want){want->center, want->query, want->every_ms,
                                         want->ids, want->id_count};
    }
    if (count)
        resident->subscription =
            planner_subscribe(resident->world.planner, wants, count, on_rows, resident);
    free(wants);
}

static void
start_jobs(struct resident *resident)
{
    uint32_t count = resident->loaded.entry_count;
    resident->jobs = mem_zero((count + 1) * sizeof *resident->jobs);
    for (uint32_t i = 0; i < count; i++) {
        if (resident->loaded.entries[i].kind != ENTRY_JOB)
            continue;
        struct job *job = &resident->jobs[resident->job_count++];
        job->resident = resident;
        job->entry = i;
        job->every_ms = resident->loaded.entries[i].every_ms;
        job->timer = timer_new(resident->world.loop, on_job, job);
        arm(job);
    }
}

void
resident_start(struct resident *resident, const bool *disabled)
{
    resident->is_live = true;
    restore(resident);
    for (uint32_t i = 0; i < resident->loaded.entry_count; i++)
        if (disabled[i])
            resident_disable(resident, i);
    subscribe(resident);
    start_jobs(resident);
}

void
resident_disable(struct resident *resident, uint32_t entry)
{
    message_write_disable(process_out(resident->process), clock_wall_ms(), entry);
}

void
resident_retire(struct resident *resident)
{
    if (resident->subscription)
        planner_unsubscribe(resident->subscription);
    resident->subscription = NULL;
    for (size_t i = 0; i < resident->job_count; i++)
        timer_free(resident->jobs[i].timer);
    free(resident->jobs);
    resident->jobs = NULL;
    resident->job_count = 0;
}
