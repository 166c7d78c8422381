#include "store/database_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define APPLICATION_ID 0x63636774 /* "ccgt" */
#define VERSION        ((int64_t)(sizeof steps / sizeof *steps))
#define KEEP_MS        ((int64_t)7 * 24 * 3600 * 1000)
#define CLEAN_BATCH    100
/* Somebody who looks with the sqlite3 shell holds a lock for a moment. */
#define BUSY_MS 100

/* Step i makes of form i the next one; form 0 is an empty file. */
static const char *const steps[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE alert (fingerprint TEXT PRIMARY KEY, center TEXT NOT NULL,"
    " rule TEXT NOT NULL, key TEXT NOT NULL, script TEXT NOT NULL,"
    " raised INTEGER NOT NULL, opening INTEGER NOT NULL, state TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    /* AUTOINCREMENT: positions of deleted messages are never given again. */
    "CREATE TABLE outbox (position INTEGER PRIMARY KEY AUTOINCREMENT,"
    " id TEXT NOT NULL UNIQUE, destination TEXT NOT NULL, order_key TEXT NOT NULL,"
    " kind TEXT NOT NULL, message TEXT NOT NULL, body TEXT, state TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL) STRICT;"
    "CREATE INDEX outbox_open ON outbox (position)"
    " WHERE state IN ('ready', 'in_flight');"
    "CREATE INDEX outbox_over ON outbox (created_ms)"
    " WHERE state IN ('done', 'superseded');"
    "CREATE TABLE attempt (message_id TEXT NOT NULL, number INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL, status INTEGER NOT NULL, curl_code INTEGER NOT NULL,"
    " answer TEXT NOT NULL, PRIMARY KEY (message_id, number)) STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('instance', lower(hex(randomblob(8))));",
    "CREATE TABLE slot (center TEXT NOT NULL, query TEXT NOT NULL,"
    " argument INTEGER NOT NULL, until INTEGER NOT NULL,"
    " PRIMARY KEY (center, query, argument)) STRICT, WITHOUT ROWID;",
    "ALTER TABLE alert ADD COLUMN due_ms INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE silence (id TEXT PRIMARY KEY, matcher TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, by TEXT NOT NULL,"
    " note TEXT) STRICT, WITHOUT ROWID;",
};

#define OLD_MESSAGES                                                                   \
    " FROM outbox WHERE state IN ('done', 'superseded') AND created_ms < ?1"           \
    " ORDER BY created_ms, position LIMIT ?2)"

static const char *const sql[STATEMENTS] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_ALERT] = "REPLACE INTO alert VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [SQL_ADD] = "INSERT INTO outbox (id, destination, order_key, kind, message, body,"
                " state, created_ms, next_ms, attempts)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
                " ON CONFLICT (id) DO NOTHING",
    [SQL_MARK] = "UPDATE outbox SET state = ?2, next_ms = ?3, attempts = ?4,"
                 " body = coalesce(?5, body) WHERE id = ?1",
    /* An attempt that a crash cut off is made again under its number. */
    [SQL_ATTEMPT] = "REPLACE INTO attempt VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_SLOT] = "REPLACE INTO slot VALUES (?1, ?2, ?3, ?4)",
    [SQL_SILENCE] = "REPLACE INTO silence VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_CLEAN_SILENCES] = "DELETE FROM silence WHERE until_ms < ?1",
    [SQL_CLEAN_SLOTS] = "DELETE FROM slot WHERE until < ?1 / 1000",
    [SQL_CLEAN_ATTEMPTS] =
        "DELETE FROM attempt WHERE message_id IN (SELECT id" OLD_MESSAGES,
    [SQL_CLEAN_OUTBOX] =
        "DELETE FROM outbox WHERE position IN (SELECT position" OLD_MESSAGES,
};

/* ---- opening ---- */

static bool
fail(const char *path, sqlite3 *handle, struct error *error)
{
    int code = sqlite3_errcode(handle) & 0xff;
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        error_set(error, ERROR_DECODE, "",
                  "%s is damaged (%s): move it away, the gateway starts a new one",
                  path, sqlite3_errmsg(handle));
    else
        error_set(error, ERROR_LIMIT, "", "%s: %s", path, sqlite3_errmsg(handle));
    return false;
}

