/* What a start reads from state.db. */
#include <stdlib.h>

#include "base/log.h"
#include "store/database_inside.h"

typedef void on_row(void *arg, sqlite3_stmt *statement);

static void
each_row(struct database *database, const char *text, on_row *on_each, void *arg)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database->handle, text, -1, &statement, NULL);
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
            on_each(arg, statement);
    }
    /* A gateway that had forgotten an alert would number the next one as a repeat of
     * it, and so tell nobody. */
    if (result != SQLITE_DONE) {
        log_error("store", "cannot read everything: %s",
                  sqlite3_errmsg(database->handle));
        abort();
    }
    sqlite3_finalize(statement);
}

/* Valid until the next row; records in callbacks are borrowed. */
static char *
column(sqlite3_stmt *statement, int number)
{
    return (char *)(uintptr_t)sqlite3_column_text(statement, number);
}

static void
read_number(void *arg, sqlite3_stmt *row)
{
    *(int64_t *)arg = sqlite3_column_int64(row, 0);
}

int64_t
database_opening_floor(struct database *database)
{
    int64_t floor = 0;
    each_row(database, "SELECT value FROM meta WHERE name = 'opening'", read_number,
             &floor);
    return floor;
}

struct alert_reader {
    store_on_alert *on_alert;
    void *arg;
};

static void
read_alert(void *arg, sqlite3_stmt *row)
{
    const struct alert_reader *reader = arg;
    struct alert_record record = {
        .fingerprint = column(row, 0),
        .center = column(row, 1),
        .rule = column(row, 2),
        .key = column(row, 3),
        .script = column(row, 4),
        .raised = sqlite3_column_int(row, 5) != 0,
        .opening = sqlite3_column_int64(row, 6),
        .state = column(row, 7),
        .due_ms = sqlite3_column_int64(row, 8),
        .note = (char *)(uintptr_t)sqlite3_column_blob(row, 9),
        .note_size = (size_t)sqlite3_column_bytes(row, 9),
        .ended_ms = sqlite3_column_int64(row, 10),
    };
    reader->on_alert(reader->arg, &record);
}

void
database_each_alert(struct database *database, store_on_alert *on_alert, void *arg)
{
    struct alert_reader reader = {on_alert, arg};
    each_row(database,
             "SELECT fingerprint, center, rule, key, script, raised, opening, state,"
             " due_ms, note, ended_ms"
             " FROM alert ORDER BY fingerprint",
             read_alert, &reader);
}

struct outbox_reader {
    store_on_outbox *on_outbox;
    void *arg;
};

static void
read_outbox(void *arg, sqlite3_stmt *row)
{
    const struct outbox_reader *reader = arg;
    struct outbox_record record = {
        .position = sqlite3_column_int64(row, 0),
        .id = column(row, 1),
        .destination = column(row, 2),
        .order_key = column(row, 3),
        .kind = column(row, 4),
        .message = column(row, 5),
        .body = column(row, 6),
        .state = OUTBOX_READY,
        .created_ms = sqlite3_column_int64(row, 7),
        .next_ms = sqlite3_column_int64(row, 8),
        .attempts = sqlite3_column_int64(row, 9),
        .refusals = sqlite3_column_int64(row, 10),
    };
    reader->on_outbox(reader->arg, &record);
}

void
database_each_ready(struct database *database, store_on_outbox *on_outbox, void *arg)
{
    struct outbox_reader reader = {on_outbox, arg};
    each_row(database,
             "SELECT position, id, destination, order_key, kind, message, body,"
             " created_ms, next_ms, attempts, (SELECT count(*) FROM attempt"
             " WHERE message_id = id AND status BETWEEN 400 AND 499) FROM outbox"
             " WHERE " OPEN_MESSAGES " AND state = 'ready' ORDER BY position",
             read_outbox, &reader);
}

struct dead_reader {
    store_on_dead *on_dead;
    void *arg;
};

static void
read_dead(void *arg, sqlite3_stmt *row)
{
    const struct dead_reader *reader = arg;
    reader->on_dead(reader->arg, column(row, 0), (size_t)sqlite3_column_int64(row, 1));
}

void
database_each_dead(struct database *database, store_on_dead *on_dead, void *arg)
{
    struct dead_reader reader = {on_dead, arg};
    each_row(database,
             "SELECT destination, count(*) FROM outbox WHERE state = 'dead'"
             " GROUP BY destination ORDER BY destination",
             read_dead, &reader);
}

struct slot_reader {
    store_on_slot *on_slot;
    void *arg;
};

static void
read_slot(void *arg, sqlite3_stmt *row)
{
    const struct slot_reader *reader = arg;
    struct slot_record record = {
        .center = column(row, 0),
        .query = column(row, 1),
        .argument = sqlite3_column_int64(row, 2),
        .until = sqlite3_column_int64(row, 3),
    };
    reader->on_slot(reader->arg, &record);
}

