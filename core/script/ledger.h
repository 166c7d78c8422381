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
#include "store/store.h"

struct ledger;
struct run;

/* Reads the store, so before its first commit. Borrows both. */
struct ledger *ledger_new(struct loop *loop, struct store *store);
void ledger_delete(struct ledger *ledger); /* NULL is allowed */

/* The runs of a job; valid as long as the ledger. One that is seen for the first time
 * has missed nothing: as if it had run at `now_ms`. */
struct run *ledger_open(struct ledger *ledger, const char *script, const char *job,
                        int64_t now_ms);

int64_t run_scheduled_ms(const struct run *run);
/* Somebody runs it now, or is about to. */
bool run_is_taken(const struct run *run);
/* Its last run was begun and not ended, and nobody is at it. */
bool run_has_died(const struct run *run);

/* Only of one that is not taken. `on_recorded` comes later, when the run is on disk and
 * may begin; not after `owner` has let go. */
void run_begin(struct run *run, const void *owner, int64_t scheduled_ms,
               loop_callback *on_recorded, void *arg);
/* Nothing unless `owner` runs it, for that time. */
void run_end(struct run *run, const void *owner, int64_t scheduled_ms);
/* What was due until then is not run. */
void run_pass_over(struct run *run, int64_t scheduled_ms);

/* The owner is gone: what it ran has died. Calls that it waits for do not come. */
void ledger_let_go(struct ledger *ledger, const void *owner);

/* ---- steps of the clock ---- */

/* Timers wait on a clock that knows no steps; who plans by wall time plans anew when it
 * has moved by more than 2 s against that one, by hand or because the machine slept.
 * Looked at every 2 s. */
struct step_listener {
    loop_callback *on_step;
    void *arg;
    struct step_listener *next;
};
void ledger_listen(struct ledger *ledger, struct step_listener *listener);
/* One that does not listen is left alone. */
void ledger_unlisten(struct ledger *ledger, struct step_listener *listener);

/* Whether the wall clock has stepped since the call before; `*offset_ms` is kept
 * between the calls, 0 before the first. Pure. */
bool ledger_has_stepped(int64_t *offset_ms, int64_t wall_ms, int64_t mono_ms);

#endif
