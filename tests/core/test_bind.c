/* What bind.h gives to the library: queries, ranges, spans, conditions, fetches. */
#include "script_bench.h"

/* Evaluates Lua expressions and tells what they are. */
static void
assert_all(const char *const (*cases)[2], size_t count)
{
    struct script *script = bench_load("");
    for (size_t i = 0; i < count; i++) {
        bench_run(script, cases[i][0]);
        assert_told(script, cases[i][1]);
    }
}

#define ASSERT_ALL(cases) assert_all(cases, sizeof cases / sizeof *cases)

static void
test_queries(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"local q = core.query 'agents' tell(q.name .. ' ' .. q.row .. ' ' .. q.argument "
         ".. ' ' .. q.key) tell(q.list) tell(q.span) tell(q.named)",
         "agents Agent queue id; true; nil; true"},
        {"local q = core.query 'agent_operations' tell(q.list) tell(q.span) tell(q.named)",
         "true; true; nil"},
        {"local q = core.query 'queues' tell(q.list) tell(q.span) tell(q.named)",
         "nil; nil; true"},
        {"tell(core.query 'skills')", "nil"},
        {"for _, name in ipairs { 'queues', 'agents', 'agent_calls', "
         "'agent_operations', 'agent' } do for _, f in ipairs(core.query(name).fields) do "
         "if not f.kind or (f.kind == 'word') ~= (f.words ~= nil) then tell(f.name) end "
         "end end",
         ""},
        {"for _, name in ipairs { 'id', 'name', 'state', 'media', 'signed_in_at', "
         "'skills', 'in_conference', 'media_type' } do\n"
         "tell(core.query 'agent'.fields[at('agent', name) + 1].kind) end",
         "integer; text; word; media; time; skills; boolean; absent"},
        {"for _, name in ipairs { 'began_at', 'duration', 'interim', 'cause_text' } do\n"
         "tell(core.query 'agent_operations'.fields[at('agent_operations', name) + "
         "1].kind) end",
         "time; duration; boolean; text"},
        {"tell(core.query 'agent_calls'.fields[2].kind)", "integer"},
        {"tell(table.concat(core.query 'agents'.fields[3].words, ' '))",
         "unknown error busy idle wrap_up talking rest signed_out"},
    };
    ASSERT_ALL(cases);
}

static void
test_ranges(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"for _, r in ipairs(core.range('agent_calls', 2025)) do tell(r[1] .. '-' .. "
         "r[2]) end",
         "101-59999; 70000-999999"},
        {"for _, r in ipairs(core.range('queues', 2023)) do tell(r[1] .. '-' .. r[2]) end",
         "1-2000"},
        {"tell(#core.range('queues', 1999)) tell(#core.range('skills', 2023))", "0; 0"},
    };
    ASSERT_ALL(cases);
}

/* Now is 18:05 of a day that began at 1763596800. */
static void
test_spans(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"local b, e = core.span { last_ms = 900000 } tell((b - 1763596800) // 60) "
         "tell((e - 1763596800) // 60)",
         "1065; 1080"},
        {"local b, e = core.span { today = true } tell(b - 1763596800) tell(e - "
         "1763596800 - 18 * 3600)",
         "0; 0"},
        {"local b, e = core.span { from = 1763596800, to = 1763597700 } tell(e - b)",
         "900"},
        {"tell(select(2, core.span { from = 1763596801, to = 1763597700 }))",
         "is not on a quarter of an hour (UTC)"},
        {"tell(select(2, core.span { last_ms = 86400000 }))", "is more than 23h45m"},
        {"tell(select(2, core.span { last_ms = 900500 }))",
         "is not a whole number of quarters of an hour"},
        {"tell((core.span { last_ms = 60000 }))", "nil"},
    };
    ASSERT_ALL(cases);
}

#define TREE(query, name, more)                                                        \
    "core.condition('" query "', { field = at('" query "', '" name "'), " more " })"

static void
test_conditions_describe_themselves(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"tell(" TREE("agents", "state", "op = 'equal', text = 'rest'") ")",
         "state is rest"},
        {"tell(" TREE("agents", "state", "op = 'equal', text = 'code 11'") ")",
         "state is code 11"},
        {"tell(" TREE("agents", "name", "op = 'one_of', texts = { 'Ann', 'Bob' }") ")",
         "name is one of Ann, Bob"},
        {"tell(" TREE("agent", "in_conference", "op = 'equal', limit = true") ")",
         "in_conference is true"},
        {"tell(" TREE("agents", "state_age", "op = 'within', low = 60, high = 120") ")",
         "state_age within 1m to 2m"},
        {"tell(" TREE("agents", "group_id", "op = 'one_of', limits = { 1, 2 }") ")",
         "group_id is one of 1, 2"},
        {"tell(" TREE("queues", "calls_waiting", "op = 'equal', limit = 5") ")",
         "calls_waiting equal to 5"},
    };
    ASSERT_ALL(cases);
}

