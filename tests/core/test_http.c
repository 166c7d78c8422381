/* What a call sends and brings, and its connections. */
#include "exchange.h"

#include <sys/inotify.h>

/* ---- the server's side ---- */

static void
answer_echo(struct server_request *request)
{
    struct buf text = {0};
    size_t size;
    const char *body = server_body(request, &size);
    static const char *const names[] = {"Host",         "Accept-Encoding", "Expect",
                                        "Content-Type", "Content-Length",  "X-Extra"};
    buf_format(&text, "%s %s?%s %zu\n", server_method(request), server_path(request),
               server_query(request) ? server_query(request) : "", size);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = server_header(request, names[i]);
        buf_format(&text, "%s: %s\n", names[i], value ? value : "none");
    }
    buf_add(&text, body, size < 64 ? size : 64);
    server_reply(request, 200, "text/plain", text.data, text.size);
    buf_fini(&text);
}

static void
answer_redirect(struct server_request *request)
{
    server_add_header(request, "Location", "/ok");
    server_reply(request, 302, NULL, NULL, 0);
}

static void
answer_headers(struct server_request *request)
{
    server_add_header(request, "Set-GUID", "JSESSIONID=abc.AgentGateway1");
    server_add_header(request, "Set-Cookie", "lb=1; Path=/");
    server_add_header(request, "Set-Cookie", "other=2");
    server_reply(request, 404, "text/plain; charset=GBK", "", 0);
}

static const struct {
    const char *path;
    void (*answer)(struct server_request *request);
} answers[] = {
    {"/echo", answer_echo},
    {"/redirect", answer_redirect},
    {"/headers", answer_headers},
};

/* /hold waits for exchange_release(); everything else that is not in the table is fine.
 */
static void
on_request(void *arg, struct server_request *request)
{
    struct exchange *exchange = arg;
    const char *path = server_path(request);
    exchange_note(exchange, request);
    if (strcmp(path, "/hold") == 0) {
        exchange_hold(exchange, request);
        return;
    }
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strcmp(path, answers[i].path) == 0) {
            answers[i].answer(request);
            return;
        }
    server_reply(request, 200, "application/json", "{\"a\":1}", 7);
}

static int
setup(void **state)
{
    struct exchange *exchange = mem_zero(sizeof *exchange);
    exchange_open(exchange, "127.0.0.1:0", true, 4 << 20, on_request, 8);
    *state = exchange;
    return 0;
}

static int
teardown(void **state)
{
    exchange_close(*state);
    free(*state);
    return 0;
}

/* ---- an answer ---- */

static void
test_answer(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcome = {0};
    exchange_get(exchange, "/ok", &outcome);
    assert_int_equal(outcome.count, 0);
    assert_int_equal(http_pool_busy(exchange->pool), 1);
    exchange_run(exchange, 1);
    assert_int_equal(outcome.count, 1);
    assert_int_equal(outcome.error.kind, ERROR_NONE);
    assert_int_equal(outcome.curl_code, 0);
    assert_int_equal(outcome.status, 200);
    assert_string_equal(outcome.body, "{\"a\":1}");
    assert_int_equal(outcome.retry_after_ms, -1);
    assert_true(outcome.duration_us > 0);
    assert_int_equal(http_pool_busy(exchange->pool), 0);
}

/* What a response says about its headers is gone with the callback: noted there. */
static void
note_headers(struct outcome *outcome, const struct http_response *response)
{
    static const struct {
        const char *name;
        size_t index;
    } asked[] = {{"set-guid", 0},   {"Set-Guid", 1},   {"SET-COOKIE", 0},
                 {"set-cookie", 1}, {"set-cookie", 2}, {"Absent", 0}};
    size_t used = 0;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const char *value = http_header_at(response, asked[i].name, asked[i].index);
        used += (size_t)snprintf(outcome->body + used, sizeof outcome->body - used,
                                 "%s\n", value ? value : "none");
    }
    const char *first = http_header_of(response, "set-cookie");
    snprintf(outcome->body + used, sizeof outcome->body - used, "%s\n%s",
             first ? first : "none", response->content_type);
}

static void
on_headers(void *arg, const struct http_response *response)
{
    struct outcome *outcome = arg;
    exchange_on_done(arg, response);
    note_headers(outcome, response);
}

static void
test_headers_of_the_answer(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcome = {.exchange = exchange};
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "https", "/headers"),
                                   .ca_file = exchange->ca_file};
    http_start(exchange->pool, &request, on_headers, &outcome);
    exchange_run(exchange, 1);
    assert_string_equal(outcome.body,
                        "JSESSIONID=abc.AgentGateway1\nnone\nlb=1; Path=/\nother=2\n"
                        "none\nnone\nlb=1; Path=/\ntext/plain; charset=GBK");
    request.url = "https://127.0.0.1:1/";
    http_start(exchange->pool, &request, on_headers, &outcome);
    exchange_run(exchange, 1);
    assert_string_equal(outcome.body, "none\nnone\nnone\nnone\nnone\nnone\nnone\n");
    request.method = "not a method";
    http_start(exchange->pool, &request, on_headers, &outcome);
    exchange_run(exchange, 1);
    assert_string_equal(outcome.body, "none\nnone\nnone\nnone\nnone\nnone\nnone\n");
}

