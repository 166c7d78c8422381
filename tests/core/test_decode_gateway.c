/* Answers of the agent gateway: the documented sample field by field, the envelope, and
 * the kinds of values that stand nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "decoding.h"

#define AGENT(members) "{\"message\":\"\",\"retcode\":\"0\",\"result\":{" members "}}"
#define OF(key)        AGENT("\"workno\":\"101\",\"" key "\":%s")

static void
documented_sample(void **state)
{
    (void)state;
    char *text = read_file("tests/fixtures/agentbyworkno.response.json");
    check(&query_agent, text, strlen(text), NULL,
          " id=20011 name=20011 state=idle state_code=4 cti_state=idle cti_state_code=1"
          " group_id=1 media_type=- media=7 vdn=6 phone=70942 state_age=1210"
          " signed_in_at=1501125758"
          " skills=[{\"id\":10,\"name\":\"clicktodial_jst\",\"media_type\":2},"
          "{\"id\":2,\"name\":\"callback\",\"media_type\":4},"
          "{\"id\":3,\"name\":\"webchat\",\"media_type\":1},"
          "{\"id\":4,\"name\":\"email\",\"media_type\":6},"
          "{\"id\":5,\"name\":\"voice_hym\",\"media_type\":5},"
          "{\"id\":6,\"name\":\"voice\",\"media_type\":5},"
          "{\"id\":9,\"name\":\"webchat_jst\",\"media_type\":1}]"
          " in_conference=0 state_reason=0\n");
    free(text);
}

/* Every proper beginning of an answer is an error. */
static void
truncated_anywhere(void **state)
{
    (void)state;
    char *text = read_file("tests/fixtures/agentbyworkno.response.json");
    size_t whole = (size_t)(strrchr(text, '}') - text);
    for (size_t size = 0; size < whole; size++) {
        char *real = outcome(&query_agent, text, size, NULL);
        assert_non_null(strstr(real, "ends too early"));
        free(real);
    }
    free(text);
}

/* ---- envelopes ---- */

static const struct sample envelopes[] = {
    {"{\"retcode\":\"0\",\"result\":{\"workno\":101}}", " id=101\n"},
    {"{\"retcode\":0,\"msg\":\"\",\"result\":{\"workno\":\"101\"}}", " id=101\n"},
    {"{\"result\":{\"workno\":101},\"retcode\":\"0\"}", " id=101\n"},
    {"{\"retcode\":\"0\",\"result\":[{\"workno\":101}]}", " id=101\n"},
    {"{\"retcode\":\"0\",\"result\":[]}", ""},
    {"{\"retcode\":\"0\",\"result\":null}", ""},
    {"{\"message\":\"\",\"retcode\":\"0\"}", ""},
    {"{\"retcode\":\"0\",\"result\":[{\"workno\":101},{\"workno\":102}]}",
     "agent[2]: more rows than there can be"},
    {"{\"retcode\":\"0\",\"result\":[null]}", "agent[1]: expected an object, got null"},
    {"{\"retcode\":\"0\",\"result\":\"\"}", "agent: expected an object, got \"\""},
    {"{\"retcode\":\"0\",\"result\":7}", "agent: expected an object, got 7"},
    {"{\"retcode\":\"0\",\"result\":{}}", "agent[1].id: is missing"},
    {"{\"retcode\":\"0\",\"result\":{\"data\":[{\"workno\":101}]}}",
     "agent[1].id: is missing"},
    {"{\"retcode\":\"0\",\"result\":{\"workno\":1},\"result\":{\"workno\":1}}",
     "result: is there twice"},
    {"{\"retcode\":\"0\",\"retcode\":\"0\"}", "retcode: is there twice"},
    {"{\"retcode\":null}", "retcode: is missing"},
    {"{\"result\":{\"workno\":1}}", "retcode: is missing"},
    {"{\"retcode\":{}}", "retcode: expected a code, got an object"},
    {"{\"retcode\":\"no good\"}", "retcode: expected a code, got \"no good\""},
    {"{\"resultCode\":\"0100000\",\"resultDesc\":[]}", "retcode: is missing"},
    {"[]", "answer: expected an object, got a list"},
    {"<html>", "answer: byte 0: expected a value"},
    {"{\"retcode\":\"0\",\"result\":{\"workno\":101}} x",
     "answer: byte 40: more text after the value"},
};

