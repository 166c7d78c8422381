/* Agents, calls and operations as the simulated contact centre answers them, and what
 * it does not accept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "asking.h"

#define OPENAPI    "/rest/cmsapp/v1/openapi/"
#define AGENTS     OPENAPI "skill/agentbyconfigedskill"
#define CALLS      OPENAPI "agent/queryagentcalls"
#define OPERATIONS OPENAPI "agent/agentoprinfo"

#define HOUR ((int64_t)3600 * 1000)

static struct centre *
staffed_centre(void)
{
    struct centre_options options = usual;
    options.agents = 40;
    return centre_new(NULL, &options);
}

/* The answer to a good request; valid until the next. */
static const char *
answer(struct centre *centre, const char *path, char *body, int64_t at_ms)
{
    struct centre_reply reply;
    ask(centre, &(struct question){.path = path, .body = body, .at_ms = at_ms}, &reply);
    free(body);
    assert_int_equal(reply.status, 200);
    assert_null(reply.refusal);
    return reply.body->data;
}

static const char *
agents_of(struct centre *centre, int64_t skill, int64_t at_ms)
{
    return answer(
        centre, AGENTS,
        mem_format("{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillId\":%" PRId64 "}}",
                   skill),
        at_ms);
}

static const char *
calls_of(struct centre *centre, int64_t agent, int64_t at_ms)
{
    return answer(centre, CALLS,
                  mem_format("{\"ccId\":1,\"vdn\":1,\"agentId\":%" PRId64 "}", agent),
                  at_ms);
}

static char *
time_of(int64_t wall_ms, char out[32])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;
    strftime(out, 32, "%Y-%m-%d %H:%M:%S", gmtime_r(&seconds, &parts));
    return out;
}

/* `more` ends the request: keys after a comma, or nothing. */
static char *
operations_body(int64_t agent, int64_t begin_ms, int64_t end_ms, const char *more)
{
    char begin[32], end[32];
    return mem_format("{\"currentAgentId\":%" PRId64
                      ",\"beginTime\":\"%s\",\"endTime\":\"%s\"%s}",
                      agent, time_of(START_MS + begin_ms, begin),
                      time_of(START_MS + end_ms, end), more);
}

static int
count(const char *text, const char *word)
{
    int found = 0;
    for (; (text = strstr(text, word)) != NULL; text++)
        found++;
    return found;
}

static void
answers_have_the_shape_of_the_samples(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre();
    const char *calls = "";
    assert_shape(agents_of(centre, 1, HOUR),
                 "tests/fixtures/agentbyconfigedskill.response.json");
    for (int64_t at = 0; !strstr(calls, "-"); at += 10000)
        calls = calls_of(centre, 101, at);
    assert_shape(calls, "tests/fixtures/queryagentcalls.response.json");
    assert_shape(answer(centre, OPERATIONS, operations_body(101, -HOUR, 0, ""), HOUR),
                 "tests/fixtures/agentoprinfo.response.json");
    centre_delete(centre);
}

/* Who talks has a call, who does not has none; the queue's numbers say the same. */
static void
answers_agree(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre();
    for (int64_t at = 0; at < HOUR; at += 97000) {
        struct centre_reply reply;
        const char *body = "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[2]}}";
        char *agents = mem_text(agents_of(centre, 2, at));
        int busy = 0;
        for (const char *at_agent = agents;
             (at_agent = strstr(at_agent, "\"workNo\":")) != NULL; at_agent++) {
            int64_t id = strtoll(at_agent + strlen("\"workNo\":"), NULL, 10);
            const char *status = strstr(at_agent, "\"status\":");
            bool talks = status[strlen("\"status\":")] == '7';
            const char *calls = calls_of(centre, id, at);
            assert_int_equal(count(calls, "-"), talks ? 2 : 0);
            busy += talks;
        }
        ask(centre, &(struct question){.body = body, .at_ms = at}, &reply);
        char *expected =
            mem_format("\"agentLoginNums\":%d,", count(agents, "\"workNo\":"));
        assert_non_null(strstr(reply.body->data, expected));
        free(expected);
        expected = mem_format("\"agentTalkingNums\":%d,\"agentIdleNums\":%d,",
                              count(agents, "\"ctiStatus\":5,"),
                              count(agents, "\"status\":4,"));
        assert_non_null(strstr(reply.body->data, expected));
        free(expected);
        assert_true(busy >= count(agents, "\"ctiStatus\":5,"));
        free(agents);
    }
    centre_delete(centre);
}

