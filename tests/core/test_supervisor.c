/* Scripts that come, change, die and go: real hosts, a real centre, a real book of
 * alerts. What runs is told from what the centre is asked for. */
#include "polling.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "deliver/notify.h"
#include "script/supervisor.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

/* A rule that raises at once: every answer of the centre has calls that wait. */
#define RULE(name, queue)                                                              \
    "local gw = require \"gateway\"\n"                                                 \
    "gw.rule \"" name "\" { from = gw.queues { " #queue " }, every = \"1s\",\n"        \
    "  when = gw.above(\"calls_waiting\", 0), summary = \"x\", send = \"book\" }\n"

#define BROKEN "local gw = require \"gateway\"\ngw.rule \"broken\" { evry = 1 }\n"

/* Nothing inside can interrupt this. */
#define DEADLY "string.find((\"a\"):rep(3000), (\".-\"):rep(20) .. \"b\")\n"

static struct {
    struct polling *polling;
    char scripts[64], state[64], program[1024];
    struct conf conf;
    struct store *store;
    struct connector *connector;
    struct deliver *deliver;
    struct notify *notify;
    struct supervisor *supervisor;
    size_t swaps, ends;
    bool is_in_force;
} gateway;

static struct conf_destination book = {.name = TEXT("book"), .kind = TEXT("log")};

/* ---- files ---- */

static const char *
path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s.lua", gateway.scripts, name);
    return path;
}

