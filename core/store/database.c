#include "store/database_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/form.h"

/* Somebody who looks with the sqlite3 shell holds a lock for a moment. */
#define BUSY_MS 100

static const char *const sql[SQL_SWEEP] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_ALERT] = "REPLACE INTO alert VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                  " ?11)",
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
    [SQL_KEY_STATE] = "REPLACE INTO key_state VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_NO_KEY_STATE] =
        "DELETE FROM key_state WHERE rule = ?1 AND center = ?2 AND key = ?3",
    [SQL_KEEP] = "REPLACE INTO kept VALUES (?1, ?2, ?3, ?4)",
    [SQL_FORGET] = "DELETE FROM kept WHERE script = ?1 AND key = ?2",
    [SQL_RUN] = "REPLACE INTO run VALUES (?1, ?2, ?3, ?4)",
    [SQL_HANDLER] = "INSERT INTO handler (id, rule, kind, alert, attempts, created_ms)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                    " ON CONFLICT (id) DO UPDATE SET attempts = ?5, created_ms = ?6",
    [SQL_HANDLED] = "DELETE FROM handler WHERE id = ?1",
    [SQL_MEMO] = "REPLACE INTO memo VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_PRESENT] =
        "DELETE FROM gone WHERE script IN (SELECT value FROM json_each(?1))",
    /* From script to script and from rule to rule, not from row to row: there may be
     * many of these. The keys of a rule are one script's. */
    [SQL_MISSED] =
        "WITH RECURSIVE keeper(script) AS (SELECT min(script) FROM kept UNION ALL"
        " SELECT (SELECT min(script) FROM kept WHERE script > keeper.script)"
        " FROM keeper WHERE script NOT NULL),"
        " ruler(rule) AS (SELECT min(rule) FROM key_state UNION ALL"
        " SELECT (SELECT min(rule) FROM key_state WHERE rule > ruler.rule)"
        " FROM ruler WHERE rule NOT NULL),"
        " owner(script) AS (SELECT script FROM keeper UNION SELECT script FROM run"
        " UNION SELECT (SELECT script FROM key_state WHERE rule = ruler.rule LIMIT 1)"
        " FROM ruler)"
        " INSERT OR IGNORE INTO gone SELECT script, ?2 FROM owner"
        " WHERE script NOT NULL"
        " AND script NOT IN (SELECT value FROM json_each(?1))",
    [SQL_SHIFT] = "UPDATE gone SET since_ms = since_ms + ?1",
};

static const char *
statement_text(enum statement which)
{
    return which < SQL_SWEEP ? sql[which] : retentions[which - SQL_SWEEP].statement;
}

/* ---- opening ---- */

static bool
prepare(struct database *database, const char *path, struct error *error)
{
    for (size_t i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(database->handle, statement_text((enum statement)i), -1,
                               SQLITE_PREPARE_PERSISTENT, &database->statements[i],
                               NULL) != SQLITE_OK)
            return form_fail(path, database->handle, error);
    return true;
}

static const char lasting[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                              "PRAGMA journal_size_limit = 16777216;";
static const char played[] = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;";
static const char played_instance[] =
    "UPDATE meta SET value = '0000000000000000' WHERE name = 'instance'";

static bool
set_up(struct database *database, const char *path, const char *modes,
       struct error *error)
{
    sqlite3 *handle = database->handle;
    int64_t version = 0;
    sqlite3_busy_timeout(handle, BUSY_MS);
    if (!form_check(handle, path, &version, error))
        return false;
    const char *recover = "UPDATE outbox SET state = 'ready'"
                          " WHERE " OPEN_MESSAGES " AND state = 'in_flight'";
    if (sqlite3_exec(handle, modes, NULL, NULL, NULL) != SQLITE_OK ||
        !form_take_steps(handle, version) ||
        (modes == played && sqlite3_exec(handle, played_instance, NULL, NULL, NULL)) ||
        sqlite3_exec(handle, recover, NULL, NULL, NULL) != SQLITE_OK)
        return form_fail(path, handle, error);
    database->instance =
        form_text(handle, "SELECT value FROM meta WHERE name = 'instance'");
    if (!database->instance)
        return form_fail(path, handle, error);
    return prepare(database, path, error);
}

static struct database *
open_with(const char *path, const char *modes, struct error *error)
{
    struct database *database = mem_zero(sizeof(*database));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(path, &database->handle, flags, NULL) != SQLITE_OK) {
        form_fail(path, database->handle, error);
        database_close(database);
        return NULL;
    }
    if (!set_up(database, path, modes, error)) {
        database_close(database);
        return NULL;
    }
    return database;
}

