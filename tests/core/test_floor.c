/* The agents of the simulated contact centre: what they do, and that it fits together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "sim/floor.h"
#include "scene.h"
#include "sim/operation.h"

#define PERIOD ((int64_t)10 * 60 * 1000)
#define HOUR   ((int64_t)3600 * 1000)
#define AGENTS 40
#define SKILLS 20

static const struct wave wave = {.seed = 1, .period_ms = PERIOD, .shape = &scene.shape};

/* A stretch of crowd is where calls wait, to the moment. */
static void
crowds_are_where_calls_wait(void **state)
{
    (void)state;
    for (int64_t id = 1; id <= 12; id++)
        for (int64_t at = 0; at < 2 * PERIOD; at += 997) {
            int64_t v[WAVE_VALUES], from, to;
            wave_at(&wave, id, at, v);
            wave_crowd(&wave, id, at, &from, &to);
            assert_true(from < to && to - from < PERIOD);
            if (v[WAVE_WAITING] > 0)
                assert_true(from <= at && at <= to);
            else
                assert_true(at <= from + 1 || at >= to - 1);
        }
}

/* Each state follows one that can come before it, and lasts some whole seconds. */
static void
lives_go_their_way(void **state)
{
    (void)state;
    static const unsigned before[LIFE_STATES] = {
        [LIFE_OUT] = 1 << LIFE_OUT | 1 << LIFE_IDLE | 1 << LIFE_WRAP_UP |
                     1 << LIFE_BUSY | 1 << LIFE_REST,
        [LIFE_IDLE] = 1 << LIFE_WRAP_UP | 1 << LIFE_BUSY | 1 << LIFE_REST,
        [LIFE_OCCUPIED] =
            1 << LIFE_IDLE | 1 << LIFE_WRAP_UP | 1 << LIFE_BUSY | 1 << LIFE_REST,
        [LIFE_TALKING] = 1 << LIFE_OCCUPIED,
        [LIFE_WRAP_UP] = 1 << LIFE_TALKING,
        [LIFE_BUSY] = 1 << LIFE_OUT | 1 << LIFE_WRAP_UP,
        [LIFE_REST] = 1 << LIFE_WRAP_UP,
    };
    struct floor *floor = floor_new(&wave, &scene.habits, AGENTS, SKILLS);
    unsigned seen = 0;
    for (int64_t id = FLOOR_FIRST_ID; id < FLOOR_FIRST_ID + AGENTS; id++) {
        struct life life = *floor_agent(floor, id, -24 * HOUR);
        assert_in_range(life.queue_count, 1, 2);
        while (life.until_ms < 24 * HOUR) {
            enum life_state last = life.state;
            int64_t end = life.until_ms;
            life_next(&life);
            assert_int_equal(life.since_ms, end);
            assert_true(life.until_ms > end && life.until_ms % 1000 == 0);
            assert_true(before[life.state] >> last & 1);
            seen |= 1u << life.state;
        }
    }
    assert_int_equal(seen, (1 << LIFE_STATES) - 1);
    floor_delete(floor);
}

/* It does not matter when one has asked before. */
static void
moments_do_not_depend_on_questions(void **state)
{
    (void)state;
    struct floor *asked = floor_new(&wave, &scene.habits, AGENTS, SKILLS);
    for (int64_t at = 0; at < 9 * HOUR; at += 100 * 1000)
        floor_agent(asked, 105, at);
    for (int64_t at = 9 * HOUR; at > -9 * HOUR; at -= 1777 * 1000) {
        struct floor *fresh = floor_new(&wave, &scene.habits, AGENTS, SKILLS);
        const struct life *one = floor_agent(asked, 105, at);
        const struct life *two = floor_agent(fresh, 105, at);
        assert_int_equal(one->state, two->state);
        assert_int_equal(one->since_ms, two->since_ms);
        assert_int_equal(one->calls, two->calls);
        floor_delete(fresh);
    }
    floor_delete(asked);
}

static void
seeds_decide(void **state)
{
    (void)state;
    const struct wave other = {.seed = 2, .period_ms = PERIOD, .shape = &scene.shape};
    struct floor *one = floor_new(&wave, &scene.habits, AGENTS, SKILLS);
    struct floor *two = floor_new(&other, &scene.habits, AGENTS, SKILLS);
    int differ = 0;
    for (int64_t id = FLOOR_FIRST_ID; id < FLOOR_FIRST_ID + AGENTS; id++)
        differ += floor_agent(one, id, HOUR)->since_ms !=
                  floor_agent(two, id, HOUR)->since_ms;
    assert_true(differ > AGENTS / 2);
    floor_delete(one);
    floor_delete(two);
}

/* The numbers of a queue are those of its agents; nobody is idle while calls wait. */
static void
queues_add_up(void **state)
{
    (void)state;
    struct floor *floor = floor_new(&wave, &scene.habits, AGENTS, SKILLS);
    int64_t idle = 0, talking = 0;
    for (int64_t at = 0; at < 2 * PERIOD; at += 3300)
        for (int64_t id = 1; id <= SKILLS; id++) {
            int64_t v[WAVE_VALUES];
            size_t count;
            wave_at(&wave, id, at, v);
            floor_apply(floor, id, at, v);
            floor_members(floor, id, &count);
            assert_true(count >= 2 && v[WAVE_SIGNED_IN] <= (int64_t)count);
            assert_int_equal(v[WAVE_SIGNED_IN],
                             v[WAVE_TALKING] + v[WAVE_IDLE] + v[WAVE_BUSY] +
                                 v[WAVE_REST] + v[WAVE_AFTER_CALL] + v[WAVE_STUDY] +
                                 v[WAVE_OCCUPIED] + v[WAVE_PREOCCUPIED]);
            assert_int_equal(v[WAVE_CALLS_TOTAL],
                             v[WAVE_IN_PROGRESS] + v[WAVE_WAITING]);
            assert_true(v[WAVE_IN_PROGRESS] <= v[WAVE_TALKING]);
            if (v[WAVE_WAITING] > 0)
                assert_int_equal(v[WAVE_IDLE], 0);
            idle += v[WAVE_IDLE];
            talking += v[WAVE_TALKING];
        }
    assert_true(idle > 0 && talking > idle);
    floor_delete(floor);
}

