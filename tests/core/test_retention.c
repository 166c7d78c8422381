/* How long the store keeps what is over, on a clock that stands still until it is
 * moved: just younger stays, just older goes; what is still needed stays; nothing waits
 * long. */
#include "storing.h"

#include <signal.h>
#include <sys/wait.h>

#include "store/sweeper.h"

#define START   (400 * DAY_MS)
#define HOUR_MS ((int64_t)3600 * 1000)
/* The first sweep comes then. */
#define SWEEP_MS (START + SWEEP_FIRST_MS)

/* What the sweeper said, and what it is told. */
static struct {
    size_t rows; /* that went, of those that memory has copies of */
    struct buf told;
    const char *scripts; /* a JSON array */
    void (*on_row)(void);
} port;

static void
on_swept(void *arg, const struct swept *row)
{
    (void)arg;
    port.rows++;
    if (port.rows <= 10)
        buf_format(&port.told, "%s: %s %s %s %s %lld\n", retentions[row->what].what,
                   row->texts[0], row->texts[1], row->texts[2], row->texts[3],
                   (long long)row->number);
    if (port.on_row)
        port.on_row();
}

static void
list_scripts(void *arg, struct buf *out)
{
    (void)arg;
    buf_add_text(out, port.scripts);
}

static struct store *store;
static struct sweeper *sweeper;

/* A clock that stands there. */
static void
go_to(int64_t wall_ms)
{
    loop_delete(loop);
    loop = loop_new_held(wall_ms);
    clock_hold(loop_clock(loop));
}

static int
hold_and_set_up(void **state)
{
    set_up(state);
    go_to(START);
    memset(&port, 0, sizeof port);
    port.scripts = "[]";
    store_close(open_store()); /* there is a file to be filled */
    return 0;
}

static int
tear_down_and_let_go(void **state)
{
    int code = tear_down(state);
    clock_hold(NULL);
    buf_fini(&port.told);
    return code;
}

static void
start(void)
{
    const struct sweeper_port asked = {on_swept, list_scripts, NULL};
    store = open_store();
    sweeper = sweeper_new(loop, store, &asked);
}

static void
stop(void)
{
    sweeper_delete(sweeper);
    store_close(store);
}

static void
fill(const char *format, ...)
{
    va_list list;
    char sql[2048];
    va_start(list, format);
    vsnprintf(sql, sizeof sql, format, list);
    va_end(list);
    change(sql);
}

/* ---- ages ---- */

/* `sql` makes a row with the text %s, as old as the number says. */
struct age {
    enum retained what;
    const char *table, *name; /* its column of the text */
    const char *sql;
};

#define ALERT(columns, values)                                                         \
    "INSERT INTO alert (fingerprint, center, rule, key, script, opening, state, "      \
    "raised, " columns ") VALUES ('%s', 'main', 'wait', '7', 'a', 5, '{}', " values    \
    ")"
#define OUTBOX                                                                         \
    "INSERT INTO outbox (id, destination, order_key, kind, message, next_ms, "         \
    "attempts, state, created_ms) VALUES ('%s', 'chat', '', 'raise', '{}', 0, 1, "

static const struct age ages[] = {
    {RETAINED_MESSAGES, "outbox", "id", OUTBOX "'done', %lld)"},
    {RETAINED_MESSAGES, "outbox", "id", OUTBOX "'superseded', %lld)"},
    {RETAINED_SLOTS, "slot", "center",
     "INSERT INTO slot VALUES ('%s', 'agent_operations', 7, %lld / 1000)"},
    {RETAINED_SILENCES, "silence", "id",
     "INSERT INTO silence VALUES ('%s', '{}', 1, %lld, 'ayse', NULL)"},
    {RETAINED_HANDLERS, "handler", "id",
     "INSERT INTO handler (id, rule, kind, alert, attempts, created_ms)"
     " VALUES ('%s', 'wait', 'raise', '{}', 0, %lld)"},
    {RETAINED_ALERTS, "alert", "fingerprint", ALERT("ended_ms", "0, %lld")},
    {RETAINED_MEMOS, "memo", "fingerprint",
     "INSERT INTO memo VALUES ('jira', '%s', 'f-1', '{}', %lld)"},
};

static void
sweep_after(int64_t ms)
{
    go_to(START);
    start();
    loop_advance(loop, ms);
    stop();
}

static void
test_ages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        const struct age *age = &ages[i];
        int64_t oldest_ms = SWEEP_MS - retentions[age->what].keep_ms;
        char *all = mem_format("SELECT count(*) FROM %s", age->table);
        char *young = mem_format("%s WHERE %s = 'young'", all, age->name);
        fill(age->sql, "young", (long long)oldest_ms);
        fill(age->sql, "old", (long long)oldest_ms - 1000);
        sweep_after(SWEEP_FIRST_MS - 1);
        assert_int_equal(count(all), 2);
        sweep_after(SWEEP_FIRST_MS);
        if (count(all) != 1 || count(young) != 1)
            fail_msg("%s: %d left, %d of them young", retentions[age->what].what,
                     (int)count(all), (int)count(young));
        fill("DELETE FROM %s", age->table);
        free(all);
        free(young);
    }
}

