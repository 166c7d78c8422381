/* Scripts and configurations that change: load, check, swap. */
#include "supervising.h"

/* ---- scripts that change ---- */

static void
an_unchanged_script_is_not_touched(void **state)
{
    (void)state;
    write_script("a", RULE("rule", 1));
    start();
    wait_until_asked(1, 1);
    pid_t first = only_host();
    reload(&gateway.conf, true);
    wait_until_asked(1, 1);
    assert_int_equal(only_host(), first);
}

static void
a_changed_script_takes_the_place(void **state)
{
    (void)state;
    write_script("a", RULE("old", 1));
    start();
    wait_until_raised("old", 1);
    pid_t first = only_host();
    write_script("a", RULE("new", 2));
    reload(&gateway.conf, true);
    wait_until_raised("new", 1);
    wait_until_raised("old", 0); /* the rule was removed */
    wait_for_hosts(1);
    assert_int_not_equal(only_host(), first);
    assert_not_asked(1);
}

#define WITH(module) "require \"lib." module "\"\n"

/* A module is what a script is made of: whoever requires another one goes on. */
static void
a_changed_module_reloads_those_that_require_it(void **state)
{
    (void)state;
    char *lib = mem_format("%s/lib", gateway.scripts);
    assert_int_equal(mkdir(lib, 0700), 0);
    write_script("lib/x", "");
    write_script("lib/y", RULE("of-module", 1));
    write_script("a", WITH("x") RULE("stays", 2));
    write_script("b", WITH("y") RULE("rule", 3));
    start();
    wait_until_raised("of-module", 1);
    wait_until_raised("stays", 1);
    pid_t before[3], after[3];
    assert_int_equal(hosts_list(before, 3), 2);
    write_script("lib/y", RULE("other", 4));
    reload(&gateway.conf, true);
    wait_until_raised("other", 1);
    wait_until_raised("of-module", 0);
    wait_for_hosts(2);
    assert_int_equal(hosts_list(after, 3), 2);
    size_t stayed = 0;
    for (size_t i = 0; i < 4; i++)
        stayed += before[i / 2] == after[i % 2];
    assert_int_equal(stayed, 1);
    write_script("lib/y", BROKEN); /* and a bad one changes nothing */
    reload(&gateway.conf, true);
    wait_until_asked(4, 2);
    assert_int_equal(raised_of("other"), 1);
    delete_script("lib/x");
    delete_script("lib/y");
    assert_int_equal(rmdir(lib), 0);
    free(lib);
}

static void
a_bad_change_changes_nothing(void **state)
{
    (void)state;
    write_script("a", RULE("rule", 1));
    start();
    wait_until_raised("rule", 1);
    pid_t first = only_host();
    write_script("a", BROKEN);
    reload(&gateway.conf, true);
    wait_until_asked(1, 1);
    wait_for_hosts(1);
    assert_int_equal(only_host(), first);
    assert_int_equal(raised_of("rule"), 1);
}

/* Nobody knows yet that it was not removed. */
static void
a_rule_that_moved_into_a_bad_file_is_held(void **state)
{
    (void)state;
    write_script("a", RULE("moves", 1));
    write_script("b", RULE("stays", 2));
    start();
    wait_until_raised("moves", 1);
    write_script("a", RULE("other", 3));
    write_script("b", BROKEN);
    reload(&gateway.conf, true);
    wait_until_asked(3, 1);
    assert_int_equal(raised_of("moves"), 1);
    write_script("b", RULE("moves", 1));
    reload(&gateway.conf, true);
    wait_until_asked(1, 1);
    assert_int_equal(raised_of("moves"), 1);
    write_script("b", RULE("stays", 2));
    reload(&gateway.conf, true);
    wait_until_raised("moves", 0);
}

static void
a_file_that_is_gone_stops_and_is_held(void **state)
{
    (void)state;
    write_script("a", RULE("gone", 1));
    write_script("b", RULE("stays", 2));
    start();
    wait_until_raised("gone", 1);
    delete_script("a");
    reload(&gateway.conf, true);
    assert_not_asked(1);
    wait_until_asked(2, 1);
    assert_int_equal(host_count(), 1);
    assert_int_equal(raised_of("gone"), 1);
    write_script("a", RULE("gone", 1)); /* and is back */
    reload(&gateway.conf, true);
    wait_until_asked(1, 1);
    assert_int_equal(raised_of("gone"), 1);
}

