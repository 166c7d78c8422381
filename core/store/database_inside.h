/* The database's inside, shared by database.c (opening, writing), database_read.c,
 * database_outbox.c (reading) and database_sweep.c (forgetting) alone. */
#ifndef CCGATE_STORE_DATABASE_INSIDE_H
#define CCGATE_STORE_DATABASE_INSIDE_H

#include <sqlite3.h>

#include "store/database.h"

/* Lets SQLite see that the index outbox_open has all of them. */
#define OPEN_MESSAGES "state IN ('ready', 'in_flight')"

enum statement {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_ALERT,
    SQL_ADD,
    SQL_MARK,
    SQL_ATTEMPT,
    SQL_SLOT,
    SQL_SILENCE,
    SQL_KEY_STATE,
    SQL_NO_KEY_STATE,
    SQL_KEEP,
    SQL_FORGET,
    SQL_RUN,
    SQL_HANDLER,
    SQL_HANDLED,
    SQL_MEMO,
    SQL_PRESENT,
    SQL_MISSED,
    SQL_SHIFT,
    SQL_SWEEP, /* of the first of the kinds of retention.h */
    STATEMENTS = SQL_SWEEP + RETAINED_KINDS,
};

struct database {
    sqlite3 *handle;
    sqlite3_stmt *statements[STATEMENTS];
    char *instance;
};

/* ---- database_sweep.c ---- */

/* All take part in the transaction that is open; false: it is to be rolled back. */
bool sweep_apply(struct database *database, struct sweep *sweep);
bool roll_apply(struct database *database, const struct change_roll *roll);
bool shift_apply(struct database *database, int64_t by_ms);

#endif
