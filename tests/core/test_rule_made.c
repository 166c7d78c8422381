/* Rules that make their rows of the whole answer. */
#include "script_bench.h"

enum { BUSY = 3, REST = 8, MAIN = 0, NORTH = 1 };

/* A rule over queues 1 and 2 whose rows have a load; MAKE is the body of make. */
#define MADE(make, more)                                                               \
    "core.derive('rule r', 'queues', { { 'load', 'ratio' }, { 'team', 'text' },"       \
    " { 'open', 'boolean' } }" more ")\n"                                              \
    "rule { query = 'queues', judged = 'rule r', wants = { { ids = { 1, 2 } } },"      \
    " when = { op = 'above', field = at('rule r', 'load'), limit = 0.5 }, make = "     \
    "function(rows, now) " make " end }"

#define LOADS                                                                          \
    "local list = {} for i, row in ipairs(rows) do local one = core.copy(row)"         \
    " one.load = row.calls_waiting / 4 list[i] = one end return list"

static void
sample_queues(struct script *script, const int64_t *queues)
{
    struct block block;
    block_init(&block, &query_queues);
    for (; *queues; queues += 2) {
        block_add(&block);
        row_number_is(&block, "id", queues[0]);
        if (queues[1] >= 0)
            row_number_is(&block, "calls_waiting", queues[1]);
        else
            block.cells[(block.row_count - 1) * query_width(block.query)] |=
                (int64_t)ROW_GONE;
    }
    bench_sample(script, MAIN, 0, &block);
}

#define sample(script, ...) sample_queues(script, (const int64_t[]){__VA_ARGS__, 0})

static void
test_the_whole_answer_is_awaited(void **state)
{
    (void)state;
    struct script *script = bench_load(MADE(LOADS, ""));
    sample(script, 1, 3);
    assert_told(script, "");
    sample(script, 2, 1);
    assert_told(script, "raise 1: load is 75% (above 50%)");
    sample(script, 2, 4); /* with what is known of the other */
    assert_told(script, "raise 2: load is 100% (above 50%)");
    sample(script, 1, 0, 2, 0);
    assert_told(script, "clear 1 (recovered): load is 0% (not above 50%); "
                        "clear 2 (recovered): load is 0% (not above 50%)");
}

/* One that has not been answered for longer than stale_after is not taken for true. */
static void
test_an_old_part_is_no_part(void **state)
{
    (void)state;
    struct script *script = bench_load(MADE(LOADS, ""));
    sample(script, 1, 3, 2, 3);
    assert_told(script, "raise 1: load is 75% (above 50%); "
                        "raise 2: load is 75% (above 50%)");
    bench_wait(script, 60000);
    sample(script, 1, 0);
    assert_told(script, "");
    sample(script, 2, 0);
    assert_told(script, "clear 1 (recovered): load is 0% (not above 50%); "
                        "clear 2 (recovered): load is 0% (not above 50%)");
}

/* The clock is put forward between the parts: they are as old as they were. */
static void
test_a_step_of_the_clock_makes_no_part_old(void **state)
{
    (void)state;
    struct script *script = bench_load(MADE(LOADS, ""));
    sample(script, 1, 3);
    bench_wait(script, 3600000);
    rule_shift(script, 3600000);
    sample(script, 2, 1);
    assert_told(script, "raise 1: load is 75% (above 50%)");
}

static void
test_dropped_is_gone(void **state)
{
    (void)state;
    struct script *script =
        bench_load(MADE("if rows[1].calls_waiting == 0 then return {} end " LOADS, ""));
    sample(script, 1, 3, 2, 3);
    assert_told(script, "raise 1: load is 75% (above 50%); "
                        "raise 2: load is 75% (above 50%)");
    sample(script, 2, -1); /* gone from the answer is not in rows */
    assert_told(script, "clear 2 (gone): queue 2 is gone from the answer");
    sample(script, 1, 0);
    assert_told(script, "clear 1 (gone): queue 1 is gone from the answer");
}

static void
test_added_rows(void **state)
{
    (void)state;
    struct script *script =
        bench_load(MADE("return { { id = 0, name = 'all', load = 1, team = 'voice', "
                        "open = true, agents_idle = 1.5 } }",
                        ""));
    sample(script, 1, 0, 2, 0);
    assert_told(script, "raise 0: load is 100% (above 50%)");
}

static void
test_keys(void **state)
{
    (void)state;
    struct script *script =
        bench_load(MADE("return { { id = 1, key = 'n ' .. rows[1].calls_waiting, "
                        "load = 1 } }",
                        ", true"));
    bench_restore(script, MAIN, "n 5");
    bench_restore(script, MAIN, "n 6");
    sample(script, 1, 5, 2, 0);
    assert_told(script, "clear n 6 (gone): queue n 6 is gone from the answer");
    sample(script, 1, 7, 2, 0);
    assert_told(script, "raise n 7: load is 100% (above 50%); "
                        "clear n 5 (gone): queue n 5 is gone from the answer");
}

