/* The simulated contact centre without a network: what it answers, what it accepts,
 * what goes wrong when it is told so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/schema.h"
#include "sim/centre.h"
#include "scene.h"
#include "sim/wave.h"
#include "asking.h"

/* ---- answers ---- */

static void
answers_have_the_shape_of_the_sample(void **state)
{
    (void)state;
    struct centre *centre = centre_new(NULL, &usual);
    struct centre_reply reply;
    ask(centre, &(struct question){0}, &reply);
    assert_int_equal(reply.status, 200);
    assert_null(reply.refusal);
    assert_shape(reply.body->data, "tests/fixtures/stateinfo.response.json");
    centre_delete(centre);
}

static int64_t
value_of(const struct block *block, size_t row, const char *field)
{
    return block_row(block, row)[1 + query_field(&query_queues, field)];
}

/* The gateway's own decoder reads what the centre means. */
static void
answers_mean_what_the_queues_do(void **state)
{
    (void)state;
    struct centre *centre = centre_new(NULL, &usual);
    struct centre_reply reply;
    struct block block;
    struct error error;
    const struct wave wave = {.seed = 1, .period_ms = PERIOD, .shape = &scene.shape};
    block_init(&block, &query_queues);
    for (int64_t at = 0; at < PERIOD; at += 60000) {
        int64_t v[WAVE_VALUES];
        ask(centre, &(struct question){.at_ms = at}, &reply);
        assert_true(answer_decode(&query_queues, reply.body->data, reply.body->size,
                                  &block, &error));
        assert_int_equal(block.row_count, 2);
        wave_at(&wave, 2, at, v);
        assert_int_equal(value_of(&block, 1, "id"), 2);
        assert_int_equal(value_of(&block, 1, "calls_waiting"), v[WAVE_WAITING]);
        assert_int_equal(value_of(&block, 1, "longest_wait_5m"), v[WAVE_LONGEST_WAIT]);
        assert_int_equal(value_of(&block, 1, "agents_after_call"), v[WAVE_AFTER_CALL]);
        assert_int_equal(value_of(&block, 1, "answered_20s_5m"), v[WAVE_ANSWERED_20S]);
    }
    block_fini(&block);
    centre_delete(centre);
}

static void
speed_multiplies_time(void **state)
{
    (void)state;
    struct centre_options fast = usual;
    fast.speed = 30;
    struct centre *slow_centre = centre_new(NULL, &usual);
    struct centre *fast_centre = centre_new(NULL, &fast);
    struct centre_reply slow, quick;
    ask(slow_centre, &(struct question){.at_ms = 300000}, &slow);
    ask(fast_centre, &(struct question){.at_ms = 10000}, &quick);
    assert_string_equal(slow.body->data, quick.body->data);
    ask(fast_centre, &(struct question){.at_ms = 300000}, &quick);
    assert_string_not_equal(slow.body->data, quick.body->data);
    centre_delete(slow_centre);
    centre_delete(fast_centre);
}

/* ---- strictness ---- */

