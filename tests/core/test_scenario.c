/* Scenarios: what is in them, and what is said about those that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/floor.h"
#include "sim/scenario.h"
#include "sim/scenario_data.h"

/* Reads a file with this text, whose name stands as FILE in what is wrong with it. */
static bool
read_text(struct scenario *scenario, const char *text, struct buf *problem)
{
    char name[] = "/tmp/ccgate-scenario-XXXXXX";
    FILE *file = fdopen(mkstemp(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    struct buf said = {0};
    bool is_good = scenario_read(scenario, name, &said);
    unlink(name);
    for (const char *at = said.data; at && *at;) {
        const char *found = strstr(at, name);
        if (!found)
            found = at + strlen(at);
        buf_add(problem, at, (size_t)(found - at));
        at = found;
        if (*at) {
            buf_add_text(problem, "FILE");
            at += strlen(name);
        }
    }
    buf_fini(&said);
    return is_good;
}

static void
those_built_in_are_good(void **state)
{
    (void)state;
    struct scenario scenario;
    struct buf problem = {0}, list = {0};
    int count = 0;
    for (; scenario_names[count]; count++)
        if (!scenario_read(&scenario, scenario_names[count], &problem))
            fail_msg("%s", problem.data);
    assert_int_equal(count, 4);
    scenario_list(&list);
    assert_non_null(strstr(list.data, "\nquiet_night  a call now and then, "));
    buf_fini(&list);
}

static void
what_is_left_out_is_as_in_the_rush_hour(void **state)
{
    (void)state;
    struct scenario usual, scenario;
    struct buf problem = {0};
    assert_true(scenario_read(&usual, SCENARIO_DEFAULT, &problem));
    assert_true(read_text(&scenario,
                          "return { period = '20m', talk = { '1m', '2m' },\n"
                          "  waiting = { { '0s', 1 }, { '5m', 4 } },\n"
                          "  faults = { 'reset:at=1m' } }",
                          &problem));
    assert_int_equal(scenario.period_ms, 20 * 60 * 1000);
    assert_int_equal(scenario.habits.lengths[LIFE_TALKING].least, 60);
    assert_int_equal(scenario.habits.lengths[LIFE_TALKING].most, 120);
    assert_int_equal(scenario.habits.rest_after, usual.habits.rest_after);
    assert_int_equal(scenario.shape.waiting.count, 2);
    assert_true(scenario.shape.waiting.at[1] == 0.25);
    /* Times that are inherited are stretched with the period. */
    assert_true(scenario.shape.arrivals.at[1] == usual.shape.arrivals.at[1]);
    assert_int_equal(scenario.faults.count, 1);
    assert_int_equal(scenario.faults.items[0].kind, FAULT_RESET);
    assert_int_equal(usual.faults.count, 0);
}

#define POINTS                                                                         \
    "must be a list of { TIME, NUMBER }: the first time is \"0s\", the others grow "   \
    "and are less than the period"

static void
mistakes_are_named_with_their_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"return {\n talks = { '1m', '2m' },\n rest_after = 0,\n}",
         "FILE:2: talks: no such key (did you mean 'talk'?)\n"
         "FILE:3: rest_after: must be a whole number of calls from 1 on"},
        {"return {\n\n period = '10',\n}",
         "FILE:3: period: must be a duration from \"1s\" to \"7d\""},
        {"return { waiting = { { '1s', 2 } } }", "FILE:1: waiting: " POINTS},
        {"return { waiting = { { '0s', 2 }, { '0s', 3 } } }",
         "FILE:1: waiting: " POINTS},
        {"return { arrivals = { { '0s', 2 }, { '10m', 3 } } }",
         "FILE:1: arrivals: " POINTS},
        {"return { arrivals = { { '0s', -1 } } }", "FILE:1: arrivals: " POINTS},
        {"return { arrivals = {} }", "FILE:1: arrivals: " POINTS},
        {"return { away = { '2h', '1h' } }",
         "FILE:1: away: must be a list of two durations, least and most, such as "
         "{ \"10s\", \"1m\" }, up to 3h30m"},
        {"return { talk = { '1m', '9m' } }",
         "FILE:1: talk: ringing, talk, long_call and wrap_up can be more than 10m "
         "together"},
        {"local x = 1\nreturn {\n faults = { 'stat', 'reset:count=0' } }",
         "FILE:3: faults: no fault 'stat' (status, "},
        {"return { faults = 'reset' }",
         "FILE:1: faults: must be a list of texts as --fault takes them"},
        {"return { doc = 'two\\nlines' }",
         "FILE:1: doc: must be a text of one line, at most 79 long"},
        {"return { 'reset' }", "FILE:1: return: the keys of the table must be words"},
        {"return 7", "FILE:1: return: the file must return a table"},
        {"return {", "FILE:1: unexpected symbol near <eof>"},
        {"local x = {}\nreturn x.y.z", "FILE:2: attempt to index a nil value"},
        {"while true do end", "FILE:1: it does not come to an end"},
        {"return { doc = os.getenv 'HOME' }", "FILE:1: attempt to index a nil value"},
        {"return load 'return {}' ()", "FILE:1: attempt to call a nil value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scenario scenario;
        struct buf problem = {0};
        assert_false(read_text(&scenario, cases[i].text, &problem));
        if (strncmp(problem.data, cases[i].problem, strlen(cases[i].problem)) != 0)
            fail_msg("%s", problem.data);
        buf_fini(&problem);
    }
}

