/* The receiver, and the contact centre's faults, as a client meets them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/http.h"
#include "sim/centre.h"
#include "sim/sink.h"

/* The example of the Standard Webhooks specification. */
#define SECRET    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define ID        "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIME_S    ((int64_t)1614265330)

/* ---- lines ---- */

static struct sink_request
signed_request(const struct sink_header *headers, size_t count)
{
    static const char body[] = "{\"test\": 2432232314}";
    return (struct sink_request){.method = "POST",
                                 .path = "/",
                                 .headers = headers,
                                 .header_count = count,
                                 .body = body,
                                 .body_size = strlen(body),
                                 .at_ms = TIME_S * 1000,
                                 .status = 200};
}

static void
signatures_are_verified(void **state)
{
    (void)state;
    static const struct {
        const char *id, *time, *signature;
        int64_t late_s;
        bool is_good;
    } cases[] = {
        {ID, "1614265330", SIGNATURE, 0, true},
        {ID, "1614265330", SIGNATURE, 300, true},
        {ID, "1614265330", SIGNATURE, -300, true},
        {ID, "1614265330", SIGNATURE, 301, false},
        {ID, "1614265330", SIGNATURE, -301, false},
        {ID, "1614265330", "v1,AAAA " SIGNATURE " v1a,BBBB", 0, true},
        {ID, "1614265330", "v1,AAAA", 0, false},
        {ID, "1614265330", "", 0, false},
        {ID, "1614265331", SIGNATURE, 0, false},
        {ID, "now", SIGNATURE, 0, false},
        {"msg_other", "1614265330", SIGNATURE, 0, false},
        {ID, "1614265330", NULL, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sink_header headers[] = {
            {"webhook-id", cases[i].id},
            {"webhook-timestamp", cases[i].time},
            {"webhook-signature", cases[i].signature},
        };
        struct sink_request request =
            signed_request(headers, cases[i].signature ? 3 : 2);
        request.at_ms += cases[i].late_s * 1000;
        assert_int_equal(sink_is_signed(&request, SECRET), cases[i].is_good);
        assert_false(
            sink_is_signed(&request, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    }
}

#define ALERT(kind)                                                                    \
    "{\"type\":\"alert." kind                                                          \
    "\",\"data\":{\"severity\":\"critical\",\"kind\":\"" kind                          \
    "\",\"rule\":\"queue-wait\",\"row\":{\"kind\":\"x\"},\"why\":\"it is so\","        \
    "\"summary\":\"sales: 9 waiting\"}}"

static void
people_read_what_arrives(void **state)
{
    (void)state;
    static const struct sink_place desk = {"/in", "helpdesk", NULL};
    static const struct sink_place signed_desk = {"/in", "helpdesk", SECRET};
    static const struct {
        const char *body;
        const struct sink_place *place;
        int status;
        const char *shown;
    } cases[] = {
        {ALERT("raise"), &desk, 200,
         "15:02:10  helpdesk (webhook)    sales: 9 waiting\n"
         "          Why: it is so\n"
         "          raise · critical · queue-wait\n"},
        {"{\"data\":{\"kind\":\"clear\",\"severity\":null,\"summary\":\"a\\nb\\u001b[31mc\"}}",
         NULL, 202,
         "15:02:10  /in (POST)            a / b [31mc\n"
         "          clear\n"},
        {"{\"data\":{\"kind\":\"message\",\"message\":\"hello\"}}", NULL, 503,
         "15:02:10  /in (POST)            hello\n"
         "          message\n"
         "          answered 503\n"},
        {"{\"data\":{\"kind\":\"message\",\"message\":{\"queues\":[{\"name\":\"sales\","
         "\"waiting\":9},{\"name\":\"support\",\"waiting\":0}]}}}",
         &signed_desk, 200,
         "15:02:10  helpdesk (webhook)    name sales, waiting 9\n"
         "          name support, waiting 0\n"
         "          message\n"
         "          signature does not fit\n"},
        {"{\"ok\":true,\"none\":null,\"of\":{\"n\":1}}", NULL, 200,
         "15:02:10  /in (POST)            ok true, n 1\n"},
        {"{\"data\":{}}", NULL, 200, "15:02:10  /in (POST)            {\"data\":{}}\n"},
        {"plain\n", NULL, 200, "15:02:10  /in (POST)            plain / \n"},
        {"", NULL, 200, "15:02:10  /in (POST)            0 bytes\n"},
    };
    const struct sink_options options = {.status = 200};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf shown = {0};
        const struct sink_request request = {.method = "POST",
                                             .path = "/in",
                                             .body = cases[i].body,
                                             .body_size = strlen(cases[i].body),
                                             .at_ms = TIME_S * 1000,
                                             .status = cases[i].status,
                                             .place = cases[i].place};
        sink_print(&options, &request, &shown);
        assert_string_equal(shown.data, cases[i].shown);
        buf_fini(&shown);
    }
}

/* Raised is red, cleared is green. */
static void
a_terminal_has_colours(void **state)
{
    (void)state;
    static const struct {
        const char *body, *title;
    } cases[] = {
        {ALERT("raise"), "\033[31msales: 9 waiting\033[0m\n"},
        {ALERT("clear"), "\033[32msales: 9 waiting\033[0m\n"},
        {"hello", "\033[1mhello\033[0m\n"},
    };
    const struct sink_options options = {.has_color = true};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf shown = {0};
        const struct sink_request request = {.method = "POST",
                                             .path = "/in",
                                             .body = cases[i].body,
                                             .body_size = strlen(cases[i].body),
                                             .status = 200};
        sink_print(&options, &request, &shown);
        assert_non_null(strstr(shown.data, cases[i].title));
        buf_fini(&shown);
    }
}

/* Each service as people see it there; bodies as the gateway's kinds write them. */
static void
services_are_shown_as_people_see_them(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body, *shown;
    } cases[] = {
        {"/services/x",
         "{\"blocks\":[{\"text\":{\"text\":\"🔴 a &amp; b\",\"type\":\"plain_text\"},\"type\":"
         "\"header\"},{\"fields\":[{\"text\":\"*Why*\\nit is so\",\"type\":\"mrkdwn\"}],"
         "\"type\":\"section\"},{\"elements\":[{\"text\":\"critical · main\",\"type\":"
         "\"mrkdwn\"}],\"type\":\"context\"}],\"text\":\"not shown\"}",
         "00:00:00  /services/x (Slack)   🔴 a & b\n"
         "          Why: it is so\n"
         "          critical · main\n"},
        {"/services/x", "{\"text\":\"alone\"}",
         "00:00:00  /services/x (Slack)   alone\n"},
        {"/workflows/x",
         "{\"attachments\":[{\"content\":{\"body\":[{\"color\":\"Attention\",\"text\":\"many\"},"
         "{\"facts\":[{\"title\":\"Why\",\"value\":\"so\"}]},{\"text\":\"critical\"}],"
         "\"actions\":[{\"title\":\"Open\",\"url\":\"https://a/b\"}]}}]}",
         "00:00:00  /workflows/x (Teams)  many\n"
         "          Why: so\n"
         "          critical\n"
         "          Open: https://a/b\n"},
        {"/v2/enqueue",
         "{\"dedup_key\":\"f29c\",\"event_action\":\"trigger\",\"payload\":{\"summary\":\"many\","
         "\"severity\":\"critical\",\"custom_details\":{\"why\":\"so\",\"row\":{\"id\":7}}},"
         "\"routing_key\":\"secret\"}",
         "00:00:00  /v2/enqueue (PagerDuty) many\n"
         "          Why: so\n"
         "          trigger · critical · incident f29c\n"},
        {"/v2/enqueue", "{\"dedup_key\":\"f29c\",\"event_action\":\"resolve\"}",
         "00:00:00  /v2/enqueue (PagerDuty) resolve · incident f29c\n"},
    };
    const struct sink_options options = {.status = 200};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf shown = {0};
        const struct sink_request request = {.method = "POST",
                                             .path = cases[i].path,
                                             .body = cases[i].body,
                                             .body_size = strlen(cases[i].body),
                                             .status = 200,
                                             .receiver = receiver_at(cases[i].path)};
        sink_print(&options, &request, &shown);
        assert_string_equal(shown.data, cases[i].shown);
        buf_fini(&shown);
    }
}

