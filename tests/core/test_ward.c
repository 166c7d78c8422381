/* One script in the supervisor's care: strikes, what is switched off, and the trial
 * after an hour, for which the time is an argument. */
#include "hosts.h"

#include <signal.h>

#include "base/log.h"
#include "base/mem.h"
#include "script/resident_inside.h"
#include "script/ward.h"
#include "troubles.h"

#define HOUR_MS ((int64_t)60 * 60 * 1000)

/* It needs more time than it is given. */
#define GREEDY                                                                         \
    "local gw = require \"gateway\"\n"                                                 \
    "gw.job \"greedy\" { every = \"1s\", run = function ()\n"                          \
    "  while true do end\n"                                                            \
    "end }\n"

/* Fails whenever it runs. */
#define FAULTY                                                                         \
    "local gw = require \"gateway\"\n"                                                 \
    "gw.job \"faulty\" { every = \"1s\", run = function ()\n"                          \
    "  error \"odd\"\n"                                                                \
    "end }\n"

#define MILD   "local gw = require \"gateway\"\n"
#define DEADLY "string.find((\"a\"):rep(3000), (\".-\"):rep(20) .. \"b\")\n"

static struct {
    struct loop *loop;
    struct conf conf;
    struct resident_world world;
    char program[1024], *dir;
    struct store *store;
    struct connector *connector;
    struct deliver *deliver;
    struct ward *ward, *list;
    size_t changes;
    bool is_killing; /* the first candidate that is good */
    uint64_t errors; /* of the job, seen so far */
} care;

static void
on_change(void *arg)
{
    (void)arg;
    care.changes++;
    if (care.ward->candidate_is_good && care.is_killing) {
        care.is_killing = false;
        kill(resident_pid(care.ward->candidate), SIGKILL);
    } else if (care.ward->candidate_is_good)
        resident_delete(ward_swap(care.ward));
}

static int
set_up(void **state)
{
    (void)state;
    memset(&care, 0, sizeof care);
    log_set_level(LEVEL_ERROR + 1);
    hosts_program(care.program, sizeof care.program);
    care.loop = loop_new();
    care.conf.name = (char *)(uintptr_t) "ccgate";
    care.conf.limits = (struct conf_limits){.cpu_ms = 50,
                                            .cpu_load_ms = 200,
                                            .memory_bytes = 32 << 20,
                                            .source_bytes = 256 << 10,
                                            .store_bytes = 1 << 20,
                                            .tasks = 10,
                                            .wants = 10,
                                            .sends_per_s = 10,
                                            .alerts = 10,
                                            .logs_per_s = 100};
    char dir[] = "/tmp/ccgate-ward-XXXXXX";
    struct error error = {0};
    care.dir = mem_text(mkdtemp(dir));
    care.store = store_open(care.loop, care.dir, &error);
    assert_non_null(care.store);
    care.connector = connector_new(&error);
    assert_non_null(care.connector);
    care.deliver = deliver_new(care.loop, care.store, care.connector, &care.conf);
    care.world = (struct resident_world){
        .loop = care.loop,
        .conf = &care.conf,
        .notify =
            notify_new(care.loop, care.store, care.connector, care.deliver, "ccgate"),
        .program = care.program,
        .ledger = ledger_new(care.store)};
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    ward_delete(care.ward);
    ledger_delete(care.world.ledger);
    notify_delete(care.world.notify);
    deliver_delete(care.deliver);
    connector_delete(care.connector);
    store_close(care.store);
    static const char *const files[] = {"state.db", "state.db-wal", "state.db-shm",
                                        "lock"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = mem_format("%s/%s", care.dir, files[i]);
        unlink(path);
        free(path);
    }
    rmdir(care.dir);
    free(care.dir);
    loop_delete(care.loop);
    return 0;
}

static struct script_file
file_of(const char *source)
{
    return (struct script_file){.name = mem_text("a"),
                                .shown = mem_text("a.lua"),
                                .source = mem_text(source),
                                .size = strlen(source)};
}

static void
load(const char *source)
{
    struct script_file file = file_of(source);
    struct buf setup = {0};
    buf_add_text(&setup, "setup");
    if (!care.ward)
        care.ward = ward_new(&care.world, &care.list, &file, on_change, NULL);
    ward_try(care.ward, &file, &setup, &care.world);
    script_file_fini(&file);
    buf_fini(&setup);
}

static void
stop(void *arg)
{
    loop_stop(arg);
}

static void
run_for(int64_t ms)
{
    struct timer *timer = timer_new(care.loop, stop, care.loop);
    timer_start(timer, ms);
    loop_run(care.loop);
    timer_free(timer);
}