static void
envelopes_are_read(void **state)
{
    (void)state;
    check_values(&query_agent, "%s", "id", envelopes, COUNT(envelopes));
}

/* What the server refuses, as its code and what people read. */
static const struct {
    const char *text, *code, *message;
} failures[] = {
    {"{\"message\":\"no right to invite resouce\",\"result\":\"\",\"retcode\":\"000-"
     "003\"}",
     "000-003",
     "no right to ask this, or the sign-in is not valid any more: "
     "\"no right to invite resouce\""},
    {"{\"message\":\"\",\"result\":null,\"retcode\":\"100-006\"}", "100-006",
     "the agent is not signed in"},
    {"{\"retcode\":\"100-007\",\"msg\":\"busy\"}", "100-007",
     "the platform cannot be reached, or failed: \"busy\""},
    {"{\"retcode\":\"300-002\",\"message\":null,\"result\":{\"workno\":1}}", "300-002",
     "there is no such agent"},
    {"{\"retcode\":\"107-042\",\"message\":[]}", "107-042",
     "signing in for the configuration failed"},
    {"{\"retcode\":\"123-456\",\"message\":\"x\"}", "123-456",
     "the contact centre refused: \"x\""},
    {"{\"retcode\":\"107\"}", "107", "the contact centre refused"},
    {"{\"retcode\":\"100-0069\"}", "100-0069", "the contact centre refused"},
    {"{\"retcode\":7}", "7", "the contact centre refused"},
    {"{\"retcode\":\"00\"}", "00", "the contact centre refused"},
};

static void
failures_have_a_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(failures); i++) {
        struct block block;
        struct error error = {0};
        block_init(&block, &query_agent);
        assert_false(answer_decode(&query_agent, failures[i].text,
                                   strlen(failures[i].text), &block, &error));
        assert_int_equal(error.kind, ERROR_API);
        assert_string_equal(error.code, failures[i].code);
        assert_string_equal(error.message, failures[i].message);
        assert_int_equal(block.row_count, 0);
        block_fini(&block);
    }
}

/* ---- values ---- */

static const struct sample states[] = {
    {"\"0\"", " state=unknown\n"}, {"2", " state=signed_out\n"},
    {"3", " state=busy\n"},        {"\"4\"", " state=idle\n"},
    {"5", " state=wrap_up\n"},     {"7", " state=talking\n"},
    {"8", " state=rest\n"},        {"9", " state=pre_rest\n"},
    {"6", " state=code 6\n"},      {"null", " state=-\n"},
};

/* Grammar is checked before the row is read. */
static const struct sample truths[] = {
    {"0", " in_conference=0\n"},
    {"1", " in_conference=1\n"},
    {"\"0\"", " in_conference=0\n"},
    {"\"1\"", " in_conference=1\n"},
    {"true", " in_conference=1\n"},
    {"false", " in_conference=0\n"},
    {"\"true\"", " in_conference=1\n"},
    {"\"false\"", " in_conference=0\n"},
    {"null", " in_conference=-\n"},
    {"2", "agent[1].in_conference: expected true or false, got 2"},
    {"-1", "agent[1].in_conference: expected true or false, got -1"},
    {"0.5", "agent[1].in_conference: expected true or false, got 0.5"},
    {"\"\"", "agent[1].in_conference: expected true or false, got \"\""},
    {"\"yes\"", "agent[1].in_conference: expected true or false, got \"yes\""},
    {"[]", "agent[1].in_conference: expected true or false, got a list"},
    {"tru", "result: byte 72: expected a value"},
    {"truely", "result: byte 76: expected ',' or '}'"},
};

static const struct sample media[] = {
    {"\"TTT\"", " media=7\n"},
    {"\"FFF\"", " media=0\n"},
    {"\"TFF\"", " media=1\n"},
    {"\"FTF\"", " media=2\n"},
    {"\"FFT\"", " media=4\n"},
    {"null", " media=-\n"},
    {"\"TT\"", "agent[1].media: expected three letters such as \"TTF\", got \"TT\""},
    {"\"TTTT\"",
     "agent[1].media: expected three letters such as \"TTF\", got \"TTTT\""},
    {"\"TTX\"", "agent[1].media: expected three letters such as \"TTF\", got \"TTX\""},
    {"\"ttf\"", "agent[1].media: expected three letters such as \"TTF\", got \"ttf\""},
    {"\"\"", "agent[1].media: expected three letters such as \"TTF\", got \"\""},
    {"5", "agent[1].media: expected three letters such as \"TTF\", got 5"},
};

