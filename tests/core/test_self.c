/* What is wrong with the gateway becomes alerts of its own. */
#include "booking.h"

#include "deliver/self.h"

static char ops[] = "ops", chat[] = "chat";
static char *notified[] = {ops, chat};
static struct conf_destination destinations[] = {{.name = ops, .kind = ops},
                                                 {.name = chat, .kind = chat}};
static struct self *self;

static int
set_up_self(void **state)
{
    gateway.conf = (struct conf){.notify = notified, .notify_count = 2};
    set_up(state);
    self = self_new(gateway.notify, gateway.connector, &gateway.conf);
    return 0;
}

static int
tear_down_self(void **state)
{
    self_delete(self);
    int result = tear_down(state);
    gateway.conf = (struct conf){0};
    return result;
}

/* The number that `sql` gives. */
static int
ask(const char *sql)
{
    char path[96];
    sqlite3 *handle;
    sqlite3_stmt *statement;
    settle();
    snprintf(path, sizeof path, "%s/state.db", gateway.dir);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return value;
}

#define MESSAGES "SELECT count(*) FROM outbox WHERE "
#define RAISED   "SELECT count(*) FROM alert WHERE raised = 1 AND "

static void
test_told_and_over(void **state)
{
    (void)state;
    trouble_tell(TROUBLE_CENTER, "main", "center main is not asked: %s", "wrong key");
    assert_int_equal(ask(RAISED "rule = 'ccgate-center' AND key = 'main' AND "
                                "center = 'main' AND script = 'ccgate/core'"),
                     1);
    assert_int_equal(ask(MESSAGES "kind = 'raise' AND destination = 'ops' AND "
                                  "message LIKE '%not asked: wrong key%'"),
                     1);
    assert_int_equal(ask(MESSAGES "kind = 'raise' AND destination = 'chat'"), 1);
    /* Again, and of another: no news of the first. */
    trouble_tell(TROUBLE_CENTER, "main", "still");
    trouble_over(TROUBLE_CENTER, "main2");
    trouble_over(TROUBLE_SCRIPT, "main");
    assert_int_equal(ask(MESSAGES "1"), 2);
    trouble_over(TROUBLE_CENTER, "main");
    trouble_over(TROUBLE_CENTER, "main");
    assert_int_equal(ask(RAISED "1"), 0);
    assert_int_equal(ask(MESSAGES "kind = 'clear'"), 2);
}

static void
test_not_told_by_itself(void **state)
{
    (void)state;
    trouble_tell(TROUBLE_DESTINATION, "chat", "chat: 1 message");
    assert_int_equal(ask(MESSAGES "destination = 'ops'"), 1);
    assert_int_equal(ask(MESSAGES "destination = 'chat'"), 0);
    trouble_tell(TROUBLE_SCRIPT, "chat", "a script of that name");
    assert_int_equal(ask(MESSAGES "destination = 'chat'"), 1);
}

static void
test_survives(void **state)
{
    (void)state;
    trouble_tell(TROUBLE_STORE, "store", "the disk is full");
    settle();
    self_delete(self);
    restart_gateway();
    self = self_new(gateway.notify, gateway.connector, &gateway.conf);
    trouble_tell(TROUBLE_STORE, "store", "the disk is full");
    assert_int_equal(ask(MESSAGES "1"), 2);
    trouble_over(TROUBLE_STORE, "store");
    assert_int_equal(ask(MESSAGES "kind = 'clear'"), 2);
}

static void
test_all_of_a_script(void **state)
{
    (void)state;
    trouble_tell(TROUBLE_RULE, "one/a", "off");
    trouble_tell(TROUBLE_RULE, "one/b", "off");
    trouble_tell(TROUBLE_RULE, "one-more/a", "off");
    trouble_over_all(TROUBLE_RULE, "one/");
    assert_int_equal(ask(RAISED "1"), 1);
    assert_int_equal(ask(RAISED "key = 'one-more/a'"), 1);
}

static bool
is_known(void *arg, enum trouble trouble, const char *name)
{
    (void)arg;
    return trouble == TROUBLE_STORE || strcmp(name, "main") == 0;
}

static void
test_sweep(void **state)
{
    (void)state;
    trouble_tell(TROUBLE_CENTER, "main/agent-gateway", "x");
    trouble_tell(TROUBLE_CENTER, "gone", "x");
    trouble_tell(TROUBLE_RULE, "gone/rule", "x");
    trouble_tell(TROUBLE_DESTINATION, "gone", "x");
    trouble_tell(TROUBLE_STORE, "store", "x");
    self_sweep(self, is_known, NULL);
    assert_int_equal(ask(RAISED "1"), 2);
    assert_int_equal(ask(RAISED "rule IN ('ccgate-center', 'ccgate-store')"), 2);
}

/* It is an alert all the same. */
static void
test_nobody_to_tell(void **state)
{
    (void)state;
    struct conf conf = {.destinations = destinations, .destination_count = 2};
    self_set_conf(self, &conf);
    trouble_tell(TROUBLE_CENTER, "main", "x");
    assert_int_equal(ask(RAISED "1"), 1);
    assert_int_equal(ask(MESSAGES "1"), 0);
}

static void
test_nobody_listens(void **state)
{
    (void)state;
    trouble_tell(TROUBLE_CENTER, "main", "x");
    trouble_over(TROUBLE_CENTER, "main");
    trouble_over_all(TROUBLE_RULE, "main/");
}

#define SELF(name) cmocka_unit_test_setup_teardown(name, set_up_self, tear_down_self)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SELF(test_told_and_over),
        SELF(test_not_told_by_itself),
        SELF(test_survives),
        SELF(test_all_of_a_script),
        SELF(test_sweep),
        SELF(test_nobody_to_tell),
        cmocka_unit_test(test_nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