/* Where nobody works the wave's own agents do. */
static void
queues_without_agents_keep_their_wave(void **state)
{
    (void)state;
    struct floor *floor = floor_new(&wave, &scene.habits, 2, SKILLS);
    int64_t before[WAVE_VALUES], after[WAVE_VALUES];
    size_t count;
    wave_at(&wave, 20, 12345, before);
    memcpy(after, before, sizeof after);
    assert_null(floor_members(floor, 21, &count));
    floor_members(floor, 20, &count);
    assert_int_equal(count, 0);
    floor_apply(floor, 20, 12345, after);
    assert_memory_equal(before, after, sizeof after);
    assert_null(floor_agent(floor, 103, 0));
    assert_null(floor_agent(floor, 100, 0));
    floor_delete(floor);
}

/* A maximum of the window falls only when the window restarts: clients take a fall for
 * that. */
static void
the_longest_idle_grows_within_a_window(void **state)
{
    (void)state;
    struct floor *floor = floor_new(&wave, &scene.habits, AGENTS, SKILLS);
    int64_t values[WAVE_VALUES], before = 0, falls = 0;
    for (int64_t at = 0; at < HOUR; at += 5000) {
        wave_at(&wave, 1, at, values);
        floor_apply(floor, 1, at, values);
        falls += values[WAVE_LONGEST_IDLE] < before;
        if (at % WAVE_WINDOW_MS)
            assert_true(values[WAVE_LONGEST_IDLE] >= before);
        before = values[WAVE_LONGEST_IDLE];
    }
    assert_true(falls > 3);
    floor_delete(floor);
}

/* ---- operations ---- */

struct log {
    int64_t last_end_ms;
    int count, of_type[64];
};

static void
on_operation(void *arg, const struct life *life, const struct operation *operation)
{
    struct log *log = arg;
    assert_true(operation->begin_ms >= log->last_end_ms);
    assert_true(operation->end_ms >= operation->begin_ms);
    if (operation->type == OPERATION_TALKING) {
        assert_true(operation->end_ms - operation->begin_ms <= 5 * 60 * 1000);
        assert_int_equal(operation->cause, operation->end_ms != life->until_ms);
    }
    assert_int_equal(operation->object,
                     operation->type == OPERATION_REST ? life->id : OPERATION_UNUSED);
    log->last_end_ms = operation->end_ms;
    log->of_type[operation->type]++;
    log->count++;
}

static void
operations_follow_each_other(void **state)
{
    (void)state;
    struct floor *floor = floor_new(&wave, &scene.habits, AGENTS, SKILLS);
    struct log all = {0};
    for (int64_t id = FLOOR_FIRST_ID; id < FLOOR_FIRST_ID + AGENTS; id++) {
        struct log log = all;
        log.last_end_ms = INT64_MIN;
        operations_walk(floor_agent(floor, id, 0), -24 * HOUR, 0, on_operation, &log);
        all = log;
    }
    assert_int_equal(all.of_type[OPERATION_SIGN_IN], 6 * AGENTS);
    assert_int_equal(all.of_type[OPERATION_SIGN_OUT], 6 * AGENTS);
    assert_in_range(all.of_type[OPERATION_TALKING], 200 * AGENTS, 700 * AGENTS);
    assert_true(all.of_type[OPERATION_REST] > AGENTS);
    floor_delete(floor);
}

/* Quarter by quarter the same as at once: nothing twice, nothing lost. */
static void
quarters_make_a_day(void **state)
{
    (void)state;
    struct floor *floor = floor_new(&wave, &scene.habits, AGENTS, SKILLS);
    const int64_t quarter = 15 * 60 * 1000;
    struct log whole = {.last_end_ms = INT64_MIN}, parts = {.last_end_ms = INT64_MIN};
    operations_walk(floor_agent(floor, 110, 0), -24 * HOUR, 0, on_operation, &whole);
    for (int64_t at = -24 * HOUR; at < 0; at += quarter)
        operations_walk(floor_agent(floor, 110, 0), at, at + quarter, on_operation,
                        &parts);
    assert_memory_equal(&whole, &parts, sizeof whole);
    assert_true(whole.count > 300);
    floor_delete(floor);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crowds_are_where_calls_wait),
        cmocka_unit_test(lives_go_their_way),
        cmocka_unit_test(moments_do_not_depend_on_questions),
        cmocka_unit_test(seeds_decide),
        cmocka_unit_test(queues_add_up),
        cmocka_unit_test(queues_without_agents_keep_their_wave),
        cmocka_unit_test(the_longest_idle_grows_within_a_window),
        cmocka_unit_test(operations_follow_each_other),
        cmocka_unit_test(quarters_make_a_day),
    };
    return cmocka_run_group_tests(tests, read_scene, NULL);
}