static const struct sample skills[] = {
    {"[]", " skills=[]\n"},
    {"null", " skills=-\n"},
    {"[{}]", " skills=[{}]\n"},
    {"[ {\"mediatype\" : \"5\" , \"x\":[1,{}], \"name\":7,\"id\":\"1\"} , {\"id\":2} ]",
     " skills=[{\"id\":1,\"name\":\"7\",\"media_type\":5},{\"id\":2}]\n"},
    {"[{\"id\":null,\"name\":\"\",\"mediatype\":null}]", " skills=[{}]\n"},
    {"[{\"name\":\"\\u738b\\\"\\n\"}]", " skills=[{\"name\":\"王\\\"\\n\"}]\n"},
    {"[{\"name\":\"\xcd\xf5\"}]",
     " skills=[{\"name\":\"\xef\xbf\xbd\xef\xbf\xbd\"}]\n"},
    {"\"\"", "agent[1].skills: expected a list, got \"\""},
    {"{}", "agent[1].skills: expected a list, got an object"},
    {"[1]", "agent[1].skills[1]: expected an object, got 1"},
    {"[{},null]", "agent[1].skills[2]: expected an object, got null"},
    {"[{\"id\":1},{\"id\":\"x\"}]",
     "agent[1].skills[2].id: expected an integer, got \"x\""},
    {"[{\"name\":[]}]", "agent[1].skills[1].name: expected a text, got a list"},
    {"[{\"mediatype\":true}]",
     "agent[1].skills[1].media_type: expected an integer, got true"},
    {"[{\"id\":1,\"id\":1}]", "agent[1].skills[1].id: is there twice"},
};

/* What is wrong behind the list is not wrong in it. */
static const struct sample behind_skills[] = {
    {"\"x\"", "agent[1].vdn: expected an integer, got \"x\""},
    {"\"6\"", " vdn=6\n"},
};

static const struct sample sign_ins[] = {
    {"1501125758000", " signed_in_at=1501125758\n"},
    {"4294967295000", " signed_in_at=-\n"},
    {"\"4294967295000\"", " signed_in_at=-\n"},
};

static void
values(void **state)
{
    (void)state;
    const struct query *query = &query_agent;
    check_values(query, OF("status"), "state", states, COUNT(states));
    check_values(query, OF("inMultimediaConf"), "in_conference", truths, COUNT(truths));
    check_values(query, OF("mediatype"), "media", media, COUNT(media));
    check_values(query, OF("skilllist"), "skills", skills, COUNT(skills));
    check_values(query, AGENT("\"workno\":1,\"skilllist\":[{\"id\":1}],\"vdnid\":%s"),
                 "vdn", behind_skills, COUNT(behind_skills));
    check_values(query, OF("logindate"), "signed_in_at", sign_ins, COUNT(sign_ins));
}

/* A text of the next row begins where the skills of this one end. */
static void
skills_are_joined(void **state)
{
    (void)state;
    static const char *const answers[] = {
        AGENT("\"workno\":101,\"name\":\"Ann\",\"skilllist\":[{\"id\":1}]"),
        AGENT("\"workno\":102,\"skilllist\":[{\"id\":2}],\"name\":\"Bob\""),
    };
    struct block block, answer;
    struct error error;
    struct buf text = {0};
    block_init(&block, &query_agent);
    block_init(&answer, &query_agent);
    for (size_t i = 0; i < COUNT(answers); i++) {
        assert_true(answer_decode(&query_agent, answers[i], strlen(answers[i]), &answer,
                                  &error));
        block_join(&block, &answer, 0, 1);
    }
    for (size_t i = 0; i < block.row_count; i++) {
        add_field(&block, i, (size_t)query_field(&query_agent, "name"), &text);
        add_field(&block, i, (size_t)query_field(&query_agent, "skills"), &text);
    }
    assert_string_equal(text.data,
                        " name=Ann skills=[{\"id\":1}] name=Bob skills=[{\"id\":2}]");
    buf_fini(&text);
    block_fini(&answer);
    block_fini(&block);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_sample),
        cmocka_unit_test(truncated_anywhere),
        cmocka_unit_test(envelopes_are_read),
        cmocka_unit_test(failures_have_a_meaning),
        cmocka_unit_test(values),
        cmocka_unit_test(skills_are_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
