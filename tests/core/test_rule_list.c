/* Rules over lists: whose rows these are, who is gone, who was expected. */
#include "script_bench.h"

#define RESTING "{ op = 'equal', field = at('agents', 'state'), text = 'rest' }"
#define AGENTS(ids, more)                                                              \
    "rule { query = 'agents', wants = { { ids = " ids " } }, when = " RESTING more " }"

enum { BUSY = 3, REST = 8, MAIN = 0, NORTH = 1 };

/* The agents of a queue of the first centre: ids and states, ends with 0. */
static void
sample_agents_of(struct script *script, uint32_t center, int64_t queue,
                 const int64_t *agents)
{
    struct block block;
    block_init(&block, &query_agents);
    for (; *agents; agents += 2) {
        block_add(&block);
        row_number_is(&block, "id", agents[0]);
        row_number_is(&block, "state_code", agents[1]);
    }
    bench_sample(script, center, queue, &block);
}

#define sample_agents(script, queue, ...)                                              \
    sample_agents_of(script, MAIN, queue, (const int64_t[]){__VA_ARGS__})

/* ---- agents ---- */

static void
test_an_agent_of_two_queues_is_one_row(void **state)
{
    (void)state;
    struct script *script = bench_load(AGENTS("{ 1, 2 }", ""));
    sample_agents(script, 1, 1099, REST, 1100, BUSY, 0);
    assert_told(script, "raise 1099: state is rest (equal rest)");
    sample_agents(script, 2, 1099, REST, 0);
    assert_told(script, "");
    sample_agents(script, 1, 1100, BUSY, 0); /* still in queue 2 */
    assert_told(script, "");
    sample_agents(script, 2, 0);
    assert_told(script, "clear 1099 (gone): agent 1099 is gone from the answer");
    sample_agents(script, 2, 0);
    assert_told(script, "");
    sample_agents(script, 2, 1099, REST, 0);
    sample_agents(script, 1, 1099, BUSY, 0);
    assert_told(script, "raise 1099: state is rest (equal rest); "
                        "clear 1099 (recovered): state is busy (not equal rest)");
}

static void
test_others_are_not_its_business(void **state)
{
    (void)state;
    struct script *script = bench_load(AGENTS("{ 1 }", ""));
    sample_agents(script, 2, 1099, REST, 0);
    sample_agents_of(script, NORTH, 1, (int64_t[]){1099, REST, 0});
    assert_told(script, "");
    sample_agents(script, 1, 1099, REST, 0);
    assert_told(script, "raise 1099: state is rest (equal rest)");
    sample_agents_of(script, NORTH, 1, (int64_t[]){0});
    sample_agents(script, 2, 0);
    assert_told(script, "");
}

static void
test_two_centres_do_not_mix(void **state)
{
    (void)state;
    struct script *script =
        bench_load("rule { query = 'agents', when = " RESTING ", wants = { "
                   "{ ids = { 1 } }, { center = 1, ids = { 1 } } } }");
    sample_agents(script, 1, 1099, REST, 0);
    sample_agents_of(script, NORTH, 1, (int64_t[]){1099, REST, 0});
    assert_told(script, "raise 1099: state is rest (equal rest); "
                        "raise 1099: state is rest (equal rest)");
    sample_agents(script, 1, 0);
    assert_told(script, "clear 1099 (gone): agent 1099 is gone from the answer");
    sample_agents_of(script, NORTH, 1, (int64_t[]){1099, REST, 0});
    assert_told(script, "");
}

/* A request that fails gives no sample: what it said last holds. One that never had an
 * answer says nothing of an agent who was seen elsewhere. */
static void
test_seen_and_gone_without_the_other_queue(void **state)
{
    (void)state;
    struct script *script = bench_load(AGENTS("{ 1, 2 }", ""));
    sample_agents(script, 1, 1099, REST, 0);
    assert_told(script, "raise 1099: state is rest (equal rest)");
    sample_agents(script, 1, 0);
    assert_told(script, "clear 1099 (gone): agent 1099 is gone from the answer");
}

