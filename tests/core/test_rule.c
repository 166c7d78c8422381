/* Rules whose conditions look at more than one sample: levels, windows, changes,
 * onsets, limits that move, the five-minute edge, sources that are stale. */
#include "script_bench.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MAIN         0
#define NIL          INT64_MIN

/* A sample of queue 7 with one field, `ms` after the last. */
struct step {
    int64_t ms, value;
    const char *told;
};

static void
sample(struct script *script, const char *field, int64_t ms, int64_t value)
{
    struct block block;
    block_init(&block, &query_queues);
    block_add(&block);
    row_number_is(&block, "id", 7);
    if (value != NIL)
        row_number_is(&block, field, value);
    bench_wait(script, ms - 1000);
    bench_sample(script, MAIN, 0, &block);
}

static void
assert_steps(const char *chunk, const char *field, const struct step *steps,
             size_t count)
{
    struct script *script = bench_load(chunk);
    for (size_t i = 0; i < count; i++) {
        sample(script, field, steps[i].ms, steps[i].value);
        assert_told(script, steps[i].told);
    }
}

#define RULE(members)                                                                  \
    "local waiting, longest = at('queues', 'calls_waiting'), "                         \
    "at('queues', 'longest_wait_5m')\n"                                                \
    "rule { query = 'queues', wants = { { ids = { 7 } } }, " members " }"
#define WHEN(tree) RULE("when = " tree)

static void
test_levels(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {1000, 6, ""},
        {10000, 6, "raise 7 to 1: calls_waiting is 6 (above 5)"},
        {10000, 21, ""},
        {10000, 21, "level 7 from 1 to 2: calls_waiting is 21 (above 20)"},
        {10000, 12, ""},
        {10000, 9, "level 7 from 2 to 1: calls_waiting is 9 (below 10)"},
        {10000, 5, "clear 7 to 1 (recovered): calls_waiting is 5 (not above 5)"},
    };
    assert_steps(RULE("hold_ms = 10000, levels = {"
                      "{ when = { op = 'above', field = waiting, limit = 5 } },"
                      "{ when = { op = 'above', field = waiting, limit = 20 },"
                      "  clear = { op = 'below', field = waiting, limit = 10 } } }"),
                 "calls_waiting", steps, COUNT(steps));
}

/* Asked for every 10 s: 40 s apart starts a hold anew, unless all intervals of the
 * centre are four times as long. */
static void
test_a_hold_over_stretched_intervals(void **state)
{
    (void)state;
    static const struct step anew[] = {{1000, 6, ""}, {40000, 6, ""}, {40000, 6, ""}};
    static const struct step steps[] = {
        {1000, 6, ""},
        {40000, 6, ""},
        {40000, 6, "raise 7: calls_waiting is 6 (above 5)"},
    };
    const char *chunk = RULE("hold_ms = 60000, when = "
                             "{ op = 'above', field = waiting, limit = 5 }");
    assert_steps(chunk, "calls_waiting", anew, COUNT(anew));
    bench_stretch = 4000;
    assert_steps(chunk, "calls_waiting", steps, COUNT(steps));
    bench_stretch = 0;
}

static void
test_windows(void **state)
{
    (void)state;
    static const struct step average[] = {
        {1000, 9, ""},
        {10000, 9, ""},
        {10000, 3, "raise 7: average of calls_waiting over 20s is 7 (above 5)"},
        {10000, NIL, ""}, /* unknown now: unknown */
        {10000, 1,
         "clear 7 (recovered): average of calls_waiting over 20s is 2 "
         "(not above 5)"},
    };
    static const struct step rate[] = {
        {1000, 10, ""},
        {10000, 30, ""},
        {10000, 5, "raise 7: rate of calls_waiting over 20s is 1.25 (at least 1)"},
    };
    assert_steps(WHEN("{ op = 'above', limit = 5,"
                      " window = { kind = 'average', field = waiting, ms = 20000 } }"),
                 "calls_waiting", average, COUNT(average));
    assert_steps(WHEN("{ op = 'at_least', limit = 1,"
                      " window = { kind = 'rate', field = waiting, ms = 20000 } }"),
                 "calls_waiting", rate, COUNT(rate));
}

