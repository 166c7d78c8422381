/* Silences: kept in the store, obeyed by lua/gateway/notify.lua. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deliver/book.h"

static struct silence_record *
silence_copy(const struct silence_record *record)
{
    struct silence_record *silence = mem_zero(sizeof(*silence));
    silence_record_init(silence, record);
    return silence;
}

static void
silence_delete(struct silence_record *silence)
{
    silence_record_fini(silence);
    free(silence);
}

static void
put(void *arg, const struct silence_record *record)
{
    struct notify *notify = arg;
    for (size_t i = 0; i < notify->silence_count; i++) {
        if (strcmp(notify->silences[i]->id, record->id) != 0)
            continue;
        silence_delete(notify->silences[i]);
        notify->silences[i] = silence_copy(record);
        return;
    }
    notify->silences = mem_grow(notify->silences, notify->silence_count + 1,
                                sizeof(*notify->silences));
    notify->silences[notify->silence_count++] = silence_copy(record);
}

static void
tell_connector(struct notify *notify)
{
    connector_set_silences(notify->connector,
                           (const struct silence_record *const *)notify->silences,
                           notify->silence_count);
}

void
silences_load(struct notify *notify)
{
    store_each_silence(notify->store, put, notify);
    tell_connector(notify);
}

void
silences_fini(struct notify *notify)
{
    for (size_t i = 0; i < notify->silence_count; i++)
        silence_delete(notify->silences[i]);
    free(notify->silences);
}

void
notify_silence(struct notify *notify, const struct silence_record *record)
{
    struct txn *txn = txn_new();
    txn_put_silence(txn, record);
    put(notify, record);
    store_commit(notify->store, txn, NULL, NULL);
    tell_connector(notify);
    due_tick(notify, true);
}

void
notify_each_silence(struct notify *notify, store_on_silence *on_silence, void *arg)
{
    for (size_t i = 0; i < notify->silence_count; i++)
        on_silence(arg, notify->silences[i]);
}