static void
a_folder_that_cannot_be_read_changes_nothing(void **state)
{
    (void)state;
    struct conf conf = gateway.conf;
    write_script("a", RULE("rule", 1));
    start();
    wait_until_asked(1, 1);
    pid_t first = only_host();
    conf.scripts = TEXT("/nonexistent");
    reload(&conf, false);
    wait_until_asked(1, 1);
    assert_int_equal(only_host(), first);
}

static void
one_reload_at_a_time(void **state)
{
    (void)state;
    write_script("a", RULE("rule", 1));
    start();
    assert_false(start_reload(&gateway.conf)); /* the first load is not over */
    wait_until_asked(1, 1);
    reload(&gateway.conf, true);
}

/* A queue that the rule names no more: no sample would ever clear its alert. */
static void
what_a_rule_watches_no_more_is_cleared(void **state)
{
    (void)state;
    write_script("a", RULE("rule", 1) RULE("other", 1));
    start();
    wait_until_raised("rule", 1);
    wait_until_raised("other", 1);
    write_script("a", RULE("rule", 2) RULE("other", 1));
    reload(&gateway.conf, true);
    wait_until_asked(2, 2);
    assert_true(is_raised("rule", "2"));
    assert_false(is_raised("rule", "1"));
    assert_true(is_raised("other", "1"));
}

#define CALLS(name, from)                                                              \
    "local gw = require \"gateway\"\n"                                                 \
    "gw.rule \"" name "\" { from = gw." from ", every = \"1s\",\n"                     \
    "  when = function(row) return true end, send = \"book\" }\n"

/* Its keys are not the ids that are asked for. */
static void
what_a_list_may_still_have_is_held(void **state)
{
    (void)state;
    gateway.polling->list = "\"1605492949-$\"";
    write_script("a", CALLS("calls", "agent_calls { agent = 101 }"));
    start();
    wait_until_raised("calls", 1);
    write_script("b", RULE("other", 2));
    reload(&gateway.conf, true);
    wait_until_raised("other", 1); /* committed behind what the reload clears */
    assert_true(is_raised("calls", "1605492949-101"));
    gateway.polling->list = "";
    wait_until_raised("calls", 0);
}

/* No agent has the number 1605492949-101. */
static void
what_a_list_never_has_is_cleared(void **state)
{
    (void)state;
    gateway.polling->list = "\"1605492949-$\"";
    write_script("a", CALLS("list", "agent_calls { agent = 101 }"));
    start();
    wait_until_raised("list", 1);
    gateway.polling->list = "";
    write_script("a", CALLS("list", "agents { queue = 1 }"));
    reload(&gateway.conf, true);
    wait_until_raised("list", 0);
}

/* Its alert goes with it: to be cleared when the new file lets go of the rule, and held
 * when that file is gone, whatever becomes of the old one. */
static void
a_rule_may_move_to_another_file(void **state)
{
    (void)state;
    write_script("a", RULE("moved", 1) RULE("stays", 2));
    start();
    wait_until_raised("moved", 1);
    write_script("a", RULE("stays", 2));
    write_script("b", RULE("moved", 1));
    reload(&gateway.conf, true);
    wait_for_steady_hosts(2);
    assert_int_equal(raised_of("moved"), 1);
    delete_script("b");
    write_script("a", RULE("stays", 2) "-- changed\n");
    reload(&gateway.conf, true);
    wait_until_asked(2, 2);
    assert_int_equal(raised_of("moved"), 1);
    write_script("c", RULE("moved", 1));
    reload(&gateway.conf, true);
    wait_for_steady_hosts(2);
    write_script("c", RULE("new", 3));
    reload(&gateway.conf, true);
    wait_until_raised("new", 1);
    wait_until_raised("moved", 0);
}