/* Nobody is there whom nobody knows. */
static void
strangers_have_nothing(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre();
    assert_string_equal(agents_of(centre, 21, 0),
                        "{\"resultCode\":\"0100000\",\"resultDesc\":[]}");
    assert_int_equal(count(calls_of(centre, 141, 0), "[]"), 2);
    assert_int_equal(count(calls_of(centre, 999999, 0), "[]"), 2);
    assert_int_equal(
        count(answer(centre, OPERATIONS, operations_body(35001, -HOUR, 0, ""), 0),
              "[]"),
        2);
    centre_delete(centre);
}

/* What ends later is not there yet; what is asked for by type is that alone. */
static void
operations_are_recorded_when_they_end(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre();
    char *early = mem_text(
        answer(centre, OPERATIONS, operations_body(101, 0, HOUR, ""), HOUR / 2));
    char *late =
        mem_text(answer(centre, OPERATIONS, operations_body(101, 0, HOUR, ""), HOUR));
    assert_true(count(early, "\"callId\"") > 0);
    assert_true(count(late, "\"callId\"") > count(early, "\"callId\""));
    int wrap_ups = count(late, "\"operateType\":27,");
    assert_true(wrap_ups > 0 && wrap_ups < count(late, "\"callId\""));
    const char *only =
        answer(centre, OPERATIONS,
               operations_body(101, 0, HOUR, ",\"operateType\":27,\"ccId\":1"), HOUR);
    assert_int_equal(count(only, "\"operateType\":27,"), wrap_ups);
    assert_int_equal(count(only, "\"callId\""), wrap_ups);
    assert_int_equal(count(only, "\"callId\":\"4294967295-4294967295\""), wrap_ups);
    assert_int_equal(count(only, "\"phoneNo\":\"'700101'\""), wrap_ups);
    free(early);
    free(late);
    centre_delete(centre);
}

/* ---- strictness ---- */

#define TIMES                                                                          \
    "\"beginTime\":\"2027-01-15 07:00:00\",\"endTime\":\"2027-01-15 08:00:00\""

static const struct {
    const char *path, *body, *problem;
} mistakes[] = {
    {AGENTS, "{\"ccId\":1,\"vdn\":1,\"skillId\":1}", "not in its wrapper"},
    {AGENTS, "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillId\":1},\"x\":1}",
     "more than the wrapper"},
    {AGENTS, "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillId\":10001}}",
     "skillId must be 1 to 10000"},
    {AGENTS, "{\"queryParam\":{\"ccId\":1,\"vdn\":0,\"skillId\":1}}",
     "vdn must be 1 to 5000"},
    {AGENTS, "{\"queryParam\":{\"ccId\":1,\"vdn\":1}}", "skillId must be 1 to 10000"},
    {AGENTS, "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillId\":\"1\"}}",
     "skillId must be 1 to 10000"},
    {AGENTS, "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillid\":1}}", "unknown key"},
    {AGENTS, "{\"queryParam\":{\"ccId\":1,\"ccId\":1,\"vdn\":1,\"skillId\":1}}",
     "a key is there twice"},
    {AGENTS, "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillId\":1}", "not JSON"},
    {AGENTS, "", "not an object"},
    {CALLS, "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"agentId\":101}}", "unknown key"},
    {CALLS, "{\"ccId\":1,\"vdn\":1,\"agentId\":100}",
     "agentId must be 101 to 59999 or 70000 to 999999"},
    {CALLS, "{\"ccId\":1,\"vdn\":1,\"agentId\":60000}",
     "agentId must be 101 to 59999 or 70000 to 999999"},
    {CALLS, "{\"ccId\":1,\"vdn\":1,\"agentId\":1e9}",
     "agentId must be 101 to 59999 or 70000 to 999999"},
    {OPERATIONS, "{\"currentAgentId\":1000000," TIMES "}",
     "currentAgentId must be 0 to 999999"},
    {OPERATIONS, "{\"currentAgentId\":101," TIMES ",\"vdn\":1}", "unknown key"},
    {OPERATIONS, "{\"currentAgentId\":101," TIMES ",\"operateType\":61}",
     "operateType must be 0 to 60"},
    {OPERATIONS,
     "{\"currentAgentId\":101,\"beginTime\":1,\"endTime\":\"2027-01-15 08:00:00\"}",
     "beginTime must be a time such as 2024-08-02 00:00:00"},
    {OPERATIONS,
     "{\"currentAgentId\":101,\"beginTime\":\"2027-01-15T07:00:00\","
     "\"endTime\":\"2027-01-15 08:00:00\"}",
     "beginTime must be a time such as 2024-08-02 00:00:00"},
    {OPERATIONS,
     "{\"currentAgentId\":101,\"beginTime\":\"2027-01-15 07:00:00\","
     "\"endTime\":\"2027-02-30 08:00:00\"}",
     "endTime must be a time such as 2024-08-02 23:00:00"},
    {OPERATIONS,
     "{\"currentAgentId\":101,\"beginTime\":\"2027-01-15 07:01:00\","
     "\"endTime\":\"2027-01-15 08:00:00\"}",
     "beginTime and endTime must be whole quarters of an hour"},
    {OPERATIONS,
     "{\"currentAgentId\":101,\"beginTime\":\"2027-01-15 08:00:00\","
     "\"endTime\":\"2027-01-15 08:00:00\"}",
     "endTime must be after beginTime"},
    {OPERATIONS,
     "{\"currentAgentId\":101,\"beginTime\":\"2027-01-14 08:00:00\","
     "\"endTime\":\"2027-01-15 08:15:00\"}",
     "beginTime to endTime must be at most 24 hours"},
    {OPERATIONS,
     "{\"currentAgentId\":101,\"beginTime\":\"2027-01-14 07:45:00\","
     "\"endTime\":\"2027-01-14 09:00:00\"}",
     "beginTime must be within the last 24 hours"},
};