/* What no service of these would be sent; a sanitizer sees what is read of it. */
static void
odd_bodies_are_shown_too(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body, *shown;
    } cases[] = {
        {"/workflows/x",
         "{\"attachments\":[{\"content\":{\"body\":[{\"text\":\"many\"},"
         "{\"facts\":[{\"title\":\"Why\"}]}]}}]}",
         "00:00:00  /workflows/x (Teams)  many\n"
         "          Why: \n"},
        {"/in", "{\"data\":{\"summary\":\"many\",\"cleared\":\"*\"}}",
         "00:00:00  /in (POST)            many\n"},
        {"/in", "{\"\":\"many\"}", "00:00:00  /in (POST)             many\n"},
    };
    const struct sink_options options = {.status = 200};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf shown = {0};
        const struct sink_request request = {.method = "POST",
                                             .path = cases[i].path,
                                             .body = cases[i].body,
                                             .body_size = strlen(cases[i].body),
                                             .status = 200,
                                             .receiver = receiver_at(cases[i].path)};
        sink_print(&options, &request, &shown);
        assert_string_equal(shown.data, cases[i].shown);
        buf_fini(&shown);
    }
}

static void
programs_get_json(void **state)
{
    (void)state;
    const struct sink_header headers[] = {{"webhook-id", "msg_1"}, {"host", "h:\"1\""}};
    const struct sink_place place = {"/services", "floor-chat", SECRET};
    const struct sink_options options = {.status = 200};
    const struct sink_request request = {.method = "PUT",
                                         .path = "/services/x",
                                         .headers = headers,
                                         .header_count = 2,
                                         .body = "{\"a\":\"\xff\n\"}",
                                         .body_size = 10,
                                         .at_ms = 1614265330123,
                                         .status = 200,
                                         .place = &place,
                                         .receiver = receiver_at("/services/x"),
                                         .problem = "text: is missing"};
    struct buf line = {0};
    sink_print_json(&options, &request, &line);
    assert_string_equal(
        line.data, "{\"at\":1614265330123,\"method\":\"PUT\",\"path\":\"/services/x\","
                   "\"headers\":{\"webhook-id\":\"msg_1\",\"host\":\"h:\\\"1\\\"\"},"
                   "\"body\":\"{\\\"a\\\":\\\"\xef\xbf\xbd\\n\\\"}\","
                   "\"to\":\"floor-chat\",\"signed\":false,"
                   "\"service\":\"slack\",\"refused\":\"text: is missing\"}\n");
    buf_fini(&line);
}

