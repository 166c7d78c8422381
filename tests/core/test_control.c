/* The control socket: what is said over it, and how a gateway answers. */
#include "polling.h"

#include <sys/stat.h>

#include "command/control_socket.h"
#include "command/control_wire.h"
#include "command/query_ask.h"

/* ---- the words ---- */

static void
a_question_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct {
        struct control_question question;
        const char *text;
    } samples[] = {
        {{&query_queues, (int64_t[]){7, -1}, 2, {0, 0, 0}},
         "{\"query\":\"queues\",\"ids\":[7,-1]}"},
        {{&query_agent_operations, (int64_t[]){101}, 1, {900, 1800, OPERATION_ANY}},
         "{\"query\":\"agent_operations\",\"ids\":[101],"
         "\"span\":{\"begin\":900,\"end\":1800}}"},
        {{&query_agent_operations, (int64_t[]){101}, 1, {0, 86400, 60}},
         "{\"query\":\"agent_operations\",\"ids\":[101],"
         "\"span\":{\"begin\":0,\"end\":86400,\"type\":60}}"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct control_question *written = &samples[i].question;
        struct control_question read;
        struct buf text = {0}, problem = {0};
        control_wire_ask(written, &text);
        assert_string_equal(text.data, samples[i].text);
        assert_true(control_wire_read(text.data, text.size, &read, &problem));
        assert_ptr_equal(read.query, written->query);
        assert_ids(read.ids, read.id_count, written->ids, written->id_count);
        if (read.query->has_span)
            assert_memory_equal(&read.span, &written->span, sizeof read.span);
        control_question_fini(&read);
        buf_fini(&text);
    }
}

static void
anything_else_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const char *const samples[][2] = {
        {"", "not JSON as it is expected, at byte 1: ends too early"},
        {"[]", "not JSON as it is expected, at byte 1: expected '{'"},
        {"{}", "which query? \"query\" names it"},
        {"{\"query\":\"queues\"}", "for whom? \"ids\" lists the numbers"},
        {"{\"query\":\"queues\",\"ids\":[]}", "for whom? \"ids\" lists the numbers"},
        {"{\"query\":\"queues\",\"ids\":[1.5]}", "not a whole number: 1.5"},
        {"{\"query\":\"queues\",\"ids\":[1],\"id\":2}", "unknown key: id"},
        {"{\"query\":\"queue\",\"ids\":[1]}", "no such query: queue"},
        {"{\"query\":\"agents\",\"ids\":[1,2]}", "more ids than one request takes"},
        {"{\"query\":\"queues\",\"ids\":[1]} x",
         "not JSON as it is expected, at byte 30"},
        {"{\"query\":\"queues\",\"ids\":[1],\"span\":{\"begin\":0,\"end\":900}}",
         "this query takes no \"span\""},
        {"{\"query\":\"agent_operations\",\"ids\":[101]}",
         "of which time? \"span\" says it"},
        {"{\"query\":\"agent_operations\",\"ids\":[101],\"span\":{}}",
         "a span is of whole quarters of an hour, at most a day"},
        {"{\"query\":\"agent_operations\",\"ids\":[101],\"span\":{\"begin\":1,\"end\":900}}",
         "a span is of whole quarters of an hour, at most a day"},
        {"{\"query\":\"agent_operations\",\"ids\":[101],"
         "\"span\":{\"begin\":0,\"end\":87300}}",
         "a span is of whole quarters of an hour, at most a day"},
        {"{\"query\":\"agent_operations\",\"ids\":[101],\"span\":{\"from\":0}}",
         "unknown key: from"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct control_question question;
        struct buf problem = {0};
        assert_false(control_wire_read(samples[i][0], strlen(samples[i][0]), &question,
                                       &problem));
        assert_memory_equal(problem.data, samples[i][1], strlen(samples[i][1]));
        control_question_fini(&question);
        buf_fini(&problem);
    }
}

static void
names_fit_into_paths(void **state)
{
    (void)state;
    struct buf path = {0};
    control_wire_path("İzmir-2_b.c", "ask", &path);
    assert_string_equal(path.data, "/api/v1/centers/%C4%B0zmir-2_b.c/ask");
    buf_clear(&path);
    control_wire_until(1785592800000, &path);
    assert_string_equal(path.data, "circuit open until 14:00 UTC");
    buf_fini(&path);
}

