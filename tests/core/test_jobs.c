/* When jobs run, over restarts of the gateway and deaths of their host. What has run is
 * told from what was sent: the message is the time at which it was due. */
#include "supervising.h"

#include "base/text.h"
#include "script/ledger.h"

#define MINUTE_MS ((int64_t)60000)
#define HOUR_MS   (60 * MINUTE_MS)

#define JOB(keys, body)                                                                \
    "local gw = require \"gateway\"\n"                                                 \
    "gw.job \"digest\" { " keys ", run = function(now, due)\n"                         \
    "  gw.destination \"book\":send { due = due }\n" body " end }\n"

static void
put_run(int64_t scheduled_ms, bool is_over)
{
    struct txn *txn = txn_new();
    txn_put_run(txn,
                &(struct run_record){TEXT("a"), TEXT("digest"), scheduled_ms, is_over});
    store_commit(gateway.store, txn, NULL, NULL);
    while (store_pending(gateway.store))
        polling_run_for(gateway.polling, 1);
}

/* The ledger as it is at the next start. */
static void
start_after(int64_t scheduled_ms, bool is_over, const char *source)
{
    struct run *run = ledger_open(gateway.ledger, "a", "digest", scheduled_ms);
    if (!is_over)
        run_begin(run, &gateway, scheduled_ms, NULL, NULL);
    ledger_let_go(gateway.ledger, &gateway);
    put_run(scheduled_ms, is_over);
    write_script("a", source);
    start();
}

static int64_t
count_sent(void)
{
    char *path = mem_format("file:%s/state.db?mode=ro", gateway.state);
    char *command =
        mem_format("sqlite3 '%s' 'SELECT count(*) FROM outbox' 2>/dev/null", path);
    FILE *pipe = popen(command, "r");
    char line[32] = "-1";
    assert_non_null(pipe);
    if (!fgets(line, sizeof line, pipe))
        line[0] = '\0';
    pclose(pipe);
    free(command);
    free(path);
    return strtoll(line, NULL, 10);
}

static struct run *
the_run(void)
{
    return ledger_open(gateway.ledger, "a", "digest", 0);
}

static void
wait_until_sent(int64_t count)
{
    for (int64_t until = clock_mono_ms() + 15000; count_sent() < count;) {
        if (clock_mono_ms() > until)
            fail_msg("%lld of %lld runs", (long long)count_sent(), (long long)count);
        polling_run_for(gateway.polling, 20);
    }
    while (run_is_taken(the_run()) && !run_has_died(the_run()))
        polling_run_for(gateway.polling, 2);
    assert_int_equal(count_sent(), count);
}

static int64_t
hour(void)
{
    return clock_wall_ms() / HOUR_MS * HOUR_MS;
}

static void
what_was_missed_is_made_up_for(void **state)
{
    (void)state;
    int64_t now = hour();
    start_after(now - 3 * HOUR_MS, true, JOB("every = \"1h\", missed = \"all\"", ""));
    wait_until_sent(3);
    assert_int_equal(run_scheduled_ms(the_run()), hour());
}

static void
once_is_once(void **state)
{
    (void)state;
    start_after(hour() - 30 * HOUR_MS, false,
                JOB("every = \"1h\", missed = \"once\"", ""));
    wait_until_sent(1);
    assert_int_equal(run_scheduled_ms(the_run()), hour());
}

static void
a_run_that_died_is_repeated(void **state)
{
    (void)state;
    int64_t ran = hour() - 500;
    start_after(ran + 600, false, JOB("every = \"1h\", missed = \"once\"", ""));
    wait_until_sent(1);
    assert_int_equal(run_scheduled_ms(the_run()), ran + 600);
}

static void
skipped_is_told_and_not_run(void **state)
{
    (void)state;
    int64_t now = hour();
    start_after(now - 3 * HOUR_MS, false, JOB("every = \"1h\"", ""));
    for (int i = 0; i < 3000 && run_scheduled_ms(the_run()) != now; i++)
        polling_run_for(gateway.polling, 2);
    assert_int_equal(run_scheduled_ms(the_run()), now);
    assert_false(run_has_died(the_run()));
    polling_run_for(gateway.polling, 100);
    assert_int_equal(count_sent(), 0);
}

/* A run is on disk before it begins; the host that is killed in it takes it down. */
static void
a_host_that_dies_leaves_a_run_to_repeat(void **state)
{
    (void)state;
    write_script("a", JOB("every = \"1s\", missed = \"once\"", "gw.sleep \"10m\""));
    start();
    wait_until_sent(0);
    for (int i = 0; i < 3000 && count_sent() < 1; i++)
        polling_run_for(gateway.polling, 5);
    assert_true(run_is_taken(the_run()));
    int64_t first = run_scheduled_ms(the_run());
    kill(only_host(), SIGKILL);
    for (int i = 0; i < 3000 && !run_has_died(the_run()); i++)
        polling_run_for(gateway.polling, 1);
    assert_true(run_has_died(the_run()));
    for (int i = 0; i < 3000 && !run_is_taken(the_run()); i++)
        polling_run_for(gateway.polling, 5);
    assert_true(run_is_taken(the_run()));
    assert_true(run_scheduled_ms(the_run()) >= first);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_was_missed_is_made_up_for),
        TEST(once_is_once),
        TEST(a_run_that_died_is_repeated),
        TEST(skipped_is_told_and_not_run),
        TEST(a_host_that_dies_leaves_a_run_to_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