static void
mistakes_are_named(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre();
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct centre_reply reply;
        ask(centre,
            &(struct question){.path = mistakes[i].path, .body = mistakes[i].body},
            &reply);
        assert_int_equal(reply.status, 200);
        assert_non_null(reply.refusal);
        assert_string_equal(reply.refusal, mistakes[i].problem);
        assert_non_null(strstr(reply.body->data, "{\"resultCode\":\"0100002\","));
    }
    centre_delete(centre);
}

/* Like those of the queues: method, signature and content type are looked at. */
static void
requests_are_checked(void **state)
{
    (void)state;
    static const char *const paths[] = {AGENTS, CALLS, OPERATIONS};
    struct centre *centre = staffed_centre();
    struct centre_reply reply;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ask(centre, &(struct question){.path = paths[i], .method = "GET"}, &reply);
        assert_int_equal(reply.status, 405);
        ask(centre, &(struct question){.path = paths[i], .secret_key = "x"}, &reply);
        assert_int_equal(reply.status, 401);
        ask(centre, &(struct question){.path = paths[i], .type = "text/plain"}, &reply);
        assert_int_equal(reply.status, 415);
    }
    centre_delete(centre);
}

/* ---- faults ---- */

/* What each fault leaves of {"resultCode":"0100000","resultDesc":[]}. */
static void
faults_spoil_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *body;
    } cases[] = {
        {"null-list", "{\"resultCode\":\"0100000\",\"resultDesc\":null}"},
        {"result-string", "{\"resultCode\":\"0100000\",\"resultDesc\":\"Success\"}"},
        {"duplicate-keys", "{\"resultCode\":\"0100001\",\"retcode\":\"100-007\","
                           "\"resultCode\":\"0100000\",\"resultDesc\":[]}"},
        {"gbk", "{\"description\":\"\xb3\xc9\xb9\xa6\",\"resultCode\":\"0100000\","
                "\"resultDesc\":[]}"},
        {"nan", "{\"resultCode\":\"0100000\",\"resultDesc\":[]}"},
        {"sentinels", "{\"resultCode\":\"0100000\",\"resultDesc\":[]}"},
        {"bad-utf8", "{\"description\":\"\xe4\xb8\xff\",\"resultCode\":\"0100000\","
                     "\"resultDesc\":[]}"},
        {"huge=2", "{  \"resultCode\":\"0100000\",\"resultDesc\":[]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct centre *centre = staffed_centre();
        struct buf problem = {0};
        assert_true(faults_add(centre_faults(centre), cases[i].spec, &problem));
        assert_string_equal(agents_of(centre, 21, 0), cases[i].body);
        centre_delete(centre);
    }
}

static void
faults_change_types(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre();
    struct faults *faults = centre_faults(centre);
    struct buf problem = {0};
    assert_true(faults_add(faults, "strings", &problem));
    const char *body = agents_of(centre, 1, 0);
    assert_non_null(
        strstr(body, "{\"workNo\":\"101\",\"name\":\"Ayla\",\"status\":\""));
    faults_clear(faults);
    assert_true(faults_add(faults, "numbers", &problem));
    body = agents_of(centre, 1, 0);
    assert_non_null(strstr(body, "\"phoneNumber\":700101,"));
    assert_non_null(strstr(body, "{\"resultCode\":\"0100000\","));
    faults_clear(faults);
    assert_true(faults_add(faults, "nan", &problem));
    assert_non_null(
        strstr(agents_of(centre, 1, 0), "{\"workNo\":NaN,\"name\":\"Ayla\","));
    faults_clear(faults);
    assert_true(faults_add(faults, "overflow", &problem));
    assert_non_null(
        strstr(agents_of(centre, 1, 0), "{\"workNo\":1e400,\"name\":\"Ayla\","));
    faults_clear(faults);
    assert_true(faults_add(faults, "hex", &problem));
    assert_non_null(
        strstr(agents_of(centre, 1, 0), "{\"workNo\":0x1f,\"name\":\"Ayla\","));
    faults_clear(faults);
    assert_true(faults_add(faults, "deep", &problem));
    assert_int_equal(count(agents_of(centre, 21, 0), "["), 10001);
    centre_delete(centre);
}