static void
test_methods_and_bodies(void **state)
{
    struct exchange *exchange = *state;
    static const char *const expected[][3] = {
        {"GET", NULL, "GET /echo?a=1%2F 0\n"},
        {"POST", "{\"ä\":1}", "POST /echo?a=1%2F 8\n"},
        {"GET", NULL, "GET /echo?a=1%2F 0\n"},
        {"PUT", "x", "PUT /echo?a=1%2F 1\n"},
        {"POST", NULL, "POST /echo?a=1%2F 0\n"},
        {"DELETE", NULL, "DELETE /echo?a=1%2F 0\n"},
        {"PATCH", "", "PATCH /echo?a=1%2F 0\n"},
        {"POST", "", "POST /echo?a=1%2F 0\n"},
    };
    exchange_use_pool(exchange, 1); /* one handle for all of them */
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct http_request request = {
            .method = expected[i][0],
            .url = exchange_url(exchange, "https", "/echo?a=1%2F#end"),
            .ca_file = exchange->ca_file,
            .body = expected[i][1],
            .body_size = expected[i][1] ? strlen(expected[i][1]) : 0};
        struct outcome outcome = exchange_call(exchange, &request);
        assert_int_equal(outcome.error.kind, ERROR_NONE);
        assert_memory_equal(outcome.body, expected[i][2], strlen(expected[i][2]));
        bool has_length = request.body || strcmp(request.method, "POST") == 0;
        assert_int_equal(has_length, !strstr(outcome.body, "Content-Length: none\n"));
        assert_non_null(strstr(outcome.body, "Content-Type: none\n"));
        assert_non_null(strstr(outcome.body, "Accept-Encoding: none\n"));
        if (request.body)
            assert_string_equal(strrchr(outcome.body, '\n') + 1, request.body);
    }
    assert_int_equal(server_connections(exchange->server), 1);
}

static void
test_head(void **state)
{
    struct exchange *exchange = *state;
    struct http_request request = {.method = "HEAD",
                                   .url = exchange_url(exchange, "https", "/ok"),
                                   .ca_file = exchange->ca_file};
    struct outcome outcome = exchange_call(exchange, &request);
    assert_int_equal(outcome.error.kind, ERROR_NONE);
    assert_int_equal(outcome.status, 200);
    assert_int_equal(outcome.body_size, 0);
    assert_string_equal(exchange->log, "HEAD /ok\n");
}

static void
test_headers(void **state)
{
    struct exchange *exchange = *state;
    struct http_header headers[] = {{"content-type", "application/json;charset=UTF-8"},
                                    {"X-Extra", "a: b;c"}};
    struct http_request request = {.method = "POST",
                                   .url = exchange_url(exchange, "https", "/echo"),
                                   .headers = headers,
                                   .header_count = 2,
                                   .ca_file = exchange->ca_file,
                                   .body = "{}",
                                   .body_size = 2};
    struct outcome outcome = exchange_call(exchange, &request);
    struct buf host = {0};
    buf_format(&host, "Host: %s\n", server_address(exchange->server));
    assert_non_null(strstr(outcome.body, host.data));
    assert_non_null(
        strstr(outcome.body, "Content-Type: application/json;charset=UTF-8\n"));
    assert_non_null(strstr(outcome.body, "X-Extra: a: b;c\n"));
    headers[1].value = "";
    outcome = exchange_call(exchange, &request);
    assert_non_null(strstr(outcome.body, "X-Extra: \n"));
    buf_fini(&host);
}

static void
test_large_body_without_expect(void **state)
{
    struct exchange *exchange = *state;
    size_t size = 2 << 20;
    char *body = mem_zero(size);
    memset(body, 'b', size);
    struct http_request request = {.method = "POST",
                                   .url = exchange_url(exchange, "https", "/echo"),
                                   .ca_file = exchange->ca_file,
                                   .body = body,
                                   .body_size = size};
    struct outcome outcome = exchange_call(exchange, &request);
    assert_int_equal(outcome.error.kind, ERROR_NONE);
    assert_memory_equal(outcome.body, "POST /echo? 2097152\n", 20);
    assert_non_null(strstr(outcome.body, "Expect: none\n"));
    free(body);
}