static void
names_are_guessed(void **state)
{
    (void)state;
    struct scenario scenario;
    struct buf problem = {0};
    assert_false(scenario_read(&scenario, "rush-hour", &problem));
    assert_non_null(
        strstr(problem.data, "no scenario 'rush-hour' (did you mean 'rush_hour'?)"));
    buf_clear(&problem);
    assert_false(scenario_read(&scenario, "/nowhere/x.lua", &problem));
    assert_string_equal(problem.data,
                        "cannot read /nowhere/x.lua: No such file or directory");
    buf_fini(&problem);
}

/* Of 20 queues in a whole period, what waits at most, and the agents signed in. */
static void
look(const char *name, int64_t *most_waiting, int64_t *signed_in)
{
    struct scenario scenario;
    struct buf problem = {0};
    assert_true(scenario_read(&scenario, name, &problem));
    const struct wave wave = {1, scenario.period_ms, &scenario.shape};
    struct floor *floor = floor_new(&wave, &scenario.habits, 40, 20);
    *most_waiting = *signed_in = 0;
    for (int64_t at = 0; at < scenario.period_ms; at += scenario.period_ms / 100)
        for (int64_t id = 1; id <= 20; id++) {
            int64_t values[WAVE_VALUES];
            wave_at(&wave, id, at, values);
            if (values[WAVE_WAITING] > *most_waiting)
                *most_waiting = values[WAVE_WAITING];
            floor_apply(floor, id, at, values);
            *signed_in += values[WAVE_SIGNED_IN];
        }
    floor_delete(floor);
}

static void
a_night_is_quiet(void **state)
{
    (void)state;
    int64_t day_waiting, day_agents, night_waiting, night_agents;
    look(SCENARIO_DEFAULT, &day_waiting, &day_agents);
    look("quiet_night", &night_waiting, &night_agents);
    assert_in_range(day_waiting, 11, 15);
    assert_in_range(night_waiting, 1, 3);
    assert_true(night_agents * 2 < day_agents);
}

/* A queue that is never empty has a crowd that never ends, one without calls none. */
static void
crowds_need_not_come_or_go(void **state)
{
    (void)state;
    struct wave_shape shape = {.longest_wait = 0.1};
    const struct wave wave = {1, 600000, &shape};
    int64_t from, to;
    shape.waiting = (struct curve){.value = {0}, .count = 1};
    wave_crowd(&wave, 1, 5000, &from, &to);
    assert_true(from > INT64_C(1) << 50);
    shape.waiting = (struct curve){.at = {0, 0.5}, .value = {5, 8}, .count = 2};
    wave_crowd(&wave, 1, 5000, &from, &to);
    assert_int_equal(from, 5000);
    assert_true(to > INT64_C(1) << 50);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_built_in_are_good),
        cmocka_unit_test(what_is_left_out_is_as_in_the_rush_hour),
        cmocka_unit_test(mistakes_are_named_with_their_lines),
        cmocka_unit_test(names_are_guessed),
        cmocka_unit_test(a_night_is_quiet),
        cmocka_unit_test(crowds_need_not_come_or_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
