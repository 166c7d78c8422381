#include "script/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct run {
    struct ledger *ledger;
    struct run_record record; /* owns its texts */
    struct run_report report;
    const void *owner; /* NULL: nobody */
    size_t
        recording; /* begins that are not on disk yet: who began last waits for all */
    loop_callback *on_recorded;
    void *arg;
    struct run *next;
};

#define DIED "its host ended before the run did; the log says why"

struct ledger {
    struct store *store;
    struct run *runs;
};

/* ---- runs ---- */

static struct run *
add(struct ledger *ledger, const struct run_record *record)
{
    struct run *run = mem_zero(sizeof *run);
    run->ledger = ledger;
    run->record = *record;
    run->record.script = mem_text(record->script);
    run->record.job = mem_text(record->job);
    run->next = ledger->runs;
    ledger->runs = run;
    return run;
}

static void
write_down(struct run *run, loop_callback *on_done)
{
    struct txn *txn = txn_new();
    txn_put_run(txn, &run->record);
    store_commit(run->ledger->store, txn, on_done, run);
}

static struct run *
find(const struct ledger *ledger, const char *script, const char *job)
{
    struct run *run = ledger->runs;
    while (run && (strcmp(run->record.script, script) || strcmp(run->record.job, job)))
        run = run->next;
    return run;
}

struct run *
ledger_open(struct ledger *ledger, const char *script, const char *job, int64_t now_ms)
{
    struct run *known = find(ledger, script, job);
    if (known)
        return known;
    const struct run_record fresh = {.script = (char *)(uintptr_t)script,
                                     .job = (char *)(uintptr_t)job,
                                     .scheduled_ms = now_ms,
                                     .is_over = true};
    struct run *run = add(ledger, &fresh);
    write_down(run, NULL);
    return run;
}

struct run_report *
run_report_of(struct run *run)
{
    return &run->report;
}

const struct run_report *
ledger_report(const struct ledger *ledger, const char *script, const char *job)
{
    struct run *run = find(ledger, script, job);
    return run && run->report.started_ms ? &run->report : NULL;
}

int64_t
run_scheduled_ms(const struct run *run)
{
    return run->record.scheduled_ms;
}

bool
run_is_taken(const struct run *run)
{
    return run->owner != NULL;
}

bool
run_is_taken_by(const struct run *run, const void *owner)
{
    return run->owner == owner;
}

bool
run_has_died(const struct run *run)
{
    return !run->owner && !run->record.is_over;
}

static void
on_recorded(void *arg)
{
    struct run *run = arg;
    if (--run->recording)
        return;
    loop_callback *callback = run->on_recorded;
    run->on_recorded = NULL;
    if (callback)
        callback(run->arg);
}

void
run_begin(struct run *run, const void *owner, int64_t scheduled_ms,
          loop_callback *callback, void *arg)
{
    run->owner = owner;
    run->record.scheduled_ms = scheduled_ms;
    run->record.is_over = false;
    run->on_recorded = callback;
    run->arg = arg;
    run->recording++;
    run_report_begin(&run->report);
    write_down(run, on_recorded);
}

static void
finish(struct run *run, int64_t scheduled_ms)
{
    run->owner = NULL;
    run->on_recorded = NULL;
    run->record.scheduled_ms = scheduled_ms;
    run->record.is_over = true;
    write_down(run, NULL);
}

void
run_end(struct run *run, const void *owner, int64_t scheduled_ms, const char *trouble,
        size_t size)
{
    if (owner != run->owner || scheduled_ms != run->record.scheduled_ms)
        return;
    finish(run, scheduled_ms);
    run_report_end(&run->report, trouble, size);
}

void
run_pass_over(struct run *run, int64_t scheduled_ms)
{
    finish(run, scheduled_ms);
}

void
ledger_let_go(struct ledger *ledger, const void *owner)
{
    for (struct run *run = ledger->runs; run; run = run->next)
        if (run->owner == owner) {
            run->owner = NULL;
            run->on_recorded = NULL;
            run_report_end(&run->report, DIED, strlen(DIED));
        }
}

/* ---- life ---- */

static void
on_run(void *ledger, const struct run_record *record)
{
    add(ledger, record);
}

struct ledger *
ledger_new(struct store *store)
{
    struct ledger *ledger = mem_zero(sizeof *ledger);
    ledger->store = store;
    store_each_run(store, on_run, ledger);
    return ledger;
}

void
ledger_delete(struct ledger *ledger)
{
    if (!ledger)
        return;
    while (ledger->runs) {
        struct run *run = ledger->runs;
        ledger->runs = run->next;
        free(run->record.script);
        free(run->record.job);
        run_report_fini(&run->report);
        free(run);
    }
    free(ledger);
}
