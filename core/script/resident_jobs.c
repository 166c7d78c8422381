/* When the jobs of a script run. Each has its next time, and the times it missed that
 * are still to be run. */
#include "script/resident_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timetable.h"

/* A run that is due for so long is late, not missed: a host starts again, a script is
 * replaced. */
#define LATE_MS ((int64_t)10 * 1000)
/* Missed runs that are counted, and of these the newest are caught up. */
#define COUNT_MAX  ((size_t)10000)
#define MISSED_MAX ((size_t)1000)
#define MINUTE_MS  ((int64_t)60 * 1000)
/* A run that lies further ahead was made by a clock that stood wrong. */
#define AHEAD_MAX_MS ((int64_t)24 * 3600 * 1000)
/* How often is looked whether a script that was replaced has ended its run. */
#define LOOK_MS      ((int64_t)1000)
#define SWITCHED_OFF "the job was switched off"

struct job {
    struct resident *resident;
    uint32_t entry;
    struct timetable timetable; /* points to the following, which are owned */
    struct zone *zone, *during_zone;
    struct calendar *during;
    uint8_t missed;
    struct run *run;  /* NULL until it is started */
    int64_t next_ms;  /* 0: never */
    int64_t *backlog; /* times it missed, of which `backlog_at` have been begun */
    size_t backlog_count, backlog_at;
    bool is_off;
    bool is_starting; /* RUN follows when it is on disk */
    bool is_late;     /* said so already */
    uint64_t mark;    /* where its last run stands in what the host was sent */
    struct timer *timer;
};

/* ---- timetables ---- */

static bool
load_zone(const char *name, struct zone **zone)
{
    *zone = strcmp(name, "UTC") ? zone_load(name) : NULL;
    return *zone || !strcmp(name, "UTC");
}

static bool
make_timetable(struct job *job, const struct message_schedule *schedule)
{
    struct buf problem = {0};
    struct timetable *timetable = &job->timetable;
    bool is_good =
        load_zone(schedule->zone, &job->zone) &&
        load_zone(schedule->during_zone, &job->during_zone) &&
        (!schedule->cron[0] || cron_read(schedule->cron, &timetable->cron, &problem));
    buf_fini(&problem);
    if (is_good && schedule->has_during)
        job->during = calendar_read(schedule->during, job->during_zone);
    job->missed = schedule->missed;
    timetable->every_ms = schedule->every_ms;
    timetable->zone = job->zone;
    timetable->during = job->during;
    return is_good && (job->during || !schedule->has_during);
}

bool
resident_make_jobs(struct resident *resident, struct error *error)
{
    uint32_t count = resident->loaded.entry_count;
    resident->jobs = mem_zero((count + 1) * sizeof *resident->jobs);
    for (uint32_t i = 0; i < count; i++) {
        const struct message_entry *entry = &resident->loaded.entries[i];
        if (entry->kind != ENTRY_JOB)
            continue;
        struct job *job = &resident->jobs[resident->job_count++];
        job->resident = resident;
        job->entry = i;
        if (make_timetable(job, &entry->schedule))
            continue;
        error_set(error, ERROR_DECODE, "", "LOADED: the times of job %s cannot be",
                  entry->name);
        return false;
    }
    return true;
}

void
resident_delete_jobs(struct resident *resident)
{
    for (size_t i = 0; i < resident->job_count; i++) {
        struct job *job = &resident->jobs[i];
        timer_free(job->timer);
        calendar_delete(job->during);
        zone_delete(job->during_zone);
        zone_delete(job->zone);
        free(job->backlog);
    }
    free(resident->jobs);
    if (resident->world.ledger)
        ledger_let_go(resident->world.ledger, resident);
}

/* ---- running ---- */

static const char *
name_of(const struct job *job)
{
    return job->resident->loaded.entries[job->entry].name;
}

static void
on_recorded(void *arg)
{
    struct job *job = arg;
    struct process *process = job->resident->process;
    const struct message_run run = {job->entry, run_scheduled_ms(job->run)};
    message_write_run(process_out(process), clock_wall_ms(), &run);
    job->mark = process_mark(process);
    job->is_starting = false;
}

static void
begin(struct job *job, int64_t due_ms)
{
    job->is_late = false;
    job->is_starting = true;
    run_begin(job->run, job->resident, due_ms, on_recorded, job);
}

static bool
has_backlog(const struct job *job)
{
    return job->backlog_at < job->backlog_count;
}

static void
work_off(struct job *job)
{
    if (has_backlog(job) && !run_is_taken(job->run))
        begin(job, job->backlog[job->backlog_at++]);
}

static void
arm(struct job *job)
{
    int64_t wait = job->next_ms - clock_wall_ms();
    bool looks = has_backlog(job);
    if (wait < 0)
        wait = 0;
    if (looks && (!job->next_ms || wait > LOOK_MS))
        wait = LOOK_MS;
    if (looks || job->next_ms)
        timer_start(job->timer, wait);
}