static void
write_script(const char *name, const char *source)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_true(fputs(source, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
delete_script(const char *name)
{
    assert_int_equal(unlink(path_of(name)), 0);
}

/* ---- putting together ---- */

/* BUILD/ccgate-script beside BUILD/tests/test_…, or that of CCGATE_BUILD. */
static void
find_program(void)
{
    char self[900] = "";
    const char *build = getenv("CCGATE_BUILD");
    if (!build) {
        assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
        *strrchr(self, '/') = '\0';
        *strrchr(self, '/') = '\0';
        build = self;
    }
    snprintf(gateway.program, sizeof gateway.program, "%s/ccgate-script", build);
}

static void
make_conf(void)
{
    gateway.conf = gateway.polling->conf;
    gateway.conf.name = TEXT("ccgate");
    gateway.conf.scripts = gateway.scripts;
    gateway.conf.destinations = &book;
    gateway.conf.destination_count = 1;
    gateway.conf.limits = (struct conf_limits){.cpu_ms = 300,
                                               .cpu_load_ms = 2000,
                                               .memory_bytes = 32 << 20,
                                               .source_bytes = 256 << 10,
                                               .tasks = 1000,
                                               .wants = 500,
                                               .sends_per_s = 100,
                                               .alerts = 10000,
                                               .logs_per_s = 100};
    for (size_t i = 0; i < 2; i++)
        gateway.polling->centers[i].is_default = i == 0;
}

static int
set_up(void **state)
{
    (void)state;
    struct error error = {0};
    memset(&gateway, 0, sizeof gateway);
    find_program();
    struct polling *polling = gateway.polling = polling_open();
    snprintf(gateway.scripts, sizeof gateway.scripts, "%s/scripts", polling->dir);
    snprintf(gateway.state, sizeof gateway.state, "%s/state", polling->dir);
    assert_int_equal(mkdir(gateway.scripts, 0700), 0);
    make_conf();
    gateway.store = store_open(polling->loop, gateway.state, &error);
    gateway.connector = connector_new(&error);
    assert_non_null(gateway.store);
    assert_non_null(gateway.connector);
    gateway.deliver =
        deliver_new(polling->loop, gateway.store, gateway.connector, &gateway.conf);
    gateway.notify =
        notify_new(gateway.store, gateway.connector, gateway.deliver, "ccgate");
    polling->planner = planner_new(polling->loop, polling->pool, &gateway.conf);
    const struct resident_world world = {polling->loop, &gateway.conf, polling->planner,
                                         gateway.notify, gateway.program};
    gateway.supervisor = supervisor_new(&world);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    static const char *const files[] = {"state.db", "state.db-wal", "state.db-shm",
                                        "lock"};
    static const char *const scripts[] = {"a", "b", "c"};
    supervisor_delete(gateway.supervisor);
    notify_delete(gateway.notify);
    deliver_delete(gateway.deliver);
    connector_delete(gateway.connector);
    store_close(gateway.store);
    for (size_t i = 0; i < 3; i++)
        unlink(path_of(scripts[i]));
    for (size_t i = 0; i < 4; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", gateway.state, files[i]);
        unlink(path);
    }
    rmdir(gateway.scripts);
    rmdir(gateway.state);
    polling_close(gateway.polling);
    return 0;
}

/* ---- looking ---- */

/* How often the centre was asked for this id. */
static size_t
asked_for(int64_t id)
{
    size_t count = 0;
    assert_true(gateway.polling->requests <= POLLING_ASKED_MAX);
    for (size_t r = 0; r < gateway.polling->requests; r++)
        for (size_t i = 0; i < gateway.polling->asked[r].id_count; i++)
            count += gateway.polling->asked[r].ids[i] == id;
    return count;
}

static void
wait_until_asked(int64_t id, size_t more)
{
    size_t wanted = asked_for(id) + more;
    for (int64_t until = clock_mono_ms() + 15000; asked_for(id) < wanted;) {
        if (clock_mono_ms() > until)
            fail_msg("queue %d is not asked for", (int)id);
        polling_run_for(gateway.polling, 2);
    }
}

/* Nobody asks for it, now that what was under way has come. */
static void
assert_not_asked(int64_t id)
{
    polling_run_for(gateway.polling, 30);
    size_t before = asked_for(id);
    polling_run_for(gateway.polling, 1150);
    assert_int_equal(asked_for(id), before);
}

struct raised {
    const char *rule;
    size_t count;
};

static void
on_raised(void *arg, const struct alert_record *record)
{
    struct raised *raised = arg;
    raised->count += !strcmp(record->rule, raised->rule);
}

static size_t
raised_of(const char *rule)
{
    struct raised raised = {.rule = rule};
    notify_each_raised(gateway.notify, rule, on_raised, &raised);
    return raised.count;
}

static void
wait_until_raised(const char *rule, size_t count)
{
    for (int64_t until = clock_mono_ms() + 15000; raised_of(rule) != count;) {
        if (clock_mono_ms() > until)
            fail_msg("rule %s: %zu raised", rule, raised_of(rule));
        polling_run_for(gateway.polling, 2);
    }
}

/* The hosts that run now. */
static size_t
hosts(pid_t *pids, size_t most)
{
    char path[64];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (int pid; count < most && fscanf(file, "%d", &pid) == 1;)
        pids[count++] = pid;
    fclose(file);
    return count;
}

static pid_t
only_host(void)
{
    pid_t pids[4];
    assert_int_equal(hosts(pids, 4), 1);
    return pids[0];
}

static size_t
host_count(void)
{
    pid_t pids[16];
    return hosts(pids, 16);
}

static void
wait_for_hosts(size_t count)
{
    for (int64_t until = clock_mono_ms() + 15000; host_count() != count;) {
        if (clock_mono_ms() > until)
            fail_msg("%zu hosts", host_count());
        polling_run_for(gateway.polling, 2);
    }
}

/* ---- reloading ---- */

static void
on_swap(void *arg, const struct conf *conf)
{
    (void)arg;
    gateway.swaps++;
    planner_set_conf(gateway.polling->planner, conf);
    deliver_set_conf(gateway.deliver, conf);
}

static void
on_done(void *arg, const struct conf *conf, bool is_in_force)
{
    (void)arg, (void)conf;
    gateway.ends++;
    gateway.is_in_force = is_in_force;
}

static bool
start_reload(const struct conf *conf)
{
    const struct supervisor_reload reload = {conf, on_swap, on_done, NULL};
    return supervisor_reload(gateway.supervisor, &reload);
}

static void
reload(const struct conf *conf, bool is_in_force)
{
    gateway.swaps = gateway.ends = 0;
    assert_true(start_reload(conf));
    polling_wait(gateway.polling, &gateway.ends, 1);
    assert_int_equal(gateway.is_in_force, is_in_force);
    assert_int_equal(gateway.swaps, is_in_force);
}

static void
start(void)
{
    supervisor_start(gateway.supervisor);
}

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
    wait_for_hosts(1);
    polling_run_for(gateway.polling, 600);
    assert_int_equal(host_count(), 1);
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

/* ---- reload ---- */

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

/* A task of the script that was replaced goes on, computes, waits again, to its end. */
static void
old_tasks_may_end(void **state)
{
    (void)state;
    write_script("a", "local gw = require \"gateway\"\n"
                      "local begun = false\n"
                      "gw.job \"slow\" { every = \"1s\", run = function ()\n"
                      "  if begun then return end\n"
                      "  begun = true\n"
                      "  gw.queues { 5 }:fetch()\n"
                      "  for _ = 1, 8 do\n"
                      "    gw.sleep \"5ms\"\n"
                      "    for _ = 1, 2000000 do end\n"
                      "    gw.sleep \"60ms\"\n"
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
    assert_int_equal(hosts(before, 4), 2);
    reload(&conf, false);
    wait_until_asked(1, 1);
    wait_until_asked(2, 1);
    assert_int_equal(hosts(after, 4), 2);
    assert_memory_equal(before, after, 2 * sizeof(pid_t));
    later.limits.memory_bytes *= 2;
    reload(&later, true);
    wait_until_asked(1, 1);
    wait_for_hosts(2);
    hosts(after, 4);
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
        test(good_scripts_run_beside_bad_ones),
        test(a_script_that_dies_while_loading_is_quarantined),
        test(a_source_over_its_limit_is_not_loaded),
        test(a_host_that_is_killed_is_started_again),
        test(draining_starts_no_host),
        test(an_unchanged_script_is_not_touched),
        test(a_changed_script_takes_the_place),
        test(a_bad_change_changes_nothing),
        test(a_file_that_is_gone_stops_and_is_held),
        test(a_folder_that_cannot_be_read_changes_nothing),
        test(one_reload_at_a_time),
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