void
database_each_slot(struct database *database, store_on_slot *on_slot, void *arg)
{
    struct slot_reader reader = {on_slot, arg};
    each_row(database,
             "SELECT center, query, argument, until FROM slot"
             " ORDER BY center, query, argument",
             read_slot, &reader);
}

struct silence_reader {
    store_on_silence *on_silence;
    void *arg;
};

static void
read_silence(void *arg, sqlite3_stmt *row)
{
    const struct silence_reader *reader = arg;
    struct silence_record record = {
        .id = column(row, 0),
        .matcher = column(row, 1),
        .created_ms = sqlite3_column_int64(row, 2),
        .until_ms = sqlite3_column_int64(row, 3),
        .by = column(row, 4),
        .note = column(row, 5),
    };
    reader->on_silence(reader->arg, &record);
}

void
database_each_silence(struct database *database, store_on_silence *on_silence,
                      void *arg)
{
    struct silence_reader reader = {on_silence, arg};
    each_row(database,
             "SELECT id, matcher, created_ms, until_ms, by, note FROM silence"
             " ORDER BY created_ms, id",
             read_silence, &reader);
}

struct key_state_reader {
    store_on_key_state *on_state;
    void *arg;
};

static void
read_key_state(void *arg, sqlite3_stmt *row)
{
    const struct key_state_reader *reader = arg;
    struct key_state_record record = {
        .rule = column(row, 0),
        .center = column(row, 1),
        .key = column(row, 2),
        .script = column(row, 3),
        .state = column(row, 4),
    };
    reader->on_state(reader->arg, &record);
}

void
database_each_key_state(struct database *database, store_on_key_state *on_state,
                        void *arg)
{
    struct key_state_reader reader = {on_state, arg};
    each_row(database,
             "SELECT rule, center, key, script, state FROM key_state"
             " ORDER BY rule, center, key",
             read_key_state, &reader);
}

struct kept_reader {
    store_on_kept *on_kept;
    void *arg;
};

static void
read_kept(void *arg, sqlite3_stmt *row)
{
    const struct kept_reader *reader = arg;
    struct kept_record record = {
        .script = column(row, 0),
        .key = column(row, 1),
        .value = (char *)(uintptr_t)sqlite3_column_blob(row, 2),
        .size = (size_t)sqlite3_column_bytes(row, 2),
        .written_ms = sqlite3_column_int64(row, 3),
    };
    reader->on_kept(reader->arg, &record);
}

void
database_each_kept(struct database *database, store_on_kept *on_kept, void *arg)
{
    struct kept_reader reader = {on_kept, arg};
    each_row(database,
             "SELECT script, key, value, written_ms FROM kept ORDER BY script, key",
             read_kept, &reader);
}

struct memo_reader {
    store_on_memo *on_memo;
    void *arg;
};

static void
read_memo(void *arg, sqlite3_stmt *row)
{
    const struct memo_reader *reader = arg;
    struct memo_record record = {
        .destination = column(row, 0),
        .fingerprint = column(row, 1),
        .alert = column(row, 2),
        .text = column(row, 3),
        .written_ms = sqlite3_column_int64(row, 4),
    };
    reader->on_memo(reader->arg, &record);
}

void
database_each_memo(struct database *database, store_on_memo *on_memo, void *arg)
{
    struct memo_reader reader = {on_memo, arg};
    each_row(database,
             "SELECT destination, fingerprint, alert, text, written_ms FROM memo"
             " ORDER BY destination, fingerprint",
             read_memo, &reader);
}

struct run_reader {
    store_on_run *on_run;
    void *arg;
};

static void
read_run(void *arg, sqlite3_stmt *row)
{
    const struct run_reader *reader = arg;
    struct run_record record = {
        .script = column(row, 0),
        .job = column(row, 1),
        .scheduled_ms = sqlite3_column_int64(row, 2),
        .is_over = sqlite3_column_int(row, 3) != 0,
    };
    reader->on_run(reader->arg, &record);
}

void
database_each_run(struct database *database, store_on_run *on_run, void *arg)
{
    struct run_reader reader = {on_run, arg};
    each_row(database,
             "SELECT script, job, scheduled_ms, is_over FROM run ORDER BY script, job",
             read_run, &reader);
}

struct handler_reader {
    store_on_handler *on_handler;
    void *arg;
};

static void
read_handler(void *arg, sqlite3_stmt *row)
{
    const struct handler_reader *reader = arg;
    struct handler_record record = {
        .id = column(row, 0),
        .rule = column(row, 1),
        .kind = column(row, 2),
        .alert = column(row, 3),
        .attempts = sqlite3_column_int64(row, 4),
        .created_ms = sqlite3_column_int64(row, 5),
    };
    reader->on_handler(reader->arg, &record);
}

void
database_each_handler(struct database *database, store_on_handler *on_handler,
                      void *arg)
{
    struct handler_reader reader = {on_handler, arg};
    each_row(database,
             "SELECT id, rule, kind, alert, attempts, created_ms FROM handler"
             " ORDER BY position",
             read_handler, &reader);
}
