/* One script in one host process: loads it, feeds it, and does what it asks for.
 *
 * A resident is made, reports on_loaded once, and is started (the script goes live) or
 * deleted. It knows nothing of restarts, strikes and reloads: that is supervisor.c. */
#ifndef CCGATE_SCRIPT_RESIDENT_H
#define CCGATE_SCRIPT_RESIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/loop.h"
#include "deliver/deliver.h"
#include "deliver/notify.h"
#include "poll/planner.h"
#include "script/folder.h"
#include "script/ledger.h"
#include "script/message.h"
#include "script/process.h"

/* What residents live in; all borrowed. */
struct resident_world {
    struct loop *loop;
    const struct conf *conf;
    struct planner *planner; /* NULL where scripts are only loaded (ccgate check) */
    struct notify *notify;   /* NULL likewise */
    struct deliver *deliver; /* NULL likewise */
    struct store *store;     /* NULL likewise */
    const char *program;     /* ccgate-script */
    struct ledger *ledger;   /* NULL likewise */
    struct tally *tally;     /* the supervisor's own; NULL likewise */
};

struct resident;

struct resident_events {
    /* The script's own answer to LOAD; `loaded` belongs to the resident. */
    void (*on_loaded)(void *arg, const struct message_loaded *loaded);
    /* An entry was stopped from inside at a limit. */
    void (*on_strike)(void *arg, uint32_t entry, const char *text);
    /* Raises of a rule wait because as many alerts of the script are open as may be, or
     * none does any more. Only of one that is live and not replaced. */
    void (*on_full)(void *arg, uint32_t entry, bool is_waiting);
    /* Errors of the script's code in an entry, `count` of them in one turn of the host;
     * `text` is of the last one, not terminated. NULL: nobody counts them. */
    void (*on_failed)(void *arg, const struct message_failed *failed);
    /* The process is gone; the resident is to be deleted. Before on_loaded: it died
     * while loading. */
    void (*on_end)(void *arg, const struct process_end *end);
    void *arg;
};

/* `file` has its source, and is not kept. NULL with `error` when no process can be
 * started, or the script is too large. */
struct resident *resident_new(const struct resident_world *world,
                              const struct script_file *file,
                              const struct resident_events *events,
                              struct error *error);
void resident_delete(struct resident *resident);

/* From now on events go there. */
void resident_set_events(struct resident *resident,
                         const struct resident_events *events);
/* The same configuration as scripts see it, read anew; the old one may go. */
void resident_set_conf(struct resident *resident, const struct conf *conf);

/* NULL before on_loaded. */
const struct message_loaded *resident_loaded(const struct resident *resident);
/* False for NULL and before on_loaded, too. */
bool resident_has_rule(const struct resident *resident, const char *rule);

/* Goes live: gets the alerts that are raised, samples, and its jobs run. `disabled` has
 * one flag per entry. */
void resident_start(struct resident *resident, const bool *disabled);

/* How often an entry has something to do: the time between two samples of a rule, or
 * two runs of a job. 0: nobody knows. */
int64_t resident_period_ms(const struct resident *resident, uint32_t entry);

/* Runs a job now, besides its times; `watch` hears of the end, NULL: nobody does.
 * False: its last run has not ended, or it is not live. */
bool resident_run_job(struct resident *resident, uint32_t entry,
                      struct run_watch *watch);

/* Switches an entry off. */
void resident_disable(struct resident *resident, uint32_t entry);

/* The clock was put forward by so much (back: < 0; 0: the machine slept): what the host
 * remembers goes along, jobs run by the new time. Nothing before it is live. */
void resident_shift(struct resident *resident, int64_t by_ms);

/* No new samples and runs; tasks that wait go on. */
void resident_retire(struct resident *resident);
/* That, and what its rules still have to say is not heard: a sample that was on its way
 * is judged by who watches now. */
void resident_replace(struct resident *resident);
/* No task waits for a sleep or a fetch, and all that was sent is worked off. What it
 * said last may still be on its way here. */
bool resident_is_idle(const struct resident *resident);

pid_t resident_pid(const struct resident *resident);

#endif