bool
resident_run_job(struct resident *resident, uint32_t entry, struct run_watch *watch)
{
    for (size_t i = 0; i < resident->job_count; i++) {
        struct job *job = &resident->jobs[i];
        if (job->entry != entry)
            continue;
        bool is_free = job->run && !job->is_off && !run_is_taken(job->run);
        if (is_free)
            begin(job, clock_wall_ms());
        if (is_free && watch)
            run_report_watch(run_report_of(job->run), watch);
        return is_free;
    }
    return false;
}

int64_t
resident_job_period_ms(const struct resident *resident, uint32_t entry)
{
    for (size_t i = 0; i < resident->job_count; i++) {
        const struct job *job = &resident->jobs[i];
        if (job->entry != entry)
            continue;
        int64_t next_ms = timetable_next(&job->timetable, clock_wall_ms());
        int64_t second_ms = next_ms ? timetable_next(&job->timetable, next_ms) : 0;
        return second_ms ? second_ms - next_ms : 0;
    }
    return 0;
}

/* Runs that queue behind a busy host would only keep it busy. */
static void
put_off(struct job *job, int64_t due_ms)
{
    bool is_busy = !process_is_worked_off(job->resident->process, job->mark);
    if (has_backlog(job) && job->missed == MISSED_ALL) {
        job->backlog = mem_grow(job->backlog, job->backlog_count + 1, sizeof(int64_t));
        job->backlog[job->backlog_count++] = due_ms;
    } else if (!job->is_late) {
        log_warn(job->resident->room, "job %s: is due, but %s: skipped", name_of(job),
                 is_busy ? "its host is busy" : "its last run has not ended");
        job->is_late = true;
    }
}

/* The wait was measured on another clock than the time: it may be over too early. */
static void
on_time(void *arg)
{
    struct job *job = arg;
    int64_t now = clock_wall_ms(), due = job->next_ms;
    work_off(job);
    if (due && now >= due) {
        job->next_ms = timetable_next(&job->timetable, now);
        if (has_backlog(job) || run_is_taken(job->run))
            put_off(job, due);
        else
            begin(job, due);
    }
    arm(job);
}

void
resident_end_run(struct resident *resident, const struct message_done *done)
{
    for (size_t i = 0; i < resident->job_count; i++) {
        struct job *job = &resident->jobs[i];
        if (job->entry != done->entry || !job->run)
            continue;
        run_end(job->run, resident, done->scheduled_ms, done->trouble,
                done->trouble_size);
        if (!job->is_off)
            work_off(job);
    }
}

/* ---- what a run does ---- */

static bool
is_at_it(const struct job *job)
{
    return job->run && run_is_taken_by(job->run, job->resident);
}

struct run_report *
resident_report(const struct resident *resident, uint32_t entry)
{
    for (size_t i = 0; i < resident->job_count; i++)
        if (resident->jobs[i].entry == entry && is_at_it(&resident->jobs[i]))
            return run_report_of(resident->jobs[i].run);
    return NULL;
}

struct run_report *
resident_report_in(const struct resident *resident, const char *room)
{
    static const char word[] = "job ";
    size_t size = strlen(word);
    for (size_t i = 0; i < resident->job_count; i++)
        if (!strncmp(room, word, size) &&
            !strcmp(room + size, name_of(&resident->jobs[i])) &&
            is_at_it(&resident->jobs[i]))
            return run_report_of(resident->jobs[i].run);
    return NULL;
}

/* ---- what was missed ---- */

/* The newest of the times in between, the oldest first. */
struct missed {
    int64_t times[MISSED_MAX]; /* a ring */
    size_t count;
    bool is_more; /* than were counted */
};

static void
collect(const struct job *job, int64_t after_ms, int64_t until_ms,
        struct missed *missed)
{
    missed->count = 0;
    while (missed->count < COUNT_MAX) {
        after_ms = timetable_next(&job->timetable, after_ms);
        if (!after_ms || after_ms > until_ms)
            return;
        missed->times[missed->count++ % MISSED_MAX] = after_ms;
    }
    missed->is_more = true;
}

static void
find_missed(const struct job *job, int64_t now, struct missed *missed)
{
    int64_t every_ms = job->timetable.every_ms ? job->timetable.every_ms : MINUTE_MS;
    missed->is_more = false;
    collect(job, run_scheduled_ms(job->run), now, missed);
    if (missed->is_more)
        collect(job, now - (int64_t)(COUNT_MAX - 1) * every_ms, now, missed);
}

static int64_t
last_of(const struct missed *missed)
{
    return missed->times[(missed->count - 1) % MISSED_MAX];
}

