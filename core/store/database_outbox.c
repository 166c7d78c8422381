/* A page of the outbox, read between two commits. Unlike what a start reads, a failure
 * here costs one answer to one person. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/database_inside.h"

#define COLUMNS                                                                        \
    "SELECT position, id, destination, order_key, kind, message, body, state,"         \
    " created_ms, next_ms, attempts FROM outbox"
#define NEWEST " ORDER BY position DESC LIMIT ?2"
/* No id has a '~', and all of its characters come before it. */
#define BEGINNING                                                                      \
    COLUMNS " WHERE id >= ?1 AND id < ?1 || '~' ORDER BY id"                           \
            " LIMIT " TEXT_OF(OUTBOX_PAGE_MOST)
#define TEXT_OF(number) QUOTED(number)
#define QUOTED(text)    #text

static char *
text_at(sqlite3_stmt *row, int column)
{
    return mem_text((const char *)sqlite3_column_text(row, column));
}

static enum outbox_state
state_at(sqlite3_stmt *row, int column)
{
    const char *word = (const char *)sqlite3_column_text(row, column);
    int state = OUTBOX_READY;
    while (state < OUTBOX_SUPERSEDED && strcmp(outbox_word(state), word) != 0)
        state++;
    return state;
}

static bool
is_wanted(const struct outbox_filter *filter, sqlite3_stmt *row)
{
    const char *destination = (const char *)sqlite3_column_text(row, 2);
    if (filter->destination && strcmp(filter->destination, destination) != 0)
        return false;
    return filter->state == OUTBOX_ANY || (int)state_at(row, 7) == filter->state;
}

static void
add_record(struct outbox_page *page, sqlite3_stmt *row)
{
    page->records = mem_grow(page->records, page->count + 1, sizeof *page->records);
    page->records[page->count++] = (struct outbox_record){
        .position = sqlite3_column_int64(row, 0),
        .id = text_at(row, 1),
        .destination = text_at(row, 2),
        .order_key = text_at(row, 3),
        .kind = text_at(row, 4),
        .message = text_at(row, 5),
        .body = text_at(row, 6),
        .state = state_at(row, 7),
        .created_ms = sqlite3_column_int64(row, 8),
        .next_ms = sqlite3_column_int64(row, 9),
        .attempts = sqlite3_column_int64(row, 10),
    };
}

static void
add_attempt(struct outbox_page *page, sqlite3_stmt *row)
{
    page->attempts =
        mem_grow(page->attempts, page->attempt_count + 1, sizeof *page->attempts);
    page->attempts[page->attempt_count++] = (struct outbox_attempt){
        .number = sqlite3_column_int64(row, 0),
        .at_ms = sqlite3_column_int64(row, 1),
        .status = (long)sqlite3_column_int64(row, 2),
        .curl_code = sqlite3_column_int(row, 3),
        .answer = text_at(row, 4),
    };
}

/* Looks at the newest before filter->before; says where the next page begins. */
static int
look(sqlite3_stmt *statement, const struct outbox_filter *filter,
     struct outbox_page *page)
{
    int looks = 0, result;
    int64_t last = 0;
    sqlite3_bind_int64(statement, 1, filter->before ? filter->before : INT64_MAX);
    sqlite3_bind_int(statement, 2, OUTBOX_PAGE_LOOKS);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        looks++;
        last = sqlite3_column_int64(statement, 0);
        if (is_wanted(filter, statement))
            add_record(page, statement);
        if (page->count == OUTBOX_PAGE_MOST)
            break;
    }
    if (looks == OUTBOX_PAGE_LOOKS || page->count == OUTBOX_PAGE_MOST)
        page->before = last;
    return result == SQLITE_ROW ? SQLITE_DONE : result;
}

static int
find(sqlite3_stmt *statement, const char *id, struct outbox_page *page,
     void (*add)(struct outbox_page *page, sqlite3_stmt *row))
{
    int result;
    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        add(page, statement);
    return result;
}

static bool
end(struct database *database, sqlite3_stmt *statement, int result,
    struct outbox_page *page)
{
    if (result != SQLITE_DONE)
        error_set(&page->error, ERROR_LIMIT, "", "the database cannot be read: %s",
                  sqlite3_errmsg(database->handle));
    sqlite3_finalize(statement);
    return result == SQLITE_DONE;
}

static bool
find_all(struct database *database, const char *text, const char *id,
         struct outbox_page *page,
         void (*add)(struct outbox_page *page, sqlite3_stmt *row))
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database->handle, text, -1, &statement, NULL);
    if (result == SQLITE_OK)
        result = find(statement, id, page, add);
    return end(database, statement, result, page);
}

static void
read_many(struct database *database, const struct outbox_filter *filter,
          struct outbox_page *page)
{
    bool is_open = filter->state == OUTBOX_READY || filter->state == OUTBOX_IN_FLIGHT;
    /* The first has an index of its own: what waits is found among any number. */
    const char *text = is_open ? COLUMNS
                           " WHERE position < ?1 AND " OPEN_MESSAGES NEWEST
                               : COLUMNS " WHERE position < ?1" NEWEST;
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database->handle, text, -1, &statement, NULL);
    if (result == SQLITE_OK)
        result = look(statement, filter, page);
    end(database, statement, result, page);
}

void
database_read_page(struct database *database, const struct outbox_filter *filter,
                   struct outbox_page *page)
{
    if (filter->id_begins)
        find_all(database, BEGINNING, filter->id_begins, page, add_record);
    else if (!filter->id)
        read_many(database, filter, page);
    else if (find_all(database, COLUMNS " WHERE id = ?1", filter->id, page, add_record))
        find_all(database,
                 "SELECT number, at_ms, status, curl_code, answer FROM attempt"
                 " WHERE message_id = ?1 ORDER BY number",
                 filter->id, page, add_attempt);
}
