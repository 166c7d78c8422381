/* What the queues of the simulated contact centre do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "scene.h"
#include "sim/wave.h"

#define PERIOD ((int64_t)10 * 60 * 1000)

static void
agents_add_up(void **state)
{
    (void)state;
    const struct wave wave = {.seed = 1, .period_ms = PERIOD, .shape = &scene.shape};
    for (int64_t id = 1; id <= 20; id++)
        for (int64_t at = 0; at < 2 * PERIOD; at += 7000) {
            int64_t v[WAVE_VALUES];
            wave_at(&wave, id, at, v);
            assert_int_equal(v[WAVE_SKILL_ID], id);
            for (int i = 0; i < WAVE_VALUES; i++)
                assert_true(v[i] >= 0);
            assert_int_equal(v[WAVE_SIGNED_IN],
                             v[WAVE_TALKING] + v[WAVE_IDLE] + v[WAVE_BUSY] +
                                 v[WAVE_REST] + v[WAVE_AFTER_CALL] + v[WAVE_STUDY] +
                                 v[WAVE_OCCUPIED] + v[WAVE_PREOCCUPIED]);
            assert_int_equal(v[WAVE_CALLS_TOTAL],
                             v[WAVE_IN_PROGRESS] + v[WAVE_WAITING]);
            assert_true(v[WAVE_ANSWERED_20S] <= v[WAVE_OFFERED]);
            assert_true(v[WAVE_TALKING] > 0);
            if (v[WAVE_WAITING] > 0)
                assert_int_equal(v[WAVE_IDLE], 0);
        }
}

/* Every queue is empty at some time of its period, and fills to about a dozen once. */
static void
queues_fill_and_drain(void **state)
{
    (void)state;
    const struct wave wave = {.seed = 7, .period_ms = PERIOD, .shape = &scene.shape};
    for (int64_t id = 1; id <= 20; id++) {
        int64_t v[WAVE_VALUES], before, most = 0, fills = 0, quiet = 0;
        wave_at(&wave, id, 0, v);
        for (int64_t at = 0; at < PERIOD; at += 1000) {
            before = v[WAVE_WAITING];
            wave_at(&wave, id, at, v);
            assert_true(llabs(v[WAVE_WAITING] - before) <= 1);
            fills += before <= 5 && v[WAVE_WAITING] > 5;
            quiet += v[WAVE_WAITING] == 0;
            most = v[WAVE_WAITING] > most ? v[WAVE_WAITING] : most;
        }
        assert_int_equal(fills, 1);
        assert_in_range(most, 11, 15);
        assert_in_range(quiet, 200, 400);
    }
}

/* At any moment some of a dozen queues wait and some do not. */
static void
queues_are_out_of_step(void **state)
{
    (void)state;
    const struct wave wave = {.seed = 3, .period_ms = PERIOD, .shape = &scene.shape};
    for (int64_t at = 0; at < PERIOD; at += 5000) {
        int crowded = 0;
        for (int64_t id = 1; id <= 12; id++) {
            int64_t v[WAVE_VALUES];
            wave_at(&wave, id, at, v);
            crowded += v[WAVE_WAITING] > 3;
        }
        assert_in_range(crowded, 1, 8);
    }
}

/* Within the server's window the longest wait and the counts never fall; they do when
 * it restarts. */
static void
windows_restart(void **state)
{
    (void)state;
    const struct wave wave = {.seed = 5, .period_ms = PERIOD, .shape = &scene.shape};
    int falls = 0;
    for (int64_t id = 1; id <= 20; id++) {
        int64_t v[WAVE_VALUES], before[WAVE_VALUES];
        wave_at(&wave, id, 0, v);
        int64_t longest = 0;
        for (int64_t at = 1000; at <= 4 * WAVE_WINDOW_MS; at += 1000) {
            memcpy(before, v, sizeof v);
            wave_at(&wave, id, at, v);
            longest = v[WAVE_LONGEST_WAIT] > longest ? v[WAVE_LONGEST_WAIT] : longest;
            if (at % WAVE_WINDOW_MS == 0) {
                falls += v[WAVE_LONGEST_WAIT] < before[WAVE_LONGEST_WAIT];
                assert_int_equal(v[WAVE_OFFERED], 0);
                continue;
            }
            assert_true(v[WAVE_LONGEST_WAIT] >= before[WAVE_LONGEST_WAIT]);
            assert_true(v[WAVE_OFFERED] >= before[WAVE_OFFERED]);
        }
        assert_in_range(longest, 120, 200);
    }
    assert_true(falls >= 20);
}

static void
seeds_decide(void **state)
{
    (void)state;
    const struct wave one = {.seed = 1, .period_ms = PERIOD, .shape = &scene.shape};
    const struct wave two = {.seed = 2, .period_ms = PERIOD, .shape = &scene.shape};
    int64_t a[WAVE_VALUES], b[WAVE_VALUES], c[WAVE_VALUES];
    wave_at(&one, 4, 123456, a);
    wave_at(&one, 4, 123456, b);
    wave_at(&two, 4, 123456, c);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agents_add_up),
        cmocka_unit_test(queues_fill_and_drain),
        cmocka_unit_test(queues_are_out_of_step),
        cmocka_unit_test(windows_restart),
        cmocka_unit_test(seeds_decide),
    };
    return cmocka_run_group_tests(tests, read_scene, NULL);
}
