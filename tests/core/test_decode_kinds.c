/* Answers of the CMS queries: each documented sample field by field, every kind of
 * value with its variants, sentinels and mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "decoding.h"

#define OK(list) "{\"resultCode\":\"0100000\",\"resultDesc\":" list "}"

/* ---- the documented samples ---- */

static const struct {
    const struct query *query;
    const char *file, *outcome;
} documents[] = {
    {&query_agents, "tests/fixtures/agentbyconfigedskill.response.json",
     " id=20011 name=20011 state=idle state_code=4 cti_state=idle cti_state_code=1"
     " group_id=1 media_type=1 media=- vdn=1 phone=70942 state_age=1505"
     " signed_in_at=1501125758 skills=- in_conference=- state_reason=-\n"},
    {&query_agent_calls, "tests/fixtures/queryagentcalls.response.json",
     " id=1605492949-1447 agent=-\n"},
    {&query_agent_operations, "tests/fixtures/agentoprinfo.response.json",
     " id=172257960827964297019273683535 call_id=5 phone=05276789 sub_cc=1 agent=35001"
     " queue=1 media_type=10 began_at=1722579584 ended_at=1722579608 duration=24 vdn=1"
     " call_type=0 service=1 operation=idle operation_code=2 object=23 cause=0"
     " cause_text=- interim=0 agent_type=11 location=1"
     " logon_sn=2024080214194100005209009 skill_info_sn=2024080214194300005209050\n"},
};

static void
documented_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        char *text = read_file(documents[i].file);
        check(documents[i].query, text, strlen(text), NULL, documents[i].outcome);
        free(text);
    }
}

/* Every proper beginning of an answer is an error. */
static void
truncated_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        char *text = read_file(documents[i].file);
        size_t whole = (size_t)(strrchr(text, '}') - text);
        for (size_t size = 0; size < whole; size++) {
            char *real = outcome(documents[i].query, text, size, NULL);
            assert_non_null(strstr(real, "ends too early"));
            free(real);
        }
        free(text);
    }
}

/* ---- envelopes ---- */

static const struct sample envelopes[] = {
    {OK("[]"), ""},
    {OK("null"), ""},
    {"{\"resultCode\":\"0100000\"}", ""},
    {"{\"resultCode\":\"0100000\",\"resultDatas\":[]}", ""},
    {OK("{}"), "%s: expected a list, got an object"},
    {OK("{\"data\":[]}"), "%s: expected a list, got an object"},
    {OK("\"\""), "%s: expected a list, got \"\""},
    {OK("[null]"), "%s[1]"},
    {OK("[[]]"), "%s[1]"},
    {"{\"resultCode\":\"0100002\",\"resultDesc\":\"Invalid parameter\"}",
     "invalid parameter: \"Invalid parameter\""},
    {"{\"resultDesc\":[\"x\"],\"resultCode\":\"0101003\"}", "insufficient permission"},
    {"{\"resultData\":\"\",\"resultCode\":\"1\",\"resultDesc\":\"Record List is empty\"}",
     "the contact centre refused: \"Record List is empty\""},
    {"{\"retcode\":\"0\",\"result\":[]}", "resultCode: is missing"},
};

static void
envelopes_of_all(void **state)
{
    (void)state;
    for (size_t q = 0; queries[q]; q++)
        for (size_t i = 0; i < COUNT(envelopes); i++) {
            const struct query *query = queries[q];
            if (query->door != DOOR_CMS)
                continue;
            const char *text = envelopes[i].text;
            char *real = outcome(query, text, strlen(text), NULL);
            char *want = mem_format(envelopes[i].outcome, query->name);
            /* What a bare row must be is in the tests of calls. */
            real[strstr(want, "[1]") ? strlen(want) : strlen(real)] = '\0';
            assert_string_equal(real, want);
            free(want);
            free(real);
        }
}

/* ---- agents ---- */

#define AGENT(key) OK("[{\"workNo\":1,\"" key "\":0},{\"workNo\":101,\"" key "\":%s}]")