/* What raises or gives no rows is no sample: nothing is raised, cleared or gone. */
static void
test_failures_hold(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "error 'no'",
        "return nil",
        "return { 5 }",
        "return { { load = 1 } }",
        "return { { id = 1, load = 'x' } }",
        "kept = rows return { { id = 'x' } }",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct buf chunk = {0};
        buf_format(&chunk, MADE("if rows[1].calls_waiting == 0 then %s end " LOADS, ""),
                   bodies[i]);
        struct script *script = bench_load(chunk.data);
        sample(script, 1, 3, 2, 3);
        assert_told(script, "raise 1: load is 75% (above 50%); "
                            "raise 2: load is 75% (above 50%)");
        sample(script, 1, 0, 2, 0);
        assert_told(script, "");
        assert_int_equal(1, script->entries[0]->failures);
        sample(script, 1, 1, 2, 3);
        assert_told(script, "clear 1 (recovered): load is 25% (not above 50%)");
        buf_fini(&chunk);
    }
}

static void
test_views_expire(void **state)
{
    (void)state;
    struct script *script = bench_load(MADE("kept = rows[1] " LOADS, ""));
    sample(script, 1, 3, 2, 3);
    assert_told(script, "raise 1: load is 75% (above 50%); "
                        "raise 2: load is 75% (above 50%)");
    assert_raises(script, "return kept.id", "this row has expired");
}

/* ---- lists ---- */

static void
sample_agents(struct script *script, int64_t queue, const int64_t *agents)
{
    struct block block;
    block_init(&block, &query_agents);
    for (; *agents; agents += 2) {
        block_add(&block);
        row_number_is(&block, "id", agents[0]);
        row_number_is(&block, "state_code", agents[1]);
    }
    bench_sample(script, MAIN, queue, &block);
}

/* An agent of two queues is one row; who is expected and not there is one, too. Words
 * of codes are texts. */
static void
test_lists(void **state)
{
    (void)state;
    struct script *script = bench_load(
        "core.derive('rule r', 'agents', {})\n"
        "rule { query = 'agents', judged = 'rule r', wants = { { ids = { 1, 2 },"
        " expect = { 1199 } } }, when = { op = 'one_of', field = at('rule r', 'state'),"
        " texts = { 'rest', 'signed_out' } }, make = function(rows) local list = {}"
        " for i, row in ipairs(rows) do list[i] = core.copy(row) end return list end }");
    sample_agents(script, 1, (int64_t[]){1099, REST, 1100, BUSY, 0});
    assert_told(script, "");
    sample_agents(script, 2, (int64_t[]){1099, REST, 0});
    assert_told(script, "raise 1099: state is rest (one of rest, signed_out); "
                        "raise 1199: state is signed_out (one of rest, signed_out)");
    sample_agents(script, 1, (int64_t[]){1199, BUSY, 0});
    assert_told(script, "clear 1199 (recovered): state is busy (not one of rest, "
                        "signed_out)");
    sample_agents(script, 2, (int64_t[]){0});
    assert_told(script, "clear 1099 (gone): agent 1099 is gone from the answer");
}

/* ---- what cannot be ---- */

static void
test_derived_queries(void **state)
{
    (void)state;
    struct script *script = bench_load(
        "core.derive('rule r', 'agents', { { 'load', 'ratio' } }, true)\n"
        "local query = core.query 'rule r'\n"
        "local kinds = {}\n"
        "for i, field in ipairs(query.fields) do kinds[field.name] = field.kind end\n"
        "tell(query.base .. ' ' .. query.key .. ' ' .. kinds.state .. ' ' .. kinds.load"
        " .. ' ' .. kinds.state_age .. ' ' .. kinds.signed_in_at)\n"
        "core.derive('rule f', nil, {})\n"
        "tell(tostring(core.query('rule f').base) .. ' ' .. core.query('rule f').key)");
    assert_told(script, "agents key word number number time; nil id");
    assert_raises(script, "core.derive('rule r', nil, {})", "this name is taken");
    assert_raises(script, "core.derive('queues', nil, {})", "this name is taken");
    assert_raises(script, "core.derive('x', 'nothing', {})", "no such query");
    assert_raises(script, "core.derive('y', 'queues', { { 'id', 'text' } })",
                  "no room for a field 'id'");
    assert_raises(script, "core.derive('z', 'queues', { { 'a', 'minutes' } })",
                  "invalid option 'minutes'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_whole_answer_is_awaited),
        cmocka_unit_test(test_an_old_part_is_no_part),
        cmocka_unit_test(test_a_step_of_the_clock_makes_no_part_old),
        cmocka_unit_test(test_dropped_is_gone),
        cmocka_unit_test(test_added_rows),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_failures_hold),
        cmocka_unit_test(test_views_expire),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_derived_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
