/* The store: what was committed is there, in order, once, whatever happened between. */
#include "storing.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "troubles.h"

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
    change("PRAGMA user_version = 10");
    refuse_store("newer ccgate");
    change("PRAGMA user_version = 9");
    store_close(open_store());
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
        cmocka_unit_test_setup_teardown(test_no_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_writes, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
