/* A store on a machine without memory: what it says, and what it never does. */
#include "storing.h"

#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- SQLite's memory, of which the n-th piece from now on is refused ---- */

static sqlite3_mem_methods usual;
static atomic_int left; /* 0: none is */

static bool
is_refused(void)
{
    return left > 0 && --left == 0;
}

static void *
get(int size)
{
    return is_refused() ? NULL : usual.xMalloc(size);
}

static void *
get_more(void *old, int size)
{
    return is_refused() ? NULL : usual.xRealloc(old, size);
}

static int
use_own_memory(void **state)
{
    (void)state;
    sqlite3_mem_methods own;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual), SQLITE_OK);
    own = usual;
    own.xMalloc = get;
    own.xRealloc = get_more;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &own), SQLITE_OK);
    return 0;
}

/* ---- opening ---- */

/* More pages than SQLite has room for from the start. */
static void
fill_store(void)
{
    struct store *store = open_store();
    struct alert_record raised = alert(true, 1, "{\"a\":1}");
    char *text = mem_format("%09000d", 0);
    struct txn *txn = txn_new();
    txn_put_alert(txn, &raised);
    for (int i = 0; i < 40; i++) {
        char *id = mem_format("m%d", i);
        struct outbox_record record = message(id, i);
        record.message = text;
        txn_add_outbox(txn, &record);
        free(id);
    }
    free(text);
    store_commit(store, txn, NULL, NULL);
    store_close(store);
}

/* People who read "damaged, move it away" would throw away what is promised. */
static void
nothing_is_damaged_by_it(void **state)
{
    (void)state;
    int refused = 0;
    fill_store();
    for (int number = 1; !left; number++) {
        struct error error = {0};
        left = number;
        struct store *store = store_open(loop, dir, &error);
        if (!store) {
            refused++;
            if (strstr(error.message, "damaged") || strstr(error.message, "not a data"))
                fail_msg("piece %d: %s", number, error.message);
            if (!strstr(error.message, path))
                fail_msg("piece %d: '%s' does not name the file", number,
                         error.message);
        }
        store_close(store);
    }
    left = 0;
    assert_true(refused > 100);
    store_close(open_store());
}

/* ---- reading ---- */

static int alerts, messages;

static void
see_alert(void *arg, const struct alert_record *record)
{
    (void)arg;
    if (!record->fingerprint || !record->rule ||
        strcmp(record->state, "{\"a\":1}") != 0)
        _exit(2);
    alerts++;
}

static void
see_message(void *arg, const struct outbox_record *record)
{
    (void)arg;
    if (!record->id || !record->destination || !record->message)
        _exit(3);
    messages++;
}

/* Ends with 0 when everything was read, and 1 when nothing was refused any more. */
static _Noreturn void
read_all(struct store *store, int number)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    left = number;
    store_each_alert(store, see_alert, NULL);
    store_each_ready(store, see_message, NULL);
    bool is_whole = alerts == 1 && messages == 40;
    _exit(!is_whole ? 4 : left ? 1 : 0);
}

/* All of it, or the process ends: an alert that is forgotten would come again under an
 * id that was sent long ago. */
static void
all_is_read_or_the_process_ends(void **state)
{
    (void)state;
    fill_store();
    struct store *store = open_store();
    int status = 0;
    for (int number = 1; !WIFEXITED(status) || WEXITSTATUS(status) != 1; number++) {
        pid_t child = fork();
        if (child == 0)
            read_all(store, number);
        assert_int_equal(waitpid(child, &status, 0), child);
        bool is_fine = WIFEXITED(status) && WEXITSTATUS(status) <= 1;
        bool is_over = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
        if (!is_fine && !is_over)
            fail_msg("piece %d: status %d", number, status);
    }
    store_close(store);
}

/* ---- writing ---- */

static bool
is_settled_at_last(const struct store *store)
{
    if (store_is_failing(store))
        store_retry((struct store *)(uintptr_t)store);
    return is_settled(store);
}

static void
what_is_committed_is_written_later(void **state)
{
    (void)state;
    bool is_used_up = true;
    int committed = 0;
    struct store *store = open_store();
    for (int number = 1; is_used_up; number++) {
        char *id = mem_format("m%d", committed++);
        left = number;
        commit_message(store, id, committed, NULL);
        wait_until(store, is_settled_at_last);
        is_used_up = left == 0;
        left = 0;
        free(id);
    }
    store_close(store);
    assert_int_equal(count("SELECT count(*) FROM outbox"), committed);
    assert_int_equal(count("SELECT count(*) FROM outbox WHERE"
                           " id = 'm' || (position - 1)"),
                     committed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_damaged_by_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_is_read_or_the_process_ends, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_committed_is_written_later, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("store memory", tests, use_own_memory, NULL);
}
