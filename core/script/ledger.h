/* The runs of all jobs: what ran last, and what runs now.
 *
 * A run is on disk before it begins, and again when it has ended. So a run that the
 * gateway or its host did not survive is known at the next start, and what has been
 * missed since. Keyed by script and job, not by host: a script that is replaced while
 * its job runs does not run it a second time. */
#ifndef CCGATE_SCRIPT_LEDGER_H
#define CCGATE_SCRIPT_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "script/run_report.h"
#include "store/store.h"

struct ledger;
struct run;

/* Reads the store, which it borrows, so before its first commit. */
struct ledger *ledger_new(struct store *store);
void ledger_delete(struct ledger *ledger); /* NULL is allowed */

/* The runs of a job; valid as long as the ledger. One that is seen for the first time
 * has missed nothing: as if it had run at `now_ms`. */
struct run *ledger_open(struct ledger *ledger, const char *script, const char *job,
                        int64_t now_ms);

int64_t run_scheduled_ms(const struct run *run);
/* Somebody runs it now, or is about to. */
bool run_is_taken(const struct run *run);
bool run_is_taken_by(const struct run *run, const void *owner);
/* Its last run was begun and not ended, and nobody is at it. */
bool run_has_died(const struct run *run);

/* Only of one that is not taken. `on_recorded` comes later, when the run is on disk and
 * may begin; not after `owner` has let go. */
void run_begin(struct run *run, const void *owner, int64_t scheduled_ms,
               loop_callback *on_recorded, void *arg);
/* Nothing unless `owner` runs it, for that time. `trouble` is for the report. */
void run_end(struct run *run, const void *owner, int64_t scheduled_ms,
             const char *trouble, size_t size);
/* What was due until then is not run. */
void run_pass_over(struct run *run, int64_t scheduled_ms);

/* What the last run did, or the one that is under way does, since the gateway started.
 */
struct run_report *run_report_of(struct run *run);
/* That of a job by its names; NULL when it has not run since then. */
const struct run_report *ledger_report(const struct ledger *ledger, const char *script,
                                       const char *job);

/* The owner is gone: what it ran has died. Calls that it waits for do not come. */
void ledger_let_go(struct ledger *ledger, const void *owner);

#endif
