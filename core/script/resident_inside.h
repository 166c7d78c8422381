/* A resident's inside, shared by resident*.c alone. */
#ifndef CCGATE_SCRIPT_RESIDENT_INSIDE_H
#define CCGATE_SCRIPT_RESIDENT_INSIDE_H

#include "script/ledger.h"
#include "script/resident.h"
#include "script/secrets.h"

/* A task that waits: for a time, for rows, for an answer. */
struct wait {
    struct resident *resident;
    uint64_t id;
    struct timer *timer;        /* of a sleep */
    void (*cancel)(void *work); /* NULL: there is nothing to cancel */
    void *work;
    uint32_t center; /* of the fetch, as the script counts centres */
    struct wait *next;
};

struct job;

/* What was asked for, as one sample answers it. */
struct question {
    const struct query *query;
    uint32_t center;
    int64_t argument;
};

/* A rule that has to know that time passes. */
struct tick {
    struct resident *resident;
    uint32_t entry;
    int64_t every_ms;
    uint64_t mark; /* where its last tick stands in what the host was sent */
    struct timer *timer;
};

struct resident {
    struct resident_world world;
    struct resident_events events;
    char *name, *room; /* "script queue_wait" */
    struct process *process;
    bool is_loaded, is_live, is_replaced;
    struct message_loaded loaded;
    bool *is_off; /* of each entry: switched off; owned */
    int64_t want_max, alert_max, task_max;
    int64_t store_max;
    size_t open_before;                        /* alerts, when it went live */
    bool store_full, store_lost, metrics_lost; /* said so already */
    struct question *too_large; /* likewise, of each whose answer was; owned */
    size_t too_large_count;
    struct subscription *subscription;
    struct job *jobs; /* resident_jobs.c's */
    size_t job_count;
    struct tick *ticks;
    size_t tick_count;
    struct wait *waits;
    size_t wait_count;
    struct http_pool *pool; /* of gw.http; NULL until it is used */
    char token[SECRETS_TOKEN_SIZE];
    struct run *runs; /* of handlers */
    size_t run_count; /* of these and of claims on their way */
    uint64_t run_number;
};

/* ---- resident_tick.c: rules that are told that time has passed ---- */

void resident_start_ticks(struct resident *resident);
void resident_stop_ticks(struct resident *resident);

/* Runs of handlers at a time, beside the tasks of jobs. */
#define RESIDENT_RUNS_MAX ((size_t)100)

/* ---- resident_handler.c ---- */

/* Claims what is due for its rules, now and later. */
void resident_start_handlers(struct resident *resident);
/* Claims nothing more. */
void resident_stop_handlers(struct resident *resident);
/* What has not ended is due again. */
void resident_drop_runs(struct resident *resident);
/* The entry is switched off: its runs, which the host drops, are due again. */
void resident_hold_handlers(struct resident *resident, uint32_t entry);
/* The book's name of a run, NULL when it has ended. */
const char *resident_run_id(const struct resident *resident, uint64_t number);
void resident_end_handler(struct resident *resident, uint64_t number);

/* ---- resident_take.c: what the host says ---- */

/* A frame of the host; false with `error` when it says what it must not. */
bool resident_take(struct resident *resident, const struct frame *frame,
                   struct error *error);

typedef bool frame_taker(struct resident *resident, const struct frame *frame,
                         struct error *error);

/* ---- resident_wait.c: what its tasks wait for ---- */

frame_taker resident_take_sleep, resident_take_fetch, resident_take_ask,
    resident_take_forget;

/* Cancels all of it. */
void resident_drop_waits(struct resident *resident);

/* ---- resident_jobs.c: when its jobs run ---- */

/* Makes timetables of what LOADED says; false with `error` when it says what cannot be.
 */
bool resident_make_jobs(struct resident *resident, struct error *error);
/* From now on they run; what they missed is caught up or told. */
void resident_start_jobs(struct resident *resident);
/* The clock has moved: their times are looked for anew. */
void resident_plan_jobs(struct resident *resident);
/* No more runs, of all; of one, whose run ends here, too. */
void resident_stop_jobs(struct resident *resident);
void resident_stop_job(struct resident *resident, uint32_t entry);
/* A run has ended. */
void resident_end_run(struct resident *resident, const struct message_done *done);
/* What the run of the job does that is under way here; NULL: none is. By its entry, and
 * by how it is called in the log, "job digest". */
struct run_report *resident_report(const struct resident *resident, uint32_t entry);
struct run_report *resident_report_in(const struct resident *resident,
                                      const char *room);
/* The time between its next two runs; 0 when there are none. */
int64_t resident_job_period_ms(const struct resident *resident, uint32_t entry);
/* A run has been begun and is not yet on its way to the host. */
bool resident_is_starting(const struct resident *resident);
void resident_delete_jobs(struct resident *resident);

#endif
