/* The store: what was committed is there, in order, once, whatever happened between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/store.h"
#include "troubles.h"

/* Records own their texts; those of a test are borrowed. */
#define TEXT(text) ((char *)(uintptr_t)(text))
#define DAY_MS     ((int64_t)24 * 3600 * 1000)

static struct loop *loop;
static char dir[64];
static char path[80];

/* What callbacks said, in order: "done 1,added m1,…". */
static char heard[1 << 16];

static void
hear(const char *word, const char *what)
{
    size_t used = strlen(heard);
    snprintf(heard + used, sizeof(heard) - used, "%s%s %s", used ? "," : "", word,
             what);
}

static void
on_done(void *arg)
{
    hear("done", arg);
}

static void
on_added(void *arg, const struct outbox_record *record)
{
    (void)arg;
    hear("added", record->id);
}

static void
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

static int
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

static int
tear_down(void **state)
{
    (void)state;
    loop_delete(loop);
    remove_store(dir);
    return 0;
}

static struct store *
open_store(void)
{
    struct error error = {0};
    struct store *store = store_open(loop, dir, &error);
    if (!store)
        fail_msg("%s", error.message);
    return store;
}

static void
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

static void
on_look(void *arg)
{
    struct wait *wait = arg;
    if (wait->is_over(wait->store) || ++wait->turns > 5000)
        loop_stop(loop);
    else
        timer_start(wait->timer, 1);
}

static bool
is_settled(const struct store *store)
{
    return store_pending(store) == 0;
}

static void
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

static struct outbox_record
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

static struct alert_record
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

static void
commit_message(struct store *store, const char *id, int64_t created_ms,
               const char *name)
{
    struct txn *txn = txn_new();
    struct outbox_record record = message(id, created_ms);
    txn_add_outbox(txn, &record);
    store_commit(store, txn, name ? on_done : NULL, TEXT(name));
}

static void
mark(struct store *store, const char *id, enum outbox_state state, int64_t next_ms,
     int64_t attempts, const char *body)
{
    struct txn *txn = txn_new();
    txn_mark_outbox(txn, id, state, next_ms, attempts, body);
    store_commit(store, txn, NULL, NULL);
}

static void
hear_ready(void *arg, const struct outbox_record *record)
{
    (void)arg;
    char *text =
        mem_format("%s/%lld/%lld/%s", record->id, (long long)record->next_ms,
                   (long long)record->attempts, record->body ? record->body : "-");
    hear("ready", text);
    free(text);
}

static void
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

static void
change(const char *sql)
{
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
}

/* ---- the tests ---- */

static void
test_reload(void **state)
{
    (void)state;
    struct store *store = open_store();
    char *instance = mem_text(store_instance(store));
    assert_int_equal(strlen(instance), 16);
    assert_int_equal(strspn(instance, "0123456789abcdef"), 16);
    struct txn *txn = txn_new();
    assert_true(txn_is_empty(txn));
    struct alert_record raised = alert(true, 1, "{\"a\":1}");
    struct outbox_record first = message("m1", 100), second = message("m2", 100);
    txn_put_alert(txn, &raised);
    txn_add_outbox(txn, &first);
    txn_add_outbox(txn, &second);
    assert_false(txn_is_empty(txn));
    store_set_on_added(store, on_added, NULL);
    store_commit(store, txn, on_done, TEXT("1"));
    assert_int_equal(store_pending(store), 1);
    wait_until(store, is_settled);
    assert_string_equal(heard, "added m1,added m2,done 1");
    store_close(store);

    store = open_store();
    assert_string_equal(store_instance(store), instance);
    heard[0] = '\0';
    store_each_alert(store, hear_alert, NULL);
    store_each_ready(store, hear_ready, NULL);
    assert_string_equal(heard, "alert 0123456789abcdef main/queue-wait/7/queue_wait "
                               "raised 1 {\"a\":1},ready m1/100/0/-,ready m2/100/0/-");
    struct alert_record cleared = alert(false, 2, "{}");
    txn = txn_new();
    txn_put_alert(txn, &cleared);
    store_commit(store, txn, NULL, NULL);
    store_close(store);

    store = open_store();
    heard[0] = '\0';
    store_each_alert(store, hear_alert, NULL);
    assert_string_equal(
        heard, "alert 0123456789abcdef main/queue-wait/7/queue_wait cleared 2 {}");
    store_close(store);
    free(instance);
}

