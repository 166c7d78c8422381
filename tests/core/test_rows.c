/* Rows as scripts see them: every kind of field, as views, copies and JSON. */
#include "script_bench.h"

/* A rule whose condition is a function of one row; what it tells is what it sees. */
#define SEES(query, id, body)                                                          \
    "rule { query = '" query "', wants = { { ids = { " id " } } }, when = { op = "     \
    "'call', function(row) " body " end } }"

#define KNOWN                                                                          \
    "local names = {}\n"                                                               \
    "for name, value in pairs(row) do names[#names + 1] = name .. '=' .. "             \
    "tostring(value) end\n"                                                            \
    "tell(table.concat(names, ' '))\n"

/* As the agent gateway tells it. */
static void
fill_agent(struct block *block)
{
    block_init(block, &query_agent);
    block_add(block);
    row_number_is(block, "id", 1099);
    row_text_is(block, "name", "Zoë \"Z\"");
    row_number_is(block, "state_code", 9);
    row_number_is(block, "cti_state_code", 11);
    row_number_is(block, "media", MEDIA_CTI | MEDIA_MAIL);
    row_number_is(block, "signed_in_at", 1763650000);
    row_text_is(block, "skills",
                "[{\"id\":1,\"name\":\"Sales\",\"media_type\":5},{\"id\":2}]");
    row_number_is(block, "in_conference", 0);
}

static void
sample_agent(struct script *script)
{
    struct block block;
    fill_agent(&block);
    bench_sample(script, 0, 0, &block);
}

static void
test_values(void **state)
{
    (void)state;
    struct script *script = bench_load(
        SEES("agent", "1099",
             "tell(row.name); tell(row.state); tell(row.cti_state); tell(row.phone)\n"
             "tell(row.media.cti); tell(row.media.web); tell(row.media.mail)\n"
             "tell(math.type(row.signed_in_at)); tell(row.in_conference)\n"
             "tell(row.skills[1].name); tell(math.type(row.skills[2].id))\n"
             "tell(#row.skills); tell(row.media_type); tell(row)"));
    sample_agent(script);
    assert_told(script,
                "Zoë \"Z\"; pre_rest; code 11; nil; true; false; true; integer; "
                "false; Sales; integer; 2; nil; Agent 1099");
}

static void
test_pairs_walks_what_is_known(void **state)
{
    (void)state;
    struct script *script = bench_load(
        SEES("agent", "1099",
             "local names = {} for name in pairs(row) do names[#names + 1] = name end\n"
             "tell(table.concat(names, ' '))"));
    sample_agent(script);
    assert_told(script, "id name state state_code cti_state cti_state_code media "
                        "signed_in_at skills in_conference");
}

static void
test_copies_stay(void **state)
{
    (void)state;
    struct script *script = bench_load(SEES("agent", "1099", "kept = core.copy(row)"));
    sample_agent(script);
    bench_run(script, "tell(kept.name .. ' ' .. kept.state)\n"
                      "tell(kept.media.mail); tell(kept.skills[1].media_type)\n"
                      "kept.state = 'mine' tell(kept.state)");
    assert_told(script, "Zoë \"Z\" pre_rest; true; 5; mine");
}

static void
test_json(void **state)
{
    (void)state;
    struct script *script =
        bench_load(SEES("agent", "1099", "tell(core.row_json(row))"));
    sample_agent(script);
    assert_told(
        script,
        "{\"id\":1099,\"name\":\"Zoë \\\"Z\\\"\",\"state\":\"pre_rest\","
        "\"state_code\":9,\"cti_state\":\"code 11\",\"cti_state_code\":11,"
        "\"group_id\":null,\"media_type\":null,"
        "\"media\":{\"cti\":true,\"web\":false,\"mail\":true},\"vdn\":null,"
        "\"phone\":null,\"state_age\":null,\"signed_in_at\":1763650000,"
        "\"skills\":[{\"id\":1,\"name\":\"Sales\",\"media_type\":5},{\"id\":2}],"
        "\"in_conference\":false,\"state_reason\":null}");
}