static const struct {
    const char *name;
    unsigned forms;
    struct question question;
    int status;
    const char *refusal;
} signatures[] = {
    {"three headers", 0, {0}, 200, NULL},
    {"host only", 0, {.host_only = true}, 200, NULL},
    {"millis", 0, {.millis = true}, 200, NULL},
    {"empty line", 0, {.empty_line = true}, 200, NULL},
    {"all at once",
     0,
     {.host_only = true, .millis = true, .empty_line = true},
     200,
     NULL},
    {"spelt with a space", 0, {.type = "application/json; charset=UTF-8"}, 200, NULL},
    {"none", 0, {.unsigned_request = true}, 401, "no Authorization header"},
    {"wrong secret", 0, {.secret_key = "0"}, 401, "wrong signature"},
    {"wrong key", 0, {.access_key = "other"}, 401, "unknown access key"},
    {"key with a slash",
     0,
     {.access_key = "a/b"},
     401,
     "the Authorization header does not have five parts"},
    {"only all headers",
     FORM_ALL_HEADERS,
     {.host_only = true},
     401,
     "this list of signed headers is not accepted"},
    {"only host",
     FORM_HOST_ONLY,
     {0},
     401,
     "this list of signed headers is not accepted"},
    {"only seconds",
     FORM_SECONDS,
     {.millis = true},
     401,
     "this form of the time is not accepted"},
    {"only millis", FORM_MILLIS, {0}, 401, "this form of the time is not accepted"},
    {"only no line", FORM_NO_LINE, {.empty_line = true}, 401, "wrong signature"},
    {"only empty line", FORM_EMPTY_LINE, {0}, 401, "wrong signature"},
    {"as asked for",
     FORM_EMPTY_LINE | FORM_MILLIS,
     {.millis = true, .empty_line = true},
     200,
     NULL},
    {"a form of another pair",
     FORM_MILLIS | FORM_SECONDS,
     {.host_only = true},
     200,
     NULL},
    {"another path",
     0,
     {.path = "/rest/cmsapp/v1/openapi/skill/x"},
     404,
     "no such interface"},
    {"another method", 0, {.method = "GET"}, 405, "not a POST"},
    {"another type",
     0,
     {.type = "application/json"},
     415,
     "the content type is not application/json; charset=UTF-8"},
};

static void
signatures_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        struct centre_options options = usual;
        struct centre_reply reply;
        options.signature.forms = signatures[i].forms;
        struct centre *centre = centre_new(NULL, &options);
        ask(centre, &signatures[i].question, &reply);
        if (reply.status != signatures[i].status)
            fail_msg("%s: %d, %s", signatures[i].name, reply.status,
                     reply.refusal ? reply.refusal : "accepted");
        if (signatures[i].refusal)
            assert_string_equal(reply.refusal, signatures[i].refusal);
        else
            assert_null(reply.refusal);
        assert_int_equal(centre_requests(centre), 1);
        assert_int_equal(centre_refused(centre), reply.refusal != NULL);
        centre_delete(centre);
    }
}

/* A signature belongs to one body. */
static void
changed_bodies_are_refused(void **state)
{
    (void)state;
    struct centre *centre = centre_new(NULL, &usual);
    struct centre_reply reply;
    struct buf authorization = {0};
    const struct sign_options options = {
        .access_key = usual.signature.access_key,
        .secret_key = usual.signature.secret_key,
    };
    const struct sign_message message = {.method = "POST",
                                         .path = PATH,
                                         .host = "h",
                                         .content_type = TYPE,
                                         .body = BODY,
                                         .body_size = strlen(BODY)};
    sign_request(&options, &message, START_MS, &authorization);
    char body[] = BODY;
    body[strlen(body) - 4] = '3';
    struct centre_request request = {.method = "POST",
                                     .path = PATH,
                                     .host = "h",
                                     .content_type = TYPE,
                                     .authorization = authorization.data,
                                     .body = BODY,
                                     .body_size = strlen(BODY)};
    centre_answer(centre, &request, START_MS, &reply);
    assert_int_equal(reply.status, 200);
    request.body = body;
    centre_answer(centre, &request, START_MS, &reply);
    assert_int_equal(reply.status, 401);
    assert_non_null(strstr(reply.body->data,
                           "\"status\":401,\"error\":\"Unauthorized\","
                           "\"message\":\"No message available\","
                           "\"path\":\"" PATH "\"}"));
    buf_fini(&authorization);
    centre_delete(centre);
}

/* A mistake in the parameters is an answer of the interface, not of HTTP. */
static void
parameters_are_checked(void **state)
{
    (void)state;
    struct centre *centre = centre_new(NULL, &usual);
    struct centre_reply reply;
    ask(centre,
        &(struct question){
            .body = "{\"queryParam\":{\"ccId\":0,\"vdn\":1,\"skillIds\":[1]}}"},
        &reply);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body->data,
                        "{\"resultCode\":\"0100002\",\"resultDesc\":"
                        "\"Invalid parameter: ccId must be 1 to 65535\"}");
    assert_string_equal(reply.refusal, "ccId must be 1 to 65535");
    assert_int_equal(centre_refused(centre), 1);
    centre_delete(centre);
}