static bool
is_live(void)
{
    return care.ward->state == WARD_LIVE;
}

static bool
is_quarantined(void)
{
    return care.ward->state == WARD_QUARANTINED && !care.ward->resident;
}

static bool
is_switched_off(void)
{
    return is_live() && care.ward->entry_count == 1 &&
           care.ward->entries[0].strikes.out_since_ms;
}

static bool
is_failing(void)
{
    return is_live() && care.ward->entry_count == 1 && care.ward->entries[0].is_failing;
}

static bool
has_failed_again(void)
{
    return care.ward->entries[0].error_count > care.errors;
}

static bool
has_host(void)
{
    pid_t pid;
    return hosts_list(&pid, 1) == 1;
}

static void
wait_until(bool (*is_so)(void), const char *what)
{
    for (int64_t until = clock_mono_ms() + 15000; !is_so();) {
        if (clock_mono_ms() > until)
            fail_msg("waited in vain: %s", what);
        run_for(2);
    }
}

/* The job does not wait for its next time. */
static void
run_until(bool (*is_so)(void), const char *what)
{
    for (int64_t until = clock_mono_ms() + 15000; !is_so();) {
        if (clock_mono_ms() > until)
            fail_msg("waited in vain: %s", what);
        if (is_live())
            resident_run_job(care.ward->resident, 0, NULL);
        run_for(2);
    }
}

static size_t
host_count(void)
{
    pid_t pids[8];
    return hosts_list(pids, 8);
}

/* ---- */

static void
a_greedy_entry_is_switched_off_and_tried_again(void **state)
{
    (void)state;
    troubles_listen();
    load(GREEDY);
    run_until(is_switched_off, "three strikes");
    assert_int_equal(troubles.told, 1);
    assert_true(troubles_say(TROUBLE_RULE, "a/greedy", "job greedy of a.lua"));
    size_t over = troubles.over; /* when it was loaded */
    pid_t first = resident_pid(care.ward->resident);
    ward_try_again(care.ward, clock_mono_ms() + HOUR_MS / 2);
    assert_int_equal(resident_pid(care.ward->resident), first);
    ward_try_again(care.ward, clock_mono_ms() + HOUR_MS);
    assert_int_equal(care.ward->entries[0].strikes.out_since_ms, 0);
    wait_until(is_live, "the trial");
    assert_int_not_equal(resident_pid(care.ward->resident), first);
    assert_int_equal(host_count(), 1);
    assert_int_equal(troubles.over, over); /* that is no end yet */
}

/* Its code fails, which is no strike: it goes on, and people hear of it once. */
static void
an_entry_that_fails_again_and_again_is_told(void **state)
{
    (void)state;
    load(FAULTY);
    wait_until(is_live, "the script");
    troubles_listen();
    run_until(is_failing, "three errors");
    const struct entry_record *record = &care.ward->entries[0];
    assert_true(record->error_count >= STRIKES_OUT);
    assert_true(troubles_say(TROUBLE_RULE, "a/faulty/errors",
                             "job faulty fails again and again, the last "
                             "time: a.lua:3: odd; "));
    care.errors = record->error_count;
    run_until(has_failed_again, "one more error");
    assert_int_equal(troubles.told, 1);
    assert_false(is_switched_off());
}

static void
it_is_over_when_it_has_gone_well_as_long_as_errors_count(void **state)
{
    (void)state;
    load(FAULTY);
    run_until(is_failing, "three errors");
    troubles_listen();
    int64_t last_ms = care.ward->entries[0].errors.at_ms[0];
    int64_t later_ms = last_ms + STRIKES_WITHIN_MS - 1;
    care.ward->live_since_ms = last_ms - STRIKES_WITHIN_MS;
    ward_try_again(care.ward, later_ms);
    assert_int_equal(troubles.over, 0);
    ward_try_again(care.ward, later_ms + 1);
    assert_int_equal(troubles.over, 1);
    assert_true(strcmp(troubles.name, "a/faulty/errors") == 0);
}

/* Errors of what runs once an hour are as near as those of what runs each second. */
static void
errors_of_a_rare_entry_meet_within_three_of_its_periods(void **state)
{
    (void)state;
    static const char hourly[] =
        "local gw = require \"gateway\"\n"
        "gw.job \"faulty\" { every = \"1h\", run = function () end }\n";
    load(hourly);
    wait_until(is_live, "the script");
    struct entry_record *record = ward_record_at(care.ward, 0);
    for (int i = 0; i < STRIKES_OUT - 1; i++) {
        ward_take_errors(care.ward, &(struct message_failed){0, 5, "odd", 3});
        record->errors.at_ms[0] -= HOUR_MS * (2 - i);
    }
    troubles_listen();
    ward_take_errors(care.ward, &(struct message_failed){0, 1, "odd", 3});
    assert_int_equal(troubles.told, 1);
    assert_int_equal(record->error_count, 11);
}