/* Only where the documents have such a value; the rest of the row stays. */
static void
faults_change_the_values_of_some_keys(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre();
    struct faults *faults = centre_faults(centre);
    struct buf problem = {0};
    assert_true(faults_add(faults, "sentinels", &problem));
    const char *body = agents_of(centre, 1, 0);
    assert_non_null(strstr(body, "{\"workNo\":101,\"name\":\"Ayla\",\"status\":"));
    assert_non_null(strstr(body, "\"currentStateTime\":4294967295,"
                                 "\"loginDate\":4294967295000}"));
    faults_clear(faults);
    assert_true(faults_add(faults, "unknown-codes", &problem));
    body = agents_of(centre, 1, 0);
    assert_non_null(strstr(body, "\"status\":99,\"ctiStatus\":99,\"groupId\":"));
    centre_delete(centre);
}

static void
a_bomb_is_small(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre();
    struct centre_reply reply;
    struct buf problem = {0};
    assert_true(faults_add(centre_faults(centre), "gzip=256MB", &problem));
    ask(centre, &(struct question){0}, &reply);
    assert_string_equal(reply.header, "Content-Encoding");
    assert_string_equal(reply.header_value, "gzip");
    assert_memory_equal(reply.body->data, "\x1f\x8b\x08", 3);
    assert_in_range(reply.body->size, 1 << 20, 2 << 20);
    centre_delete(centre);
}

/* A signature is good for a quarter of an hour where the clock matters. */
static void
a_clock_may_be_off(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *date;
        int status;
    } cases[] = {
        {"skew=20m", "Fri, 15 Jan 2027 08:20:00 GMT", 401},
        {"skew=-20m", "Fri, 15 Jan 2027 07:40:00 GMT", 401},
        {"skew=10m", "Fri, 15 Jan 2027 08:10:00 GMT", 200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct centre *centre = staffed_centre();
        struct centre_reply reply;
        struct buf problem = {0};
        assert_true(faults_add(centre_faults(centre), cases[i].spec, &problem));
        ask(centre, &(struct question){0}, &reply);
        assert_int_equal(reply.status, cases[i].status);
        assert_int_equal(reply.refusal != NULL, cases[i].status == 401);
        assert_string_equal(reply.header, "Date");
        assert_string_equal(reply.header_value, cases[i].date);
        centre_delete(centre);
    }
}

static void
faults_add_headers(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre();
    struct centre_reply reply;
    struct buf problem = {0};
    assert_true(faults_add(centre_faults(centre), "redirect:count=1", &problem));
    assert_true(faults_add(centre_faults(centre), "wrong-length:first=2", &problem));
    ask(centre, &(struct question){0}, &reply);
    assert_int_equal(reply.status, 302);
    assert_string_equal(reply.header, "Location");
    assert_non_null(strstr(reply.header_value, "169.254.169.254"));
    ask(centre, &(struct question){0}, &reply);
    assert_string_equal(reply.header, "Content-Length");
    assert_int_equal(strtoll(reply.header_value, NULL, 10), reply.body->size / 2);
    assert_null(reply.retry_after);
    faults_clear(centre_faults(centre));
    assert_true(
        faults_add(centre_faults(centre), "status=429:retry-after=1e9", &problem));
    ask(centre, &(struct question){0}, &reply);
    assert_int_equal(reply.status, 429);
    assert_string_equal(reply.retry_after, "1e9");
    centre_delete(centre);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_have_the_shape_of_the_samples),
        cmocka_unit_test(answers_agree),
        cmocka_unit_test(strangers_have_nothing),
        cmocka_unit_test(operations_are_recorded_when_they_end),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(requests_are_checked),
        cmocka_unit_test(faults_spoil_bodies),
        cmocka_unit_test(faults_change_types),
        cmocka_unit_test(faults_change_the_values_of_some_keys),
        cmocka_unit_test(a_bomb_is_small),
        cmocka_unit_test(a_clock_may_be_off),
        cmocka_unit_test(faults_add_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
