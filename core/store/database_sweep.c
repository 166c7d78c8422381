/* Forgetting what is over (retention.h), a few rows at a time, inside the transactions
 * that are written anyway. */
#include "base/mem.h"
#include "store/database_inside.h"

static void
add_row(struct sweep *sweep, enum retained what, sqlite3_stmt *row)
{
    sweep->rows = mem_grow(sweep->rows, sweep->row_count + 1, sizeof *sweep->rows);
    struct swept *swept = &sweep->rows[sweep->row_count++];
    *swept = (struct swept){.what = what};
    for (int i = 0; i < SWEPT_TEXTS; i++)
        swept->texts[i] = mem_text((const char *)sqlite3_column_text(row, i));
    swept->number = sqlite3_column_int64(row, SWEPT_TEXTS);
}

/* At most `most` rows of one kind. */
static bool
sweep_kind(struct database *database, struct sweep *sweep, enum retained what,
           size_t most)
{
    sqlite3_stmt *statement = database->statements[SQL_SWEEP + what];
    int64_t before_ms = sweep->now_ms - retentions[what].keep_ms;
    int result;
    sqlite3_bind_int64(statement, 1, before_ms);
    sqlite3_bind_int64(statement, 2, (int64_t)most);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        add_row(sweep, what, statement);
    sqlite3_reset(statement);
    sweep->counts[what] = (size_t)sqlite3_changes(database->handle);
    return result == SQLITE_DONE;
}

bool
sweep_apply(struct database *database, struct sweep *sweep)
{
    size_t left = SWEEP_ROWS;
    sweep_forget(sweep);
    for (sweep->to = sweep->from; left && sweep->to < RETAINED_KINDS; sweep->to++) {
        if (!sweep_kind(database, sweep, sweep->to, left))
            return false;
        left -= sweep->counts[sweep->to];
    }
    /* There may be more of the last one. */
    if (!left)
        sweep->to--;
    return true;
}

bool
roll_apply(struct database *database, const struct change_roll *roll)
{
    const enum statement both[] = {SQL_PRESENT, SQL_MISSED};
    bool is_good = true;
    for (size_t i = 0; is_good && i < sizeof both / sizeof *both; i++) {
        sqlite3_stmt *statement = database->statements[both[i]];
        sqlite3_bind_text(statement, 1, roll->scripts, -1, SQLITE_STATIC);
        if (both[i] == SQL_MISSED)
            sqlite3_bind_int64(statement, 2, roll->now_ms);
        is_good = sqlite3_step(statement) == SQLITE_DONE;
        sqlite3_reset(statement);
    }
    return is_good;
}

bool
shift_apply(struct database *database, int64_t by_ms)
{
    sqlite3_stmt *statement = database->statements[SQL_SHIFT];
    sqlite3_bind_int64(statement, 1, by_ms);
    bool is_good = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_reset(statement);
    return is_good;
}