/* ---- over the network ---- */

struct exchange {
    struct loop *loop;
    struct server *server;
    struct http_pool *pool;
    struct timer *deadline;
    struct error error;
    long status;
    struct buf body;
    int64_t duration_us;
};

static void
on_deadline(void *arg)
{
    (void)arg;
    fail_msg("no answer in time");
}

static void
exchange_init(struct exchange *exchange, server_handler *handler, void *arg)
{
    const struct server_options options = {
        .listen = "127.0.0.1:0", .on_request = handler, .arg = arg};
    exchange->server = server_new(exchange->loop, &options, &exchange->error);
    assert_non_null(exchange->server);
    exchange->pool = http_pool_new(exchange->loop, 4);
    exchange->deadline = timer_new(exchange->loop, on_deadline, NULL);
    timer_start(exchange->deadline, 10000);
}

static void
exchange_fini(struct exchange *exchange)
{
    timer_free(exchange->deadline);
    http_pool_delete(exchange->pool);
    server_delete(exchange->server);
    loop_delete(exchange->loop);
    buf_fini(&exchange->body);
}

static void
on_done(void *arg, const struct http_response *response)
{
    struct exchange *exchange = arg;
    exchange->error = response->error;
    exchange->status = response->status;
    exchange->duration_us = response->duration_us;
    buf_clear(&exchange->body);
    buf_add(&exchange->body, response->body, response->body_size);
    loop_stop(exchange->loop);
}