/* 1000 transactions: more than a group holds, some with more changes than a group. */
static int syncs;

/* SQLite's calls come here. */
int fdatasync(int fd);
int
fdatasync(int fd)
{
    syncs++;
    return fsync(fd);
}

/* What was reported is on disk, and not only with the kernel. */
static void
test_synced(void **state)
{
    (void)state;
    struct store *store = open_store();
    commit_message(store, "m1", 0, NULL);
    wait_until(store, is_settled);
    int before = syncs;
    commit_message(store, "m2", 0, NULL);
    wait_until(store, is_settled);
    assert_int_equal(syncs, before + 1);
    store_close(store);
}

static void
test_order(void **state)
{
    (void)state;
    struct store *store = open_store();
    static char names[1000][12];
    char *expected = mem_zero(1 << 16);
    for (int i = 0; i < 1000; i++) {
        snprintf(names[i], sizeof(names[i]), "%d", i);
        struct txn *txn = txn_new();
        for (int j = i == 500 ? 0 : 299; j < 300; j++) {
            char *id = mem_format("m%d-%d", i, j);
            struct outbox_record record = message(id, i);
            txn_add_outbox(txn, &record);
            free(id);
        }
        store_commit(store, txn, on_done, names[i]);
        size_t used = strlen(expected);
        snprintf(expected + used, (1 << 16) - used, "%sdone %d", used ? "," : "", i);
    }
    wait_until(store, is_settled);
    assert_string_equal(heard, expected);
    free(expected);
    store_close(store);
    assert_int_equal(count("SELECT count(*) FROM outbox"), 1299);
    assert_int_equal(count("SELECT count(*) FROM outbox a JOIN outbox b"
                           " ON b.position = a.position + 1"
                           " WHERE b.created_ms < a.created_ms"),
                     0);
}

static void
test_same_id(void **state)
{
    (void)state;
    struct store *store = open_store();
    store_set_on_added(store, on_added, NULL);
    commit_message(store, "m1", 100, "1");
    commit_message(store, "m1", 200, "2");
    wait_until(store, is_settled);
    commit_message(store, "m1", 300, "3");
    commit_message(store, "m2", 300, "4");
    wait_until(store, is_settled);
    assert_string_equal(heard, "added m1,done 1,done 2,done 3,added m2,done 4");
    store_close(store);
    assert_int_equal(count("SELECT count(*) FROM outbox"), 2);
    assert_int_equal(count("SELECT created_ms FROM outbox WHERE id = 'm1'"), 100);
}

static void
test_marks(void **state)
{
    (void)state;
    struct store *store = open_store();
    const char *const ids[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < 5; i++)
        commit_message(store, ids[i], 100, NULL);
    mark(store, "a", OUTBOX_IN_FLIGHT, 100, 1, "body");
    mark(store, "b", OUTBOX_DONE, 100, 1, NULL);
    mark(store, "c", OUTBOX_IN_FLIGHT, 100, 0, "kept");
    mark(store, "c", OUTBOX_READY, 5000, 2, NULL);
    mark(store, "d", OUTBOX_DEAD, 100, 3, NULL);
    mark(store, "e", OUTBOX_SUPERSEDED, 100, 0, NULL);
    store_close(store);
    assert_int_equal(count("SELECT count(*) FROM outbox WHERE state = 'in_flight'"), 1);

    store = open_store();
    store_each_ready(store, hear_ready, NULL);
    assert_string_equal(heard, "ready a/100/1/body,ready c/5000/2/kept");
    store_close(store);
    assert_int_equal(count("SELECT count(*) FROM outbox WHERE state = 'in_flight'"), 0);
}