/* A trial may fall due while the host, killed by somebody, waits to be started: there
 * is one host all the same. */
static void
a_trial_starts_one_host(void **state)
{
    (void)state;
    load(GREEDY);
    run_until(is_switched_off, "three strikes");
    for (int i = 0; i < 3; i++) { /* each start waits longer */
        kill(resident_pid(care.ward->resident), SIGKILL);
        while (is_live())
            run_for(1);
        if (i < 2)
            wait_until(is_live, "the next host");
    }
    assert_true(timer_is_running(care.ward->restart_timer));
    ward_try_again(care.ward, clock_mono_ms() + HOUR_MS);
    wait_until(is_live, "the trial");
    run_for(300);
    assert_int_equal(host_count(), 1);
}

/* A reload lets in what is switched off, also where the file is the same. */
static void
a_reload_forgives(void **state)
{
    (void)state;
    struct buf setup = {0};
    struct script_file file = file_of(GREEDY);
    troubles_listen();
    buf_add_text(&setup, "setup");
    load(GREEDY);
    wait_until(is_live, "the script");
    assert_false(ward_is_changed(care.ward, &file, &setup));
    run_until(is_switched_off, "three strikes");
    assert_true(ward_is_changed(care.ward, &file, &setup));
    uint64_t errors = care.ward->entries[0].error_count;
    load(GREEDY);
    while (care.ward->candidate)
        run_for(2);
    assert_true(is_live());
    assert_false(is_switched_off());
    assert_true(troubles_say(TROUBLE_RULE, "a/", "greedy"));
    assert_int_equal(care.ward->entries[0].error_count, errors); /* of the gateway */
    assert_false(ward_is_changed(care.ward, &file, &setup));
    buf_add_text(&setup, "!");
    assert_true(ward_is_changed(care.ward, &file, &setup));
    script_file_fini(&file);
    buf_fini(&setup);
}

static void
a_deadly_script_is_quarantined_and_tried_again(void **state)
{
    (void)state;
    troubles_listen();
    load(DEADLY);
    wait_until(is_quarantined, "three deaths");
    run_for(50);
    assert_false(has_host());
    ward_try_again(care.ward, clock_mono_ms() + HOUR_MS / 2);
    assert_false(has_host());
    ward_try_again(care.ward, clock_mono_ms() + HOUR_MS);
    assert_true(has_host());
    while (care.ward->resident)
        run_for(2);
    assert_true(is_quarantined()); /* one more death is enough */
    assert_true(troubles_say(TROUBLE_SCRIPT, "a", "a.lua is quarantined"));
    assert_int_equal(troubles.over, 0);
}

/* What was let in is well when it has lasted as long as strikes count. */
static void
a_survivor_is_told(void **state)
{
    (void)state;
    load(MILD);
    wait_until(is_live, "the script");
    troubles_listen();
    care.ward->is_told = true;
    int64_t live_ms = care.ward->live_since_ms;
    ward_try_again(care.ward, live_ms + STRIKES_WITHIN_MS - 1);
    assert_int_equal(troubles.over, 0);
    ward_try_again(care.ward, live_ms + STRIKES_WITHIN_MS);
    ward_try_again(care.ward, live_ms + 2 * STRIKES_WITHIN_MS);
    assert_int_equal(troubles.over, 1);
    assert_int_equal(troubles.trouble, TROUBLE_SCRIPT);
}

/* The quarantine of a script is not ended by the trial of an entry. */
static void
each_trial_has_its_hour(void **state)
{
    (void)state;
    load(GREEDY);
    run_until(is_switched_off, "three strikes");
    int64_t later = clock_mono_ms() + HOUR_MS / 2;
    for (int i = 0; i < STRIKES_OUT; i++)
        strikes_add(&care.ward->deaths, later);
    resident_delete(ward_put_down(care.ward));
    care.ward->state = WARD_QUARANTINED;
    ward_try_again(care.ward, later + HOUR_MS / 2);
    assert_true(is_quarantined());
    ward_try_again(care.ward, later + HOUR_MS);
    wait_until(is_live, "the trial");
    assert_false(is_switched_off());
}