static void
start_call(struct exchange *exchange, const char *method, const char *path,
           const char *body)
{
    char *url = mem_format("http://%s%s", server_address(exchange->server), path);
    const struct sign_options key = {
        .access_key = "ak", .secret_key = "sk", .timestamp_millis = true};
    const struct sign_message message = {
        .method = method,
        .path = path,
        .host = server_address(exchange->server),
        .content_type = "application/json;charset=UTF-8",
        .body = body,
        .body_size = body ? strlen(body) : 0,
    };
    struct buf authorization = {0};
    sign_request(&key, &message, 1800000000000, &authorization);
    const struct http_header headers[] = {
        {"Content-Type", message.content_type},
        {"Authorization", authorization.data},
        {"Webhook-Id", "msg_1"},
    };
    const struct http_request request = {
        .method = method,
        .url = url,
        .headers = headers,
        .header_count = 3,
        .body = body,
        .body_size = message.body_size,
    };
    http_start(exchange->pool, &request, on_done, exchange);
    buf_fini(&authorization);
    free(url);
}

static void
call(struct exchange *exchange, const char *method, const char *path, const char *body)
{
    start_call(exchange, method, path, body);
    loop_run(exchange->loop);
}

#define STATEINFO "/rest/cmsapp/v1/openapi/skill/stateinfo"
#define BODY      "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[1,2]}}"

static struct centre *
new_centre(struct exchange *exchange)
{
    const struct centre_options options = {
        .signature = {.access_key = "ak", .secret_key = "sk"},
        .skills = 20,
        .seed = 1,
        .speed = 1,
        .period_ms = 600000,
        .control = true,
    };
    exchange->loop = loop_new();
    return centre_new(exchange->loop, &options);
}

static void
the_centre_answers(void **state)
{
    (void)state;
    struct exchange exchange = {0};
    struct centre *centre = new_centre(&exchange);
    exchange_init(&exchange, centre_handle, centre);
    centre_set_server(centre, exchange.server);
    call(&exchange, "POST", STATEINFO, BODY);
    assert_int_equal(exchange.error.kind, ERROR_NONE);
    assert_int_equal(exchange.status, 200);
    assert_non_null(strstr(exchange.body.data, "\"resultCode\":\"0100000\""));
    call(&exchange, "POST", STATEINFO "x", BODY);
    assert_int_equal(exchange.status, 404);
    call(&exchange, "GET", "/-/count", NULL);
    assert_string_equal(exchange.body.data,
                        "{\"requests\":2,\"refused\":1,\"connections\":1,"
                        "\"calls\":{\"skill/stateinfo\":1}}");
    centre_delete(centre);
    exchange_fini(&exchange);
}

static void
faults_are_felt(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        enum error_kind kind;
        long status;
        int64_t duration_us; /* at least */
    } cases[] = {
        {"status=503", ERROR_NONE, 503, 0},    {"html", ERROR_NONE, 200, 0},
        {"truncate", ERROR_NETWORK, 0, 0},     {"reset", ERROR_NETWORK, 0, 0},
        {"slow=20ms", ERROR_NONE, 200, 19000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct exchange exchange = {0};
        struct buf problem = {0};
        struct centre *centre = new_centre(&exchange);
        exchange_init(&exchange, centre_handle, centre);
        /* Not over the network: on a used connection curl tries a reset again. */
        char *spec = mem_format("%s:count=1", cases[i].spec);
        assert_true(faults_add(centre_faults(centre), spec, &problem));
        free(spec);
        call(&exchange, "POST", STATEINFO, BODY);
        assert_int_equal(exchange.error.kind, cases[i].kind);
        assert_int_equal(exchange.status, cases[i].status);
        assert_true(exchange.duration_us >= cases[i].duration_us);
        call(&exchange, "POST", STATEINFO, BODY);
        assert_int_equal(exchange.status, 200);
        assert_non_null(strstr(exchange.body.data, "\"resultCode\":\"0100000\""));
        centre_delete(centre);
        exchange_fini(&exchange);
    }
}

