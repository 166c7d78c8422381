/* The wall clock is put forward or back while rules are at it: everything goes on as if
 * it had not been. One story is told without a step, then again with one between any
 * two of its samples: the same is told at the same samples. */
#include "script_bench.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MAIN         0
#define NONE         INT64_MIN
#define HOUR_MS      ((int64_t)3600 * 1000)

static const char rules[] =
    "local waiting, longest = at('queues', 'calls_waiting'), "
    "at('queues', 'longest_wait_5m')\n"
    "local busy = { op = 'above', field = waiting, limit = 5 }\n"
    "local function add(name, members)\n"
    "  members.query, members.wants, members.name = 'queues', { { ids = { 7 } } }, name\n"
    "  function members.on_transition(kind, reason, row, key, center, why, plain)\n"
    "    if not plain then tell(name .. ' ' .. kind .. ' ' .. key) end\n"
    "  end\n"
    "  rule(members)\n"
    "end\n"
    "add('stale', { when = busy, stale = 'raise' })\n"
    "add('hold', { when = busy, hold_ms = 30000 })\n"
    "add('linger', { when = busy, linger_ms = 20000 })\n"
    "add('cooldown', { when = busy, cooldown_ms = 40000 })\n"
    "add('edge', { when = { op = 'above', field = longest, limit = 60 } })\n"
    "add('average', { when = { op = 'above', limit = 5,\n"
    "  window = { kind = 'average', field = waiting, ms = 40000 } } })\n"
    "add('rate', { when = { op = 'at_least', limit = 1,\n"
    "  window = { kind = 'rate', field = waiting, ms = 30000 } } })\n"
    "add('changed', { when = { op = 'changed', field = waiting },\n"
    "  clear = { op = 'below', field = waiting, limit = 100 } })\n"
    "add('times', { when = { op = 'times', count = 2, ms = 160000, busy } })\n";

/* Each 10 s; `waiting` NONE: the centre says nothing. */
static const struct {
    int64_t waiting, longest;
} story[] = {
    {9, 90}, {9, 90}, {9, 90}, {9, 95},   {0, 100},  {0, 5},    {0, 5},
    {8, 5},  {8, 5},  {8, 5},  {8, 5},    {8, 5},    {8, 5},    {30, 5},
    {60, 5}, {9, 5},  {0, 5},  {NONE, 0}, {NONE, 0}, {NONE, 0}, {NONE, 0},
    {9, 5},  {9, 5},  {0, 5},  {0, 5},    {0, 90},   {0, 90},
};

static void
sample(struct script *script, size_t at)
{
    struct block block;
    bench_tick(script, 9000); /* of the first rule */
    if (story[at].waiting == NONE) {
        bench_wait(script, 1000);
        return;
    }
    block_init(&block, &query_queues);
    block_add(&block);
    row_number_is(&block, "id", 7);
    row_number_is(&block, "calls_waiting", story[at].waiting);
    row_number_is(&block, "longest_wait_5m", story[at].longest);
    bench_sample(script, MAIN, 0, &block);
}

/* What is told at which sample; the step comes before sample `when`. */
static void
tell(int64_t by_ms, size_t when, struct buf *out)
{
    struct script *script = bench_load(rules);
    for (size_t i = 0; i < COUNT(story); i++) {
        struct bench_chunk chunk = {0};
        if (i == when) {
            bench_wait(script, by_ms);
            effect_shift(&script->effects, by_ms);
            rule_shift(script, by_ms);
        }
        sample(script, i);
        script_begin(script, NULL);
        assert_true(script_protect(script, l_bench_told, &chunk));
        script_end(script);
        if (chunk.told.size)
            buf_format(out, "%zu: %s\n", i, chunk.told.data);
        buf_fini(&chunk.told);
    }
}

static struct buf undisturbed;

static const char expected[] =
    "0: stale raise 7; linger raise 7; cooldown raise 7; edge raise 7\n"
    "3: hold raise 7\n"
    "4: stale clear 7; hold clear 7; cooldown clear 7; average raise 7; "
    "changed raise 7\n"
    "5: changed clear 7\n"
    "6: linger clear 7; average clear 7\n"
    "7: stale raise 7; linger raise 7; changed raise 7\n"
    "8: cooldown raise 7; changed clear 7\n"
    "10: hold raise 7; average raise 7\n"
    "13: changed raise 7\n"
    "14: rate raise 7\n"
    "16: stale clear 7; hold clear 7; cooldown clear 7\n"
    "20: stale raise source\n"
    "21: stale raise 7; stale clear source; cooldown raise 7; "
    "edge clear 7; changed clear 7; times raise 7\n"
    "23: stale clear 7; cooldown clear 7; changed raise 7\n"
    "24: rate clear 7; changed clear 7; times clear 7\n"
    "25: linger clear 7; edge raise 7; average clear 7\n";

static void
test_the_story(void **state)
{
    (void)state;
    tell(0, COUNT(story), &undisturbed);
    assert_string_equal(undisturbed.data, expected);
}

static void
tell_with_steps(int64_t by_ms)
{
    for (size_t i = 1; i < COUNT(story); i++) {
        struct buf told = {0};
        tell(by_ms, i, &told);
        if (strcmp(told.data, undisturbed.data) != 0)
            fail_msg("a step of %d s before sample %zu:\n%s", (int)(by_ms / 1000), i,
                     told.data);
        buf_fini(&told);
    }
}

static void
test_the_clock_is_put_forward(void **state)
{
    (void)state;
    tell_with_steps(HOUR_MS);
}

static void
test_the_clock_is_put_back(void **state)
{
    (void)state;
    tell_with_steps(-HOUR_MS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_story),
        cmocka_unit_test(test_the_clock_is_put_forward),
        cmocka_unit_test(test_the_clock_is_put_back),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    buf_fini(&undisturbed);
    return failures;
}