static const struct sample states[] = {
    {"0", "unknown"},      {"2", "error"},   {"3", "busy"},    {"4", "idle"},
    {"\"4\"", "idle"},     {"5", "wrap_up"}, {"7", "talking"}, {"8", "rest"},
    {"11", "code 11"},     {"1", "code 1"},  {"9", "code 9"},  {"-1", "code -1"},
    {"\"11\"", "code 11"}, {"4.0", "idle"},  {"null", "-"},
};

static void
states_of_agents(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(states); i++) {
        char *text = mem_format(AGENT("status"), states[i].text);
        char *want = mem_format(" state=unknown\n state=%s\n", states[i].outcome);
        check(&query_agents, text, strlen(text), "state", want);
        free(want);
        free(text);
    }
}

static void
states_of_the_platform(void **state)
{
    (void)state;
    static const char *const words[] = {
        "signed_out", "idle", "preoccupied", "occupied", "answering", "talking",
        "working",    "busy", "rest",        "study",    "adjusting", "code 11",
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        char *text = mem_format(OK("[{\"ctiStatus\":%zu,\"workNo\":\"7\"}]"), i);
        char *want = mem_format(" id=7 cti_state=%s cti_state_code=%zu\n", words[i], i);
        check(&query_agents, text, strlen(text), "id cti_state cti_state_code", want);
        free(want);
        free(text);
    }
}

static const struct sample names[] = {
    {"\"Ann\"", " name=0\n name=Ann\n"},
    {"20011", " name=0\n name=20011\n"},
    {"\"\"", " name=0\n name=-\n"},
    {"null", " name=0\n name=-\n"},
    {"\"\\u738b\\\"\\/\"", " name=0\n name=王\"/\n"},
    {"\"\xcd\xf5\"", " name=0\n name=\xef\xbf\xbd\xef\xbf\xbd\n"},
    {"\"'O'\"", " name=0\n name='O'\n"},
    {"1e400", " name=0\n name=1e400\n"},
    {"true", "agents[2].name: expected a text, got true"},
    {"[\"Ann\"]", "agents[2].name: expected a text, got a list"},
    {"{}", "agents[2].name: expected a text, got an object"},
    {"\"Ann", "agents[2].name: byte 88: ends too early"},
    {"Ann", "agents[2].name: byte 81: expected a value"},
};

static const struct sample sign_ins[] = {
    {"1501125758000", " signed_in_at=0\n signed_in_at=1501125758\n"},
    {"\"1501125758999\"", " signed_in_at=0\n signed_in_at=1501125758\n"},
    {"4294967295000", " signed_in_at=0\n signed_in_at=-\n"},
    {"\"4294967295000\"", " signed_in_at=0\n signed_in_at=-\n"},
    {"4294967295", " signed_in_at=0\n signed_in_at=-\n"},
    {"-1", " signed_in_at=0\n signed_in_at=-1\n"},
    {"null", " signed_in_at=0\n signed_in_at=-\n"},
    {"\"today\"", "agents[2].signed_in_at: expected an integer, got \"today\""},
};

static const struct sample ages[] = {
    {"1505", " state_age=0\n state_age=1505\n"},
    {"4294967295", " state_age=0\n state_age=-\n"},
    {"4294967294", " state_age=0\n state_age=4294967294\n"},
};

static void
values_of_agents(void **state)
{
    (void)state;
    check_values(&query_agents, AGENT("name"), "name", names, COUNT(names));
    check_values(&query_agents, AGENT("loginDate"), "signed_in_at", sign_ins,
                 COUNT(sign_ins));
    check_values(&query_agents, AGENT("currentStateTime"), "state_age", ages,
                 COUNT(ages));
}