static void
test_changed(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {1000, 1, ""}, /* there is nothing before it */
        {10000, 2, ""},
        {10000, 3, "raise 7: calls_waiting is 3 (changed from 2 to 3)"},
        {10000, NIL, ""},
        {10000, 3, "clear 7 (recovered): calls_waiting is 3 (not changed from 2 to 3)"},
        {10000, 2, ""},
        {40000, 3, ""}, /* too far apart */
    };
    assert_steps(WHEN("{ op = 'changed', field = waiting, from = 2, to = 3 }"),
                 "calls_waiting", steps, COUNT(steps));
}

static void
test_times(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {1000, 9, ""}, /* it did not become true here */
        {10000, 0, ""},
        {10000, 9, ""},
        {10000, 9, ""},
        {10000, NIL, ""},
        {10000, 0, ""},
        {10000, 9,
         "raise 7: calls_waiting above 5 became true 2 times in 1m (at least 2)"},
        {10000, 9, ""},
        {20000, 9,
         "clear 7 (recovered): calls_waiting above 5 became true 1 time in 1m "
         "(not at least 2)"},
    };
    assert_steps(WHEN("{ op = 'times', count = 2, ms = 60000,"
                      " { op = 'above', field = waiting, limit = 5 } }"),
                 "calls_waiting", steps, COUNT(steps));
}

static void
test_given(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {1000, 0, ""},
        {10000, 3,
         "raise 7: calls_waiting is 3 (below 5), calls_waiting is 3 (above 1)"},
        {10000, 1, ""}, /* the guard is false: unknown, not false */
        {10000, 6,
         "clear 7 (recovered): calls_waiting is 6 (not below 5), calls_waiting is 6 "
         "(above 1)"},
    };
    assert_steps(WHEN("{ op = 'given', { op = 'below', field = waiting, limit = 5 },"
                      " { op = 'above', field = waiting, limit = 1 } }"),
                 "calls_waiting", steps, COUNT(steps));
}

static void
test_limits_that_move(void **state)
{
    (void)state;
    /* Queue 7 has 10 waiting; each time the limit is another one. */
    static const struct step function[] = {
        {1000, 10, ""},
        {1000, 10, "raise 7: calls_waiting is 10 (above 9)"},
        {1000, 10, ""}, /* nil: unknown */
    };
    static const struct step hours[] = {
        {1000, 10,
         "raise 7: calls_waiting is 10 (above 5)"}, /* 00:00, of the evening */
        {1000, 10,
         "clear 7 (recovered): calls_waiting is 10 (not above 20)"}, /* 08:00 */
        {1000, 10, ""},                                              /* 11:59 */
        {1000, 10, "raise 7: calls_waiting is 10 (above 5)"},        /* 12:00 */
    };
    assert_steps("limits = { 11, 9 }\n" WHEN(
                     "{ op = 'above', field = waiting, limit = { function(now)"
                     " return limits[now - 1763661900] end } }"),
                 "calls_waiting", function, COUNT(function));
    assert_steps("minutes = { 0, 480, 719, 720 }\n" WHEN(
                     "{ op = 'above', field = waiting, limit = { minute = function(now)"
                     " return minutes[now - 1763661900] end,"
                     " { 480, 20 }, { 720, 5 } } }"),
                 "calls_waiting", hours, COUNT(hours));
}