static size_t
rows_of(const struct centre_reply *reply)
{
    size_t rows = 0;
    const char *at = strstr(reply->body->data, "\"resultDesc\"");
    while (at && (at = strstr(at, "\"skillId\"")) != NULL)
        rows++, at++;
    return rows;
}

static void
unknown_queues_are_absent(void **state)
{
    (void)state;
    struct centre *centre = centre_new(NULL, &usual);
    struct centre_reply reply;
    ask(centre,
        &(struct question){
            .body =
                "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[20,21,20,3]}}"},
        &reply);
    assert_int_equal(rows_of(&reply), 2);
    assert_null(strstr(reply.body->data, "\"skillId\":21"));
    ask(centre,
        &(struct question){
            .body = "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[10000]}}"},
        &reply);
    assert_string_equal(reply.body->data,
                        "{\"result\":\"0\",\"resultCode\":\"0100000\","
                        "\"resultDatas\":[],\"resultDesc\":[]}");
    centre_delete(centre);
}

/* ---- faults ---- */

static void
faults_change_the_answer(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        int status;
        enum fault_kind fault;
        int64_t delay_ms;
        const char *text;
    } cases[] = {
        {"status=503", 503, FAULT_STATUS, 0, "\"error\":\"Service Unavailable\""},
        {"api=0100001", 200, FAULT_API, 0,
         "{\"resultCode\":\"0100001\",\"resultDesc\":"},
        {"truncate", 200, FAULT_TRUNCATE, 0, "\"resultCode\":\"0100000\""},
        {"html", 200, FAULT_HTML, 0, "<html>"},
        {"reset", 200, FAULT_RESET, 0, "\"resultCode\":\"0100000\""},
        {"slow=1m30s", 200, FAULT_NONE, 90000, "\"resultCode\":\"0100000\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct centre *centre = centre_new(NULL, &usual);
        struct buf problem = {0};
        struct centre_reply reply;
        assert_true(faults_add(centre_faults(centre), cases[i].spec, &problem));
        ask(centre, &(struct question){.unsigned_request = true}, &reply);
        assert_int_equal(reply.status, 401);
        ask(centre, &(struct question){0}, &reply);
        assert_int_equal(reply.status, cases[i].status);
        assert_int_equal(reply.fault, cases[i].fault);
        assert_int_equal(reply.delay_ms, cases[i].delay_ms);
        assert_non_null(strstr(reply.body->data, cases[i].text));
        assert_null(reply.refusal);
        centre_delete(centre);
    }
}

/* ---- control ---- */

static int
tell(struct centre *centre, const char *method, const char *path, const char *query,
     struct centre_reply *reply)
{
    const struct centre_request request = {
        .method = method, .path = path, .query = query};
    centre_answer(centre, &request, START_MS, reply);
    return reply->status;
}

static void
queues_can_be_pinned(void **state)
{
    (void)state;
    struct centre *centre = centre_new(NULL, &usual);
    struct centre_reply reply;
    ask(centre, &(struct question){0}, &reply);
    char *before = mem_text(reply.body->data);
    assert_int_equal(tell(centre, "PUT", "/-/queue/2",
                          "callWaitNums=999&maxCallWaitTimesIn5=-130", &reply),
                     200);
    ask(centre, &(struct question){0}, &reply);
    assert_non_null(strstr(reply.body->data, "\"callWaitNums\":999,"));
    assert_non_null(strstr(reply.body->data, "\"maxCallWaitTimesIn5\":-130,"));
    assert_int_equal(tell(centre, "PUT", "/-/queue/1", "gone", &reply), 200);
    ask(centre, &(struct question){0}, &reply);
    assert_int_equal(rows_of(&reply), 1);
    assert_null(strstr(reply.body->data, "\"skillId\":1,"));
    assert_int_equal(tell(centre, "DELETE", "/-/queue/1", NULL, &reply), 200);
    assert_int_equal(tell(centre, "DELETE", "/-/queue/2", NULL, &reply), 200);
    ask(centre, &(struct question){0}, &reply);
    assert_string_equal(reply.body->data, before);
    free(before);
    centre_delete(centre);
}