static void
test_attempts(void **state)
{
    (void)state;
    struct store *store = open_store();
    commit_message(store, "m1", 100, NULL);
    for (int i = 0; i < 3; i++) {
        struct txn *txn = txn_new();
        struct attempt_record attempt = {
            .message_id = "m1",
            .number = i < 2 ? 1 : 2,
            .at_ms = 100 + i,
            .status = 503,
            .curl_code = 0,
            .answer = i ? "busy" : NULL,
        };
        txn_add_attempt(txn, &attempt);
        store_commit(store, txn, NULL, NULL);
    }
    store_close(store);
    assert_int_equal(count("SELECT count(*) FROM attempt"), 2);
    assert_int_equal(count("SELECT count(*) FROM attempt WHERE number = 1 AND"
                           " at_ms = 101 AND status = 503 AND answer = 'busy'"),
                     1);
}

static void
test_second_opener(void **state)
{
    (void)state;
    struct store *store = open_store();
    refuse_store("another gateway runs on ");
    char *process = mem_format("(process %ld)", (long)getpid());
    refuse_store(process);
    free(process);
    store_close(store);
    store_close(open_store());
}

static void
write_file(const void *data, size_t size, long offset)
{
    FILE *file = fopen(path, offset ? "r+" : "w");
    assert_non_null(file);
    fseek(file, offset, SEEK_SET);
    fwrite(data, 1, size, file);
    fclose(file);
}

static void
test_damaged_header(void **state)
{
    (void)state;
    char noise[8192];
    memset(noise, 'x', sizeof(noise));
    write_file(noise, sizeof(noise), 0);
    refuse_store("damaged");
    refuse_store("state.db");
}

static void
test_damaged_page(void **state)
{
    (void)state;
    struct store *store = open_store();
    for (int i = 0; i < 200; i++) {
        char *id = mem_format("m%d", i);
        commit_message(store, id, i, NULL);
        free(id);
    }
    store_close(store);
    int64_t root = count("SELECT rootpage FROM sqlite_schema WHERE name = 'outbox'");
    char noise[4096];
    memset(noise, 0x5a, sizeof(noise));
    write_file(noise, sizeof(noise), (long)((root - 1) * 4096));
    refuse_store("damaged");
}

static void
ignore_alert(void *arg, const struct alert_record *record)
{
    (void)arg, (void)record;
}

/* Alerts that are forgotten would come again under ids that were sent long ago. */
static void
test_unreadable(void **state)
{
    (void)state;
    struct store *store = open_store();
    sqlite3 *other;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "DROP TABLE alert", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(other);
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        store_each_alert(store, ignore_alert, NULL);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    store_close(store);
}

static void
test_foreign(void **state)
{
    (void)state;
    change("CREATE TABLE x (y)");
    refuse_store("is not a database of ccgate");
}

static void
test_newer(void **state)
{
    (void)state;
    store_close(open_store());
    change("PRAGMA user_version = 9");
    refuse_store("newer ccgate");
    change("PRAGMA user_version = 8");
    store_close(open_store());
}

/* ---- how far histories were read ---- */

static void
put_slot(struct store *store, const char *center, int64_t argument, int64_t until)
{
    struct txn *txn = txn_new();
    struct slot_record record = {TEXT(center), TEXT("agent_operations"), argument,
                                 until};
    txn_put_slot(txn, &record);
    assert_false(txn_is_empty(txn));
    store_commit(store, txn, NULL, NULL);
}

static void
hear_slot(void *arg, const struct slot_record *record)
{
    char text[96];
    snprintf(text, sizeof text, "%s %lld %lld", record->query,
             (long long)record->argument, (long long)record->until);
    (void)arg;
    hear(record->center, text);
}

/* The newest stays; other centres and agents are apart. */
static void
test_slots(void **state)
{
    (void)state;
    struct store *store = open_store();
    put_slot(store, "main", 1099, 900);
    put_slot(store, "second", 1099, 1800);
    put_slot(store, "main", 1100, 2700);
    put_slot(store, "main", 1099, 3600);
    store_close(store);
    store = open_store();
    store_each_slot(store, hear_slot, NULL);
    store_close(store);
    assert_string_equal(heard, "main agent_operations 1099 3600,"
                               "main agent_operations 1100 2700,"
                               "second agent_operations 1099 1800");
}

