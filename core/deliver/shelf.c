/* What scripts keep in gw.store(): every key as it was handed over last. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/step.h"
#include "deliver/book.h"

struct shelf {
    char *script;
    struct table kept; /* key → struct kept_record, owned */
    size_t size;       /* of all of it, with NOTIFY_KEPT_COST for each */
};

static size_t
cost_of(const struct kept_record *kept)
{
    return kept ? strlen(kept->key) + kept->size + NOTIFY_KEPT_COST : 0;
}

static struct shelf *
shelf_of(struct notify *notify, const char *script)
{
    struct shelf *shelf = table_get(&notify->shelves, script);
    if (!shelf) {
        shelf = mem_zero(sizeof(*shelf));
        shelf->script = mem_text(script);
        table_put(&notify->shelves, shelf->script, shelf);
    }
    return shelf;
}

static void
kept_delete(struct kept_record *kept)
{
    if (kept)
        kept_record_fini(kept);
    free(kept);
}

static void
put(struct shelf *shelf, const struct kept_record *record)
{
    struct kept_record *old = table_remove(&shelf->kept, record->key);
    shelf->size -= cost_of(old);
    kept_delete(old);
    if (!record->value)
        return;
    struct kept_record *kept = mem_zero(sizeof(*kept));
    kept_record_init(kept, record);
    table_put(&shelf->kept, kept->key, kept);
    shelf->size += cost_of(kept);
}

static void
on_stored(void *arg, const struct kept_record *record)
{
    put(shelf_of(arg, record->script), record);
}

void
shelves_load(struct notify *notify)
{
    store_each_kept(notify->store, on_stored, notify);
}

void
shelves_fini(struct notify *notify)
{
    for (size_t i = 0; i < notify->shelves.room; i++) {
        struct shelf *shelf = notify->shelves.slots[i].value;
        if (!shelf)
            continue;
        for (size_t j = 0; j < shelf->kept.room; j++)
            kept_delete(shelf->kept.slots[j].value);
        table_fini(&shelf->kept);
        free(shelf->script);
        free(shelf);
    }
    table_fini(&notify->shelves);
}

bool
notify_keep(struct notify_batch *batch, const char *key, const char *value, size_t size,
            int64_t written_ms, size_t most)
{
    struct shelf *shelf = shelf_of(batch->notify, batch->script);
    struct kept_record record = {
        .script = batch->script,
        .key = (char *)(uintptr_t)key,
        .value = (char *)(uintptr_t)value,
        .size = value ? size : 0,
        .written_ms = written_ms,
    };
    size_t old = cost_of(table_get(&shelf->kept, key));
    size_t cost = value ? cost_of(&record) : 0;
    if (cost > old && shelf->size - old + cost > most)
        return false;
    put(shelf, &record);
    txn_put_kept(batch->txn, &record);
    return true;
}

void
notify_each_kept(struct notify *notify, const char *script, store_on_kept *on_kept,
                 void *arg)
{
    const struct shelf *shelf = table_get(&notify->shelves, script);
    for (size_t i = 0; shelf && i < shelf->kept.room; i++)
        if (shelf->kept.slots[i].value)
            on_kept(arg, shelf->kept.slots[i].value);
}

void
shelves_shift(struct notify_batch *batch, int64_t by_ms)
{
    const struct table *shelves = &batch->notify->shelves;
    for (size_t i = 0; i < shelves->room; i++) {
        const struct shelf *shelf = shelves->slots[i].value;
        for (size_t j = 0; shelf && j < shelf->kept.room; j++) {
            struct kept_record *kept = shelf->kept.slots[j].value;
            if (!kept)
                continue;
            kept->written_ms = step_shift(kept->written_ms, by_ms);
            txn_put_kept(batch->txn, kept);
        }
    }
}

void
shelves_forget(struct notify *notify, const struct swept *row)
{
    struct shelf *shelf = table_get(&notify->shelves, row->texts[0]);
    const struct kept_record *kept =
        shelf ? table_get(&shelf->kept, row->texts[1]) : NULL;
    const struct kept_record nothing = {.key = row->texts[1]};
    if (kept && kept->written_ms == row->number)
        put(shelf, &nothing);
}
