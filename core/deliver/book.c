/* What is known of alerts: every one as it was handed over last. */
#include "deliver/book.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct alert_record *
alert_copy(const struct alert_record *record)
{
    struct alert_record *alert = mem_zero(sizeof(*alert));
    alert_record_init(alert, record);
    return alert;
}

void
alert_delete(struct alert_record *alert)
{
    if (alert)
        alert_record_fini(alert);
    free(alert);
}

void
alerts_fini(struct table *alerts)
{
    for (size_t i = 0; i < alerts->room; i++)
        if (alerts->slots[i].key)
            alert_delete(alerts->slots[i].value);
    table_fini(alerts);
}

void
alerts_put(struct table *alerts, struct alert_record *alert)
{
    struct alert_record *old = table_get(alerts, alert->fingerprint);
    table_put(alerts, alert->fingerprint, alert);
    alert_delete(old);
}

static struct tally *
tally_of(struct notify *notify, const char *script)
{
    struct tally *tally = table_get(&notify->tallies, script);
    if (!tally) {
        tally = mem_zero(sizeof(*tally));
        tally->script = mem_text(script);
        table_put(&notify->tallies, tally->script, tally);
    }
    return tally;
}

void
book_put(struct notify *notify, struct alert_record *alert)
{
    const struct alert_record *old = table_get(&notify->alerts, alert->fingerprint);
    if (old && old->raised)
        tally_of(notify, old->script)->raised--;
    if (alert->raised)
        tally_of(notify, alert->script)->raised++;
    alerts_put(&notify->alerts, alert);
    due_note(notify, alert);
}

/* A raise that came meanwhile has another number. */
void
book_forget(struct notify *notify, const struct swept *row)
{
    const struct alert_record *alert = table_get(&notify->alerts, row->texts[0]);
    if (row->number > notify->opening_floor)
        notify->opening_floor = row->number;
    if (alert && !alert->raised && alert->opening == row->number)
        alert_delete(table_remove(&notify->alerts, row->texts[0]));
}

void
book_fini(struct notify *notify)
{
    alerts_fini(&notify->alerts);
    states_fini(&notify->states);
    for (size_t i = 0; i < notify->tallies.room; i++) {
        struct tally *tally = notify->tallies.slots[i].value;
        if (tally)
            free(tally->script);
        free(tally);
    }
    table_fini(&notify->tallies);
}

void
notify_each_raised(struct notify *notify, const char *rule, notify_on_alert *on_alert,
                   void *arg)
{
    struct alert_record **found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < notify->alerts.room; i++) {
        const struct alert_record *alert = notify->alerts.slots[i].value;
        if (!alert || !alert->raised || (rule && strcmp(alert->rule, rule) != 0))
            continue;
        if ((count & (count - 1)) == 0)
            found = mem_grow(found, count ? 2 * count : 1, sizeof(*found));
        found[count++] = alert_copy(alert);
    }
    for (size_t i = 0; i < count; i++) {
        on_alert(arg, found[i]);
        alert_delete(found[i]);
    }
    free(found);
}

struct adoption {
    struct notify *notify;
    const char *script;
    struct txn *txn;
};

static void
adopt(void *arg, const struct alert_record *record)
{
    struct adoption *adoption = arg;
    struct alert_record fresh = *record;
    if (!strcmp(record->script, adoption->script))
        return;
    fresh.script = (char *)(uintptr_t)adoption->script;
    txn_put_alert(adoption->txn, &fresh);
    book_put(adoption->notify, alert_copy(&fresh));
}

void
notify_adopt(struct notify *notify, const char *rule, const char *script)
{
    struct adoption adoption = {notify, script, txn_new()};
    notify_each_raised(notify, rule, adopt, &adoption);
    states_adopt(notify, rule, script, adoption.txn);
    if (txn_is_empty(adoption.txn))
        txn_delete(adoption.txn);
    else
        store_commit(notify->store, adoption.txn, NULL, NULL);
}

size_t
notify_raised_of(struct notify *notify, const char *script)
{
    const struct tally *tally = table_get(&notify->tallies, script);
    return tally ? tally->raised : 0;
}

void
notify_each_raising(const struct notify *notify, notify_on_script *on_script, void *arg)
{
    for (size_t i = 0; i < notify->tallies.room; i++) {
        const struct tally *tally = notify->tallies.slots[i].value;
        if (tally && tally->raised)
            on_script(arg, tally->script);
    }
}