static const struct sample agents[] = {
    {OK("[{\"name\":\"Ann\"}]"), "agents[1].id: is missing"},
    {OK("[{\"workNo\":1,\"name\":1,\"name\":1}]"), "agents[1].name: is there twice"},
    {OK("[{\"workNo\":1},{\"workNo\":\"x\"}]"),
     "agents[2].id: expected an integer, got \"x\""},
    /* Keys of the agent gateway are other keys. */
    {OK("[{\"workNo\":1,\"phonenumber\":\"7\",\"vdnid\":2}]"), " vdn=- phone=-\n"},
    /* A copy with other texts leaves nothing behind. */
    {"{\"resultCode\":\"0100000\",\"resultDatas\":[{\"workNo\":1,\"phoneNumber\":\"70\"}],"
     "\"resultDesc\":[{\"workNo\":1,\"phoneNumber\":\"71\"}]}",
     " vdn=- phone=71\n"},
};

static void
rows_of_agents(void **state)
{
    (void)state;
    check_values(&query_agents, "%s", "vdn phone", agents, COUNT(agents));
}

/* ---- calls ---- */

static const struct sample calls[] = {
    {OK("[\"1-2\",\"1-3\"]"), " id=1-2\n id=1-3\n"},
    {OK("[ 5 , \"1-3\" ]"), " id=5\n id=1-3\n"},
    {OK("[\"4294967295-4294967295\"]"), ""},
    {OK("[\"4294967295-4294967295\",\"1-3\",\"\"]"), " id=1-3\n"},
    {OK("[18446744073709551616]"), " id=18446744073709551616\n"},
    {OK("[null]"), "agent_calls[1].id: is missing"},
    {OK("[\"1-2\",null]"), "agent_calls[2].id: is missing"},
    {OK("[\"1-2\",{\"id\":\"1-3\"}]"),
     "agent_calls[2].id: expected a text, got an object"},
    {OK("[\"1-2\",true]"), "agent_calls[2].id: expected a text, got true"},
    {OK("[\"1-2\" \"1-3\"]"), "agent_calls: byte 44: expected ',' or ']'"},
    {OK("\"1-2\""), "agent_calls: expected a list, got \"1-2\""},
};

static void
rows_of_calls(void **state)
{
    (void)state;
    check_values(&query_agent_calls, "%s", "id", calls, COUNT(calls));
}

/* ---- operations ---- */

#define OPERATION(rest) OK("[{\"id\":\"a\"," rest "}]")

static const struct sample call_ids[] = {
    {"\"1605492949-1447\"", " call_id=1605492949-1447\n"},
    {"\"4294967295-4294967295\"", " call_id=-\n"},
    {"\"4294967295\"", " call_id=4294967295\n"},
    {"5", " call_id=5\n"},
    {"\"\"", " call_id=-\n"},
    {"null", " call_id=-\n"},
};

static const struct sample phones[] = {
    {"\"'05276789'\"", " phone=05276789\n"},
    {"\"05276789\"", " phone=05276789\n"},
    {"5276789", " phone=5276789\n"},
    {"\"''\"", " phone=-\n"},
    {"\"'\"", " phone='\n"},
    {"\"'5\"", " phone='5\n"},
    {"\"\\u00275'\"", " phone=5\n"},
};

static const struct sample ends[] = {
    {"\"2024-08-02 06:20:08\"", " ended_at=1722579608 duration=8\n"},
    {"\"2024-08-02T06:20:08Z\"", " ended_at=1722579608 duration=8\n"},
    {"\"2024-08-02 06:20\"", " ended_at=1722579600 duration=0\n"},
    {"\"2024-08-02 06:19:59\"", " ended_at=1722579599 duration=-\n"},
    {"\"\"", " ended_at=- duration=-\n"},
    {"null", " ended_at=- duration=-\n"},
    {"\"2024-02-30 06:20:08\"",
     "agent_operations[1].ended_at: expected a time such as \"2024-08-02 06:19:44\", "
     "got \"2024-02-30 06:20:08\""},
    {"1722579608", "agent_operations[1].ended_at: expected a time such as "
                   "\"2024-08-02 06:19:44\", got 1722579608"},
};

