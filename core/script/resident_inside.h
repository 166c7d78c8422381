/* A resident's inside, shared by resident*.c alone. */
#ifndef CCGATE_SCRIPT_RESIDENT_INSIDE_H
#define CCGATE_SCRIPT_RESIDENT_INSIDE_H

#include "script/resident.h"

/* A task that waits: for a time or for an answer. */
struct wait {
    struct resident *resident;
    uint64_t id;
    struct timer *timer;
    struct fetch *fetch;
    uint32_t center; /* of the fetch, as the script counts centres */
    struct wait *next;
};

/* What was asked for, as one sample answers it. */
struct question {
    const struct query *query;
    uint32_t center;
    int64_t argument;
};

/* A job and its next time. Times are multiples of the interval since the epoch, so that
 * they are the same after a restart and a run has a name. */
struct job {
    struct resident *resident;
    uint32_t entry;
    int64_t every_ms, scheduled_ms;
    uint64_t mark; /* where its last run stands in what the host was sent */
    bool is_late;  /* said so already */
    struct timer *timer;
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
    int64_t want_max, alert_max, task_max;
    int64_t store_max;
    bool alerts_full, store_full, store_lost; /* said so already */
    struct question *too_large; /* likewise, of each whose answer was; owned */
    size_t too_large_count;
    struct subscription *subscription;
    struct job *jobs;
    size_t job_count;
    struct tick *ticks;
    size_t tick_count;
    struct wait *waits;
    size_t wait_count;
};

/* ---- resident_tick.c: rules that are told that time has passed ---- */

void resident_start_ticks(struct resident *resident);
void resident_stop_ticks(struct resident *resident);

/* ---- resident_take.c: what the host says ---- */

/* A frame of the host; false with `error` when it says what it must not. */
bool resident_take(struct resident *resident, const struct frame *frame,
                   struct error *error);

/* Cancels what its tasks wait for. */
void resident_drop_waits(struct resident *resident);

#endif