static void
test_old_slots_go(void **state)
{
    (void)state;
    struct store *store = open_store();
    put_slot(store, "main", 1, DAY_MS / 1000);
    put_slot(store, "main", 2, DAY_MS / 1000 + 10);
    wait_until(store, is_settled);
    put_slot(store, "main", 3, 8 * DAY_MS / 1000 + 1);
    store_close(store);
    assert_int_equal(count("SELECT count(*) FROM slot"), 2);
    assert_int_equal(count("SELECT count(*) FROM slot WHERE argument = 1"), 0);
}

/* A file of the first form has no slots; nothing of what it has is lost. */
static void
test_older_form(void **state)
{
    (void)state;
    struct store *store = open_store();
    commit_message(store, "m1", 1, NULL);
    store_close(store);
    change(
        "DROP TABLE slot; DROP TABLE silence;"
        "ALTER TABLE alert DROP COLUMN due_ms; DROP TABLE kept; DROP TABLE key_state;"
        "DROP TABLE run; DROP TABLE memo;"
        "DROP TABLE handler; ALTER TABLE alert DROP COLUMN note;"
        "PRAGMA user_version = 1");
    store = open_store();
    store_each_ready(store, hear_ready, NULL);
    put_slot(store, "main", 1099, 900);
    store_close(store);
    assert_non_null(strstr(heard, "m1"));
    assert_int_equal(count("SELECT count(*) FROM slot"), 1);
    assert_int_equal(count("PRAGMA user_version"), 8);
}

static void
hear_memo(void *arg, const struct memo_record *record)
{
    (void)arg;
    size_t size = strlen(heard);
    snprintf(heard + size, sizeof heard - size, "%s %s %s %s\n", record->destination,
             record->fingerprint, record->alert, record->text);
}

static void
put_memo(struct store *store, const char *destination, const char *alert,
         const char *text)
{
    struct txn *txn = txn_new();
    char fingerprint[] = "f00";
    const struct memo_record record = {(char *)(uintptr_t)destination, fingerprint,
                                       (char *)(uintptr_t)alert,
                                       (char *)(uintptr_t)text, 1};
    txn_put_memo(txn, &record);
    store_commit(store, txn, NULL, NULL);
}

/* The newest of each destination. */
static void
test_memos(void **state)
{
    (void)state;
    struct store *store = open_store();
    put_memo(store, "jira", "f00-1", "{\"id\":\"OPS-1\"}");
    put_memo(store, "desk", "f00-1", "{}");
    put_memo(store, "jira", "f00-2", "{\"id\":\"OPS-2\"}");
    store_close(store);
    store = open_store();
    heard[0] = '\0';
    store_each_memo(store, hear_memo, NULL);
    store_close(store);
    assert_string_equal(heard,
                        "desk f00 f00-1 {}\njira f00 f00-2 {\"id\":\"OPS-2\"}\n");
}

static void
hear_key_state(void *arg, const struct key_state_record *record)
{
    (void)arg;
    size_t size = strlen(heard);
    snprintf(heard + size, sizeof heard - size, "%s/%s/%s of %s: %s\n", record->rule,
             record->center, record->key, record->script, record->state);
}

static void
put_key_state(struct store *store, const char *key, const char *text)
{
    struct txn *txn = txn_new();
    char rule[] = "queue-wait", center[] = "main", script[] = "a";
    const struct key_state_record record = {rule, center, (char *)(uintptr_t)key,
                                            script, (char *)(uintptr_t)text};
    txn_put_key_state(txn, &record);
    store_commit(store, txn, NULL, NULL);
}

/* The newest is kept, an empty one removes it. */
static void
test_key_states(void **state)
{
    (void)state;
    struct store *store = open_store();
    put_key_state(store, "7", "0 0 pending@1");
    put_key_state(store, "8", "0 0 raised@2");
    put_key_state(store, "7", "0 0 raised@3");
    put_key_state(store, "8", "");
    put_key_state(store, "9", "");
    store_close(store);
    store = open_store();
    store_each_key_state(store, hear_key_state, NULL);
    assert_string_equal(heard, "queue-wait/main/7 of a: 0 0 raised@3\n");
    store_close(store);
}

static void
hear_kept(void *arg, const struct kept_record *record)
{
    (void)arg;
    char *text = mem_format("%s.%s=%zu@%lld", record->script, record->key, record->size,
                            (long long)record->written_ms);
    assert_memory_equal(record->value, "i\0\xff", record->size);
    hear("kept", text);
    free(text);
}

