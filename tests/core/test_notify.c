/* The book of alerts: ids, what changes it and what does not, and what a restart finds.
 */
#include "base/message_id.h"
#include "booking.h"

#define NOW_MS      1763661900123
#define FINGERPRINT "f4ed8a961e95692e" /* ccgate, main, queue-wait, 7 */

#define EVENT                                                                          \
    "{\"severity\":\"warning\",\"labels\":{},\"summary\":\"Sales\",\"details\":null,"  \
    "\"link\":null,\"why\":\"\",\"reason\":null,\"row\":{\"id\":7},"                   \
    "\"query\":\"queues\",\"send\":[{\"to\":\"floor-chat\"},{\"to\":\"pager\"}]}"

static void
add(struct notify_batch *batch, const char *key, const char *kind)
{
    struct error error = {0};
    if (!notify_alert(batch, "main", "queue-wait", key, kind, EVENT, strlen(EVENT),
                      &error))
        fail_msg("%s", error.message);
}

/* One activation with one transition of key 7. */
static void
move(const char *kind)
{
    struct notify_batch *batch = notify_begin(gateway.notify, "queue_wait", NOW_MS);
    add(batch, "7", kind);
    notify_commit(batch);
}

static void
count_record(void *arg, const struct alert_record *record)
{
    assert_true(record->raised);
    ++*(size_t *)arg;
}

static size_t
raised(const char *rule)
{
    size_t count = 0;
    notify_each_raised(gateway.notify, rule, count_record, &count);
    return count;
}

/* Everything that is ready in the store: "raise floor-chat FP-1,…". */
static char ready[4096];

static void
note_ready(void *arg, const struct outbox_record *record)
{
    (void)arg;
    size_t used = strlen(ready);
    const char *id = strstr(record->message, "\"id\":\"");
    snprintf(ready + used, sizeof(ready) - used, "%s%s %s %.*s", used ? "," : "",
             record->kind, record->destination, id ? (int)strcspn(id + 6, "\"") : 0,
             id ? id + 6 : "");
    assert_string_equal(record->order_key, id ? FINGERPRINT : "");
    assert_int_equal(record->created_ms, NOW_MS);
}

static void
ready_is(const char *expected)
{
    restart_gateway();
    ready[0] = '\0';
    store_each_ready(gateway.store, note_ready, NULL);
    assert_string_equal(ready, expected);
}

/* ---- the tests ---- */

static void
test_ids(void **state)
{
    (void)state;
    char fingerprint[17];
    notify_fingerprint("ccgate", "main", "queue-wait", "7", fingerprint);
    assert_string_equal(fingerprint, FINGERPRINT);
    notify_fingerprint("ccgate", "main", "queue-wait7", "", fingerprint);
    assert_string_not_equal(fingerprint, FINGERPRINT);

    char *id = message_id_new("0011223344556677", "f-1/raise/1", "floor-chat", 0);
    assert_string_equal(id, "msg_8stTqwRE7TRRqjr3H9f9GHn3g72eTtxVYmtno6P2IEa");
    free(id);
    id = message_id_new("0011223344556677", "f-1/raise/1", "floor-chat", UINT64_MAX);
    assert_string_equal(id, "msg_kX6ODpXJmIgMsNjoYdVH11hKMJFEPPnwsFB16VwcZ1n");
    free(id);
}

static void
test_raise_clear_again(void **state)
{
    (void)state;
    move("raise");
    assert_int_equal(raised("queue-wait"), 1);
    assert_int_equal(raised(NULL), 1);
    assert_int_equal(raised("other"), 0);
    assert_int_equal(notify_raised_of(gateway.notify, "queue_wait"), 1);
    assert_int_equal(notify_raised_of(gateway.notify, "other"), 0);
    assert_int_equal(deliver_waiting(gateway.deliver), 0); /* not yet on disk */
    settle();
    assert_int_equal(deliver_waiting(gateway.deliver), 2);
    move("clear");
    assert_int_equal(raised(NULL), 0);
    assert_int_equal(notify_raised_of(gateway.notify, "queue_wait"), 0);
    move("raise");
    settle();
    assert_int_equal(deliver_waiting(gateway.deliver), 6);
    ready_is("raise floor-chat " FINGERPRINT "-1,raise pager " FINGERPRINT "-1,"
             "clear floor-chat " FINGERPRINT "-1,clear pager " FINGERPRINT "-1,"
             "raise floor-chat " FINGERPRINT "-2,raise pager " FINGERPRINT "-2");
}