static void
test_attempts_go_with_their_message(void **state)
{
    (void)state;
    fill(OUTBOX "'done', 1)", "old");
    fill(OUTBOX "'dead', 1)", "dead");
    fill("INSERT INTO attempt SELECT id, n.value, 1, 500, 0, ''"
         " FROM outbox, (SELECT 1 AS value UNION SELECT 2) AS n");
    sweep_after(SWEEP_FIRST_MS);
    assert_int_equal(count("SELECT count(*) FROM attempt"), 2);
    assert_int_equal(count("SELECT count(*) FROM attempt WHERE message_id = 'dead'"),
                     2);
}

/* ---- what is never swept ---- */

#define MESSAGE(state)                                                                 \
    ";INSERT INTO outbox (id, destination, order_key, kind, message, next_ms,"         \
    " attempts, state, created_ms)"                                                    \
    " VALUES ('m', 'chat', 'needed', 'clear', '{}', 9e12, 1, '" state "', 1)"

static const char *const needed[] = {
    ALERT("ended_ms", "1, 0"),
    ALERT("ended_ms", "0, 1") MESSAGE("ready"),
    ALERT("ended_ms", "0, 1") MESSAGE("in_flight"),
};

static void
test_alerts_that_are_needed_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        fill(needed[i], "needed");
        fill("INSERT INTO memo VALUES ('jira', 'needed', 'needed-5', '{}', 1)");
        sweep_after(3 * HOUR_MS);
        assert_int_equal(count("SELECT count(*) FROM alert"), 1);
        assert_int_equal(count("SELECT count(*) FROM memo"), 1);
        /* It has been said, and the alert is over. */
        fill("UPDATE outbox SET state = 'done'; UPDATE alert SET raised = 0");
        sweep_after(SWEEP_FIRST_MS);
        assert_int_equal(count("SELECT count(*) FROM alert"), 0);
        assert_int_equal(count("SELECT count(*) FROM memo"), 0);
        fill("DELETE FROM outbox");
    }
}

/* They are for people to deal with. */
static void
test_dead_letters_stay(void **state)
{
    (void)state;
    fill(OUTBOX "'dead', 1)", "dead");
    fill(OUTBOX "'ready', 1)", "ready");
    fill("INSERT INTO silence VALUES ('s', '{}', 1, %lld, 'ayse', NULL)",
         (long long)START * 2);
    sweep_after(40 * DAY_MS);
    assert_int_equal(count("SELECT count(*) FROM outbox"), 2);
    assert_int_equal(count("SELECT count(*) FROM silence"), 1);
}

/* ---- scripts ---- */

#define SCRIPTS_LEFT                                                                   \
    "SELECT (SELECT count(*) FROM kept) * 100 + (SELECT count(*) FROM run) * 10"       \
    " + (SELECT count(*) FROM key_state)"

/* Two kept values, a run and a key of each of three scripts. */
static void
fill_scripts(void)
{
    const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++)
        fill("INSERT INTO kept VALUES ('%s', 'x', x'00', 1), ('%s', 'y', x'00', 2);"
             "INSERT INTO run VALUES ('%s', 'daily', 1, 1);"
             "INSERT INTO key_state VALUES ('wait-%s', 'main', '7', '%s', 'raised')",
             names[i], names[i], names[i], names[i], names[i]);
}

/* The store knows nothing of the scripts before the first sweep. */
static void
test_what_a_missed_script_has(void **state)
{
    (void)state;
    fill_scripts();
    port.scripts = "[\"b\",\"d\"]";
    start();
    loop_advance(loop, SWEEP_FIRST_MS + 35 * DAY_MS);
    assert_int_equal(count(SCRIPTS_LEFT), 633);
    assert_int_equal(count("SELECT count(*) FROM gone"), 2);
    loop_advance(loop, HOUR_MS);
    assert_int_equal(count(SCRIPTS_LEFT), 211);
    assert_int_equal(count("SELECT count(*) FROM kept WHERE script = 'b'"), 2);
    assert_int_equal(count("SELECT count(*) FROM gone"), 0);
    assert_string_equal(port.told.data, "kept values: a x   1\nkept values: a y   2\n"
                                        "kept values: c x   1\nkept values: c y   2\n"
                                        "states of keys: wait-a main 7 a 0\n"
                                        "states of keys: wait-c main 7 c 0\n");
    stop();
}

/* However short it was there. */
static void
test_a_script_that_comes_back(void **state)
{
    (void)state;
    fill_scripts();
    port.scripts = "[\"b\",\"c\"]";
    start();
    loop_advance(loop, 34 * DAY_MS);
    port.scripts = "[\"a\",\"b\",\"c\"]";
    loop_advance(loop, HOUR_MS);
    port.scripts = "[\"b\",\"c\"]";
    loop_advance(loop, 34 * DAY_MS);
    assert_int_equal(count(SCRIPTS_LEFT), 633);
    loop_advance(loop, 2 * DAY_MS);
    assert_int_equal(count(SCRIPTS_LEFT), 422);
    stop();
}