static void
test_a_restored_alert_waits_for_all_answers(void **state)
{
    (void)state;
    struct script *script = bench_load(AGENTS("{ 1, 2 }", ""));
    bench_restore(script, MAIN, "1099");
    bench_restore(script, MAIN, "1100");
    bench_restore(script, MAIN, "no number");
    bench_restore(script, NORTH, "1099"); /* nothing of this centre is watched */
    sample_agents(script, 1, 1100, REST, 0);
    assert_told(script, "");
    sample_agents(script, 1, 1100, BUSY, 0);
    assert_told(script, "clear 1100 (recovered): state is busy (not equal rest)");
    sample_agents(script, 2, 1101, BUSY, 0);
    assert_told(script, "clear 1099 (gone): agent 1099 is gone from the answer");
}

/* What could not be handed over comes again. */
static void
test_gone_is_told_again(void **state)
{
    (void)state;
    struct script *script =
        bench_load("fails = 0\n" AGENTS("{ 1 }", ", on_transition = function(kind)\n"
                                                 "if fails > 0 then fails = fails - 1 "
                                                 "error 'no' end tell(kind) end"));
    sample_agents(script, 1, 1099, REST, 0);
    assert_told(script, "raise");
    bench_run(script, "fails = 2"); /* in full, and plain */
    sample_agents(script, 1, 0);
    assert_told(script, "");
    sample_agents(script, 1, 0);
    assert_told(script, "clear");
    sample_agents(script, 1, 0);
    assert_told(script, "");
}

/* ---- agents who are expected ---- */

#define SIGNED_OUT                                                                     \
    "{ op = 'equal', field = at('agents', 'state'), text = 'signed_out' }"
#define EXPECT(more)                                                                   \
    "rule { query = 'agents', when = " SIGNED_OUT ", wants = { { ids = { 1, 2 }, "     \
    "expect = { 1099, 1100, 1099 } } }" more " }"

static void
test_expected(void **state)
{
    (void)state;
    struct script *script = bench_load(EXPECT(""));
    sample_agents(script, 1, 1100, BUSY, 0);
    assert_told(script, ""); /* 1099 may be in queue 2 */
    sample_agents(script, 2, 1101, BUSY, 0);
    assert_told(script, "raise 1099: state is signed_out (equal signed_out)");
    sample_agents(script, 2, 1101, BUSY, 0);
    sample_agents(script, 1, 1100, BUSY, 0);
    assert_told(script, "");
    sample_agents(script, 1, 0);
    assert_told(script, "raise 1100: state is signed_out (equal signed_out)");
    sample_agents(script, 2, 1099, REST, 0);
    assert_told(script, "clear 1099 (recovered): state is rest (not equal signed_out)");
}

static void
test_expected_are_never_gone(void **state)
{
    (void)state;
    struct script *script =
        bench_load("rule { query = 'agents', when = " RESTING ", wants = { { ids = "
                   "{ 1 }, expect = { 1099 } } } }");
    bench_restore(script, MAIN, "1099");
    sample_agents(script, 1, 0);
    assert_told(script, "clear 1099 (recovered): state is signed_out (not equal rest)");
}

/* Each once, and in their own centre alone. */
static void
test_expected_in_two_centres(void **state)
{
    (void)state;
    struct script *script = bench_load(
        "rule { query = 'agents', when = { op = 'call', function(row) tell(row.id) end "
        "}, wants = { { ids = { 1 }, expect = { 1099, 1099 } }, { ids = { 2 }, expect "
        "= { 1099 } }, { center = 1, ids = { 1 }, expect = { 1100 } } } }");
    sample_agents(script, 1, 0);
    sample_agents(script, 2, 0);
    assert_told(script, "1099");
    sample_agents_of(script, NORTH, 1, (int64_t[]){0});
    assert_told(script, "1100");
}