/* lifecycle.md §1: the edge is no recovery, and no end of a hold. */
static void
test_five_minute_edge(void **state)
{
    (void)state;
    static const struct step clearing[] = {
        {1000, 100, "raise 7: longest_wait_5m is 1m40s (above 1m)"},
        {10000, 0, ""},  /* the window has restarted */
        {119000, 0, ""}, /* still at its edge */
        {1000, 0, "clear 7 (recovered): longest_wait_5m is 0s (below 30s)"},
        {10000, 100, "raise 7: longest_wait_5m is 1m40s (above 1m)"},
    };
    static const struct step holding[] = {
        {1000, 90, ""},
        {10000, 5, ""}, /* would end the hold */
        {10000, 90, "raise 7: longest_wait_5m is 1m30s (above 1m)"},
    };
    static const struct step raising[] = {
        {1000, 50, ""},
        {10000, 10, ""},
        {10000, 70, "raise 7: longest_wait_5m is 1m10s (above 1m)"},
    };
#define WAIT "when = { op = 'above', field = longest, limit = 60 }"
    assert_steps(RULE(WAIT ", clear = { op = 'below', field = longest, limit = 30 },"
                           " stale_after_ms = 600000"),
                 "longest_wait_5m", clearing, COUNT(clearing));
    assert_steps(RULE(WAIT ", hold_ms = 20000"), "longest_wait_5m", holding,
                 COUNT(holding));
    assert_steps(RULE(WAIT), "longest_wait_5m", raising, COUNT(raising));
}

/* What a server's window held is known when it closes. */
static void
test_closed_windows(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {1000, 2, ""},
        {100000, 20, ""},
        {200000, 1, ""}, /* closes with 20 */
        {150000, 10, ""},
        {150000, 0, "raise 7: total of calls_offered_5m over 10m is 30 (above 25)"},
    };
    assert_steps(WHEN("{ op = 'above', limit = 25, window = { kind = 'total',"
                      " field = at('queues', 'calls_offered_5m'), ms = 600000 } }"),
                 "calls_offered_5m", steps, COUNT(steps));
}

#define ABOVE "when = { op = 'above', field = waiting, limit = 5 }"

static void
test_gone_and_hours(void **state)
{
    (void)state;
    struct script *script = bench_load("opened = true\n" RULE(
        ABOVE ", gone = 'hold', open = function() return opened end"));
    struct block block;
    sample(script, "calls_waiting", 1000, 9);
    assert_told(script, "raise 7: calls_waiting is 9 (above 5)");
    block_init(&block, &query_queues);
    block_add(&block)[0] = (int64_t)ROW_GONE;
    row_number_is(&block, "id", 7);
    bench_sample(script, MAIN, 0, &block);
    assert_told(script, "");
    bench_run(script, "opened = false");
    sample(script, "calls_waiting", 1000, 9);
    assert_told(script, "clear 7 (hours): the calendar is closed");
    sample(script, "calls_waiting", 1000, 9);
    assert_told(script, "");
    bench_run(script, "opened = true");
    sample(script, "calls_waiting", 1000, 9);
    assert_told(script, "raise 7: calls_waiting is 9 (above 5)");
}

/* stale_after is three times every: 30 s. */
static void
test_stale_source(void **state)
{
    (void)state;
    struct script *script = bench_load("opened = true\n" RULE(
        ABOVE ", stale = 'raise', open = function() return opened end"));
    bench_tick(script, 10000); /* counting begins */
    bench_tick(script, 30000);
    assert_told(script, "");
    bench_tick(script, 1);
    assert_told(script, "raise source: no usable sample for more than 30s");
    bench_tick(script, 10000);
    sample(script, "calls_waiting", 1000, NIL); /* says nothing */
    assert_told(script, "");
    sample(script, "calls_waiting", 1000, 9);
    assert_told(script, "raise 7: calls_waiting is 9 (above 5); "
                        "clear source (recovered): there are usable samples again");
    bench_tick(script, 31000);
    assert_told(script, "raise source: no usable sample for more than 30s");
    bench_run(script, "opened = false");
    bench_tick(script, 1000);
    assert_told(script, "clear source (hours): the calendar is closed");
    bench_tick(script, 1000);
    assert_told(script, "");
}

