/* The simulated agent gateway: signing in, GUIDs, events, the query about one agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "asking.h"

#define RESOURCE "/agentgateway/resource/"
#define ONLINE   RESOURCE "onlineagent/1099"
#define EVENTS   RESOURCE "agentevent/1099"
#define AGENT    RESOURCE "agentgroup/1099/agentbyworkno/"
#define SIGN_IN                                                                        \
    "{\"password\":\"secret\",\"phonenum\":\"70942\",\"autoanswer\":\"true\","         \
    "\"autoenteridle\":false,\"releasephone\":true,\"agenttype\":4,\"status\":\"3\","  \
    "\"ip\":\"127.0.0.1\"}"

static struct centre *
staffed_centre(const char *fault)
{
    struct centre_options options = usual;
    struct buf problem = {0};
    options.agents = 40;
    struct centre *centre = centre_new(NULL, &options);
    if (fault)
        assert_true(faults_add(centre_faults(centre), fault, &problem));
    return centre;
}

static void
call(struct centre *centre, const char *method, const char *path, const char *guid,
     const char *body, int64_t at_s, struct centre_reply *reply)
{
    ask(centre,
        &(struct question){.method = method,
                           .path = path,
                           .guid = guid,
                           .body = body,
                           .unsigned_request = true,
                           .at_ms = at_s * 1000},
        reply);
}

static void
assert_retcode(const struct centre_reply *reply, const char *retcode)
{
    char expected[64];
    snprintf(expected, sizeof expected, "\"retcode\":\"%s\"", retcode);
    assert_int_equal(reply->status, 200);
    if (!strstr(reply->body->data, expected))
        fail_msg("no %s: %s", retcode, reply->body->data);
    assert_int_equal(reply->refusal != NULL, strcmp(retcode, "0") != 0);
}

/* Copies the GUID out of the header of an answer. */
static void
take_guid(const struct centre_reply *reply, char *guid)
{
    static const char before[] = "JSESSIONID=";
    assert_non_null(reply->header);
    assert_string_equal(reply->header, "Set-GUID");
    assert_memory_equal(reply->header_value, before, strlen(before));
    strncpy(guid, reply->header_value + strlen(before), SESSION_GUID_SIZE - 1);
    assert_non_null(strstr(guid, ".AgentGateway0"));
}

static void
sign_in(struct centre *centre, const char *suffix, int64_t at_s, char *guid)
{
    struct centre_reply reply;
    char path[128];
    snprintf(path, sizeof path, "%s%s", ONLINE, suffix);
    call(centre, "PUT", path, NULL, SIGN_IN, at_s, &reply);
    assert_retcode(&reply, "0");
    assert_true(reply.has_news);
    take_guid(&reply, guid);
}

static void
expect_event(struct centre *centre, const char *guid, int64_t at_s, const char *type)
{
    struct centre_reply reply;
    call(centre, "GET", EVENTS, guid, "", at_s, &reply);
    assert_retcode(&reply, "0");
    assert_int_equal(reply.waits, type == NULL);
    assert_int_equal(reply.delay_ms, type ? 0 : 10000);
    if (type)
        assert_non_null(strstr(reply.body->data, type));
    else
        assert_string_equal(reply.body->data, "{\"message\":\"\",\"retcode\":\"0\"}");
}

static void
signing_in_and_out(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre(NULL);
    struct centre_reply reply;
    char guid[SESSION_GUID_SIZE] = "", other[SESSION_GUID_SIZE] = "";
    call(centre, "GET", EVENTS, NULL, "", 0, &reply);
    assert_retcode(&reply, "100-006");
    sign_in(centre, "", 1, guid);
    call(centre, "PUT", ONLINE, NULL, SIGN_IN, 2, &reply);
    assert_retcode(&reply, "100-002");
    assert_string_equal(
        reply.body->data,
        "{\"message\":\"the agent has signed in already\",\"result\":\"\","
        "\"retcode\":\"100-002\"}");
    sign_in(centre, "/forcelogin", 3, other);
    assert_string_not_equal(guid, other);
    call(centre, "GET", EVENTS, guid, "", 4, &reply);
    assert_retcode(&reply, "000-003");
    call(centre, "DELETE", ONLINE "/logout", guid, "", 5, &reply);
    assert_retcode(&reply, "000-003");
    call(centre, "DELETE", ONLINE "/logout", other, "", 5, &reply);
    assert_retcode(&reply, "0");
    call(centre, "GET", EVENTS, other, "", 6, &reply);
    assert_retcode(&reply, "100-006");
    assert_int_equal(centre_requests(centre), 8);
    assert_int_equal(centre_refused(centre), 5);
    centre_delete(centre);
}