static void
tell_missed(const struct job *job, const struct missed *missed, bool has_died)
{
    static const char *const ends[] = {
        [MISSED_SKIP] = "skipped (missed = \"skip\")",
        [MISSED_ONCE] = "runs once for them (missed = \"once\")",
        [MISSED_ALL] = "runs for each of them (missed = \"all\")",
    };
    const char *room = job->resident->room, *name = name_of(job);
    int64_t last_ms = missed->count ? last_of(missed) : run_scheduled_ms(job->run);
    char last[32];
    text_format_time(last_ms, false, last, sizeof last);
    if (has_died)
        log_warn(room, "job %s: its last run did not end: %s", name,
                 job->missed == MISSED_SKIP ? "not repeated (missed = \"skip\")"
                                            : "repeated");
    if (missed->count)
        log_warn(room, "job %s: %s%zu run%s missed, the last at %s: %s", name,
                 missed->is_more ? "more than " : "", missed->count,
                 missed->count == 1 ? "" : "s", last, ends[job->missed]);
}

static void
push(struct job *job, int64_t time_ms)
{
    job->backlog[job->backlog_count++] = time_ms;
}

/* What is to be run for what was missed, after a run that has died or not. */
static void
fill_backlog(struct job *job, const struct missed *missed, bool has_died)
{
    size_t kept = missed->count < MISSED_MAX ? missed->count : MISSED_MAX;
    job->backlog = mem_grow(job->backlog, MISSED_MAX + 1, sizeof(int64_t));
    if (has_died && (job->missed == MISSED_ALL || !missed->count))
        push(job, run_scheduled_ms(job->run));
    size_t first = job->missed == MISSED_ALL ? missed->count - kept : missed->count - 1;
    for (size_t i = first; i < missed->count; i++)
        push(job, missed->times[i % MISSED_MAX]);
}

static void
look_back(struct job *job, int64_t now)
{
    struct missed *missed = mem_zero(sizeof *missed);
    bool has_died = run_has_died(job->run), is_skipped = job->missed == MISSED_SKIP;
    job->backlog_at = job->backlog_count = 0;
    find_missed(job, now, missed);
    bool is_late = !has_died && missed->count == 1 && last_of(missed) >= now - LATE_MS;
    if (!is_late && (has_died || missed->count))
        tell_missed(job, missed, has_died);
    if (is_late || (!is_skipped && (has_died || missed->count)))
        fill_backlog(job, missed, has_died);
    else if (!run_is_taken(job->run) && (has_died || missed->count))
        run_pass_over(job->run,
                      missed->count ? last_of(missed) : run_scheduled_ms(job->run));
    free(missed);
}

/* At the start, and when the clock was put forward or back. A time that has run does
 * not run again where the clock was put back over it. */
static void
plan(struct job *job)
{
    int64_t now = clock_wall_ms(), ran = run_scheduled_ms(job->run);
    if (ran > now + AHEAD_MAX_MS && !run_is_taken(job->run)) {
        run_pass_over(job->run, now);
        ran = now;
    }
    look_back(job, now);
    job->next_ms = timetable_next(&job->timetable, ran > now ? ran : now);
    work_off(job);
    arm(job);
}

void
resident_plan_jobs(struct resident *resident)
{
    for (size_t i = 0; i < resident->job_count; i++)
        if (!resident->jobs[i].is_off)
            plan(&resident->jobs[i]);
}

/* ---- beginning and end ---- */

void
resident_start_jobs(struct resident *resident)
{
    struct ledger *ledger = resident->world.ledger;
    for (size_t i = 0; i < resident->job_count; i++) {
        struct job *job = &resident->jobs[i];
        job->run = ledger_open(ledger, resident->name, name_of(job), clock_wall_ms());
        job->timer = timer_new(resident->world.loop, on_time, job);
    }
    resident_plan_jobs(resident);
}

static void
stop(struct job *job)
{
    job->is_off = true;
    if (job->timer)
        timer_stop(job->timer);
}

void
resident_stop_jobs(struct resident *resident)
{
    for (size_t i = 0; i < resident->job_count; i++)
        stop(&resident->jobs[i]);
}

/* The host drops a run that is under way, and says nothing. */
void
resident_stop_job(struct resident *resident, uint32_t entry)
{
    for (size_t i = 0; i < resident->job_count; i++) {
        struct job *job = &resident->jobs[i];
        if (job->entry != entry)
            continue;
        stop(job);
        job->is_starting = false;
        if (job->run)
            run_end(job->run, resident, run_scheduled_ms(job->run), SWITCHED_OFF,
                    strlen(SWITCHED_OFF));
    }
}

bool
resident_is_starting(const struct resident *resident)
{
    for (size_t i = 0; i < resident->job_count; i++)
        if (resident->jobs[i].is_starting)
            return true;
    return false;
}