struct database *
database_open(const char *path, struct error *error)
{
    return open_with(path, lasting, error);
}

struct database *
database_open_played(const char *path, struct error *error)
{
    return open_with(path, played, error);
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
    if (alert->note)
        sqlite3_bind_blob64(statement, 10, alert->note, alert->note_size,
                            SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, 10);
    sqlite3_bind_int64(statement, 11, alert->ended_ms);
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
put_key_state(struct database *database, const struct key_state_record *record)
{
    bool is_none = !record->state[0];
    enum statement which = is_none ? SQL_NO_KEY_STATE : SQL_KEY_STATE;
    sqlite3_stmt *statement = database->statements[which];
    bind_text(statement, 1, record->rule);
    bind_text(statement, 2, record->center);
    bind_text(statement, 3, record->key);
    if (!is_none) {
        bind_text(statement, 4, record->script);
        bind_text(statement, 5, record->state);
    }
    return run(database, which);
}

static bool
put_kept(struct database *database, const struct kept_record *kept)
{
    enum statement which = kept->value ? SQL_KEEP : SQL_FORGET;
    sqlite3_stmt *statement = database->statements[which];
    bind_text(statement, 1, kept->script);
    bind_text(statement, 2, kept->key);
    if (kept->value) {
        sqlite3_bind_blob64(statement, 3, kept->value, kept->size, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 4, kept->written_ms);
    }
    return run(database, which);
}

static bool
put_run(struct database *database, const struct run_record *record)
{
    sqlite3_stmt *statement = database->statements[SQL_RUN];
    bind_text(statement, 1, record->script);
    bind_text(statement, 2, record->job);
    sqlite3_bind_int64(statement, 3, record->scheduled_ms);
    sqlite3_bind_int(statement, 4, record->is_over);
    return run(database, SQL_RUN);
}

static bool
put_handler(struct database *database, const struct handler_record *handler)
{
    sqlite3_stmt *statement = database->statements[SQL_HANDLER];
    bind_text(statement, 1, handler->id);
    bind_text(statement, 2, handler->rule);
    bind_text(statement, 3, handler->kind);
    bind_text(statement, 4, handler->alert);
    sqlite3_bind_int64(statement, 5, handler->attempts);
    sqlite3_bind_int64(statement, 6, handler->created_ms);
    return run(database, SQL_HANDLER);
}

static bool
end_handler(struct database *database, const struct handler_record *handler)
{
    bind_text(database->statements[SQL_HANDLED], 1, handler->id);
    return run(database, SQL_HANDLED);
}

static bool
put_memo(struct database *database, const struct memo_record *memo)
{
    sqlite3_stmt *statement = database->statements[SQL_MEMO];
    bind_text(statement, 1, memo->destination);
    bind_text(statement, 2, memo->fingerprint);
    bind_text(statement, 3, memo->alert);
    bind_text(statement, 4, memo->text);
    sqlite3_bind_int64(statement, 5, memo->written_ms);
    return run(database, SQL_MEMO);
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
    case CHANGE_KEY_STATE: return put_key_state(database, &change->key_state);
    case CHANGE_KEPT: return put_kept(database, &change->kept);
    case CHANGE_RUN: return put_run(database, &change->run);
    case CHANGE_HANDLER: return put_handler(database, &change->handler);
    case CHANGE_HANDLED: return end_handler(database, &change->handler);
    case CHANGE_MEMO: return put_memo(database, &change->memo);
    case CHANGE_SWEEP: return sweep_apply(database, &change->sweep);
    case CHANGE_ROLL: return roll_apply(database, &change->roll);
    case CHANGE_SHIFT: return shift_apply(database, change->shift_ms);
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