static void
test_repeats_change_nothing(void **state)
{
    (void)state;
    move("clear");
    move("raise");
    move("raise");
    settle();
    assert_int_equal(deliver_waiting(gateway.deliver), 2);
    move("clear");
    move("clear");
    settle();
    assert_int_equal(deliver_waiting(gateway.deliver), 4);
    assert_int_equal(raised(NULL), 0);
}

static void
test_restart(void **state)
{
    (void)state;
    move("raise");
    restart_gateway();
    assert_int_equal(raised("queue-wait"), 1);
    assert_int_equal(notify_raised_of(gateway.notify, "queue_wait"), 1);
    assert_int_equal(deliver_waiting(gateway.deliver), 2);
    move("raise");
    move("clear");
    restart_gateway();
    assert_int_equal(raised(NULL), 0);
    assert_int_equal(deliver_waiting(gateway.deliver), 4);
    move("raise");
    ready_is("raise floor-chat " FINGERPRINT "-1,raise pager " FINGERPRINT "-1,"
             "clear floor-chat " FINGERPRINT "-1,clear pager " FINGERPRINT "-1,"
             "raise floor-chat " FINGERPRINT "-2,raise pager " FINGERPRINT "-2");
}

static void
test_one_batch(void **state)
{
    (void)state;
    struct notify_batch *batch = notify_begin(gateway.notify, "queue_wait", NOW_MS);
    add(batch, "7", "raise");
    add(batch, "7", "raise");
    add(batch, "7", "clear");
    add(batch, "7", "raise");
    assert_int_equal(raised(NULL), 0);
    notify_commit(batch);
    assert_int_equal(raised(NULL), 1);
    assert_int_equal(notify_raised_of(gateway.notify, "queue_wait"), 1);
    settle();
    assert_int_equal(deliver_waiting(gateway.deliver), 6);
    batch = notify_begin(gateway.notify, "queue_wait", NOW_MS);
    for (int i = 0; i < 100; i++) {
        char *key = mem_format("%d", i);
        add(batch, key, "raise");
        free(key);
    }
    notify_commit(batch);
    assert_int_equal(notify_raised_of(gateway.notify, "queue_wait"), 100);
}

static void
clear_it(void *arg, const struct alert_record *record)
{
    (void)arg;
    struct notify_batch *batch = notify_begin(gateway.notify, record->script, NOW_MS);
    add(batch, record->key, "clear");
    notify_commit(batch);
    assert_string_equal(record->rule, "queue-wait");
}

/* Whoever walks the book may change it. */
static void
test_changed_while_walking(void **state)
{
    (void)state;
    struct notify_batch *batch = notify_begin(gateway.notify, "queue_wait", NOW_MS);
    for (int i = 0; i < 12; i++) {
        char *key = mem_format("%d", i);
        add(batch, key, "raise");
        free(key);
    }
    notify_commit(batch);
    notify_each_raised(gateway.notify, NULL, clear_it, NULL);
    assert_int_equal(raised(NULL), 0);
    assert_int_equal(notify_raised_of(gateway.notify, "queue_wait"), 0);
}

static void
test_dropped(void **state)
{
    (void)state;
    struct notify_batch *batch = notify_begin(gateway.notify, "queue_wait", NOW_MS);
    add(batch, "7", "raise");
    notify_drop(batch);
    assert_int_equal(raised(NULL), 0);
    assert_int_equal(store_pending(gateway.store), 0);
    notify_commit(notify_begin(gateway.notify, "queue_wait", NOW_MS));
    assert_int_equal(store_pending(gateway.store), 0);
    restart_gateway();
    assert_int_equal(raised(NULL), 0);
}

