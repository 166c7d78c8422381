/* state.db itself: schema, checks, and what a change is in SQL. Private to store.
 *
 * Used by one thread at a time. */
#ifndef CCGATE_STORE_DATABASE_H
#define CCGATE_STORE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/outbox.h"
#include "store/txn.h"

struct database;

/* Opens or creates, checks, brings it to the newest form, turns in_flight into ready.
 */
struct database *database_open(const char *path, struct error *error);
/* The same, but nothing is synced and the instance is always the same. */
struct database *database_open_played(const char *path, struct error *error);
void database_close(struct database *database);

const char *database_instance(const struct database *database);
int64_t database_opening_floor(struct database *database);
void database_each_alert(struct database *database, store_on_alert *on_alert,
                         void *arg);
void database_each_dead(struct database *database, store_on_dead *on_dead, void *arg);
void database_each_ready(struct database *database, store_on_outbox *on_outbox,
                         void *arg);
void database_each_silence(struct database *database, store_on_silence *on_silence,
                           void *arg);
void database_each_handler(struct database *database, store_on_handler *on_handler,
                           void *arg);
void database_each_kept(struct database *database, store_on_kept *on_kept, void *arg);
void database_each_memo(struct database *database, store_on_memo *on_memo, void *arg);
void database_each_run(struct database *database, store_on_run *on_run, void *arg);
void database_each_slot(struct database *database, store_on_slot *on_slot, void *arg);
void database_each_key_state(struct database *database, store_on_key_state *on_state,
                             void *arg);

/* Fills a zeroed page. */
void database_read_page(struct database *database, const struct outbox_filter *filter,
                        struct outbox_page *page);

/* Applies all or nothing; false with `error` for nothing. Gives messages their
 * position, and sweeps their rows. */
bool database_write(struct database *database, struct txn *const *txns, size_t count,
                    struct error *error);

#endif
