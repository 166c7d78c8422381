#include "exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/socket.h>

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
answer_big(struct server_request *request)
{
    size_t size = (size_t)strtoul(server_query(request), NULL, 10);
    char *body = mem_zero(size);
    memset(body, 'x', size);
    server_reply(request, 200, "text/plain", body, size);
    free(body);
}

static void
answer_retry(struct server_request *request)
{
    const char *value = server_header(request, "X-Retry");
    if (value)
        server_add_header(request, "Retry-After", value);
    server_reply(request, 503, NULL, NULL, 0);
}

static void
answer_head(struct server_request *request)
{
    char *value = mem_zero(70001);
    memset(value, 'h', 70000);
    server_add_header(request, "X-Large", value);
    server_reply(request, 200, NULL, "x", 1);
    free(value);
}

static void
answer_cut(struct server_request *request)
{
    static const char body[1000];
    server_reply_cut(request, 200, "application/json", body, sizeof body, 100);
}

static void
answer_redirect(struct server_request *request)
{
    server_add_header(request, "Location", "/ok");
    server_reply(request, 302, NULL, NULL, 0);
}

static const struct {
    const char *path;
    void (*answer)(struct server_request *request);
} answers[] = {
    {"/echo", answer_echo}, {"/big", answer_big}, {"/retry", answer_retry},
    {"/head", answer_head}, {"/cut", answer_cut}, {"/redirect", answer_redirect},
    {"/drop", server_drop},
};

/* /hold… waits for release(); everything else that is not in the table is fine. */
static void
on_request(void *arg, struct server_request *request)
{
    struct exchange *exchange = arg;
    const char *path = server_path(request);
    exchange_note(exchange, request);
    if (strncmp(path, "/hold", 5) == 0) {
        assert_true(exchange->held_count < 8);
        exchange->held[exchange->held_count++] = request;
        return;
    }
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strcmp(path, answers[i].path) == 0) {
            answers[i].answer(request);
            return;
        }
    server_reply(request, 200, "application/json", "{\"a\":1}", 7);
}

static void
release(struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->held_count; i++)
        server_reply(exchange->held[i], 200, NULL, NULL, 0);
    exchange->held_count = 0;
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

static void
use_pool(struct exchange *exchange, size_t at_once)
{
    http_pool_delete(exchange->pool);
    exchange->pool = http_pool_new(exchange->loop, at_once);
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
    use_pool(exchange, 1); /* one handle for all of them */
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
    use_pool(exchange, 1);
    struct outcome first = {0}, second = {0};
    exchange_get(exchange, "/ok", &first);
    char url[256], ca_file[64], method[] = "POST", body[] = "abc", name[] = "X-Extra",
                                value[] = "one";
    snprintf(url, sizeof url, "%s", exchange_url(exchange, "https", "/echo"));
    snprintf(ca_file, sizeof ca_file, "%s", exchange->ca_file);
    struct http_header header = {name, value};
    struct http_request request = {method, url, &header, 1, body, 3, ca_file, 0, 0, 0};
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
        release(exchange);
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

/* ---- the world's failures ---- */

static void
test_certificate_is_checked(void **state)
{
    struct exchange *exchange = *state;
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "https", "/ok")};
    struct outcome outcome = exchange_call(exchange, &request);
    assert_int_equal(outcome.error.kind, ERROR_TLS);
    assert_string_equal(outcome.error.code, "60");
    assert_int_equal(outcome.curl_code, 60);
    assert_int_equal(outcome.status, 0);
    assert_non_null(strstr(outcome.error.message, server_address(exchange->server)));
    assert_string_equal(exchange->log, "");
}

static void
test_wrong_host(void **state)
{
    (void)state;
    struct exchange exchange;
    exchange_open(&exchange, "127.0.0.2:0", true, 0, on_request, 1);
    struct outcome outcome = {0};
    exchange_get(&exchange, "/ok", &outcome);
    exchange_run(&exchange, 1);
    assert_int_equal(outcome.error.kind, ERROR_TLS);
    assert_string_equal(exchange.log, "");
    exchange_close(&exchange);
}