/* ---- calls ---- */

#define ALWAYS "{ op = 'call', function() return true end }"

/* The calls of an agent; ends with NULL. */
static void
sample_calls_of(struct script *script, int64_t agent, const char *const *ids)
{
    struct block block;
    block_init(&block, &query_agent_calls);
    for (; *ids; ids++) {
        block_add(&block);
        row_text_is(&block, "id", *ids);
        row_number_is(&block, "agent", agent);
    }
    bench_sample(script, MAIN, agent, &block);
}

#define sample_calls(script, agent, ...)                                               \
    sample_calls_of(script, agent, (const char *const[]){__VA_ARGS__})

static void
test_calls_have_text_keys(void **state)
{
    (void)state;
    struct script *script = bench_load(
        "rule { query = 'agent_calls', wants = { { ids = { 1099, 1100 } } }, "
        "when = " ALWAYS " }");
    bench_restore(script, MAIN, "1-2");
    sample_calls(script, 1099, "1605492949-1447", NULL);
    assert_told(script, "raise 1605492949-1447: a function");
    sample_calls(script, 1100, "1-1", "1-2", NULL);
    assert_told(script, "raise 1-1: a function");
    sample_calls(script, 1099, NULL);
    assert_told(script, "clear 1605492949-1447 (gone): call 1605492949-1447 is gone "
                        "from the answer");
    sample_calls(script, 1100, "1-1", NULL);
    assert_told(script, "clear 1-2 (gone): call 1-2 is gone from the answer");
}

static void
test_keys_that_no_alert_can_have(void **state)
{
    (void)state;
    char wide[300];
    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    struct script *script =
        bench_load("rule { query = 'agent_calls', wants = { { ids = { 1099 } } }, "
                   "when = " ALWAYS ", on_transition = function(kind, _, row, key)\n"
                   "tell(kind .. ' ' .. key .. ' ' .. #row.id) end }");
    sample_calls(script, 1099, "a\nb", NULL);
    assert_told(script, "raise #e5beb1190415e670 3");
    bench_restore(script, MAIN, "#e5beb1190415e670");
    sample_calls(script, 1099, "a\nb", wide, NULL);
    assert_told(script, "raise #e1cc42855e3978af 299");
    sample_calls(script, 1099, wide, NULL);
    assert_told(script, "clear #e5beb1190415e670 17");
}

/* ---- operations ---- */

/* What an agent did: ids and types, ends with NULL. */
struct done {
    const char *id;
    int64_t type;
};

static void
sample_done(struct script *script, int64_t agent, const struct done *done)
{
    struct block block;
    block_init(&block, &query_agent_operations);
    for (; done->id; done++) {
        block_add(&block);
        row_text_is(&block, "id", done->id);
        row_number_is(&block, "agent", agent);
        if (done->type >= 0)
            row_number_is(&block, "operation_code", done->type);
    }
    bench_sample(script, MAIN, agent, &block);
}

static void
test_operations_of_a_type(void **state)
{
    (void)state;
    struct script *script =
        bench_load("rule { query = 'agent_operations', when = " ALWAYS
                   ", wants = { { ids = { 1099 }, type = 3 }, { ids = { 1099 }, type = "
                   "26 }, { ids = { 1100 } } } }");
    sample_done(script, 1099,
                (struct done[]){{"a", 2}, {"b", 3}, {"c", 26}, {"d", -1}, {NULL, 0}});
    assert_told(script, "raise b: a function; raise c: a function");
    sample_done(script, 1100, (struct done[]){{"e", 2}, {"f", -1}, {NULL, 0}});
    assert_told(script, "raise e: a function; raise f: a function");
}

