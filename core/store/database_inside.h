/* The database's inside, shared by database.c (opening, writing) and database_read.c
 * alone. */
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
    SQL_CLEAN_HANDLERS,
    SQL_CLEAN_SLOTS,
    SQL_CLEAN_SILENCES,
    SQL_CLEAN_ATTEMPTS,
    SQL_CLEAN_OUTBOX,
    STATEMENTS,
};

struct database {
    sqlite3 *handle;
    sqlite3_stmt *statements[STATEMENTS];
    char *instance;
};

#endif
