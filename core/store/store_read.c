/* What the store has, read before its thread has begun. */
#include "store/store_inside.h"

const char *
store_instance(const struct store *store)
{
    return database_instance(store->database);
}

int64_t
store_opening_floor(struct store *store)
{
    return database_opening_floor(store->database);
}

void
store_each_alert(struct store *store, store_on_alert *on_alert, void *arg)
{
    database_each_alert(store->database, on_alert, arg);
}

void
store_each_ready(struct store *store, store_on_outbox *on_outbox, void *arg)
{
    database_each_ready(store->database, on_outbox, arg);
}

void
store_each_dead(struct store *store, store_on_dead *on_dead, void *arg)
{
    database_each_dead(store->database, on_dead, arg);
}

void
store_each_silence(struct store *store, store_on_silence *on_silence, void *arg)
{
    database_each_silence(store->database, on_silence, arg);
}

void
store_each_slot(struct store *store, store_on_slot *on_slot, void *arg)
{
    database_each_slot(store->database, on_slot, arg);
}

void
store_each_key_state(struct store *store, store_on_key_state *on_state, void *arg)
{
    database_each_key_state(store->database, on_state, arg);
}

void
store_each_memo(struct store *store, store_on_memo *on_memo, void *arg)
{
    database_each_memo(store->database, on_memo, arg);
}

void
store_each_kept(struct store *store, store_on_kept *on_kept, void *arg)
{
    database_each_kept(store->database, on_kept, arg);
}

void
store_each_run(struct store *store, store_on_run *on_run, void *arg)
{
    database_each_run(store->database, on_run, arg);
}

void
store_each_handler(struct store *store, store_on_handler *on_handler, void *arg)
{
    database_each_handler(store->database, on_handler, arg);
}