static void
stop_loop(void *arg)
{
    loop_stop(arg);
}

/* Answers that still wait are dropped with the centre, not leaked, not sent. */
static void
the_end_does_not_wait(void **state)
{
    (void)state;
    struct exchange exchange = {0};
    struct centre *centre = new_centre(&exchange);
    struct buf problem = {0};
    exchange_init(&exchange, centre_handle, centre);
    assert_true(faults_add(centre_faults(centre), "slow=1h", &problem));
    start_call(&exchange, "POST", STATEINFO, BODY);
    start_call(&exchange, "POST", STATEINFO, BODY);
    struct timer *soon = timer_new(exchange.loop, stop_loop, exchange.loop);
    for (int i = 0; i < 500 && centre_requests(centre) < 2; i++) {
        timer_start(soon, 1);
        loop_run(exchange.loop);
    }
    assert_int_equal(centre_requests(centre), 2);
    centre_delete(centre);
    timer_free(soon);
    exchange_fini(&exchange);
}

static void
the_sink_prints_what_arrives(void **state)
{
    (void)state;
    struct exchange exchange = {.loop = loop_new()};
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);
    const struct sink_options options = {
        .status = 202, .fail_first = 1, .delay_ms = 20, .json = true, .out = out};
    struct sink *sink = sink_new(exchange.loop, &options);
    exchange_init(&exchange, sink_handle, sink);
    call(&exchange, "POST", "/hook", "{\"a\":1}");
    assert_int_equal(exchange.status, 503);
    call(&exchange, "POST", "/hook", "{\"a\":2}");
    assert_int_equal(exchange.status, 202);
    assert_true(exchange.duration_us >= 19000);
    assert_non_null(strstr(printed, "\"method\":\"POST\",\"path\":\"/hook\","));
    assert_non_null(strstr(printed, "\"webhook-id\":\"msg_1\""));
    assert_non_null(strstr(printed, "\"body\":\"{\\\"a\\\":1}\"}\n{\"at\":"));
    assert_string_equal(printed + size - strlen("\"body\":\"{\\\"a\\\":2}\"}\n"),
                        "\"body\":\"{\\\"a\\\":2}\"}\n");
    sink_delete(sink);
    exchange_fini(&exchange);
    fclose(out);
    free(printed);
}

/* At the path of a service that it plays, it is as strict as that. */
static void
services_judge(void **state)
{
    (void)state;
    struct exchange exchange = {.loop = loop_new()};
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);
    const struct sink_options options = {.status = 200, .fail_first = 1, .out = out};
    struct sink *sink = sink_new(exchange.loop, &options);
    exchange_init(&exchange, sink_handle, sink);
    call(&exchange, "POST", "/services/T0", "{\"text\":\"hello\"}");
    assert_int_equal(exchange.status, 503);
    call(&exchange, "POST", "/services/T0", "{\"text\":\"hello\"}");
    assert_int_equal(exchange.status, 200);
    assert_string_equal(exchange.body.data, "ok");
    assert_non_null(strstr(printed, "/services/T0 (Slack)  hello\n"));
    call(&exchange, "POST", "/services/T0", "{\"text\":\"\"}");
    assert_int_equal(exchange.status, 400);
    assert_string_equal(exchange.body.data, "invalid_payload");
    assert_non_null(
        strstr(printed, " Slack refuses it: text: is empty · answered 400\n"));
    sink_delete(sink);
    exchange_fini(&exchange);
    fclose(out);
    free(printed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_verified),
        cmocka_unit_test(people_read_what_arrives),
        cmocka_unit_test(a_terminal_has_colours),
        cmocka_unit_test(services_are_shown_as_people_see_them),
        cmocka_unit_test(odd_bodies_are_shown_too),
        cmocka_unit_test(programs_get_json),
        cmocka_unit_test(the_centre_answers),
        cmocka_unit_test(faults_are_felt),
        cmocka_unit_test(the_end_does_not_wait),
        cmocka_unit_test(the_sink_prints_what_arrives),
        cmocka_unit_test(services_judge),
    };
    http_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
