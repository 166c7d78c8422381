/* A supervisor with everything it needs: real hosts, a real centre, a real book of
 * alerts. What runs is told from what the centre is asked for. */
#ifndef CCGATE_TESTS_SUPERVISING_H
#define CCGATE_TESTS_SUPERVISING_H

#include "hosts.h"
#include "polling.h"

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
    struct ledger *ledger;
    struct supervisor *supervisor;
    size_t swaps, ends;
    bool is_in_force;
} gateway;

static struct conf_destination book = {.name = TEXT("book"), .kind = TEXT("log")};

/* ---- files ---- */

static inline const char *
path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s.lua", gateway.scripts, name);
    return path;
}

static inline void
write_script(const char *name, const char *source)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_true(fputs(source, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline void
delete_script(const char *name)
{
    assert_int_equal(unlink(path_of(name)), 0);
}

/* ---- putting together ---- */

static inline void
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
                                               .store_bytes = 1 << 20,
                                               .logs_per_s = 100};
    for (size_t i = 0; i < 2; i++)
        gateway.polling->centers[i].is_default = i == 0;
}

static inline int
set_up(void **state)
{
    (void)state;
    struct error error = {0};
    memset(&gateway, 0, sizeof gateway);
    hosts_program(gateway.program, sizeof gateway.program);
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
    gateway.notify = notify_new(polling->loop, gateway.store, gateway.connector,
                                gateway.deliver, "ccgate");
    polling->planner = planner_new(polling->loop, polling->pool, &gateway.conf);
    gateway.ledger = ledger_new(gateway.store);
    const struct resident_world world = {
        .loop = polling->loop,
        .conf = &gateway.conf,
        .planner = polling->planner,
        .notify = gateway.notify,
        .deliver = gateway.deliver,
        .store = gateway.store,
        .program = gateway.program,
        .ledger = gateway.ledger,
    };
    gateway.supervisor = supervisor_new(&world);
    return 0;
}

static inline int
tear_down(void **state)
{
    (void)state;
    static const char *const files[] = {"state.db", "state.db-wal", "state.db-shm",
                                        "lock"};
    static const char *const scripts[] = {"a", "b", "c"};
    supervisor_delete(gateway.supervisor);
    ledger_delete(gateway.ledger);
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
static inline size_t
asked_for(int64_t id)
{
    size_t count = 0;
    assert_true(gateway.polling->requests <= POLLING_ASKED_MAX);
    for (size_t r = 0; r < gateway.polling->requests; r++)
        for (size_t i = 0; i < gateway.polling->asked[r].id_count; i++)
            count += gateway.polling->asked[r].ids[i] == id;
    return count;
}

static inline void
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
static inline void
assert_not_asked(int64_t id)
{
    polling_run_for(gateway.polling, 30);
    size_t before = asked_for(id);
    polling_run_for(gateway.polling, 1150);
    assert_int_equal(asked_for(id), before);
}

struct raised {
    const char *rule;
    const char *key; /* NULL: any */
    size_t count;
};

static inline void
on_raised(void *arg, const struct alert_record *record)
{
    struct raised *raised = arg;
    raised->count += !strcmp(record->rule, raised->rule) &&
                     (!raised->key || !strcmp(record->key, raised->key));
}

static inline size_t
raised_of(const char *rule)
{
    struct raised raised = {.rule = rule};
    notify_each_raised(gateway.notify, rule, on_raised, &raised);
    return raised.count;
}

static inline bool
is_raised(const char *rule, const char *key)
{
    struct raised raised = {.rule = rule, .key = key};
    notify_each_raised(gateway.notify, rule, on_raised, &raised);
    return raised.count > 0;
}

static inline void
wait_until_raised(const char *rule, size_t count)
{
    for (int64_t until = clock_mono_ms() + 15000; raised_of(rule) != count;) {
        if (clock_mono_ms() > until)
            fail_msg("rule %s: %zu raised", rule, raised_of(rule));
        polling_run_for(gateway.polling, 2);
    }
}

static inline pid_t
only_host(void)
{
    pid_t pids[4];
    assert_int_equal(hosts_list(pids, 4), 1);
    return pids[0];
}

static inline size_t
host_count(void)
{
    pid_t pids[16];
    return hosts_list(pids, 16);
}

static inline void
wait_for_hosts(size_t count)
{
    for (int64_t until = clock_mono_ms() + 15000; host_count() != count;) {
        if (clock_mono_ms() > until)
            fail_msg("%zu hosts", host_count());
        polling_run_for(gateway.polling, 2);
    }
}

/* No other number of hosts for so long that no restart can be under way. */
static inline void
wait_for_steady_hosts(size_t count)
{
    int64_t since = clock_mono_ms();
    for (int64_t until = since + 15000; clock_mono_ms() - since < 1000;) {
        if (clock_mono_ms() > until)
            fail_msg("%zu hosts", host_count());
        polling_run_for(gateway.polling, 10);
        if (host_count() != count)
            since = clock_mono_ms();
    }
}

/* ---- reloading ---- */

static inline void
on_swap(void *arg, const struct conf *conf)
{
    (void)arg;
    gateway.swaps++;
    planner_set_conf(gateway.polling->planner, conf);
    deliver_set_conf(gateway.deliver, conf);
}

static inline void
on_done(void *arg, const struct conf *conf, bool is_in_force)
{
    (void)arg, (void)conf;
    gateway.ends++;
    gateway.is_in_force = is_in_force;
}

static inline bool
start_reload(const struct conf *conf)
{
    const struct supervisor_reload reload = {conf, on_swap, on_done, NULL};
    return supervisor_reload(gateway.supervisor, &reload);
}

static inline void
reload(const struct conf *conf, bool is_in_force)
{
    gateway.swaps = gateway.ends = 0;
    /* The one before, or the start, may still wait for a host that loads slowly. */
    for (int tries = 0; !start_reload(conf); tries++) {
        assert_true(tries < 1000);
        polling_run_for(gateway.polling, 10);
        gateway.swaps = gateway.ends = 0;
    }
    polling_wait(gateway.polling, &gateway.ends, 1);
    assert_int_equal(gateway.is_in_force, is_in_force);
    assert_int_equal(gateway.swaps, is_in_force);
}

static inline void
start(void)
{
    supervisor_start(gateway.supervisor);
}

#endif