/* The file that had the rule is broken by the same edit, and says so late: the rule
 * stays where it runs. */
static void
a_rule_does_not_move_away_from_what_goes_on(void **state)
{
    (void)state;
    write_script("a", RULE("rule", 1));
    start();
    wait_until_raised("rule", 1);
    write_script("a", "for _ = 1, 20000000 do end\n" BROKEN);
    write_script("b", RULE("rule", 2));
    reload(&gateway.conf, true);
    wait_for_steady_hosts(1);
    assert_not_asked(2);
    wait_until_asked(1, 1);
}

/* It has a sample to judge when it is replaced. */
static void
the_rules_of_the_retired_say_nothing(void **state)
{
    (void)state;
    gateway.conf.limits.cpu_ms = 8000;
    write_script("a", "local gw = require \"gateway\"\n"
                      "gw.rule \"old\" { from = gw.queues { 1 }, every = \"1s\",\n"
                      "  when = function ()\n"
                      "    for _ = 1, 50000000 do end\n"
                      "    return true\n"
                      "  end }\n");
    start();
    wait_until_asked(1, 1);
    polling_run_for(gateway.polling, 50);
    write_script("a", RULE("new", 2));
    reload(&gateway.conf, true);
    wait_until_raised("new", 1);
    assert_int_equal(host_count(), 2); /* still at it */
    wait_for_hosts(1);
    assert_int_equal(raised_of("old"), 0);
}

/* A task of the script that was replaced goes on, computes, waits again, to its end. */
static void
old_tasks_may_end(void **state)
{
    (void)state;
    gateway.conf.limits.cpu_ms = 2000;
    write_script("a", "local gw = require \"gateway\"\n"
                      "local begun = false\n"
                      "gw.job \"slow\" { every = \"1s\", run = function ()\n"
                      "  if begun then return end\n"
                      "  begun = true\n"
                      "  gw.queues { 5 }:fetch()\n"
                      "  for _ = 1, 8 do\n"
                      "    gw.sleep \"5ms\"\n"
                      "    for _ = 1, 10000000 do end\n"
                      "  end\n"
                      "  gw.queues { 6 }:fetch()\n"
                      "end }\n");
    start();
    wait_until_asked(5, 1);
    write_script("a", RULE("new", 1));
    reload(&gateway.conf, true);
    wait_until_raised("new", 1);
    assert_int_equal(asked_for(6), 0);
    wait_until_asked(6, 1);
    wait_for_hosts(1);
}

/* The host of a replaced script dies while its task sleeps. */
static void
the_retired_may_die(void **state)
{
    (void)state;
    write_script("a", "local gw = require \"gateway\"\n"
                      "gw.job \"slow\" { every = \"1s\", run = function ()\n"
                      "  gw.queues { 5 }:fetch()\n"
                      "  gw.sleep \"150ms\"\n"
                      "end }\n");
    start();
    wait_until_asked(5, 1);
    pid_t first = only_host();
    write_script("a", RULE("new", 1));
    reload(&gateway.conf, true);
    wait_until_raised("new", 1);
    kill(first, SIGKILL);
    polling_run_for(gateway.polling, 200);
    wait_for_hosts(1);
}

/* ---- a configuration that shows scripts something else ---- */

static void
a_new_configuration_is_for_all_or_none(void **state)
{
    (void)state;
    struct conf conf = gateway.conf, later = gateway.conf;
    struct conf_destination other = {.name = TEXT("other"), .kind = TEXT("log")};
    write_script("a", RULE("one", 1));
    write_script("b", RULE("two", 2));
    start();
    wait_until_raised("one", 1);
    wait_until_raised("two", 1);
    conf.destinations = &other; /* nobody knows "book" any more */
    pid_t before[4], after[4];
    assert_int_equal(hosts_list(before, 4), 2);
    reload(&conf, false);
    wait_until_asked(1, 1);
    wait_until_asked(2, 1);
    assert_int_equal(hosts_list(after, 4), 2);
    assert_memory_equal(before, after, 2 * sizeof(pid_t));
    later.limits.memory_bytes *= 2;
    reload(&later, true);
    wait_until_asked(1, 1);
    wait_for_hosts(2);
    hosts_list(after, 4);
    assert_int_not_equal(after[0], before[0]);
    assert_int_not_equal(after[1], before[1]);
    assert_int_equal(raised_of("one") + raised_of("two"), 2);
}

