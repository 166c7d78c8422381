/* The store: what it keeps beside alerts and messages: how far histories were read,
 * memos, states of keys, what scripts keep, runs of jobs and of handlers. */
#include "storing.h"

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
put_alert(struct store *store, const char *fingerprint, bool raised)
{
    struct txn *txn = txn_new();
    struct alert_record record = alert(raised, 1, "{}");
    record.fingerprint = TEXT(fingerprint);
    txn_put_alert(txn, &record);
    store_commit(store, txn, NULL, NULL);
}

/* A file of the first form has no slots; nothing of what it has is lost. */
static void
test_older_form(void **state)
{
    (void)state;
    struct store *store = open_store();
    commit_message(store, "m1", 1, NULL);
    put_alert(store, "a", true);
    put_alert(store, "b", false);
    store_close(store);
    change(
        "DROP TRIGGER outbox_gone; DROP TRIGGER alert_gone; DROP TABLE gone;"
        "DROP INDEX alert_over; DROP INDEX outbox_owed; DROP INDEX memo_written;"
        "ALTER TABLE alert DROP COLUMN ended_ms;"
        "DELETE FROM meta WHERE name = 'opening';"
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
    assert_int_equal(count("PRAGMA user_version"), 9);
    assert_int_equal(count("SELECT ended_ms FROM alert WHERE fingerprint = 'a'"), 0);
    /* Nobody wrote down when: it is over for a while more. */
    assert_true(count("SELECT ended_ms FROM alert WHERE fingerprint = 'b'") >
                clock_wall_ms() - DAY_MS);
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
    store_close(store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_slots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_older_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_handlers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memos, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key_states, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("store_kept", tests, NULL, NULL);
}