static void
put_kept(struct store *store, const char *script, const char *key, size_t size,
         int64_t written_ms)
{
    struct kept_record record = {.script = (char *)(uintptr_t)script,
                                 .key = (char *)(uintptr_t)key,
                                 .value = size ? (char[]){'i', 0, (char)0xff} : NULL,
                                 .size = size,
                                 .written_ms = written_ms};
    struct txn *txn = txn_new();
    txn_put_kept(txn, &record);
    store_commit(store, txn, NULL, NULL);
}

static void
test_kept(void **state)
{
    (void)state;
    struct store *store = open_store();
    put_kept(store, "a", "sx", 3, 1);
    put_kept(store, "b", "sx", 2, 2);
    put_kept(store, "a", "i1", 1, 3);
    put_kept(store, "a", "sx", 2, 4);
    put_kept(store, "a", "gone", 1, 5);
    put_kept(store, "a", "gone", 0, 6);
    store_close(store);
    store = open_store();
    store_each_kept(store, hear_kept, NULL);
    store_close(store);
    assert_string_equal(heard, "kept a.i1=1@3,kept a.sx=2@4,kept b.sx=2@2");
}

static void
hear_run(void *arg, const struct run_record *record)
{
    (void)arg;
    char *text =
        mem_format("%s.%s@%lld%s", record->script, record->job,
                   (long long)record->scheduled_ms, record->is_over ? "" : " open");
    hear("run", text);
    free(text);
}

static void
put_run(struct store *store, const char *job, int64_t scheduled_ms, bool is_over)
{
    struct txn *txn = txn_new();
    txn_put_run(txn,
                &(struct run_record){(char *)(uintptr_t) "a", (char *)(uintptr_t)job,
                                     scheduled_ms, is_over});
    store_commit(store, txn, NULL, NULL);
}

static void
test_runs(void **state)
{
    (void)state;
    struct store *store = open_store();
    put_run(store, "sample", 1, true);
    put_run(store, "digest", 2, false);
    put_run(store, "sample", 3, false);
    put_run(store, "sample", 3, true);
    store_close(store);
    store = open_store();
    store_each_run(store, hear_run, NULL);
    store_close(store);
    assert_string_equal(heard, "run a.digest@2 open,run a.sample@3");
}

static void
hear_handler(void *arg, const struct handler_record *record)
{
    (void)arg;
    char *text = mem_format("%s %s %s %lld", record->id, record->kind, record->alert,
                            (long long)record->attempts);
    hear("due", text);
    free(text);
}

static void
put_handler(struct store *store, const char *id, int64_t attempts, int64_t created_ms)
{
    struct handler_record record = {.id = (char *)(uintptr_t)id,
                                    .rule = (char[]){"wait"},
                                    .kind = (char[]){"raise"},
                                    .alert = (char[]){"{}"},
                                    .attempts = attempts,
                                    .created_ms = created_ms};
    struct txn *txn = txn_new();
    txn_put_handler(txn, &record);
    store_commit(store, txn, NULL, NULL);
}

static void
test_handlers(void **state)
{
    (void)state;
    struct store *store = open_store();
    put_handler(store, "b-1/raise/1", 0, 3 * DAY_MS);
    put_handler(store, "a-1/raise/1", 0, 9 * DAY_MS);
    put_handler(store, "c-1/raise/1", 0, 9 * DAY_MS);
    put_handler(store, "a-1/raise/1", 2, 9 * DAY_MS);
    struct txn *txn = txn_new();
    txn_end_handler(txn, "c-1/raise/1");
    txn_end_handler(txn, "unknown");
    store_commit(store, txn, NULL, NULL);
    store_close(store);
    store = open_store();
    store_each_handler(store, hear_handler, NULL);
    assert_string_equal(heard, "due b-1/raise/1 raise {} 0,due a-1/raise/1 raise {} 2");
    put_handler(store, "d-1/raise/1", 0, 11 * DAY_MS); /* b is too old now */
    store_close(store);
    assert_int_equal(count("SELECT count(*) FROM handler"), 2);
}

