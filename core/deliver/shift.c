/* The clock was put forward or back: what is known of alerts, of keys, of what
 * scripts keep, of runs that are due and of scripts that are missed stays as old as it
 * was (lifecycle.md §2). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "deliver/book.h"

struct shifting {
    struct notify_batch *batch;
    int64_t by_ms;
};

/* Alerts count in seconds. */
static void
shift_alert(void *arg, const struct alert_record *alert)
{
    const struct shifting *shifting = arg;
    struct error error = {0};
    int64_t half = shifting->by_ms < 0 ? -500 : 500;
    char *event =
        mem_format("{\"by\":%lld}", (long long)((shifting->by_ms + half) / 1000));
    if (!batch_step(shifting->batch, alert, "shift", event, strlen(event), &error))
        log_error("notify", "%s/%s: %s", alert->rule, alert->key, error.message);
    free(event);
}

void
notify_shift(struct notify *notify, int64_t by_ms, notify_shift_state *shift)
{
    struct notify_batch *batch = notify_begin(notify, "", clock_wall_ms());
    struct shifting shifting = {batch, by_ms};
    notify_each_raised(notify, NULL, shift_alert, &shifting);
    states_shift(batch, by_ms, shift);
    shelves_shift(batch, by_ms);
    handlers_shift(batch, by_ms);
    txn_shift_missed(batch->txn, by_ms);
    notify_commit(batch);
    due_tick(notify, false);
}