static void
sign_ins_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body, *retcode;
    } cases[] = {
        {ONLINE, "{\"password\":\"wrong\"}", "100-004"},
        {ONLINE, "{\"phonenum\":\"1\"}", "100-001"},
        {ONLINE, "", "100-001"},
        {ONLINE, "{\"password\":\"secret\",\"status\":6}", "100-001"},
        {ONLINE, "{\"password\":\"secret\",\"autoanswer\":\"yes\"}", "100-001"},
        {ONLINE, "{\"password\":\"secret\",\"agenttype\":true}", "100-001"},
        {ONLINE, "{\"password\":\"secret\",\"Status\":3}", "100-001"},
        {RESOURCE "onlineagent/100", SIGN_IN, "000-002"},
        {RESOURCE "onlineagent/1000000", SIGN_IN, "000-002"},
        {RESOURCE "onlineagent/me", SIGN_IN, "000-002"},
        {ONLINE, "{\"password\":\"secret\"}", "0"},
    };
    struct centre *centre = staffed_centre(NULL);
    struct centre_reply reply;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        call(centre, "PUT", cases[i].path, NULL, cases[i].body, 0, &reply);
        assert_retcode(&reply, cases[i].retcode);
    }
    call(centre, "POST", ONLINE, NULL, SIGN_IN, 0, &reply);
    assert_int_equal(reply.status, 405);
    call(centre, "PUT", ONLINE "/loginx", NULL, SIGN_IN, 0, &reply);
    assert_int_equal(reply.status, 404);
    centre_delete(centre);
}

/* Who works cannot sign in a second time. */
static void
agents_of_the_floor_are_signed_in(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre(NULL);
    struct centre_reply reply;
    int refused = 0;
    for (int id = 101; id <= 140; id++) {
        char path[128];
        snprintf(path, sizeof path, "%sonlineagent/%d", RESOURCE, id);
        call(centre, "PUT", path, NULL, SIGN_IN, 0, &reply);
        refused += strstr(reply.body->data, "100-002") != NULL;
    }
    assert_in_range(refused, 30, 40);
    centre_delete(centre);
}

static void
events_come_one_by_one(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre(NULL);
    char guid[SESSION_GUID_SIZE] = "";
    sign_in(centre, "", 0, guid);
    expect_event(
        centre, guid, 1,
        "\"event\":{\"eventType\":\"AgentOther_InService\",\"workNo\":\"1099\","
        "\"content\":null}");
    expect_event(centre, guid, 1, "AgentState_Ready");
    expect_event(centre, guid, 1, "AgentState_SetNotReady_Success");
    expect_event(centre, guid, 2, NULL);
    centre_delete(centre);
}

/* A GUID is renewed each minute, and two are good for about another. */
static void
guids_are_renewed_and_overlap(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre(NULL);
    struct centre_reply reply;
    char guids[3][SESSION_GUID_SIZE] = {"", "", ""};
    sign_in(centre, "", 0, guids[0]);
    call(centre, "GET", EVENTS, guids[0], "", 59, &reply);
    assert_null(reply.header);
    call(centre, "GET", EVENTS, guids[0], "", 60, &reply);
    take_guid(&reply, guids[1]);
    assert_string_not_equal(guids[0], guids[1]);
    call(centre, "GET", EVENTS, guids[0], "", 100, &reply);
    assert_retcode(&reply, "0");
    assert_null(reply.header);
    call(centre, "GET", EVENTS, guids[1], "", 121, &reply);
    take_guid(&reply, guids[2]);
    call(centre, "GET", EVENTS, guids[0], "", 122, &reply);
    assert_retcode(&reply, "000-003");
    call(centre, "GET", EVENTS, guids[1], "", 122, &reply);
    assert_retcode(&reply, "0");
    call(centre, "GET", EVENTS, guids[2], "", 122, &reply);
    assert_retcode(&reply, "0");
    centre_delete(centre);
}

/* An hour of asking every ten seconds: one GUID a minute, never a refusal. */
static void
an_hour_is_sixty_guids(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre(NULL);
    struct centre_reply reply;
    char guid[SESSION_GUID_SIZE] = "";
    int renewed = 0;
    sign_in(centre, "", 0, guid);
    for (int64_t at_s = 10; at_s <= 3600; at_s += 10) {
        call(centre, "GET", EVENTS, guid, "", at_s, &reply);
        assert_retcode(&reply, "0");
        if (!reply.header)
            continue;
        take_guid(&reply, guid);
        renewed++;
    }
    assert_int_equal(renewed, 60);
    centre_delete(centre);
}

