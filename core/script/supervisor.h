/* The supervisor: keeps every script of the folder running in a host of its own.
 *
 * Starts hosts, starts them again when they die, counts strikes, switches entries off,
 * quarantines scripts, reloads (load, check, swap). No other script notices (runtime.md
 * §1, lifecycle.md §4). */
#ifndef CCGATE_SCRIPT_SUPERVISOR_H
#define CCGATE_SCRIPT_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/step.h"
#include "script/folder.h"
#include "script/resident.h"

struct supervisor;

/* `world` without a tally: it makes its own. */
struct supervisor *supervisor_new(const struct resident_world *world);
void supervisor_delete(struct supervisor *supervisor);

/* Before the start: these files are the scripts, and not the configuration's folder.
 * The list is borrowed. */
void supervisor_set_files(struct supervisor *supervisor, const char *const *paths,
                          size_t count);

/* Loads what is in the configuration's folder. */
void supervisor_start(struct supervisor *supervisor);

/* SIGHUP. Changed and new scripts are loaded beside the old ones; each good one takes
 * its predecessor's place, a bad one changes nothing. With a `conf` that shows scripts
 * something else (queues, destinations, limits) it is all or none: `on_done` tells
 * whether `conf` is in force now. A folder that cannot be read changes nothing, either.
 * The planner and the deliverer are switched by
 * `on_swap`, in the same turn as the scripts. */
struct supervisor_reload {
    const struct conf *conf;
    void (*on_swap)(void *arg, const struct conf *conf);
    void (*on_done)(void *arg, const struct conf *conf, bool is_in_force);
    void *arg;
};
/* False: another reload is not finished yet. */
bool supervisor_reload(struct supervisor *supervisor,
                       const struct supervisor_reload *reload);

/* One is not finished, or none is taken any more. */
bool supervisor_is_reloading(const struct supervisor *supervisor);

/* What base/step.h tells: the book and the hosts go along with the clock, jobs run by
 * the new time, and what is due after a sleep goes out. */
void supervisor_step(struct supervisor *supervisor, const struct step *step);

/* No new samples, runs and hosts; tasks that wait go on. A reload that is under way
 * ends with supervisor_delete(). */
void supervisor_drain(struct supervisor *supervisor);

/* ---- people ---- */

/* Every script has shown whether it is good, and no host is being started. */
bool supervisor_is_settled(const struct supervisor *supervisor);

struct script_look {
    const char *name, *file;
    const char *state;   /* "live" "loading" "restarting" "quarantined" "not loaded" */
    const char *death;   /* why its host died last; NULL: it is live, or did not die */
    const char *trouble; /* why the newest version is not loaded, a line for each
                            mistake; NULL: it is */
    pid_t pid;           /* of its host; 0: none runs */
    uint64_t restarts;   /* of its host, since the start of the gateway */
};
typedef void supervisor_on_script(void *arg, const struct script_look *look);
/* In name order. */
void supervisor_each_script(const struct supervisor *supervisor,
                            supervisor_on_script *on_script, void *arg);

/* A rule or a job of a script whose newest host has loaded. */
struct entry_look {
    const char *script, *name;
    bool is_rule;
    const char *state; /* "on", "failing" (again and again), "switched off", or the
                          script's when that is not live */
    const char *about; /* its `doc` or description; not terminated */
    size_t about_size;
    uint64_t errors;     /* of its code, since the start of the gateway */
    const char *trouble; /* its last error or strike; NULL: none since it was loaded */
    int64_t trouble_ms;  /* wall */
    const struct run_report *last_run; /* of a job; NULL: it has not run since then */
};
typedef void supervisor_on_entry(void *arg, const struct entry_look *look);
/* By script, in the order of their definition. */
void supervisor_each_entry(const struct supervisor *supervisor,
                           supervisor_on_entry *on_entry, void *arg);

/* Is a raised alert of this rule held, because nobody watches it? Adds why to `out`:
 * "its script is gone". */
bool supervisor_is_held(const struct supervisor *supervisor, const char *rule,
                        const char *script, struct buf *out);

/* Runs a job now, besides its times; `watch` hears of the end, NULL: nobody does.
 * `name` is JOB, or SCRIPT/JOB where several scripts have one of that name. False with
 * `error`: there is none, it is switched off, or its host is busy. */
bool supervisor_run_job(struct supervisor *supervisor, const char *name,
                        struct run_watch *watch, struct error *error);

/* What scripts count. */
const struct tally *supervisor_tally(const struct supervisor *supervisor);

#endif