static void
test_unreadable_ca_file(void **state)
{
    struct exchange *exchange = *state;
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "https", "/ok"),
                                   .ca_file = "no/such/file.pem"};
    struct outcome outcome = exchange_call(exchange, &request);
    assert_int_equal(outcome.error.kind, ERROR_TLS);
    assert_string_equal(outcome.error.code, "77");
    assert_non_null(strstr(outcome.error.message, "no/such/file.pem"));
}

static void
test_tls_with_a_plain_server(void **state)
{
    (void)state;
    struct exchange exchange;
    exchange_open(&exchange, "127.0.0.1:0", false, 0, on_request, 1);
    struct outcome outcome = {0};
    exchange_get(&exchange, "/ok", &outcome);
    exchange_run(&exchange, 1);
    assert_int_equal(outcome.error.kind, ERROR_TLS);
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(&exchange, "http", "/ok")};
    outcome = exchange_call(&exchange, &request);
    assert_int_equal(outcome.status, 200);
    exchange_close(&exchange);
}

static void
test_connection_refused(void **state)
{
    struct exchange *exchange = *state;
    /* Bound, so that nobody else listens there; not listening itself. */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    char url[128], place[32];
    snprintf(place, sizeof place, "127.0.0.1:%d", ntohs(address.sin_port));
    snprintf(url, sizeof url, "https://user:secret@%s/hidden?key=secret", place);
    struct http_request request = {.method = "GET", .url = url};
    struct outcome outcome = exchange_call(exchange, &request);
    close(fd);
    assert_int_equal(outcome.error.kind, ERROR_NETWORK);
    assert_string_equal(outcome.error.code, "7");
    assert_int_equal(outcome.status, 0);
    assert_memory_equal(outcome.error.message, place, strlen(place));
    assert_null(strstr(outcome.error.message, "secret"));
    assert_null(strstr(outcome.error.message, "hidden"));
}

static void
test_timeout(void **state)
{
    struct exchange *exchange = *state;
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "https", "/hold"),
                                   .ca_file = exchange->ca_file,
                                   .timeout_ms = 60};
    /* First a call that makes the next timeout an earlier one. */
    struct outcome slow = {0};
    exchange_get(exchange, "/hold", &slow);
    exchange_run_for(exchange, 5);
    int64_t start_ms = clock_mono_ms();
    struct outcome outcome = exchange_call(exchange, &request);
    assert_true(clock_mono_ms() - start_ms >= 60);
    assert_true(clock_mono_ms() - start_ms < 5000);
    assert_int_equal(outcome.error.kind, ERROR_TIMEOUT);
    assert_string_equal(outcome.error.code, "28");
    assert_non_null(strstr(outcome.error.message, server_address(exchange->server)));
    assert_int_equal(slow.count, 0);
    release(exchange);
    exchange_run(exchange, 1);
    assert_int_equal(slow.status, 200);
}

static void
test_cut_answers(void **state)
{
    struct exchange *exchange = *state;
    static const char *const paths[] = {"/cut", "/drop"};
    for (size_t i = 0; i < 2; i++) {
        struct outcome outcome = {0};
        exchange_get(exchange, paths[i], &outcome);
        exchange_run(exchange, 1);
        assert_int_equal(outcome.error.kind, ERROR_NETWORK);
        assert_int_equal(outcome.status, 0);
        assert_int_equal(outcome.body_size, 0);
    }
    struct outcome outcome = {0};
    exchange_get(exchange, "/ok", &outcome);
    exchange_run(exchange, 1);
    assert_int_equal(outcome.status, 200);
}

static void
test_body_cap(void **state)
{
    struct exchange *exchange = *state;
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "https", "/big?1000"),
                                   .ca_file = exchange->ca_file,
                                   .body_max = 1000};
    struct outcome outcome = exchange_call(exchange, &request);
    assert_int_equal(outcome.status, 200);
    assert_int_equal(outcome.body_size, 1000);
    request.url = exchange_url(exchange, "https", "/big?1001");
    outcome = exchange_call(exchange, &request);
    assert_int_equal(outcome.error.kind, ERROR_LIMIT);
    assert_int_equal(outcome.status, 0);
    assert_int_equal(outcome.body_size, 0);
    assert_non_null(strstr(outcome.error.message, "1000 bytes"));
    request.body_max = 0;
    request.url = exchange_url(exchange, "https", "/big?4194304");
    assert_int_equal(exchange_call(exchange, &request).body_size, 4194304);
    request.url = exchange_url(exchange, "https", "/big?4194305");
    assert_int_equal(exchange_call(exchange, &request).error.kind, ERROR_LIMIT);
}