static void
silence_signs_out(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre(NULL);
    struct centre_reply reply;
    char guid[SESSION_GUID_SIZE] = "";
    sign_in(centre, "", 0, guid);
    call(centre, "GET", EVENTS, guid, "", 121, &reply);
    assert_retcode(&reply, "100-006");
    sign_in(centre, "", 122, guid);
    centre_delete(centre);
}

/* A heartbeat keeps the session as asking for events does, and brings GUIDs. */
static void
heartbeats_keep_the_session(void **state)
{
    (void)state;
    static const char *const beats[][2] = {{"POST", ONLINE "/handshake"},
                                           {"PUT", ONLINE "/heartbeat"}};
    for (int i = 0; i < 2; i++) {
        struct centre *centre = staffed_centre(NULL);
        struct centre_reply reply;
        char guid[SESSION_GUID_SIZE] = "";
        sign_in(centre, "", 0, guid);
        for (int64_t at_s = 100; at_s <= 300; at_s += 100) {
            call(centre, beats[i][0], beats[i][1], guid, "", at_s, &reply);
            assert_retcode(&reply, "0");
            take_guid(&reply, guid);
        }
        centre_delete(centre);
    }
}

static void
guids_can_be_asked_for(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre(NULL);
    struct centre_reply reply;
    char guid[SESSION_GUID_SIZE] = "", other[SESSION_GUID_SIZE] = "";
    sign_in(centre, "", 0, guid);
    call(centre, "PUT", ONLINE "/updateGuid", "no-guid", "", 1, &reply);
    assert_retcode(&reply, "000-003");
    call(centre, "PUT", ONLINE "/updateGuid", guid, "", 1, &reply);
    assert_retcode(&reply, "0");
    assert_int_equal(
        sscanf(strstr(reply.body->data, "\"guid\""), "\"guid\":\"%63[^\"]", other), 1);
    assert_string_not_equal(guid, other);
    call(centre, "GET", EVENTS, guid, "", 2, &reply);
    assert_retcode(&reply, "0");
    call(centre, "POST", ONLINE "/resetskill/true", other, "", 2, &reply);
    assert_retcode(&reply, "0");
    call(centre, "DELETE", ONLINE "/forcelogout", other, "", 2, &reply);
    assert_retcode(&reply, "0");
    call(centre, "GET", EVENTS, other, "", 2, &reply);
    assert_retcode(&reply, "100-006");
    centre_delete(centre);
}

static void
the_life_of_a_guid_can_be_set(void **state)
{
    (void)state;
    struct centre_options options = usual;
    struct centre_reply reply;
    options.guid_interval_ms = 2000;
    options.guid_timeout_ms = 4000;
    struct centre *centre = centre_new(NULL, &options);
    char guid[SESSION_GUID_SIZE] = "", other[SESSION_GUID_SIZE] = "";
    sign_in(centre, "", 0, guid);
    call(centre, "GET", EVENTS, guid, "", 1, &reply);
    assert_null(reply.header);
    call(centre, "GET", EVENTS, guid, "", 2, &reply);
    take_guid(&reply, other);
    call(centre, "GET", EVENTS, guid, "", 4, &reply);
    assert_retcode(&reply, "0");
    call(centre, "GET", EVENTS, guid, "", 5, &reply);
    assert_retcode(&reply, "000-003");
    centre_delete(centre);
}

static void
calls_are_counted_by_name(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre(NULL);
    struct centre_reply reply;
    char guid[SESSION_GUID_SIZE] = "";
    sign_in(centre, "", 0, guid);
    expect_event(centre, guid, 1, "AgentOther_InService");
    expect_event(centre, guid, 1, "AgentState_Ready");
    call(centre, "DELETE", ONLINE "/logout", guid, "", 1, &reply);
    call(centre, "GET", "/-/count", NULL, "", 1, &reply);
    assert_non_null(strstr(reply.body->data,
                           "\"calls\":{\"sign-in\":1,\"event\":2,\"sign-out\":1}}"));
    centre_delete(centre);
}