static void
test_unknown_fields(void **state)
{
    (void)state;
    struct script *script = bench_load(SEES(
        "agent", "1099",
        "local function says(f) tell((select(2, pcall(f)):gsub('^.-%]:%d: ', ''))) end\n"
        "says(function() return row.stat end)\n"
        "says(function() return row.workno end)\n"
        "says(function() return row.ctiStatus end)\n"
        "says(function() row.state = 1 end)"));
    sample_agent(script);
    assert_told(
        script,
        "Agent has no field 'stat' (did you mean 'state'?); 'workno' is "
        "'id' here; 'ctiStatus' is 'cti_state' here; a row of Agent is read-only; gw.copy(row) is a table of "
        "your own");
}

/* A conversation goes on: call of agent 1099, five minutes. */
static void
sample_operation(struct script *script)
{
    struct block block;
    block_init(&block, &query_agent_operations);
    block_add(&block);
    row_text_is(&block, "id", "17");
    row_text_is(&block, "call_id", "1605492949-1447");
    row_number_is(&block, "agent", 1099);
    row_number_is(&block, "began_at", 1763660000);
    row_number_is(&block, "ended_at", 1763660300);
    row_number_is(&block, "operation_code", 60);
    row_number_is(&block, "cause", 1);
    bench_sample(script, 0, 1099, &block);
}

static void
test_derived(void **state)
{
    (void)state;
    struct script *script = bench_load(SEES("agent_operations", "1099", KNOWN));
    sample_operation(script);
    assert_told(script, "id=17 call_id=1605492949-1447 agent=1099 began_at=1763660000 "
                        "ended_at=1763660300 duration=300 operation=conversation "
                        "operation_code=60 cause=1 cause_text=a record every five "
                        "minutes interim=true");
}

static void
test_derived_json(void **state)
{
    (void)state;
    struct script *script = bench_load(
        SEES("agent_operations", "1099",
             "local json = core.row_json(row)\n"
             "for _, key in ipairs { 'duration', 'operation', 'cause_text', 'interim', "
             "'queue' } do tell(json:match('\"' .. key .. '\":[^,]*')) end"));
    sample_operation(script);
    assert_told(script, "\"duration\":300; \"operation\":\"conversation\"; "
                        "\"cause_text\":\"a record every five minutes\"; "
                        "\"interim\":true; \"queue\":null");
}

static void
test_an_expected_agent(void **state)
{
    (void)state;
    struct script *script = bench_load(
        "rule { query = 'agents', wants = { { ids = { 1 }, expect = { 1099 } } }, when "
        "= { op = 'call', function(row) " KNOWN
        "tell(row.state_code); tell(row); tell(core.row_json(row):sub(1, 59)) end } }");
    struct block block;
    block_init(&block, &query_agents);
    bench_sample(script, 0, 1, &block);
    assert_told(
        script,
        "id=1099 name=agent 1099 state=signed_out cti_state=signed_out; nil; "
        "Agent 1099; {\"id\":1099,\"name\":\"agent 1099\",\"state\":\"signed_out\",\"state_");
}

static void
test_queues_have_names(void **state)
{
    (void)state;
    struct script *script =
        bench_load(SEES("queues", "7, 8",
                        "tell(row.name); tell(row); tell(core.row_json(row)"
                        ":sub(1, 26))"));
    struct block block;
    block_init(&block, &query_queues);
    for (int64_t id = 7; id <= 8; id++) {
        block_add(&block);
        row_number_is(&block, "id", id);
    }
    bench_sample(script, 0, 0, &block);
    assert_told(script, "sales; Queue 7; {\"id\":7,\"name\":\"sales\",\"ag; "
                        "skill 8; Queue 8; {\"id\":8,\"name\":\"skill 8\",\"");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_pairs_walks_what_is_known),
        cmocka_unit_test(test_copies_stay),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_unknown_fields),
        cmocka_unit_test(test_derived),
        cmocka_unit_test(test_derived_json),
        cmocka_unit_test(test_an_expected_agent),
        cmocka_unit_test(test_queues_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
