#include "store/sweeper.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

struct sweeper {
    struct store *store;
    struct sweeper_port port;
    struct timer *timer;
    enum retained at; /* RETAINED_KINDS: the next step begins a sweep */
};

/* The scripts are asked for in the same turn as the step is handed over: one that comes
 * back is not missed. */
static void
step(void *arg)
{
    struct sweeper *sweeper = arg;
    struct txn *txn = txn_new();
    int64_t now_ms = clock_wall_ms();
    if (sweeper->at == RETAINED_KINDS)
        sweeper->at = 0;
    struct buf scripts = {0};
    sweeper->port.list_scripts(sweeper->port.arg, &scripts);
    txn_call_roll(txn, scripts.data, now_ms);
    buf_fini(&scripts);
    txn_sweep(txn, sweeper->at, now_ms);
    store_commit(sweeper->store, txn, NULL, NULL);
}

static void
on_swept(void *arg, const struct sweep *sweep)
{
    struct sweeper *sweeper = arg;
    for (size_t i = 0; i < sweep->row_count; i++)
        sweeper->port.on_swept(sweeper->port.arg, &sweep->rows[i]);
    for (size_t i = 0; i < RETAINED_KINDS; i++)
        if (sweep->counts[i])
            log_debug("store", "%zu %s forgotten: %s", sweep->counts[i],
                      retentions[i].what, retentions[i].sentence);
    sweeper->at = sweep->to;
    timer_start(sweeper->timer,
                sweep->to == RETAINED_KINDS ? SWEEP_EVERY_MS : SWEEP_PAUSE_MS);
}

struct sweeper *
sweeper_new(struct loop *loop, struct store *store, const struct sweeper_port *port)
{
    struct sweeper *sweeper = mem_zero(sizeof *sweeper);
    sweeper->store = store;
    sweeper->port = *port;
    sweeper->at = RETAINED_KINDS;
    sweeper->timer = timer_new(loop, step, sweeper);
    store_set_on_swept(store, on_swept, sweeper);
    timer_start(sweeper->timer, SWEEP_FIRST_MS);
    return sweeper;
}

void
sweeper_delete(struct sweeper *sweeper)
{
    if (!sweeper)
        return;
    store_set_on_swept(sweeper->store, NULL, NULL);
    timer_free(sweeper->timer);
    free(sweeper);
}