static void
the_header_has_two_names(void **state)
{
    (void)state;
    struct centre_options options = usual;
    struct centre_reply reply;
    options.guid_header = true;
    struct centre *centre = centre_new(NULL, &options);
    call(centre, "PUT", ONLINE, NULL, SIGN_IN, 0, &reply);
    assert_string_equal(reply.header, "Guid");
    assert_null(strchr(reply.header_value, '='));
    char guid[sizeof reply.header_value];
    memcpy(guid, reply.header_value, sizeof guid);
    call(centre, "GET", EVENTS, guid, "", 0, &reply);
    assert_retcode(&reply, "0");
    centre_delete(centre);
}

/* ---- the query ---- */

static void
agents_can_be_asked_about(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre(NULL);
    struct centre_reply reply;
    char guid[SESSION_GUID_SIZE] = "";
    call(centre, "GET", AGENT "101", NULL, "", 0, &reply);
    assert_retcode(&reply, "100-006");
    sign_in(centre, "", 0, guid);
    call(centre, "GET", AGENT "101", "no-guid", "", 0, &reply);
    assert_retcode(&reply, "000-003");
    int in = 0;
    for (int id = 101; id <= 140; id++) {
        char path[128];
        snprintf(path, sizeof path, "%s%d", AGENT, id);
        call(centre, "GET", path, guid, "", 0, &reply);
        assert_retcode(&reply, "0");
        if (strstr(reply.body->data, "\"phonenumber\":null")) {
            assert_non_null(strstr(reply.body->data, "\"status\":\"2\""));
            assert_non_null(strstr(reply.body->data, "\"logindate\":4294967295000,"));
            continue;
        }
        assert_shape(reply.body->data, "tests/fixtures/agentbyworkno.response.json");
        in++;
    }
    assert_in_range(in, 30, 40);
    call(centre, "GET", AGENT "1099", guid, "", 5, &reply);
    assert_non_null(strstr(reply.body->data, "\"status\":\"3\",\"ctiStatus\":\"7\""));
    assert_non_null(strstr(reply.body->data, "\"currentstatetime\":5,"));
    call(centre, "GET", AGENT "141", guid, "", 5, &reply);
    assert_retcode(&reply, "300-002");
    centre_delete(centre);
}

/* ---- faults ---- */

static void
sessions_can_be_lost(void **state)
{
    (void)state;
    static const struct {
        const char *fault, *retcode, *again;
    } cases[] = {
        {"expired-guid:on=agentbyworkno:count=1", "000-003", "100-002"},
        {"stolen-session:on=agentbyworkno:count=1", "100-006", "100-002"},
        {"api=100-007:on=agentbyworkno:count=1", "100-007", "100-002"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct centre *centre = staffed_centre(cases[i].fault);
        struct centre_reply reply;
        char guid[SESSION_GUID_SIZE] = "";
        sign_in(centre, "", 0, guid);
        call(centre, "GET", AGENT "101", guid, "", 1, &reply);
        assert_non_null(strstr(reply.body->data, cases[i].retcode));
        call(centre, "PUT", ONLINE, NULL, SIGN_IN, 2, &reply);
        assert_retcode(&reply, cases[i].again);
        sign_in(centre, "/forcelogin", 3, guid);
        call(centre, "GET", AGENT "101", guid, "", 4, &reply);
        assert_retcode(&reply, "0");
        centre_delete(centre);
    }
}

static void
the_system_can_sign_out(void **state)
{
    (void)state;
    struct centre *centre = staffed_centre("signed-out:on=agentevent:first=2:count=1");
    struct centre_reply reply;
    char guid[SESSION_GUID_SIZE] = "";
    sign_in(centre, "", 0, guid);
    expect_event(centre, guid, 1, "AgentOther_InService");
    expect_event(centre, guid, 2, "AgentOther_ShutdownService");
    call(centre, "GET", EVENTS, guid, "", 3, &reply);
    assert_retcode(&reply, "100-006");
    centre_delete(centre);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signing_in_and_out),
        cmocka_unit_test(sign_ins_are_checked),
        cmocka_unit_test(agents_of_the_floor_are_signed_in),
        cmocka_unit_test(events_come_one_by_one),
        cmocka_unit_test(guids_are_renewed_and_overlap),
        cmocka_unit_test(an_hour_is_sixty_guids),
        cmocka_unit_test(silence_signs_out),
        cmocka_unit_test(heartbeats_keep_the_session),
        cmocka_unit_test(guids_can_be_asked_for),
        cmocka_unit_test(the_life_of_a_guid_can_be_set),
        cmocka_unit_test(calls_are_counted_by_name),
        cmocka_unit_test(the_header_has_two_names),
        cmocka_unit_test(agents_can_be_asked_about),
        cmocka_unit_test(sessions_can_be_lost),
        cmocka_unit_test(the_system_can_sign_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