static void
test_request_is_copied(void **state)
{
    struct exchange *exchange = *state;
    exchange_use_pool(exchange, 1);
    struct outcome first = {0}, second = {0};
    exchange_get(exchange, "/ok", &first);
    char url[256], ca_file[64], method[] = "POST", body[] = "abc", name[] = "X-Extra",
                                value[] = "one";
    snprintf(url, sizeof url, "%s", exchange_url(exchange, "https", "/echo"));
    snprintf(ca_file, sizeof ca_file, "%s", exchange->ca_file);
    struct http_header header = {name, value};
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = &header,
                                   .header_count = 1,
                                   .body = body,
                                   .body_size = 3,
                                   .ca_file = ca_file};
    exchange_start(exchange, &request, &second);
    char *const texts[] = {url, ca_file, method, body, name, value};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        memset(texts[i], '?', strlen(texts[i]));
    exchange_run(exchange, 2);
    assert_int_equal(second.error.kind, ERROR_NONE);
    assert_memory_equal(second.body, "POST /echo? 3\n", 14);
    assert_non_null(strstr(second.body, "X-Extra: one\n"));
    assert_string_equal(strrchr(second.body, '\n') + 1, "abc");
}

static void
test_proxy_of_the_environment_is_ignored(void **state)
{
    struct exchange *exchange = *state;
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    struct outcome outcome = {0};
    exchange_get(exchange, "/ok", &outcome);
    exchange_run(exchange, 1);
    unsetenv("https_proxy");
    unsetenv("all_proxy");
    assert_int_equal(outcome.status, 200);
}

static void
test_redirect_is_not_followed(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcome = {0};
    exchange_get(exchange, "/redirect", &outcome);
    exchange_run(exchange, 1);
    assert_int_equal(outcome.error.kind, ERROR_NONE);
    assert_int_equal(outcome.status, 302);
    exchange_run_for(exchange, 5);
    assert_string_equal(exchange->log, "GET /redirect\n");
}

/* ---- connections ---- */

static void
call_again(struct outcome *outcome)
{
    if (outcome->count < 50)
        exchange_get(outcome->exchange, "/ok", outcome);
}

static void
test_connection_is_kept(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcome = {.then = call_again};
    exchange_get(exchange, "/ok", &outcome);
    exchange_run(exchange, 50);
    assert_int_equal(outcome.count, 50);
    assert_int_equal(outcome.status, 200);
    assert_int_equal(server_connections(exchange->server), 1);
}

static void
test_connections_survive_a_burst(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcomes[8] = {0};
    for (int burst = 0; burst < 3; burst++) {
        for (size_t i = 0; i < 8; i++)
            exchange_get(exchange, "/hold", &outcomes[i]);
        while (exchange->held_count < 8)
            exchange_run_for(exchange, 1);
        exchange_release(exchange);
        exchange_run(exchange, 8);
        struct outcome single = {0};
        exchange_get(exchange, "/ok", &single);
        exchange_run(exchange, 1);
    }
    assert_int_equal(server_connections(exchange->server), 8);
}

static void
test_fresh_connections(void **state)
{
    struct exchange *exchange = *state;
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "https", "/ok"),
                                   .ca_file = exchange->ca_file};
    for (int i = 0; i < 3; i++) {
        request.fresh = 1;
        assert_int_equal(exchange_call(exchange, &request).status, 200);
        request.fresh = 0;
        assert_int_equal(exchange_call(exchange, &request).status, 200);
    }
    assert_int_equal(server_connections(exchange->server), 4);
}

/* Curl parses the authorities once and keeps them; with a CAPATH, which Debian's curl
 * has by default, it would read them for every connection. */
static void
test_authorities_are_read_once(void **state)
{
    struct exchange *exchange = *state;
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    assert_true(inotify_add_watch(watch, exchange->ca_file, IN_OPEN) >= 0);
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "https", "/ok"),
                                   .ca_file = exchange->ca_file,
                                   .fresh = 1};
    size_t openings = 0;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(exchange_call(exchange, &request).status, 200);
        struct inotify_event event; /* equal ones are merged until they are read */
        while (read(watch, &event, sizeof event) == sizeof event)
            openings++;
    }
    close(watch);
    assert_int_equal(server_connections(exchange->server), 5);
    assert_int_equal(openings, 1);
}

static int
setup_curl(void **state)
{
    (void)state;
    http_init();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answer),
        TEST(test_headers_of_the_answer),
        TEST(test_methods_and_bodies),
        TEST(test_head),
        TEST(test_headers),
        TEST(test_large_body_without_expect),
        TEST(test_request_is_copied),
        TEST(test_proxy_of_the_environment_is_ignored),
        TEST(test_redirect_is_not_followed),
        TEST(test_connection_is_kept),
        TEST(test_connections_survive_a_burst),
        TEST(test_fresh_connections),
        TEST(test_authorities_are_read_once),
    };
    return cmocka_run_group_tests(tests, setup_curl, NULL);
}