/* The cause of an operation of type 3, and of one of type 60. */
static const struct sample busy_causes[] = {
    {"2", " cause=2 cause_text=forced after a call was long not answered interim=0\n"},
    {"\"2\"",
     " cause=2 cause_text=forced after a call was long not answered interim=0\n"},
    {"6", " cause=6 cause_text=- interim=0\n"},
    {"210", " cause=210 cause_text=a reason of the service's own interim=0\n"},
    {"65535", " cause=- cause_text=- interim=0\n"},
    {"-1", " cause=- cause_text=- interim=0\n"},
    {"\"-1\"", " cause=- cause_text=- interim=0\n"},
    {"null", " cause=- cause_text=- interim=0\n"},
};
static const struct sample talk_causes[] = {
    {"0", " cause=0 cause_text=the end interim=0\n"},
    {"1", " cause=1 cause_text=a record every five minutes interim=1\n"},
    {"65535", " cause=- cause_text=- interim=0\n"},
};

static const struct sample unused[] = {
    {"\"object\"", "agent_operations[1].object: expected an integer, got \"object\""},
    {"65535", " object=-\n"},
    {"-1", " object=-\n"},
    {"65534", " object=65534\n"},
};

static const struct sample media[] = {
    {"65535", " queue=- media_type=-\n"},
    {"\"5\"", " queue=- media_type=5\n"},
};

static void
values_of_operations(void **state)
{
    (void)state;
    const struct query *query = &query_agent_operations;
    check_values(query, OPERATION("\"callId\":%s"), "call_id", call_ids,
                 COUNT(call_ids));
    check_values(query, OPERATION("\"phoneNo\":%s"), "phone", phones, COUNT(phones));
    check_values(query,
                 OPERATION("\"beginTime\":\"2024-08-02 06:20:00\",\"endTime\":%s"),
                 "ended_at duration", ends, COUNT(ends));
    check_values(query, OPERATION("\"operateType\":3,\"operateCause\":%s"),
                 "cause cause_text interim", busy_causes, COUNT(busy_causes));
    check_values(query, OPERATION("\"operateCause\":%s,\"operateType\":60"),
                 "cause cause_text interim", talk_causes, COUNT(talk_causes));
    check_values(query, OPERATION("\"operateObject\":%s"), "object", unused,
                 COUNT(unused));
    check_values(query, OPERATION("\"currentSkillId\":65535,\"mediaType\":%s"),
                 "queue media_type", media, COUNT(media));
}

static const struct sample operations[] = {
    {OK("[{\"id\":172257960827964297019273683535,\"operateType\":14}]"),
     " id=172257960827964297019273683535 operation=code 14 location=- "
     "skill_info_sn=-\n"},
    {OK("[{\"id\":\"a\",\"operateType\":\"60\",\"locationId\":65535,"
        "\"skillInfoSn\":\"\",\"submediaType\":\"-1\"}]"),
     " id=a operation=conversation location=- skill_info_sn=-\n"},
    {OK("[{\"id\":\"a\",\"locationId\":\"3\",\"skillInfoSn\":9007199254740993}]"),
     " id=a operation=- location=3 skill_info_sn=9007199254740993\n"},
    {OK("[{\"id\":\"\"}]"), "agent_operations[1].id: is missing"},
    {OK("[{\"id\":\"a\"},{\"operateType\":1}]"), "agent_operations[2].id: is missing"},
};

static void
rows_of_operations(void **state)
{
    (void)state;
    check_values(&query_agent_operations, "%s", "id operation location skill_info_sn",
                 operations, COUNT(operations));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_samples),     cmocka_unit_test(truncated_anywhere),
        cmocka_unit_test(envelopes_of_all),       cmocka_unit_test(states_of_agents),
        cmocka_unit_test(states_of_the_platform), cmocka_unit_test(values_of_agents),
        cmocka_unit_test(rows_of_agents),         cmocka_unit_test(rows_of_calls),
        cmocka_unit_test(values_of_operations),   cmocka_unit_test(rows_of_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