static void
test_an_operation_is_gone_at_the_next_slot(void **state)
{
    (void)state;
    struct script *script =
        bench_load("rule { query = 'agent_operations', wants = { { ids = { 1099 }, "
                   "last_ms = 3600000 } }, when = " ALWAYS " }");
    sample_done(script, 1099, (struct done[]){{"a", 3}, {NULL, 0}});
    sample_done(script, 1099, (struct done[]){{"b", 3}, {NULL, 0}});
    assert_told(script, "raise a: a function; raise b: a function; "
                        "clear a (gone): operation a is gone from the answer");
}

/* ---- views ---- */

/* Rows of a sample and rows that were made for it: each is itself during the
 * activation, and none is afterwards. */
static void
test_views_of_one_activation(void **state)
{
    (void)state;
    struct script *script = bench_load(
        "views = {}\n" EXPECT(", on_transition = function(kind, _, row)\n"
                              "views[#views + 1] = row\n"
                              "for _, v in ipairs(views) do tell(v.id .. ' ' "
                              ".. v.state) end end"));
    sample_agents(script, 2, 0);
    sample_agents(script, 1, 0);
    assert_told(script, "1099 signed_out; 1099 signed_out; 1100 signed_out");
    assert_raises(script, "return views[1].id", "this row has expired");
}

static void
test_texts_of_a_view(void **state)
{
    (void)state;
    struct script *script = bench_load(
        "rule { query = 'agent_calls', wants = { { ids = { 1099 } } }, when = { op = "
        "'call', function(row) view = row; tell(row); tell(row.id .. ' ' .. row.agent) "
        "return true end } }");
    sample_calls(script, 1099, "1605492949-1447", NULL);
    assert_told(script, "Call 1605492949-1447; 1605492949-1447 1099; Call "
                        "1605492949-1447; 1605492949-1447 1099; raise "
                        "1605492949-1447: a function");
    assert_raises(script, "return view.id", "this row has expired");
    assert_raises(script, "return tostring(view)", "this row has expired");
}

/* ---- registering ---- */

static void
test_wants_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *chunk, *message;
    } cases[] = {
        {"rule { query = 'agents', wants = { { query = 'agent', ids = { 1099 } } }, "
         "when = " RESTING " }",
         "a want that cannot be"},
        {"rule { query = 'agents', wants = { { ids = { 1 }, type = 3 } }, when = " RESTING
         " }",
         "a want that cannot be"},
        {"rule { query = 'agents', wants = { { ids = { 1 }, last_ms = 900000 } }, when = " RESTING
         " }",
         "a want that cannot be"},
        {"rule { query = 'agents', wants = { { ids = { 1 }, expect = { 7 } } }, when = " RESTING
         " }",
         "there is no agent 7"},
        {"rule { query = 'agents', wants = { { ids = { 10001 } } }, when = " RESTING
         " }",
         "there is no queue 10001"},
        {"rule { query = 'queues', wants = { { ids = { 1 }, expect = { 1099 } } }, when "
         "= " ALWAYS " }",
         "queues expect nobody"},
    };
    struct script *script = bench_load("");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_raises(script, cases[i].chunk, cases[i].message);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_agent_of_two_queues_is_one_row),
        cmocka_unit_test(test_others_are_not_its_business),
        cmocka_unit_test(test_two_centres_do_not_mix),
        cmocka_unit_test(test_seen_and_gone_without_the_other_queue),
        cmocka_unit_test(test_a_restored_alert_waits_for_all_answers),
        cmocka_unit_test(test_gone_is_told_again),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_expected_are_never_gone),
        cmocka_unit_test(test_expected_in_two_centres),
        cmocka_unit_test(test_calls_have_text_keys),
        cmocka_unit_test(test_keys_that_no_alert_can_have),
        cmocka_unit_test(test_operations_of_a_type),
        cmocka_unit_test(test_an_operation_is_gone_at_the_next_slot),
        cmocka_unit_test(test_views_of_one_activation),
        cmocka_unit_test(test_texts_of_a_view),
        cmocka_unit_test(test_wants_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