/* ---- a gateway and its caller ---- */

struct caller {
    struct polling *polling;
    struct control_socket *control;
    char *socket;
    size_t count;
    struct error error;
    long status;
    char body[4096], content_type[64];
    struct control_outcome outcome;
};

static void
on_reply(void *arg, const struct http_response *response)
{
    struct caller *caller = arg;
    caller->count++;
    caller->error = response->error;
    caller->status = response->status;
    snprintf(caller->body, sizeof caller->body, "%s", response->body);
    snprintf(caller->content_type, sizeof caller->content_type, "%s",
             response->content_type);
    control_wire_hear(response, &caller->outcome);
}

static void
start(struct caller *caller, const char *method, const char *path, const char *body)
{
    char *url = mem_format("http://ccgate%s", path);
    struct http_header header = {"Accept", "text/plain"};
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = &header,
                                   .header_count = body ? 0 : 1,
                                   .body = body,
                                   .body_size = body ? strlen(body) : 0,
                                   .unix_socket = caller->socket};
    http_start(caller->polling->pool, &request, on_reply, caller);
    free(url);
}

static void
call(struct caller *caller, const char *method, const char *path, const char *body)
{
    size_t before = caller->count;
    start(caller, method, path, body);
    polling_wait(caller->polling, &caller->count, before + 1);
    assert_string_equal(caller->error.message, "");
}

#define ASK   "/api/v1/centers/main/ask"
#define RETRY "/api/v1/centers/main/retry"

static int
set_up(void **state)
{
    struct caller *caller = mem_zero(sizeof *caller);
    struct polling *polling = caller->polling = polling_open();
    struct error error = {0};
    polling->planner = planner_new(polling->loop, polling->pool, &polling->conf);
    caller->socket = control_wire_socket(polling->dir);
    caller->control = control_socket_new(polling->loop, polling->planner,
                                         &polling->conf, polling->dir, &error);
    assert_string_equal(error.message, "");
    *state = caller;
    return 0;
}

static int
tear_down(void **state)
{
    struct caller *caller = *state;
    struct stat info;
    control_socket_delete(caller->control);
    assert_int_equal(lstat(caller->socket, &info), -1);
    polling_close(caller->polling);
    free(caller->socket);
    free(caller);
    return 0;
}

static void
an_answer_comes_as_it_came(void **state)
{
    struct caller *caller = *state;
    call(caller, "POST", ASK, "{\"query\":\"queues\",\"ids\":[2,1]}");
    assert_int_equal(caller->status, 200);
    assert_string_equal(caller->content_type, "application/json");
    assert_string_equal(caller->body, "{\"resultCode\":\"0100000\",\"resultDesc\":["
                                      "{\"skillId\":2,\"callWaitNums\":1},"
                                      "{\"skillId\":1,\"callWaitNums\":1}]}");
    assert_int_equal(caller->outcome.error.kind, ERROR_NONE);
    assert_int_equal(caller->outcome.status, 200);
    assert_true(caller->outcome.duration_us > 0);
    assert_int_equal(caller->outcome.circuit_until_ms, 0);
    assert_int_equal(caller->polling->requests, 1);
    call(caller, "POST", "/api/v1/centers/second/ask",
         "{\"query\":\"queues\",\"ids\":[2]}");
    assert_int_equal(caller->polling->asked[1].cc_id, 2);
}

static void
errors_are_told_with_their_code(void **state)
{
    struct caller *caller = *state;
    struct polling *polling = caller->polling;
    polling->api_code = "0100002";
    call(caller, "POST", ASK, "{\"query\":\"queues\",\"ids\":[1]}");
    assert_int_equal(caller->outcome.error.kind, ERROR_API);
    assert_string_equal(caller->outcome.error.code, "0100002");
    assert_string_equal(caller->body,
                        "{\"resultCode\":\"0100002\",\"resultDesc\":\"no\"}");
    polling->status = 401;
    for (int i = 0; i < 2; i++) {
        call(caller, "POST", ASK, "{\"query\":\"queues\",\"ids\":[1]}");
        assert_int_equal(caller->status, 200);
        assert_int_equal(caller->outcome.error.kind, ERROR_AUTH);
        assert_non_null(strstr(caller->outcome.error.message, "refused the signature"));
        int64_t left_ms = caller->outcome.circuit_until_ms - clock_wall_ms();
        assert_true(left_ms > 9 * 60 * 1000 && left_ms <= 10 * 60 * 1000);
        assert_int_equal(caller->outcome.status, i ? 0 : 401);
    }
    assert_int_equal(polling->requests, 2);
}

