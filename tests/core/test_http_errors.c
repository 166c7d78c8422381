/* What goes wrong: the world's failures, limits, misuse. */
#include "exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* ---- the server's side ---- */

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

static const struct {
    const char *path;
    void (*answer)(struct server_request *request);
} answers[] = {
    {"/big", answer_big}, {"/retry", answer_retry}, {"/head", answer_head},
    {"/cut", answer_cut}, {"/drop", server_drop},
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
    exchange_release(exchange);
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
    };
    return cmocka_run_group_tests(tests, setup_curl, NULL);
}