static void
test_conditions_that_cannot_be(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {TREE("agents", "state", "op = 'equal', text = 'resting'"),
         "there is no word 'resting' in this field"},
        {TREE("agents", "state", "op = 'equal', text = 'rest\\0x'"),
         "there is no word"},
        {TREE("agents", "state", "op = 'equal', limit = 8"), "string expected"},
        {TREE("agents", "state", "op = 'above', limit = 8"),
         "'above' compares numbers"},
        {TREE("agents", "state", "op = 'within', low = 1, high = 2"),
         "'within' compares numbers"},
        {TREE("agent", "in_conference", "op = 'equal', limit = 1"), "boolean expected"},
        {TREE("agent", "in_conference", "op = 'above', limit = 1"), "compares numbers"},
        {TREE("agents", "group_id", "op = 'one_of', limits = {}"), "one of none"},
        {TREE("agents", "group_id", "op = 'one_of', texts = { 'a' }"),
         "'limits' is a nil"},
        {TREE("agents", "group_id", "op = 'outside', low = 1"), "number expected"},
        {TREE("agents", "skills", "op = 'equal', text = 'a'"),
         "'skills' cannot be compared"},
        {TREE("agent", "media", "op = 'equal', text = 'a'"),
         "'media' cannot be compared"},
        {TREE("queues", "name", "op = 'equal', text = 'a'"),
         "'name' cannot be compared"},
        {"core.condition('agents', { op = 'above', field = 99, limit = 1 })",
         "there is no field 99"},
    };
    struct script *script = bench_load("");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_raises(script, cases[i][0], cases[i][1]);
}

/* ---- fetches ---- */

/* Runs the job; its FETCH, if it gets so far. */
static bool
run_job(struct script *script, struct message_fetch *fetch)
{
    struct frame frame;
    struct error error;
    size_t used = 0;
    buf_clear(&bench_out);
    task_run(script, &(struct message_run){0, BENCH_NOW});
    if (frame_next(bench_out.data, bench_out.size, &used, FRAME_LOADED, FRAME_STRIKE,
                   &frame) != FRAME_OK ||
        frame.header.type != FRAME_FETCH)
        return false;
    if (!message_read_fetch(&frame, 2, fetch, &error))
        fail_msg("%s", error.message);
    return true;
}

#define JOB(call)                                                                      \
    "core.job { name = 'j', every_ms = 1000, about = '', run = function()\n"           \
    "local rows, problem = " call "\n"                                                 \
    "if not rows then tell(problem.kind) return end\n"                                 \
    "for _, row in ipairs(rows) do tell(row.id .. ' ' .. tostring(row.state)) end\n"   \
    "end }"

/* The answer, and the end of the job. */
static void
answer(struct script *script, const struct message_fetch *fetch, struct block *block)
{
    struct message_fetched fetched = {.wait = fetch->wait};
    fetched.rows = (struct message_rows){.query = block->query,
                                         .row_count = (uint32_t)block->row_count,
                                         .cells = block->cells,
                                         .text = block->text.data,
                                         .text_size = block->text.size};
    assert_true(task_fetched(script, &fetched));
    block_fini(block);
}

static void
test_fetches_a_list(void **state)
{
    (void)state;
    struct script *script =
        bench_load(JOB("core.fetch(1, 'agents', { 1, 2 }, 5000, nil, { 1100, 1099 })"));
    struct message_fetch fetch;
    assert_true(run_job(script, &fetch));
    assert_int_equal(fetch.center, 1);
    assert_ptr_equal(fetch.query, &query_agents);
    assert_int_equal(fetch.id_count, 2);
    assert_int_equal(fetch.max_age_ms, 5000);
    assert_int_equal(fetch.span.type, OPERATION_ANY);
    struct block block;
    block_init(&block, &query_agents);
    for (int64_t id = 1099; id <= 1101; id += 2) {
        block_add(&block);
        row_number_is(&block, "id", id);
        row_number_is(&block, "state_code", 8);
    }
    answer(script, &fetch, &block);
    message_fetch_fini(&fetch);
    assert_told(script, "1099 rest; 1101 rest; 1100 signed_out");
}

static void
test_fetches_a_span(void **state)
{
    (void)state;
    struct script *script =
        bench_load("local b, e = core.span { last_ms = 1800000 }\n" JOB(
            "core.fetch(0, 'agent_operations', { 1099 }, 0, { begin = b, finish = e, "
            "type = 3 })"));
    struct message_fetch fetch;
    assert_true(run_job(script, &fetch));
    assert_int_equal(fetch.span.end - fetch.span.begin, 1800);
    assert_int_equal(fetch.span.type, 3);
    struct message_fetched fetched = {.wait = fetch.wait};
    error_set(&fetched.error, ERROR_TIMEOUT, "", "late");
    assert_true(task_fetched(script, &fetched));
    message_fetch_fini(&fetch);
    assert_told(script, "timeout");
}

static void
test_fetches_that_cannot_be(void **state)
{
    (void)state;
    static const char *const jobs[] = {
        JOB("core.fetch(0, 'agent_operations', { 1099 }, 0)"),
        JOB("core.fetch(0, 'agents', { 1 }, 0, { begin = 900, finish = 1800 })"),
        JOB("core.fetch(0, 'agent_operations', { 1099 }, 0, { begin = 1, finish = 901 })"),
        JOB("core.fetch(0, 'agent_operations', { 1099 }, 0, { begin = 0, finish = "
            "87300 })"),
        JOB("core.fetch(0, 'agent_operations', { 1099 }, 0, { begin = 0, finish = 900, "
            "type = -2 })"),
        JOB("core.fetch(0, 'agent_calls', { 1099 }, 0, nil, { 1099 })"),
        JOB("core.fetch(0, 'agents', { 1 }, 0, nil, { 7 })"),
    };
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        struct message_fetch fetch;
        assert_false(run_job(bench_load(jobs[i]), &fetch));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_conditions_describe_themselves),
        cmocka_unit_test(test_conditions_that_cannot_be),
        cmocka_unit_test(test_fetches_a_list),
        cmocka_unit_test(test_fetches_a_span),
        cmocka_unit_test(test_fetches_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
