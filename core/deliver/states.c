/* Where the keys of rules stand: every state as it was handed over last. */
#include "deliver/book.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct kept_state {
    char name[17]; /* as a fingerprint */
    struct key_state_record record;
};

static struct kept_state *
copy(const char *name, const struct key_state_record *record)
{
    struct kept_state *state = mem_zero(sizeof *state);
    memcpy(state->name, name, sizeof state->name);
    key_state_record_init(&state->record, record);
    return state;
}

static void
drop(struct kept_state *state)
{
    if (state)
        key_state_record_fini(&state->record);
    free(state);
}

void
states_fini(struct table *states)
{
    for (size_t i = 0; i < states->room; i++)
        if (states->slots[i].key)
            drop(states->slots[i].value);
    table_fini(states);
}

static void
put(struct table *states, struct kept_state *state)
{
    struct kept_state *old = table_get(states, state->name);
    table_put(states, state->name, state);
    drop(old);
}

static void
on_stored(void *arg, const struct key_state_record *record)
{
    struct notify *notify = arg;
    char name[17];
    notify_fingerprint(notify->name, record->center, record->rule, record->key, name);
    put(&notify->states, copy(name, record));
}

void
states_load(struct notify *notify)
{
    store_each_key_state(notify->store, on_stored, notify);
}

void
states_take(struct notify_batch *batch)
{
    struct table *states = &batch->notify->states;
    for (size_t i = 0; i < batch->states.room; i++) {
        struct kept_state *state = batch->states.slots[i].value;
        if (!batch->states.slots[i].key)
            continue;
        if (state->record.state[0]) {
            put(states, state);
            continue;
        }
        drop(table_remove(states, state->name));
        drop(state);
    }
    table_fini(&batch->states);
}

static void
change(struct notify_batch *batch, const struct key_state_record *record)
{
    char name[17];
    notify_fingerprint(batch->notify->name, record->center, record->rule, record->key,
                       name);
    txn_put_key_state(batch->txn, record);
    put(&batch->states, copy(name, record));
}

void
notify_state(struct notify_batch *batch, const char *center, const char *rule,
             const char *key, const char *text)
{
    const struct key_state_record record = {
        .rule = (char *)(uintptr_t)rule,
        .center = (char *)(uintptr_t)center,
        .key = (char *)(uintptr_t)key,
        .script = batch->script,
        .state = (char *)(uintptr_t)text,
    };
    change(batch, &record);
}

void
states_shift(struct notify_batch *batch, int64_t by_ms, notify_shift_state *shift)
{
    const struct table *states = &batch->notify->states;
    struct buf text = {0};
    for (size_t i = 0; i < states->room; i++) {
        const struct kept_state *state = states->slots[i].value;
        if (!states->slots[i].key)
            continue;
        struct key_state_record record = state->record;
        buf_clear(&text);
        if (!shift(record.state, by_ms, &text))
            continue;
        record.state = text.data;
        change(batch, &record);
    }
    buf_fini(&text);
}

void
notify_each_state(struct notify *notify, const char *rule, notify_on_state *on_state,
                  void *arg)
{
    for (size_t i = 0; i < notify->states.room; i++) {
        const struct kept_state *state = notify->states.slots[i].value;
        if (notify->states.slots[i].key && (!rule || !strcmp(state->record.rule, rule)))
            on_state(arg, &state->record);
    }
}

void
states_adopt(struct notify *notify, const char *rule, const char *script,
             struct txn *txn)
{
    for (size_t i = 0; i < notify->states.room; i++) {
        struct kept_state *state = notify->states.slots[i].value;
        if (!notify->states.slots[i].key || strcmp(state->record.rule, rule) != 0 ||
            !strcmp(state->record.script, script))
            continue;
        free(state->record.script);
        state->record.script = mem_text(script);
        txn_put_key_state(txn, &state->record);
    }
}

void
states_forget(struct notify *notify, const struct swept *row)
{
    char name[17];
    notify_fingerprint(notify->name, row->texts[1], row->texts[0], row->texts[2], name);
    const struct kept_state *state = table_get(&notify->states, name);
    if (state && !strcmp(state->record.script, row->texts[3]))
        drop(table_remove(&notify->states, name));
}