static void
what_is_not_understood_is_not_asked(void **state)
{
    struct caller *caller = *state;
    static const struct {
        const char *method, *path, *body;
        long status;
        const char *said;
    } samples[] = {
        {"POST", ASK, "{\"query\":\"queues\"}", 400, "for whom?"},
        {"POST", ASK, "{\"query\":\"queues\",\"ids\":[2001]}", 400,
         "queue 2001 is outside 1…2000"},
        {"GET", ASK, NULL, 404, "no GET " ASK " here; there is:\n"},
        {"POST", "/api/v1/centers/third/ask", "{}", 404,
         "NAME is one of: main second\n"},
        {"POST", "/api/v1/centers/main/drop", "{}", 404,
         "POST /api/v1/centers/NAME/retry\n"},
        {"GET", "/", NULL, 404, "GET /-/healthy\n"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        call(caller, samples[i].method, samples[i].path, samples[i].body);
        assert_int_equal(caller->status, samples[i].status);
        assert_non_null(strstr(caller->body, samples[i].said));
    }
    assert_int_equal(caller->polling->requests, 0);
}

static void
centres_are_listed(void **state)
{
    struct caller *caller = *state;
    call(caller, "GET", "/-/healthy", NULL);
    assert_string_equal(caller->body, "fine\n");
    caller->polling->centers[1].agent_gateway = (char *)(uintptr_t) "https://gate:8043";
    caller->polling->status = 403;
    call(caller, "POST", ASK, "{\"query\":\"queues\",\"ids\":[1]}");
    call(caller, "GET", "/api/v1/centers", NULL);
    struct buf lines = {0};
    buf_format(&lines, "main  %s  circuit open until ", caller->polling->url);
    assert_memory_equal(caller->body, lines.data, lines.size);
    assert_non_null(strstr(caller->body, "  auth: 403: HTTP 403: the centre has locked "
                                         "this address or key out\n"));
    buf_clear(&lines);
    buf_format(&lines, "\nsecond  %s  circuit closed\n", caller->polling->url);
    buf_add_text(&lines, "second (agent gateway)  https://gate:8043  circuit closed\n");
    assert_string_equal(strstr(caller->body, "\nsecond"), lines.data);
    call(caller, "GET", "/api/v1/centers", "");
    assert_string_equal(caller->content_type, "application/json");
    assert_non_null(strstr(caller->body, "\"circuit\":\"open\",\"until\":1"));
    assert_non_null(strstr(caller->body, "\"failures\":1,\"error\":{\"kind\":\"auth\","
                                         "\"code\":\"403\",\"message\":\"HTTP 403: "));
    assert_non_null(strstr(caller->body,
                           "{\"url\":\"https://gate:8043\",\"circuit\":\"closed\","
                           "\"until\":null,\"failures\":0,\"error\":null}]}]\n"));
    buf_fini(&lines);
}

static void
a_retry_probes(void **state)
{
    struct caller *caller = *state;
    struct polling *polling = caller->polling;
    struct listener listener = {0};
    call(caller, "POST", RETRY, "");
    assert_string_equal(caller->body, "main: nothing is held back\n");
    polling->status = 401;
    polling_subscribe(polling, 0, 100, IDS(1), &listener);
    polling_wait(polling, &polling->requests, 1);
    call(caller, "POST", "/api/v1/centers/second/retry", "");
    polling_run_for(polling, 20);
    assert_int_equal(polling->requests, 1);
    polling->status = 200;
    call(caller, "POST", RETRY, "");
    assert_memory_equal(caller->body, "main: probes now; was: circuit open until ", 42);
    assert_non_null(strstr(caller->body, " UTC, auth: 401: HTTP 401: "));
    polling_wait(polling, &listener.count, 1);
    assert_int_equal(polling->requests, 2);
}

static void
a_gateway_that_ends_leaves_nobody_waiting(void **state)
{
    struct caller *caller = *state;
    struct polling *polling = caller->polling;
    polling->is_holding = true;
    start(caller, "POST", ASK, "{\"query\":\"queues\",\"ids\":[1]}");
    start(caller, "POST", ASK, "{\"query\":\"queues\",\"ids\":[2]}");
    polling_wait(polling, &polling->requests, 1);
    planner_set_conf(polling->planner, &polling->conf);
    control_socket_set_conf(caller->control, &polling->conf);
    polling_wait(polling, &caller->count, 2);
    assert_int_equal(caller->outcome.error.kind, ERROR_CANCELLED);
    start(caller, "POST", ASK, "{\"query\":\"queues\",\"ids\":[3]}");
    polling_wait(polling, &polling->requests, 2);
    control_socket_delete(caller->control);
    caller->control = NULL;
    polling_wait(polling, &caller->count, 3);
    assert_int_equal(caller->error.kind, ERROR_NETWORK);
}

/* Centres have other numbers then, or none. */
static void
a_centre_that_is_gone_has_no_circuit(void **state)
{
    struct caller *caller = *state;
    struct polling *polling = caller->polling;
    struct conf fewer = polling->conf;
    polling->is_holding = true;
    start(caller, "POST", "/api/v1/centers/second/ask",
          "{\"query\":\"queues\",\"ids\":[1]}");
    polling_wait(polling, &polling->requests, 1);
    fewer.center_count = 1;
    planner_set_conf(polling->planner, &fewer);
    control_socket_set_conf(caller->control, &fewer);
    polling_wait(polling, &caller->count, 1);
    assert_int_equal(caller->outcome.error.kind, ERROR_CANCELLED);
    assert_int_equal(caller->outcome.circuit_until_ms, 0);
}

/* ---- who asks for `ccgate query` ---- */

static void
on_asked(void *arg, const struct poll_answer *answer, int64_t circuit_until_ms)
{
    (void)answer, (void)circuit_until_ms;
    ++*(size_t *)arg;
}

/* The obstacle that somebody meets who asks now; free it. */
static char *
obstacle_of(struct caller *caller, bool *is_gateway)
{
    struct polling *polling = caller->polling;
    size_t answers = 0;
    int64_t id = 1;
    struct control_question question = {
        .query = &query_queues, .ids = &id, .id_count = 1};
    polling->conf.state = polling->dir;
    struct asker *asker = asker_new(polling->loop, &polling->conf, polling->centers,
                                    false, on_asked, &answers);
    asker_ask(asker, &question);
    polling_wait(polling, &answers, 1);
    char *obstacle = mem_text(asker_obstacle(asker));
    *is_gateway = asker_is_gateway(asker);
    asker_delete(asker);
    return obstacle;
}

/* Nobody wonders why a rate was exceeded, or the operator signed in twice. */
static void
a_foreign_gateway_is_named(void **state)
{
    struct caller *caller = *state;
    bool is_root = geteuid() == 0, is_gateway;
    struct buf expected = {0};
    assert_null(obstacle_of(caller, &is_gateway));
    assert_true(is_gateway);
    assert_int_equal(chmod(caller->socket, 0), 0);
    if (is_root)
        assert_int_equal(seteuid(65534), 0);
    char *obstacle = obstacle_of(caller, &is_gateway);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    buf_format(&expected, "%s: Permission denied", caller->socket);
    assert_non_null(obstacle);
    assert_string_equal(obstacle, expected.data);
    assert_false(is_gateway);
    free(obstacle);
    buf_fini(&expected);
    control_socket_delete(caller->control);
    caller->control = NULL;
    assert_null(obstacle_of(caller, &is_gateway));
    assert_false(is_gateway);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_read_as_it_was_written),
        cmocka_unit_test(anything_else_is_refused_with_a_sentence),
        cmocka_unit_test(names_fit_into_paths),
        TEST(an_answer_comes_as_it_came),
        TEST(errors_are_told_with_their_code),
        TEST(what_is_not_understood_is_not_asked),
        TEST(centres_are_listed),
        TEST(a_retry_probes),
        TEST(a_gateway_that_ends_leaves_nobody_waiting),
        TEST(a_centre_that_is_gone_has_no_circuit),
        TEST(a_foreign_gateway_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