static void
test_header_cap(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcome = {0};
    exchange_get(exchange, "/head", &outcome);
    exchange_run(exchange, 1);
    assert_int_equal(outcome.error.kind, ERROR_LIMIT);
    assert_non_null(strstr(outcome.error.message, "headers"));
}

/* ---- Retry-After ---- */

static int64_t
retry_after(struct exchange *exchange, const char *value)
{
    struct http_header header = {"X-Retry", value};
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "https", "/retry"),
                                   .headers = &header,
                                   .header_count = value ? 1 : 0,
                                   .ca_file = exchange->ca_file};
    struct outcome outcome = exchange_call(exchange, &request);
    assert_int_equal(outcome.status, 503);
    return outcome.retry_after_ms;
}

static void
test_retry_after(void **state)
{
    struct exchange *exchange = *state;
    static const struct {
        const char *value;
        int64_t ms;
    } cases[] = {
        {NULL, -1},
        {"0", 0},
        {"120", 120000},
        {"100000000000", INT64_C(100000000000000)},
        {"9223372036854776", INT64_MAX},
        {"99999999999999999999999", INT64_MAX},
        {"-5", -1},
        {"1.5", -1},
        {"soon", -1},
        {"12 monkeys", -1},
        {"20261120", INT64_C(20261120000)}, /* seconds, not a date */
        {"2026-11-20", -1},
        {"Fri, 20 Nov 1987 18:05:00 GMT", 0},
        {"Fri, 99 Foo 2026 18:05:00 GMT", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(retry_after(exchange, cases[i].value), cases[i].ms);
    int64_t left_ms = INT64_C(4098881100000) - clock_wall_ms();
    int64_t got_ms = retry_after(exchange, "Fri, 20 Nov 2099 18:05:00 GMT");
    assert_in_range(left_ms - got_ms, 0, 20000);
}

/* ---- misuse ---- */

static void
test_misuse(void **state)
{
    struct exchange *exchange = *state;
    char url[256];
    snprintf(url, sizeof url, "%s", exchange_url(exchange, "https", "/ok"));
    static const struct {
        const char *method, *path, *name, *value, *message;
    } cases[] = {
        {"GET", "/ok\r\nX: y", "A", "b", "URL"},
        {"GET", "/ok\x7f", "A", "b", "URL"},
        {"GET", "/ok", "A", "b\r\nX: y", "header A"},
        {"GET", "/ok", "A", "b\x01", "header A"},
        {"GET", "/ok", "A\n", "b", "not the name"},
        {"GET", "/ok", "A:", "b", "not the name"},
        {"GET", "/ok", "", "b", "not the name"},
        {"GET /x", "/ok", "A", "b", "not a method: GET /x"},
        {"GET\r\n", "/ok", "A", "b", "not a method"},
        {"", "/ok", "A", "b", "not a method"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_header header = {cases[i].name, cases[i].value};
        struct http_request request = {
            .method = cases[i].method,
            .url = exchange_url(exchange, "https", cases[i].path),
            .headers = &header,
            .header_count = 1,
            .ca_file = exchange->ca_file};
        struct outcome outcome = {0};
        exchange_start(exchange, &request, &outcome);
        assert_int_equal(outcome.count, 0); /* never from inside http_start() */
        exchange_run(exchange, 1);
        assert_int_equal(outcome.error.kind, ERROR_LIMIT);
        assert_int_equal(outcome.status, 0);
        assert_memory_equal(outcome.error.message, server_address(exchange->server),
                            strlen(server_address(exchange->server)));
        assert_non_null(strstr(outcome.error.message, cases[i].message));
        assert_null(strpbrk(outcome.error.message, "\r\n"));
    }
    assert_int_equal(server_connections(exchange->server), 0);
}

static void
test_other_schemes(void **state)
{
    struct exchange *exchange = *state;
    static const char *const urls[] = {"file:///etc/hostname", "ftp://127.0.0.1/x",
                                       "gopher://127.0.0.1/", "https://", "http://["};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct http_request request = {.method = "GET", .url = urls[i]};
        struct outcome outcome = exchange_call(exchange, &request);
        assert_int_equal(outcome.error.kind, ERROR_LIMIT);
        assert_int_equal(outcome.body_size, 0);
    }
}

/* ---- admission, starting and cancelling ---- */

static void
test_order_of_admission(void **state)
{
    struct exchange *exchange = *state;
    use_pool(exchange, 1);
    static const char *const paths[] = {"/1", "/2", "/3", "/4", "/5"};
    struct outcome outcomes[5] = {0};
    for (size_t i = 0; i < 5; i++)
        exchange_get(exchange, paths[i], &outcomes[i]);
    assert_int_equal(http_pool_busy(exchange->pool), 5);
    exchange_run(exchange, 5);
    assert_string_equal(exchange->log, "GET /1\nGET /2\nGET /3\nGET /4\nGET /5\n");
    assert_int_equal(server_connections(exchange->server), 1);
}

static void
test_at_once(void **state)
{
    struct exchange *exchange = *state;
    use_pool(exchange, 2);
    struct outcome outcomes[5] = {0};
    for (size_t i = 0; i < 5; i++)
        exchange_get(exchange, "/hold", &outcomes[i]);
    for (size_t left = 5; left > 0; left -= left < 2 ? left : 2) {
        size_t expected = left < 2 ? left : 2;
        while (exchange->held_count < expected)
            exchange_run_for(exchange, 1);
        exchange_run_for(exchange, 5);
        assert_int_equal(exchange->held_count, expected);
        assert_int_equal(http_pool_busy(exchange->pool), left);
        release(exchange);
        exchange_run(exchange, expected);
    }
    assert_int_equal(http_pool_busy(exchange->pool), 0);
}

static void
test_cancel_while_waiting(void **state)
{
    struct exchange *exchange = *state;
    use_pool(exchange, 1);
    struct outcome first = {0}, second = {0}, third = {0};
    exchange_get(exchange, "/first", &first);
    struct http_call *call = exchange_get(exchange, "/second", &second);
    exchange_get(exchange, "/third", &third);
    http_cancel(call);
    exchange_run(exchange, 2);
    assert_int_equal(second.count, 0);
    assert_string_equal(exchange->log, "GET /first\nGET /third\n");
}

static void
test_cancel_while_running(void **state)
{
    struct exchange *exchange = *state;
    use_pool(exchange, 1);
    struct outcome first = {0}, second = {0};
    struct http_call *call = exchange_get(exchange, "/hold", &first);
    exchange_get(exchange, "/ok", &second);
    while (exchange->held_count == 0)
        exchange_run_for(exchange, 1);
    http_cancel(call);
    exchange_run(exchange, 1); /* its place is free */
    assert_int_equal(second.status, 200);
    release(exchange);
    exchange_run_for(exchange, 5);
    assert_int_equal(first.count, 0);
    assert_int_equal(http_pool_busy(exchange->pool), 0);
}

static void
cancel_other(struct outcome *outcome)
{
    http_cancel(outcome->other);
}

static void
test_cancel_from_a_callback(void **state)
{
    struct exchange *exchange = *state;
    struct outcome first = {0}, second = {.then = cancel_other};
    second.other = exchange_get(exchange, "/hold", &first);
    exchange_get(exchange, "/ok", &second);
    exchange_run(exchange, 1);
    release(exchange);
    exchange_run_for(exchange, 5);
    assert_int_equal(first.count, 0);
    assert_int_equal(http_pool_busy(exchange->pool), 0);
}

/* Both are done in the same turn; the first one's callback takes the second back. */
static void
test_cancel_of_one_that_is_done(void **state)
{
    struct exchange *exchange = *state;
    struct http_request request = {.method = "", .url = "https://127.0.0.1/"};
    struct outcome first = {.then = cancel_other}, second = {0};
    exchange_start(exchange, &request, &first);
    first.other = exchange_start(exchange, &request, &second);
    exchange_run(exchange, 1);
    exchange_run_for(exchange, 1);
    assert_int_equal(first.count, 1);
    assert_int_equal(second.count, 0);
    assert_int_equal(http_pool_busy(exchange->pool), 0);
}

static void
test_cancel_of_itself(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcome = {.then = cancel_other};
    outcome.other = exchange_get(exchange, "/ok", &outcome);
    exchange_run(exchange, 1);
    assert_int_equal(outcome.count, 1);
    assert_int_equal(http_pool_busy(exchange->pool), 0);
}

static void
misuse_again(struct outcome *outcome)
{
    struct http_request request = {.method = "", .url = "https://127.0.0.1/"};
    exchange_start(outcome->exchange, &request, outcome);
}

/* A caller that repeats what is refused must not keep the loop for itself. */
static void
test_refusals_leave_turns_to_others(void **state)
{
    struct exchange *exchange = *state;
    struct outcome refused = {.then = misuse_again}, other = {0};
    exchange->done_wanted = SIZE_MAX;
    refused.exchange = exchange;
    misuse_again(&refused);
    exchange_get(exchange, "/ok", &other);
    exchange_run_for(exchange, 1);
    while (other.count == 0)
        exchange_run_for(exchange, 1);
    assert_int_equal(other.status, 200);
    assert_true(refused.count > 1);
}

static void
delete_pool(struct outcome *outcome)
{
    http_pool_delete(outcome->exchange->pool);
    outcome->exchange->pool = NULL;
}

static void
test_pool_deleted_from_a_callback(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcomes[4] = {{.then = delete_pool}};
    use_pool(exchange, 2);
    exchange_get(exchange, "/ok", &outcomes[0]);
    for (size_t i = 1; i < 4; i++)
        exchange_get(exchange, "/hold", &outcomes[i]);
    exchange_run(exchange, 1);
    release(exchange);
    exchange_run_for(exchange, 5);
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(outcomes[i].count, 0);
}

static void
test_pool_deleted_while_busy(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcomes[3] = {0};
    struct http_pool *other = http_pool_new(exchange->loop, 1);
    use_pool(exchange, 1);
    exchange_get(exchange, "/hold", &outcomes[0]);
    exchange_get(exchange, "/waits", &outcomes[1]);
    while (exchange->held_count == 0)
        exchange_run_for(exchange, 1);
    struct http_request request = {.method = "", .url = "https://127.0.0.1/"};
    exchange_start(exchange, &request, &outcomes[2]);
    http_pool_delete(exchange->pool);
    exchange->pool = other; /* another one on the same loop goes on */
    struct outcome outcome = {0};
    exchange_get(exchange, "/ok", &outcome);
    exchange_run(exchange, 1);
    assert_int_equal(outcome.status, 200);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(outcomes[i].count, 0);
}

/* Kept watched while idle, the connection ends under the pool. */
static void
test_server_goes_and_comes_back(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcome = {0};
    exchange_get(exchange, "/ok", &outcome);
    exchange_run(exchange, 1);
    char address[64];
    snprintf(address, sizeof address, "%s", server_address(exchange->server));
    server_delete(exchange->server);
    exchange_run_for(exchange, 2);
    struct server_options options = {
        .listen = address, .tls = false, .on_request = on_request, .arg = exchange};
    exchange->server = server_new(exchange->loop, &options, NULL);
    assert_non_null(exchange->server);
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "http", "/ok")};
    assert_int_equal(exchange_call(exchange, &request).status, 200);
    assert_int_equal(server_connections(exchange->server), 1);
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
        TEST(test_certificate_is_checked),
        cmocka_unit_test(test_wrong_host),
        TEST(test_unreadable_ca_file),
        cmocka_unit_test(test_tls_with_a_plain_server),
        TEST(test_connection_refused),
        TEST(test_timeout),
        TEST(test_cut_answers),
        TEST(test_body_cap),
        TEST(test_header_cap),
        TEST(test_retry_after),
        TEST(test_misuse),
        TEST(test_other_schemes),
        TEST(test_order_of_admission),
        TEST(test_at_once),
        TEST(test_cancel_while_waiting),
        TEST(test_cancel_while_running),
        TEST(test_cancel_from_a_callback),
        TEST(test_cancel_of_one_that_is_done),
        TEST(test_cancel_of_itself),
        TEST(test_refusals_leave_turns_to_others),
        TEST(test_pool_deleted_from_a_callback),
        TEST(test_pool_deleted_while_busy),
        TEST(test_server_goes_and_comes_back),
    };
    return cmocka_run_group_tests(tests, setup_curl, NULL);
}