/* A rule that finds its rows, so that it needs no planner; it finds none. */
#define IDLE                                                                             \
    "local gw = require \"gateway\"\n"                                                   \
    "gw.rule \"idle\" { from = function () return {} end, fields = { x = \"count\" },\n" \
    "  every = \"1h\", when = gw.above(\"x\", 1), summary = \"x\", send = \"book\" }\n"

#define EVENT                                                                          \
    "{\"severity\":\"info\",\"labels\":{},\"summary\":\"x\",\"why\":\"x\",\"row\":{}," \
    "\"query\":\"\",\"send\":[]}"

/* `count` raises in a commit, as a host would say them. */
static bool
commit_raises(size_t count, struct error *error)
{
    struct message_list items = {0};
    struct buf out = {0};
    struct frame frame;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        char key[24];
        snprintf(key, sizeof key, "%zu", i);
        message_put_alert(
            &items, &(struct message_alert){0, key, "raise", EVENT, strlen(EVENT)});
    }
    message_write_commit(&out, clock_wall_ms(), 0, 0, &items);
    assert_int_equal(
        frame_next(out.data, out.size, &used, FRAME_LOADED, FRAME_LAST_TO_CORE, &frame),
        FRAME_OK);
    bool is_taken = resident_take(care.ward->resident, &frame, error);
    buf_fini(&out);
    message_list_fini(&items);
    return is_taken;
}

/* A host keeps to the limit by itself: one that does not is no host of ours. */
static void
more_alerts_than_the_limit_are_the_end_of_a_host(void **state)
{
    (void)state;
    static struct conf_center center = {
        .name = (char *)(uintptr_t) "main", .edition = 2023, .is_default = true};
    static struct conf_destination book = {.name = (char *)(uintptr_t) "book",
                                           .kind = (char *)(uintptr_t) "log"};
    struct error error = {0};
    care.conf.centers = &center;
    care.conf.center_count = 1;
    care.conf.destinations = &book;
    care.conf.destination_count = 1;
    load(IDLE);
    wait_until(is_live, "the script");
    assert_false(commit_raises(11, &error));
    assert_string_equal(error.message, "COMMIT: more than 10 alerts are open");
    assert_int_equal(notify_raised_of(care.world.notify, "a"), 0);
    assert_true(commit_raises(10, &error));
    assert_int_equal(notify_raised_of(care.world.notify, "a"), 10);
}

/* It is good, and killed before anybody could let it go live. */
static void
a_good_candidate_that_is_killed_is_started_again(void **state)
{
    (void)state;
    care.is_killing = true;
    load("local gw = require \"gateway\"\n");
    wait_until(is_live, "the script");
    assert_int_equal(host_count(), 1);
}

/* What is quarantined is loaded anew at a reload, and again counts as having died. */
static void
a_mended_script_leaves_quarantine(void **state)
{
    (void)state;
    load(DEADLY);
    wait_until(is_quarantined, "three deaths");
    load(DEADLY "-- mended?\n");
    while (care.ward->candidate)
        run_for(2);
    assert_true(is_quarantined());
    assert_non_null(strstr(care.ward->file.source, "mended?"));
    load("local gw = require \"gateway\"\n");
    wait_until(is_live, "the script");
    assert_int_equal(care.ward->deaths.count, 0);
}

static void
draining_ends_all_starts(void **state)
{
    (void)state;
    load("local gw = require \"gateway\"\n");
    wait_until(is_live, "the script");
    load("local gw = require \"gateway\"\nlocal other = 1\n");
    assert_true(ward_is_trying(care.ward));
    ward_drain(care.ward);
    assert_false(ward_is_unsettled(care.ward));
    assert_int_equal(host_count(), 1);
    kill(resident_pid(care.ward->resident), SIGKILL);
    while (care.ward->resident)
        run_for(2);
    run_for(50);
    assert_false(has_host());
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_greedy_entry_is_switched_off_and_tried_again),
        test(an_entry_that_fails_again_and_again_is_told),
        test(it_is_over_when_it_has_gone_well_as_long_as_errors_count),
        test(errors_of_a_rare_entry_meet_within_three_of_its_periods),
        test(a_trial_starts_one_host),
        test(a_reload_forgives),
        test(a_deadly_script_is_quarantined_and_tried_again),
        test(a_survivor_is_told),
        test(each_trial_has_its_hour),
        test(more_alerts_than_the_limit_are_the_end_of_a_host),
        test(a_good_candidate_that_is_killed_is_started_again),
        test(a_mended_script_leaves_quarantine),
        test(draining_ends_all_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
