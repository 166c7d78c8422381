#include "store/form.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define APPLICATION_ID 0x63636774 /* "ccgt" */
#define VERSION        ((int64_t)(sizeof steps / sizeof *steps))

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
    "CREATE TABLE kept (script TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,"
    " written_ms INTEGER NOT NULL, PRIMARY KEY (script, key)) STRICT, WITHOUT ROWID;",
    "CREATE TABLE key_state (rule TEXT NOT NULL, center TEXT NOT NULL,"
    " key TEXT NOT NULL, script TEXT NOT NULL, state TEXT NOT NULL,"
    " PRIMARY KEY (rule, center, key)) STRICT, WITHOUT ROWID;",
    "CREATE TABLE run (script TEXT NOT NULL, job TEXT NOT NULL,"
    " scheduled_ms INTEGER NOT NULL, is_over INTEGER NOT NULL,"
    " PRIMARY KEY (script, job)) STRICT, WITHOUT ROWID;",
    "ALTER TABLE alert ADD COLUMN note BLOB;"
    "CREATE TABLE handler (position INTEGER PRIMARY KEY AUTOINCREMENT,"
    " id TEXT NOT NULL UNIQUE, rule TEXT NOT NULL, kind TEXT NOT NULL,"
    " alert TEXT NOT NULL, attempts INTEGER NOT NULL, created_ms INTEGER NOT NULL)"
    " STRICT;",
    "CREATE TABLE memo (destination TEXT NOT NULL, fingerprint TEXT NOT NULL,"
    " alert TEXT NOT NULL, text TEXT NOT NULL, written_ms INTEGER NOT NULL,"
    " PRIMARY KEY (destination, fingerprint)) STRICT, WITHOUT ROWID;",
    /* What is over by now is over since now. A row that goes takes its attempts, or its
     * opening number, along, whoever deletes it; REPLACE deletes nothing in this sense.
     */
    "ALTER TABLE alert ADD COLUMN ended_ms INTEGER NOT NULL DEFAULT 0;"
    "UPDATE alert SET ended_ms = strftime('%s', 'now') * 1000 WHERE raised = 0;"
    "CREATE INDEX alert_over ON alert (ended_ms) WHERE raised = 0;"
    "CREATE INDEX memo_written ON memo (written_ms);"
    "CREATE INDEX outbox_owed ON outbox (order_key)"
    " WHERE state IN ('ready', 'in_flight');"
    "CREATE TABLE gone (script TEXT PRIMARY KEY, since_ms INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('opening', '0');"
    "CREATE TRIGGER outbox_gone AFTER DELETE ON outbox BEGIN"
    " DELETE FROM attempt WHERE message_id = old.id; END;"
    "CREATE TRIGGER alert_gone AFTER DELETE ON alert BEGIN"
    " UPDATE meta SET value = old.opening"
    " WHERE name = 'opening' AND CAST(value AS INTEGER) < old.opening; END;",
};

bool
form_fail(const char *path, sqlite3 *handle, struct error *error)
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

char *
form_text(sqlite3 *handle, const char *text)
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
    char *found = form_text(handle, text);
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
        return form_fail(path, handle, error);
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

/* quick_check could not read a page, with SQLite's code or without: a machine without
 * memory, or a disk that does not answer, says nothing about the file. */
static bool
is_unread(const char *verdict)
{
    static const char mark[] = "error code";
    const char *found = strstr(verdict, mark);
    if (!found)
        return strstr(verdict, "failed to get page") != NULL;
    found += sizeof mark - 1;
    long code = strtol(found + strcspn(found, "0123456789"), NULL, 10) & 0xff;
    return code != SQLITE_CORRUPT && code != SQLITE_NOTADB;
}

static bool
check_content(sqlite3 *handle, const char *path, struct error *error)
{
    char *verdict = form_text(handle, "PRAGMA quick_check(1)");
    if (!verdict)
        return form_fail(path, handle, error);
    bool sound = !strcmp(verdict, "ok");
    if (!sound && is_unread(verdict))
        error_set(error, ERROR_LIMIT, "", "%s cannot be read: %s", path, verdict);
    else if (!sound)
        error_set(error, ERROR_DECODE, "",
                  "%s is damaged (%s): move it away, the gateway starts a new one",
                  path, verdict);
    free(verdict);
    return sound;
}

bool
form_check(sqlite3 *handle, const char *path, int64_t *version, struct error *error)
{
    return check_identity(handle, path, version, error) &&
           (!*version || check_content(handle, path, error));
}

bool
form_take_steps(sqlite3 *handle, int64_t version)
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