static void
test_stale_clears(void **state)
{
    (void)state;
    struct script *script = bench_load(RULE(ABOVE ", stale = 'clear'"));
    bench_restore(script, MAIN, "7"); /* from before a restart: has its time, too */
    bench_tick(script, 1000);
    bench_tick(script, 30000);
    assert_told(script, "");
    bench_tick(script, 1);
    assert_told(script, "clear 7 (gone): queue 7 has given nothing usable for 30s");
    sample(script, "calls_waiting", 1000, 9);
    assert_told(script, "raise 7: calls_waiting is 9 (above 5)");
    sample(script, "calls_waiting", 20000, 9);
    bench_tick(script, 30000);
    assert_told(script, "");
    bench_tick(script, 1);
    assert_told(script, "clear 7 (gone): queue 7 has given nothing usable for 30s");
}

static void
test_stale_source_restored(void **state)
{
    (void)state;
    struct script *script = bench_load(RULE(ABOVE ", stale = 'raise'"));
    bench_restore(script, MAIN, "source");
    bench_tick(script, 1000);
    bench_tick(script, 31000);
    assert_told(script, "");
    sample(script, "calls_waiting", 1000, 0);
    assert_told(script, "clear source (recovered): there are usable samples again");
}

/* A hold goes on after a restart, unless that took too long. */
static void
test_hold_over_a_restart(void **state)
{
    (void)state;
    static const struct {
        int64_t down_ms;
        const char *told;
    } cases[] = {
        {25000, "raise 7: calls_waiting is 9 (above 5)"},
        {31000, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct script *script = bench_load(RULE(ABOVE ", hold_ms = 40000"));
        char text[100];
        snprintf(text, sizeof text, "%lld 0 pending@%lld", (long long)BENCH_NOW,
                 (long long)BENCH_NOW - 20000);
        bench_restore_state(script, MAIN, "7", text);
        sample(script, "calls_waiting", cases[i].down_ms, 9);
        assert_told(script, cases[i].told);
    }
}

static void
test_misuse(void **state)
{
    (void)state;
    struct script *script = bench_open();
    assert_true(bench_try(script, l_bench_chunk, ""));
    assert_raises(script, RULE("levels = {}"), "a rule has 1 to 8 levels");
    assert_raises(script, RULE(ABOVE ", hold_ms = -1"), "a time that cannot be");
    assert_raises(script, RULE(ABOVE ", gone = 'never'"), "never");
    assert_raises(script,
                  WHEN("{ op = 'above', limit = 5,"
                       " window = { kind = 'mean', field = waiting, ms = 20000 } }"),
                  "there is no window 'mean'");
    assert_raises(script,
                  WHEN("{ op = 'above', limit = 5,"
                       " window = { kind = 'rate', field = waiting, ms = 999 } }"),
                  "a window of 999 ms");
    assert_raises(script,
                  WHEN("{ op = 'times', count = 101, ms = 20000,"
                       " { op = 'above', field = waiting, limit = 5 } }"),
                  "1 to 100 times");
    assert_raises(script,
                  WHEN("{ op = 'above', field = waiting, limit = { minute = tell,"
                       " { 720, 5 }, { 480, 20 } } }"),
                  "limits by hour are not in order");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_given),
        cmocka_unit_test(test_limits_that_move),
        cmocka_unit_test(test_five_minute_edge),
        cmocka_unit_test(test_closed_windows),
        cmocka_unit_test(test_gone_and_hours),
        cmocka_unit_test(test_stale_source),
        cmocka_unit_test(test_stale_clears),
        cmocka_unit_test(test_stale_source_restored),
        cmocka_unit_test(test_a_hold_over_stretched_intervals),
        cmocka_unit_test(test_hold_over_a_restart),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