/* A gateway that was down for a year misses a script from its start on. */
static void
test_a_stop_is_no_absence(void **state)
{
    (void)state;
    fill_scripts();
    port.scripts = "[\"a\",\"b\",\"c\"]";
    start();
    loop_advance(loop, 2 * HOUR_MS);
    stop();
    go_to(START + 365 * DAY_MS);
    port.scripts = "[]";
    start();
    loop_advance(loop, 34 * DAY_MS);
    assert_int_equal(count(SCRIPTS_LEFT), 633);
    stop();
}

/* ---- small steps ---- */

#define MANY       20000
#define MANY_STEPS (MANY / SWEEP_ROWS)

/* f00000, f00001, …, all of long ago. */
static void
fill_many(void)
{
    fill("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
         " INSERT INTO alert (fingerprint, center, rule, key, script, raised, opening,"
         " state, ended_ms) SELECT printf('f%%05d', i), 'main', 'wait', i, 'a', 0,"
         " i %% 97, '{}', i FROM n",
         MANY - 1);
}

static struct {
    size_t at_commit, at_done; /* rows that had gone by then */
} between;

static void
note_done(void *arg)
{
    (void)arg;
    between.at_done = port.rows;
}

static void
commit_between(void)
{
    if (port.rows != 5 * SWEEP_ROWS + 1)
        return;
    struct txn *txn = txn_new();
    struct outbox_record record = message("m", START);
    between.at_commit = port.rows;
    txn_add_outbox(txn, &record);
    store_commit(store, txn, note_done, NULL);
}

/* A commit waits for one step at most, and each step is small. */
static void
test_many(void **state)
{
    (void)state;
    fill_many();
    between.at_done = 0;
    port.on_row = commit_between;
    start();
    loop_advance(loop, SWEEP_FIRST_MS);
    for (size_t i = 1; i <= MANY_STEPS; i++) {
        assert_int_equal(port.rows, i * SWEEP_ROWS);
        loop_advance(loop, SWEEP_PAUSE_MS - 1);
        assert_int_equal(port.rows, i * SWEEP_ROWS);
        loop_advance(loop, 1);
    }
    assert_int_equal(port.rows, MANY);
    assert_true(between.at_done - between.at_commit <= SWEEP_ROWS);
    assert_int_equal(count("SELECT count(*) FROM alert"), 0);
    stop();
    store = open_store();
    assert_int_equal(store_opening_floor(store), 96);
    store_close(store);
}

/* The rest of a sweep follows from where it stopped, and the next one an hour later. */
static void
test_every_hour(void **state)
{
    (void)state;
    start();
    loop_advance(loop, SWEEP_FIRST_MS);
    fill(ALERT("ended_ms", "0, 1"), "old");
    loop_advance(loop, HOUR_MS - 1);
    assert_int_equal(port.rows, 0);
    loop_advance(loop, 1);
    assert_string_equal(port.told.data, "alerts: old    5\n");
    stop();
}

static void
die(void)
{
    if (port.rows == 7 * SWEEP_ROWS + 100)
        kill(getpid(), SIGKILL);
}

/* What is left is whole, and the next start goes on. */
static void
test_kill(void **state)
{
    (void)state;
    fill_many();
    fill(
        "INSERT INTO outbox (id, destination, order_key, kind, message, state,"
        " created_ms, next_ms, attempts) SELECT fingerprint, 'chat', '', 'raise', '{}',"
        " 'done', ended_ms, 0, 1 FROM alert;"
        "INSERT INTO attempt SELECT id, 1, 1, 200, 0, '' FROM outbox");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        port.on_row = die;
        start();
        loop_advance(loop, DAY_MS);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    int64_t left = count("SELECT count(*) FROM alert");
    assert_int_equal(left, MANY - 8 * SWEEP_ROWS);
    assert_int_equal(count("SELECT count(*) FROM outbox"),
                     count("SELECT count(*) FROM attempt"));
    assert_int_equal(count("SELECT value FROM meta WHERE name = 'opening'"), 96);
    sweep_after(SWEEP_FIRST_MS + MANY_STEPS * SWEEP_PAUSE_MS);
    assert_int_equal(port.rows, left);
}

#define RETENTION_TEST(function)                                                       \
    cmocka_unit_test_setup_teardown(function, hold_and_set_up, tear_down_and_let_go)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        RETENTION_TEST(test_ages),
        RETENTION_TEST(test_attempts_go_with_their_message),
        RETENTION_TEST(test_alerts_that_are_needed_stay),
        RETENTION_TEST(test_dead_letters_stay),
        RETENTION_TEST(test_what_a_missed_script_has),
        RETENTION_TEST(test_a_script_that_comes_back),
        RETENTION_TEST(test_a_stop_is_no_absence),
        RETENTION_TEST(test_many),
        RETENTION_TEST(test_every_hour),
        RETENTION_TEST(test_kill),
    };
    return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}