static void
faults_can_be_told(void **state)
{
    (void)state;
    struct centre *centre = centre_new(NULL, &usual);
    struct centre_reply reply;
    assert_int_equal(
        tell(centre, "PUT", "/-/fault", "spec=status%3d503%3Acount=9", &reply), 200);
    ask(centre, &(struct question){0}, &reply);
    assert_int_equal(reply.status, 503);
    assert_int_equal(tell(centre, "DELETE", "/-/fault", NULL, &reply), 200);
    ask(centre, &(struct question){0}, &reply);
    assert_int_equal(reply.status, 200);
    ask(centre, &(struct question){.unsigned_request = true}, &reply);
    assert_int_equal(tell(centre, "GET", "/-/count", NULL, &reply), 200);
    assert_string_equal(reply.body->data,
                        "{\"requests\":3,\"refused\":1,\"connections\":0,"
                        "\"calls\":{\"skill/stateinfo\":3}}");
    centre_delete(centre);
}

static void
wrong_orders_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *query;
        int status;
        const char *text;
    } cases[] = {
        {"GET", "/-/counts", NULL, 404, "{\"error\":\"no such path\"}"},
        {"POST", "/-/count", NULL, 404, "{\"error\":\"no such path\"}"},
        {"PUT", "/-/queue/0", "callWaitNums=1", 400, "{\"error\":\"no such queue\"}"},
        {"PUT", "/-/queue/21", "callWaitNums=1", 400, "{\"error\":\"no such queue\"}"},
        {"PUT", "/-/queue/", "callWaitNums=1", 400, "{\"error\":\"no such queue\"}"},
        {"DELETE", "/-/queue/x", NULL, 400, "{\"error\":\"no such queue\"}"},
        {"PUT", "/-/queue/2", "callWaitNum=1", 400,
         "{\"error\":\"no key 'callWaitNum' (did you mean 'callWaitNums'?)\"}"},
        {"PUT", "/-/queue/2", "callWaitNums=many", 400,
         "{\"error\":\"'callWaitNums' needs KEY=NUMBER, or gone\"}"},
        {"PUT", "/-/queue/2", NULL, 400,
         "{\"error\":\"'' needs KEY=NUMBER, or gone\"}"},
        {"PUT", "/-/fault", "spec=slow", 400,
         "{\"error\":\"slow needs a duration such as 2s\"}"},
        {"PUT", "/-/fault", NULL, 400,
         "{\"error\":\"PUT /-/fault?spec=KIND[=VALUE][:first=N][:count=N][:id=N]\"}"},
    };
    struct centre *centre = centre_new(NULL, &usual);
    struct centre_reply reply;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            tell(centre, cases[i].method, cases[i].path, cases[i].query, &reply),
            cases[i].status);
        assert_string_equal(reply.body->data, cases[i].text);
    }
    assert_int_equal(centre_requests(centre), 0);
    centre_delete(centre);
}

/* Where the world can reach it nobody tells it anything. */
static void
control_can_be_off(void **state)
{
    (void)state;
    struct centre_options options = usual;
    options.control = false;
    struct centre *centre = centre_new(NULL, &options);
    struct centre_reply reply;
    assert_int_equal(tell(centre, "GET", "/-/count", NULL, &reply), 404);
    assert_int_equal(tell(centre, "PUT", "/-/queue/1", "gone", &reply), 404);
    centre_delete(centre);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_have_the_shape_of_the_sample),
        cmocka_unit_test(answers_mean_what_the_queues_do),
        cmocka_unit_test(speed_multiplies_time),
        cmocka_unit_test(signatures_are_checked),
        cmocka_unit_test(changed_bodies_are_refused),
        cmocka_unit_test(parameters_are_checked),
        cmocka_unit_test(unknown_queues_are_absent),
        cmocka_unit_test(faults_change_the_answer),
        cmocka_unit_test(queues_can_be_pinned),
        cmocka_unit_test(faults_can_be_told),
        cmocka_unit_test(wrong_orders_are_refused),
        cmocka_unit_test(control_can_be_off),
    };
    return cmocka_run_group_tests(tests, read_scene, NULL);
}