static void
test_no_folder(void **state)
{
    (void)state;
    struct error error = {0};
    assert_null(store_open(loop, "/proc/nowhere/var", &error));
    assert_non_null(strstr(error.message, "/proc/nowhere/var"));
    char *deeper = mem_format("%s/made", dir);
    struct store *store = store_open(loop, deeper, &error);
    assert_non_null(store);
    store_close(store);
    remove_store(deeper);
    free(deeper);
}

static sqlite3 *
lock_database(void)
{
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    return handle;
}

static void
test_failing(void **state)
{
    (void)state;
    struct store *store = open_store();
    sqlite3 *other = lock_database();
    troubles_listen();
    commit_message(store, "m1", 100, "1");
    wait_until(store, store_is_failing);
    commit_message(store, "m2", 100, "2");
    commit_message(store, "m3", 100, "3");
    store_retry(store);
    assert_int_equal(store_pending(store), 3);
    assert_string_equal(heard, "");
    sqlite3_close(other);
    store_retry(store);
    wait_until(store, is_settled);
    assert_false(store_is_failing(store));
    assert_int_equal(troubles.told, 1);
    assert_int_equal(troubles.over, 1);
    assert_true(troubles_say(TROUBLE_STORE, "store", "could not write"));
    assert_string_equal(heard, "done 1,done 2,done 3");
    store_close(store);
    assert_int_equal(count("SELECT count(*) FROM outbox WHERE"
                           " id = 'm' || position"),
                     3);
}

/* A full disk, as far as a test can make one. */
static void
test_full_disk(void **state)
{
    (void)state;
    struct store *store = open_store();
    commit_message(store, "m0", 100, NULL);
    wait_until(store, is_settled);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    struct rlimit full = {.rlim_cur = 4096, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &full);
    commit_message(store, "m1", 100, "1");
    wait_until(store, store_is_failing);
    commit_message(store, "m2", 100, "2");
    setrlimit(RLIMIT_FSIZE, &before);
    store_retry(store);
    wait_until(store, is_settled);
    assert_string_equal(heard, "done 1,done 2");
    store_close(store);
    assert_int_equal(count("SELECT count(*) FROM outbox"), 3);
}

static void
test_close_writes(void **state)
{
    (void)state;
    struct store *store = open_store();
    sqlite3 *other = lock_database();
    commit_message(store, "m1", 100, "1");
    wait_until(store, store_is_failing);
    commit_message(store, "m2", 100, "2");
    sqlite3_close(other);
    store_close(store);
    assert_string_equal(heard, "");
    assert_int_equal(count("SELECT count(*) FROM outbox"), 2);
}

static void
test_cleaning(void **state)
{
    (void)state;
    struct store *store = open_store();
    const char *const ids[] = {"done", "superseded", "dead", "ready", "young"};
    for (size_t i = 0; i < 5; i++)
        commit_message(store, ids[i], i < 4 ? DAY_MS : 2 * DAY_MS, NULL);
    for (size_t i = 0; i < 5; i++) {
        struct txn *txn = txn_new();
        struct attempt_record attempt = {.message_id = ids[i], .number = 1};
        txn_add_attempt(txn, &attempt);
        store_commit(store, txn, NULL, NULL);
    }
    mark(store, "done", OUTBOX_DONE, 0, 1, NULL);
    mark(store, "young", OUTBOX_DONE, 0, 1, NULL);
    mark(store, "superseded", OUTBOX_SUPERSEDED, 0, 1, NULL);
    mark(store, "dead", OUTBOX_DEAD, 0, 1, NULL);
    wait_until(store, is_settled);
    commit_message(store, "now", 8 * DAY_MS + 1, NULL);
    store_close(store);
    assert_int_equal(count("SELECT count(*) FROM outbox"), 4);
    assert_int_equal(count("SELECT count(*) FROM attempt"), 3);
    assert_int_equal(
        count("SELECT count(*) FROM outbox WHERE id IN ('done', 'superseded')"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reload, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_synced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_marks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_attempts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_second_opener, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damaged_header, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damaged_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unreadable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_newer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_old_slots_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_handlers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_older_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memos, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key_states, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_writes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cleaning, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