/* The default centre has another number from now on: it is asked as before, and an
 * alert of it stays that alert. */
static void
centers_are_numbered_anew(void **state)
{
    (void)state;
    struct conf conf = gateway.conf;
    struct conf_center centers[] = {gateway.polling->centers[1],
                                    gateway.polling->centers[0]};
    write_script("a", RULE("rule", 1));
    start();
    wait_until_raised("rule", 1);
    conf.centers = centers;
    size_t before = gateway.polling->requests;
    reload(&conf, true);
    wait_until_asked(1, 1);
    for (size_t r = before; r < gateway.polling->requests; r++)
        assert_int_equal(gateway.polling->asked[r].cc_id, 1);
    assert_int_equal(raised_of("rule"), 1);
}

/* The only script whose centre is gone goes with it. */
static void
the_last_script_of_a_center_may_go_with_it(void **state)
{
    (void)state;
    struct conf conf = gateway.conf;
    write_script("a", RULE("first", 1));
    start();
    wait_until_asked(1, 1);
    conf.center_count = 0;
    delete_script("a");
    reload(&conf, true);
    wait_for_hosts(0);
    assert_not_asked(1);
}

/* Its host is being started again when the new configuration comes. */
static void
a_script_that_is_down_for_a_moment_counts(void **state)
{
    (void)state;
    struct conf conf = gateway.conf;
    struct conf_destination other = {.name = TEXT("other"), .kind = TEXT("log")};
    write_script("a", RULE("rule", 1));
    start();
    wait_until_asked(1, 1);
    pid_t first = only_host();
    for (int i = 0; i < 3; i++) { /* the third start waits a moment */
        kill(only_host(), SIGKILL);
        while (host_count() == 1 && only_host() == first)
            polling_run_for(gateway.polling, 1);
        if (i == 2)
            break;
        wait_for_hosts(1);
        first = only_host();
        wait_until_asked(1, 1);
    }
    conf.destinations = &other;
    reload(&conf, false);
    wait_until_asked(1, 1);
}

/* The gateway is stopped while scripts load: whoever waits for the reload hears of it.
 */
static void
a_reload_that_is_cut_off_is_told(void **state)
{
    (void)state;
    write_script("a", RULE("rule", 1));
    start();
    wait_until_asked(1, 1);
    write_script("a", RULE("rule", 2));
    assert_true(start_reload(&gateway.conf));
    supervisor_drain(gateway.supervisor);
    polling_run_for(gateway.polling, 50);
    supervisor_delete(gateway.supervisor);
    gateway.supervisor = NULL;
    assert_int_equal(gateway.ends, 1);
    assert_true(gateway.is_in_force); /* nothing had to be checked */
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(an_unchanged_script_is_not_touched),
        test(a_changed_script_takes_the_place),
        test(a_changed_module_reloads_those_that_require_it),
        test(a_bad_change_changes_nothing),
        test(a_rule_that_moved_into_a_bad_file_is_held),
        test(a_file_that_is_gone_stops_and_is_held),
        test(a_folder_that_cannot_be_read_changes_nothing),
        test(one_reload_at_a_time),
        test(what_a_rule_watches_no_more_is_cleared),
        test(what_a_list_may_still_have_is_held),
        test(what_a_list_never_has_is_cleared),
        test(a_rule_may_move_to_another_file),
        test(a_rule_does_not_move_away_from_what_goes_on),
        test(the_rules_of_the_retired_say_nothing),
        test(old_tasks_may_end),
        test(the_retired_may_die),
        test(a_new_configuration_is_for_all_or_none),
        test(centers_are_numbered_anew),
        test(the_last_script_of_a_center_may_go_with_it),
        test(a_script_that_is_down_for_a_moment_counts),
        test(a_reload_that_is_cut_off_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