static void
test_nonsense(void **state)
{
    (void)state;
    struct error error = {0};
    struct notify_batch *batch = notify_begin(gateway.notify, "queue_wait", NOW_MS);
    assert_false(notify_alert(batch, "main", "r", "7", "raise", "{}", 2, &error));
    assert_int_equal(error.kind, ERROR_DECODE);
    assert_false(
        notify_alert(batch, "main", "r", "7", "remind", EVENT, strlen(EVENT), &error));
    assert_false(notify_send(batch, "job", "pager", 1, NULL, "{", 1, &error));
    notify_commit(batch);
    assert_int_equal(raised(NULL), 0);
    assert_int_equal(store_pending(gateway.store), 0);
}

static void
say(struct notify_batch *batch, const char *origin, uint32_t ordinal, const char *key)
{
    struct error error = {0};
    assert_true(notify_send(batch, origin, "pager", ordinal, key, "\"hi\"", 4, &error));
}

static void
test_sends(void **state)
{
    (void)state;
    for (int run = 0; run < 2; run++) {
        /* A job that runs again after a crash says the same again. */
        struct notify_batch *batch = notify_begin(gateway.notify, "digest", NOW_MS);
        say(batch, "job digest 1763661900", 1, NULL);
        say(batch, "job digest 1763661900", 2, "");
        say(batch, "job digest 1763661900", 3, "today");
        notify_commit(batch);
        settle();
        assert_int_equal(deliver_waiting(gateway.deliver), 3);
    }
    struct notify_batch *batch = notify_begin(gateway.notify, "digest", NOW_MS);
    say(batch, "job digest 1763665500", 1, NULL);
    say(batch, "job digest 1763665500", 2, "today");
    notify_commit(batch);
    settle();
    assert_int_equal(deliver_waiting(gateway.deliver), 4);
    ready_is("message pager ,message pager ,message pager ,message pager ");
}

/* Told to whom the raise went, although the clear's event names others. */
static void
test_told(void **state)
{
    (void)state;
    static const char elsewhere[] =
        "{\"severity\":\"info\",\"labels\":{},\"summary\":\"\",\"why\":\"\",\"row\":{},"
        "\"query\":\"queues\",\"send\":[{\"to\":\"elsewhere\"}]}";
    struct error error = {0};
    move("raise");
    restart_gateway();
    struct notify_batch *batch = notify_begin(gateway.notify, "queue_wait", NOW_MS);
    assert_true(notify_alert(batch, "main", "queue-wait", "7", "clear", elsewhere,
                             strlen(elsewhere), &error));
    notify_commit(batch);
    ready_is("raise floor-chat " FINGERPRINT "-1,raise pager " FINGERPRINT "-1,"
             "clear floor-chat " FINGERPRINT "-1,clear pager " FINGERPRINT "-1");
}

/* What the log has said since `stream` took the place of standard error. */
static bool
has_said(FILE *stream, const char *text)
{
    char said[4096];
    rewind(stream);
    said[fread(said, 1, sizeof(said) - 1, stream)] = '\0';
    return strstr(said, text) != NULL;
}

/* People read "raised" as "this will arrive". */
static void
test_log_after_commit(void **state)
{
    (void)state;
    char *path = mem_format("%s/state.db", gateway.dir);
    sqlite3 *other;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    free(path);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    FILE *stream = tmpfile();
    int stderr_fd = dup(STDERR_FILENO);
    dup2(fileno(stream), STDERR_FILENO);
    log_set_level(LEVEL_INFO);
    move("raise");
    while (!store_is_failing(gateway.store))
        usleep(1000);
    bool is_early = has_said(stream, "raised  queue-wait/7");
    sqlite3_close(other);
    store_retry(gateway.store);
    settle();
    bool is_said = has_said(stream, "raised  queue-wait/7");
    log_set_level(LEVEL_ERROR + 1);
    dup2(stderr_fd, STDERR_FILENO);
    close(stderr_fd);
    fclose(stream);
    assert_false(is_early);
    assert_true(is_said);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test_setup_teardown(test_raise_clear_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_repeats_change_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changed_while_walking, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nonsense, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log_after_commit, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