/* The first column of the first row as a text to free; NULL when there is none. */
static char *
query_text(sqlite3 *handle, const char *text)
{
    sqlite3_stmt *statement = NULL;
    char *value = NULL;
    if (sqlite3_prepare_v2(handle, text, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = mem_text((const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return value;
}

static bool
query_integer(sqlite3 *handle, const char *text, int64_t *value)
{
    char *found = query_text(handle, text);
    if (found)
        *value = strtoll(found, NULL, 10);
    free(found);
    return found != NULL;
}

static bool
check_identity(sqlite3 *handle, const char *path, int64_t *version, struct error *error)
{
    int64_t application, tables;
    if (!query_integer(handle, "PRAGMA application_id", &application) ||
        !query_integer(handle, "PRAGMA user_version", version) ||
        !query_integer(handle, "SELECT count(*) FROM sqlite_schema", &tables))
        return fail(path, handle, error);
    if (application == 0 && *version == 0 && tables == 0)
        return true;
    if (application != APPLICATION_ID) {
        error_set(error, ERROR_DECODE, "", "%s is not a database of ccgate", path);
        return false;
    }
    if (*version > VERSION) {
        error_set(error, ERROR_DECODE, "",
                  "%s was written by a newer ccgate (form %lld, this one knows %lld)",
                  path, (long long)*version, (long long)VERSION);
        return false;
    }
    return true;
}

static bool
check_content(sqlite3 *handle, const char *path, struct error *error)
{
    char *verdict = query_text(handle, "PRAGMA quick_check(1)");
    if (!verdict)
        return fail(path, handle, error);
    bool sound = !strcmp(verdict, "ok");
    if (!sound)
        error_set(error, ERROR_DECODE, "",
                  "%s is damaged (%s): move it away, the gateway starts a new one",
                  path, verdict);
    free(verdict);
    return sound;
}

static bool
prepare(struct database *database, const char *path, struct error *error)
{
    for (size_t i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(database->handle, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &database->statements[i], NULL) != SQLITE_OK)
            return fail(path, database->handle, error);
    return true;
}

/* Each step is one transaction: what is cut off between two goes on at the next start.
 */
static bool
take_steps(sqlite3 *handle, int64_t version)
{
    bool is_good = true;
    for (; is_good && version < VERSION; version++) {
        char *script =
            mem_format("BEGIN; PRAGMA application_id = %d;"
                       "PRAGMA user_version = %lld; %s COMMIT;",
                       APPLICATION_ID, (long long)version + 1, steps[version]);
        is_good = sqlite3_exec(handle, script, NULL, NULL, NULL) == SQLITE_OK;
        free(script);
    }
    return is_good;
}

static bool
set_up(struct database *database, const char *path, struct error *error)
{
    sqlite3 *handle = database->handle;
    int64_t version = 0;
    sqlite3_busy_timeout(handle, BUSY_MS);
    if (!check_identity(handle, path, &version, error) ||
        (version && !check_content(handle, path, error)))
        return false;
    const char *modes = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                        "PRAGMA journal_size_limit = 16777216;";
    const char *recover = "UPDATE outbox SET state = 'ready'"
                          " WHERE " OPEN_MESSAGES " AND state = 'in_flight'";
    if (sqlite3_exec(handle, modes, NULL, NULL, NULL) != SQLITE_OK ||
        !take_steps(handle, version) ||
        sqlite3_exec(handle, recover, NULL, NULL, NULL) != SQLITE_OK)
        return fail(path, handle, error);
    database->instance =
        query_text(handle, "SELECT value FROM meta WHERE name = 'instance'");
    if (!database->instance)
        return fail(path, handle, error);
    return prepare(database, path, error);
}

struct database *
database_open(const char *path, struct error *error)
{
    struct database *database = mem_zero(sizeof(*database));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(path, &database->handle, flags, NULL) != SQLITE_OK) {
        fail(path, database->handle, error);
        database_close(database);
        return NULL;
    }
    if (!set_up(database, path, error)) {
        database_close(database);
        return NULL;
    }
    return database;
}

void
database_close(struct database *database)
{
    if (!database)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(database->statements[i]);
    sqlite3_close(database->handle);
    free(database->instance);
    free(database);
}

const char *
database_instance(const struct database *database)
{
    return database->instance;
}

/* ---- writing ---- */

static bool
run(struct database *database, enum statement which)
{
    sqlite3_stmt *statement = database->statements[which];
    bool good = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_reset(statement);
    return good;
}

static void
bind_text(sqlite3_stmt *statement, int number, const char *text)
{
    /* Static: the transaction outlives the step. */
    if (text)
        sqlite3_bind_text(statement, number, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, number);
}

static bool
put_alert(struct database *database, const struct alert_record *alert)
{
    sqlite3_stmt *statement = database->statements[SQL_ALERT];
    bind_text(statement, 1, alert->fingerprint);
    bind_text(statement, 2, alert->center);
    bind_text(statement, 3, alert->rule);
    bind_text(statement, 4, alert->key);
    bind_text(statement, 5, alert->script);
    sqlite3_bind_int(statement, 6, alert->raised);
    sqlite3_bind_int64(statement, 7, alert->opening);
    bind_text(statement, 8, alert->state);
    sqlite3_bind_int64(statement, 9, alert->due_ms);
    return run(database, SQL_ALERT);
}

static bool
add_outbox(struct database *database, struct outbox_record *record)
{
    sqlite3_stmt *statement = database->statements[SQL_ADD];
    bind_text(statement, 1, record->id);
    bind_text(statement, 2, record->destination);
    bind_text(statement, 3, record->order_key);
    bind_text(statement, 4, record->kind);
    bind_text(statement, 5, record->message);
    bind_text(statement, 6, record->body);
    bind_text(statement, 7, outbox_word(record->state));
    sqlite3_bind_int64(statement, 8, record->created_ms);
    sqlite3_bind_int64(statement, 9, record->next_ms);
    sqlite3_bind_int64(statement, 10, record->attempts);
    if (!run(database, SQL_ADD))
        return false;
    bool is_new = sqlite3_changes(database->handle) > 0;
    record->position = is_new ? sqlite3_last_insert_rowid(database->handle) : 0;
    return true;
}

static bool
mark_outbox(struct database *database, const struct change_mark *mark)
{
    sqlite3_stmt *statement = database->statements[SQL_MARK];
    bind_text(statement, 1, mark->id);
    bind_text(statement, 2, outbox_word(mark->state));
    sqlite3_bind_int64(statement, 3, mark->next_ms);
    sqlite3_bind_int64(statement, 4, mark->attempts);
    bind_text(statement, 5, mark->body);
    return run(database, SQL_MARK);
}

static bool
add_attempt(struct database *database, const struct change_attempt *attempt)
{
    sqlite3_stmt *statement = database->statements[SQL_ATTEMPT];
    bind_text(statement, 1, attempt->message_id);
    sqlite3_bind_int64(statement, 2, attempt->number);
    sqlite3_bind_int64(statement, 3, attempt->at_ms);
    sqlite3_bind_int64(statement, 4, attempt->status);
    sqlite3_bind_int(statement, 5, attempt->curl_code);
    bind_text(statement, 6, attempt->answer ? attempt->answer : "");
    return run(database, SQL_ATTEMPT);
}

static bool
put_slot(struct database *database, const struct slot_record *slot)
{
    sqlite3_stmt *statement = database->statements[SQL_SLOT];
    bind_text(statement, 1, slot->center);
    bind_text(statement, 2, slot->query);
    sqlite3_bind_int64(statement, 3, slot->argument);
    sqlite3_bind_int64(statement, 4, slot->until);
    return run(database, SQL_SLOT);
}

static bool
put_silence(struct database *database, const struct silence_record *silence)
{
    sqlite3_stmt *statement = database->statements[SQL_SILENCE];
    bind_text(statement, 1, silence->id);
    bind_text(statement, 2, silence->matcher);
    sqlite3_bind_int64(statement, 3, silence->created_ms);
    sqlite3_bind_int64(statement, 4, silence->until_ms);
    bind_text(statement, 5, silence->by);
    bind_text(statement, 6, silence->note);
    return run(database, SQL_SILENCE);
}

static bool
apply(struct database *database, struct store_change *change)
{
    switch (change->kind) {
    case CHANGE_ALERT: return put_alert(database, &change->alert);
    case CHANGE_ADD: return add_outbox(database, &change->added);
    case CHANGE_MARK: return mark_outbox(database, &change->mark);
    case CHANGE_ATTEMPT: return add_attempt(database, &change->attempt);
    case CHANGE_SLOT: return put_slot(database, &change->slot);
    case CHANGE_SILENCE: return put_silence(database, &change->silence);
    }
    return false;
}

static bool
apply_all(struct database *database, struct txn *const *txns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < txns[i]->count; j++)
            if (!apply(database, &txns[i]->changes[j]))
                return false;
    return true;
}

bool
database_write(struct database *database, struct txn *const *txns, size_t count,
               struct error *error)
{
    if (run(database, SQL_BEGIN) && apply_all(database, txns, count) &&
        run(database, SQL_COMMIT))
        return true;
    error_set(error, ERROR_LIMIT, "", "%s", sqlite3_errmsg(database->handle));
    /* Some failures have rolled back by themselves. */
    if (!sqlite3_get_autocommit(database->handle))
        run(database, SQL_ROLLBACK);
    return false;
}

static bool
clean(struct database *database, enum statement which, int64_t before_ms)
{
    sqlite3_stmt *statement = database->statements[which];
    sqlite3_bind_int64(statement, 1, before_ms);
    if (which == SQL_CLEAN_ATTEMPTS || which == SQL_CLEAN_OUTBOX)
        sqlite3_bind_int(statement, 2, CLEAN_BATCH);
    return run(database, which);
}

bool
database_clean(struct database *database, int64_t now_ms)
{
    int64_t before_ms = now_ms - KEEP_MS;
    if (!run(database, SQL_BEGIN))
        return true;
    int deleted = CLEAN_BATCH;
    if (clean(database, SQL_CLEAN_SLOTS, before_ms) &&
        clean(database, SQL_CLEAN_SILENCES, before_ms) &&
        clean(database, SQL_CLEAN_ATTEMPTS, before_ms) &&
        clean(database, SQL_CLEAN_OUTBOX, before_ms)) {
        deleted = sqlite3_changes(database->handle);
        if (run(database, SQL_COMMIT))
            return deleted == CLEAN_BATCH;
    }
    if (!sqlite3_get_autocommit(database->handle))
        run(database, SQL_ROLLBACK);
    return true;
}
