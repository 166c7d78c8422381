/* Scripts that are loaded, die and are started again. */
#include "supervising.h"
#include "troubles.h"

#include "base/log.h"

/* ---- loading ---- */

static void
good_scripts_run_beside_bad_ones(void **state)
{
    (void)state;
    write_script("a", RULE("one", 1));
    write_script("b", BROKEN);
    write_script("c", RULE("two", 2));
    start();
    wait_until_raised("one", 1);
    wait_until_raised("two", 1);
    wait_for_hosts(2);
}

static void
a_script_that_dies_while_loading_is_quarantined(void **state)
{
    (void)state;
    gateway.conf.limits.cpu_load_ms = 200;
    write_script("a", DEADLY);
    write_script("b", RULE("good", 2));
    start();
    wait_until_asked(2, 1); /* on time, while the other is killed three times */
    wait_for_steady_hosts(1);
    /* The file is mended. */
    write_script("a", RULE("mended", 1));
    reload(&gateway.conf, true);
    wait_until_asked(1, 1);
}

static void
a_source_over_its_limit_is_not_loaded(void **state)
{
    (void)state;
    gateway.conf.limits.source_bytes = 100;
    write_script("a", RULE("long", 1));
    start();
    polling_run_for(gateway.polling, 100);
    assert_int_equal(host_count(), 0);
    gateway.conf.limits.source_bytes = 1000;
    reload(&gateway.conf, true);
    wait_until_asked(1, 1);
}

static void
modules_count_for_the_limit(void **state)
{
    (void)state;
    char *lib = mem_format("%s/lib", gateway.scripts);
    assert_int_equal(mkdir(lib, 0700), 0);
    gateway.conf.limits.source_bytes = 1000;
    char *long_text = mem_zero(901);
    memset(long_text, ' ', 900);
    write_script("lib/long", long_text);
    write_script("a", RULE("alone", 1));
    write_script("b", "require 'lib.long'\n" RULE("large", 2));
    start();
    wait_until_asked(1, 1);
    assert_int_equal(host_count(), 1);
    free(long_text);
    delete_script("lib/long");
    assert_int_equal(rmdir(lib), 0);
    free(lib);
}

/* ---- dying ---- */

static void
a_host_that_is_killed_is_started_again(void **state)
{
    (void)state;
    write_script("a", RULE("rule", 1));
    start();
    wait_until_raised("rule", 1);
    pid_t first = only_host();
    kill(first, SIGKILL);
    polling_run_for(gateway.polling, 50);
    wait_for_hosts(1);
    assert_int_not_equal(only_host(), first);
    wait_until_asked(1, 1);
    assert_int_equal(raised_of("rule"), 1);
}

static void
draining_starts_no_host(void **state)
{
    (void)state;
    write_script("a", RULE("rule", 1));
    start();
    wait_until_asked(1, 1);
    supervisor_drain(gateway.supervisor);
    kill(only_host(), SIGKILL);
    wait_for_hosts(0);
    polling_run_for(gateway.polling, 200);
    assert_int_equal(host_count(), 0);
    assert_not_asked(1);
    assert_false(start_reload(&gateway.conf));
}

/* ---- answers that no script can be given ---- */

static const char many_rule[] =
    "local gw = require \"gateway\"\n"
    "gw.rule \"many\" { from = gw.agents { queues = { 1, 2 } }, every = \"1s\",\n"
    "  when = gw.above(\"id\", 0), send = \"book\" }\n";

/* It is told once, and not offered again and again. */
static void
an_answer_that_is_too_large_is_left_out(void **state)
{
    (void)state;
    struct buf list = {0};
    char text[4096];
    for (int agent = 0; agent < 40000; agent++)
        buf_format(&list, "%s{\"workNo\":%d}", agent ? "," : "", 100000 + agent);
    gateway.polling->list = list.data;
    write_script("a", many_rule);
    FILE *log = tmpfile();
    int before = dup(STDERR_FILENO);
    dup2(fileno(log), STDERR_FILENO);
    log_set_level(LEVEL_ERROR);
    start();
    wait_until_asked(2, 3);
    gateway.polling->list = "{\"workNo\":101}";
    wait_until_raised("many", 1);
    log_set_level(LEVEL_ERROR + 1);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(log);
    text[fread(text, 1, sizeof text - 1, log)] = '\0';
    fclose(log);
    assert_non_null(strstr(text, "agents of queue 1 of center "));
    assert_non_null(strstr(text, ": an answer of 40000 rows is more than a script can "
                                 "be given, 4 MB"));
    const char *second = strstr(text, "agents of queue 2 ");
    assert_non_null(second);
    assert_null(strstr(second + 1, "agents of queue 2 "));
    buf_fini(&list);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* The first by name has it; the other comes in when the first lets go of it. */
static void
a_rule_name_belongs_to_one_script(void **state)
{
    (void)state;
    write_script("a", RULE("same", 1));
    write_script("b", RULE("same", 2));
    start();
    wait_until_asked(1, 1);
    wait_for_steady_hosts(1);
    assert_not_asked(2);
    write_script("a", RULE("other", 1));
    reload(&gateway.conf, true);
    wait_until_asked(2, 1);
    wait_for_steady_hosts(2);
}

static void
wait_until_told(size_t count)
{
    for (int64_t until = clock_mono_ms() + 15000; troubles.told < count;) {
        assert_true(clock_mono_ms() < until);
        polling_run_for(gateway.polling, 2);
    }
}

/* Two queues cross, one alert may be open; another script has room of its own. What
 * waits is told of, and raised when there is room. */
static void
open_alerts_are_limited_per_script(void **state)
{
    (void)state;
    troubles_listen();
    gateway.conf.limits.alerts = 1;
    write_script("a", RULE("first", 1) RULE("second", 2));
    write_script("b", RULE("other", 3));
    start();
    wait_until_raised("other", 1);
    wait_until_asked(1, 2);
    wait_until_asked(2, 2);
    assert_int_equal(raised_of("first") + raised_of("second"), 1);
    bool is_first = raised_of("first");
    wait_until_told(1);
    assert_non_null(strstr(troubles.text, is_first ? "what rule second would raise"
                                                   : "what rule first would raise"));
    write_script("a", is_first ? RULE("second", 2) : RULE("first", 1));
    reload(&gateway.conf, true);
    wait_until_raised(is_first ? "second" : "first", 1);
    assert_true(troubles.over > 0);
    assert_int_equal(troubles.told, 1);
}

/* The new host finds out for itself whether something still waits. */
static void
what_waits_is_told_again_by_the_next_host(void **state)
{
    (void)state;
    troubles_listen();
    gateway.conf.limits.alerts = 1;
    write_script("a", RULE("first", 1) RULE("second", 2));
    start();
    wait_until_told(1);
    assert_int_equal(kill(only_host(), SIGKILL), 0);
    wait_until_told(2);
    assert_int_equal(raised_of("first") + raised_of("second"), 1);
    assert_true(troubles_say(TROUBLE_RULE,
                             raised_of("first") ? "a/second/alerts" : "a/first/alerts",
                             "set a higher alerts in [script a]"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(good_scripts_run_beside_bad_ones),
        test(a_script_that_dies_while_loading_is_quarantined),
        test(a_source_over_its_limit_is_not_loaded),
        test(modules_count_for_the_limit),
        test(a_host_that_is_killed_is_started_again),
        test(draining_starts_no_host),
        test(a_rule_name_belongs_to_one_script),
        test(open_alerts_are_limited_per_script),
        test(what_waits_is_told_again_by_the_next_host),
        test(an_answer_that_is_too_large_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
