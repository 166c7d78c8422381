/* Times of alerts: escalations, reminders, the end of silences. They are the book's, so
 * that they come while a script is down. One timer for all; it wakes for the earliest
 * and looks at the raised ones, which are few where all is well. */
#include "deliver/book.h"

#include <string.h>

#include "base/log.h"

static void
arm(struct notify *notify)
{
    int64_t wait = notify->due_ms - clock_wall_ms();
    timer_start(notify->due_timer, wait > 0 ? wait : 0);
}

void
due_note(struct notify *notify, const struct alert_record *alert)
{
    if (!alert->raised || !alert->due_ms ||
        (notify->due_ms && notify->due_ms <= alert->due_ms))
        return;
    notify->due_ms = alert->due_ms;
    arm(notify);
}

struct ticking {
    struct notify *notify;
    int64_t now_ms;
    bool everyone;
};

/* One batch an alert: what is wrong with one is not the others' trouble. */
static void
tick(void *arg, const struct alert_record *alert)
{
    const struct ticking *ticking = arg;
    struct error error = {0};
    bool is_due = alert->due_ms && alert->due_ms <= ticking->now_ms;
    if (!is_due && !ticking->everyone) {
        due_note(ticking->notify, alert);
        return;
    }
    struct notify_batch *batch =
        notify_begin(ticking->notify, alert->script, ticking->now_ms);
    if (batch_step(batch, alert, "tick", NULL, 0, &error)) {
        notify_commit(batch);
        return;
    }
    log_error("notify", "%s/%s: %s", alert->rule, alert->key, error.message);
    notify_drop(batch);
}

void
due_tick(struct notify *notify, bool everyone)
{
    struct ticking ticking = {notify, clock_wall_ms(), everyone};
    notify->due_ms = 0;
    timer_stop(notify->due_timer);
    notify_each_raised(notify, NULL, tick, &ticking);
}

void
notify_look(struct notify *notify)
{
    due_tick(notify, false);
}

void
on_due(void *arg)
{
    due_tick(arg, false);
}
