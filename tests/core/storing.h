/* A store in a folder of its own, records for it, and what its callbacks say. */
#ifndef CCGATE_TESTS_STORING_H
#define CCGATE_TESTS_STORING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/store.h"

/* Records own their texts; those of a test are borrowed. */
#define TEXT(text) ((char *)(uintptr_t)(text))
#define DAY_MS     ((int64_t)24 * 3600 * 1000)

static struct loop *loop;
static char dir[64];
static char path[80];

/* What callbacks said, in order: "done 1,added m1,…". */
static char heard[1 << 16];

static inline void
hear(const char *word, const char *what)
{
    size_t used = strlen(heard);
    snprintf(heard + used, sizeof(heard) - used, "%s%s %s", used ? "," : "", word,
             what);
}

static inline void
on_done(void *arg)
{
    hear("done", arg);
}

static inline void
on_added(void *arg, const struct outbox_record *record)
{
    (void)arg;
    hear("added", record->id);
}

static inline void
remove_store(const char *folder)
{
    const char *const files[] = {"state.db", "state.db-wal", "state.db-shm", "lock"};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        char *file = mem_format("%s/%s", folder, files[i]);
        unlink(file);
        free(file);
    }
    assert_int_equal(rmdir(folder), 0);
}

static inline int
set_up(void **state)
{
    (void)state;
    log_set_level(LEVEL_ERROR + 1);
    loop = loop_new();
    snprintf(dir, sizeof(dir), P_tmpdir "/ccgate-store-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/state.db", dir);
    heard[0] = '\0';
    return 0;
}

static inline int
tear_down(void **state)
{
    (void)state;
    loop_delete(loop);
    remove_store(dir);
    return 0;
}

static inline struct store *
open_store(void)
{
    struct error error = {0};
    struct store *store = store_open(loop, dir, &error);
    if (!store)
        fail_msg("%s", error.message);
    return store;
}

static inline void
refuse_store(const char *why)
{
    struct error error = {0};
    assert_null(store_open(loop, dir, &error));
    if (!strstr(error.message, why))
        fail_msg("'%s' does not say '%s'", error.message, why);
}

/* ---- waiting on the loop ---- */

struct wait {
    const struct store *store;
    bool (*is_over)(const struct store *store);
    struct timer *timer;
    int turns;
};

static inline void
on_look(void *arg)
{
    struct wait *wait = arg;
    if (wait->is_over(wait->store) || ++wait->turns > 5000)
        loop_stop(loop);
    else
        timer_start(wait->timer, 1);
}

static inline bool
is_settled(const struct store *store)
{
    return store_pending(store) == 0;
}

static inline void
wait_until(const struct store *store, bool (*is_over)(const struct store *store))
{
    struct wait wait = {.store = store, .is_over = is_over};
    wait.timer = timer_new(loop, on_look, &wait);
    timer_start(wait.timer, 0);
    loop_run(loop);
    timer_free(wait.timer);
    assert_true(is_over(store));
}

/* ---- making and looking ---- */

static inline struct outbox_record
message(const char *id, int64_t created_ms)
{
    return (struct outbox_record){
        .id = TEXT(id),
        .destination = TEXT("floor-chat"),
        .order_key = TEXT("0123456789abcdef"),
        .kind = TEXT("raise"),
        .message = TEXT("{}"),
        .created_ms = created_ms,
        .next_ms = created_ms,
    };
}

static inline struct alert_record
alert(bool raised, int64_t opening, const char *state)
{
    return (struct alert_record){
        .fingerprint = TEXT("0123456789abcdef"),
        .center = TEXT("main"),
        .rule = TEXT("queue-wait"),
        .key = TEXT("7"),
        .script = TEXT("queue_wait"),
        .raised = raised,
        .opening = opening,
        .state = TEXT(state),
    };
}

static inline void
commit_message(struct store *store, const char *id, int64_t created_ms,
               const char *name)
{
    struct txn *txn = txn_new();
    struct outbox_record record = message(id, created_ms);
    txn_add_outbox(txn, &record);
    store_commit(store, txn, name ? on_done : NULL, TEXT(name));
}

static inline void
mark(struct store *store, const char *id, enum outbox_state state, int64_t next_ms,
     int64_t attempts, const char *body)
{
    struct txn *txn = txn_new();
    txn_mark_outbox(txn, id, state, next_ms, attempts, body);
    store_commit(store, txn, NULL, NULL);
}

static inline void
hear_ready(void *arg, const struct outbox_record *record)
{
    (void)arg;
    char *text =
        mem_format("%s/%lld/%lld/%s", record->id, (long long)record->next_ms,
                   (long long)record->attempts, record->body ? record->body : "-");
    hear("ready", text);
    free(text);
}

static inline void
hear_alert(void *arg, const struct alert_record *record)
{
    (void)arg;
    char *text = mem_format("%s %s/%s/%s/%s %s %lld %s", record->fingerprint,
                            record->center, record->rule, record->key, record->script,
                            record->raised ? "raised" : "cleared",
                            (long long)record->opening, record->state);
    hear("alert", text);
    free(text);
}

static int64_t
count(const char *sql)
{
    sqlite3 *handle;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return value;
}

static inline void
change(const char *sql)
{
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
}

#endif
