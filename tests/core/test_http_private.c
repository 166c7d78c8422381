/* Requests that may go to the public internet alone. */
#include "exchange.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>

/* ---- a name server that says another address each time: libcurl's questions come here
 */

static const char *const *answers; /* to questions about flips.example.com, in turn */
static atomic_size_t asked;

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
            struct addrinfo **found)
{
    int (*real)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *,
                 struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
    bool is_flipping = node && strcmp(node, "flips.example.com") == 0;
    return real(is_flipping ? answers[asked++] : node, service, hints, found);
}

/* ---- the server ---- */

static void
on_request(void *arg, struct server_request *request)
{
    exchange_note(arg, request);
    server_reply(request, 200, NULL, NULL, 0);
}

static int
setup(void **state)
{
    struct exchange *exchange = mem_zero(sizeof *exchange);
    exchange_open(exchange, "127.0.0.1:0", false, 0, on_request, 4);
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

/* Whether the address that the message names is this one. */
static void
is_refused(const struct outcome *outcome, const char *host, const char *named)
{
    char *sentence = mem_format(": %s is a private address; allow_private = yes in "
                                "its section of gateway.conf allows it",
                                named);
    if (outcome->error.kind != ERROR_LIMIT || outcome->status != 0 ||
        !strstr(outcome->error.message, sentence))
        fail_msg("%s: %s", host, outcome->error.message);
    free(sentence);
}

static void
every_spelling_is_refused(void **state)
{
    struct exchange *exchange = *state;
    static const struct {
        const char *host, *named;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1"},
        {"127.1", "127.0.0.1"},
        {"127.0.1", "127.0.0.1"},
        {"2130706433", "127.0.0.1"},
        {"0x7f000001", "127.0.0.1"},
        {"0x7f.1", "127.0.0.1"},
        {"017700000001", "127.0.0.1"},
        {"0177.0.0.1", "127.0.0.1"},
        {"127.8.9.10", "127.8.9.10"},
        {"0", "0.0.0.0"},
        {"0.0.0.0", "0.0.0.0"},
        {"localhost", "127.0.0.1"},
        {"LocalHost", "127.0.0.1"},
        {"[::1]", "::1"},
        {"[0:0:0:0:0:0:0:1]", "::1"},
        {"[::]", "::"},
        {"[::ffff:127.0.0.1]", "::ffff:127.0.0.1"},
        {"[::ffff:7f00:1]", "::ffff:127.0.0.1"},
        {"[::127.0.0.1]", "::127.0.0.1"},
        {"[64:ff9b::7f00:1]", "64:ff9b::7f00:1"},
        {"[2002:7f00:1::]", "2002:7f00:1::"},
        {"169.254.169.254", "169.254.169.254"},
        {"2852039166", "169.254.169.254"},
        {"0xa9fea9fe", "169.254.169.254"},
        {"0251.0376.0251.0376", "169.254.169.254"},
        {"169.254.43518", "169.254.169.254"},
        {"[::ffff:169.254.169.254]", "::ffff:169.254.169.254"},
        {"[64:ff9b::a9fe:a9fe]", "64:ff9b::a9fe:a9fe"},
        {"[2002:a9fe:a9fe::1]", "2002:a9fe:a9fe::1"},
        {"[fd00:ec2::254]", "fd00:ec2::254"},
        {"100.100.100.200", "100.100.100.200"},
        {"192.0.0.192", "192.0.0.192"},
        {"10.0.0.1", "10.0.0.1"},
        {"[fe80::1]", "fe80::1"},
    };
    const char *port = strrchr(server_address(exchange->server), ':');
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *url = mem_format("http://%s%s/", cases[i].host, port);
        struct http_request request = {.method = "GET", .url = url, .public_only = 1};
        struct outcome outcome = exchange_call(exchange, &request);
        /* Which of its two addresses localhost named last does not matter. */
        bool is_name = strcasecmp(cases[i].host, "localhost") == 0;
        bool is_six = strstr(outcome.error.message, ": ::1 is") != NULL;
        is_refused(&outcome, cases[i].host, is_name && is_six ? "::1" : cases[i].named);
        free(url);
    }
    assert_string_equal(exchange->log, "");
}

static void
ranges_are_allowed(void **state)
{
    struct exchange *exchange = *state;
    struct range ranges[2];
    assert_true(range_parse("10.0.0.0/8", &ranges[0]));
    assert_true(range_parse("127.0.0.0/8", &ranges[1]));
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "http", "/in"),
                                   .public_only = 1,
                                   .allowed = ranges,
                                   .allowed_count = 2};
    struct outcome outcome = {0};
    exchange_start(exchange, &request, &outcome);
    memset(&ranges[1], 0xff, sizeof ranges[1]); /* they were copied */
    exchange_run(exchange, 1);
    assert_int_equal(outcome.status, 200);
    request.allowed_count = 1;
    outcome = exchange_call(exchange, &request);
    is_refused(&outcome, "127.0.0.1", "127.0.0.1");
    assert_string_equal(exchange->log, "GET /in\n");
}

/* A connection that somebody else was allowed to open is still there. */
static void
used_connections_are_judged(void **state)
{
    struct exchange *exchange = *state;
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "http", "/in")};
    assert_int_equal(exchange_call(exchange, &request).status, 200);
    request.public_only = 1;
    struct outcome outcome = exchange_call(exchange, &request);
    is_refused(&outcome, "127.0.0.1", "127.0.0.1");
    assert_int_equal(outcome.curl_code, 42); /* the connection was not dialled */
    request.public_only = 0;
    assert_int_equal(exchange_call(exchange, &request).status, 200);
    assert_string_equal(exchange->log, "GET /in\nGET /in\n");
}

/* Where a name leads is judged each time it is dialled, and not when it is written. */
static void
names_that_flip_are_judged(void **state)
{
    struct exchange *exchange = *state;
    static const char *const addresses[] = {"127.0.0.2", "127.0.0.1",
                                            "169.254.169.254"};
    const char *port = strrchr(server_address(exchange->server), ':');
    char *url = mem_format("http://flips.example.com%s/in", port);
    struct range allowed;
    assert_true(range_parse("127.0.0.2/32", &allowed));
    struct http_request request = {.method = "GET",
                                   .url = url,
                                   .public_only = 1,
                                   .allowed = &allowed,
                                   .allowed_count = 1,
                                   .fresh = 1};
    answers = addresses;
    asked = 0;
    assert_int_equal(exchange_call(exchange, &request).status, 200);
    for (size_t i = 1; i < 3; i++) {
        exchange_use_pool(exchange, 1); /* which remembers no names */
        struct outcome outcome = exchange_call(exchange, &request);
        is_refused(&outcome, "flips.example.com", addresses[i]);
        assert_int_equal(asked, i + 1);
    }
    assert_string_equal(exchange->log, "GET /in\n");
    free(url);
}

static int
setup_everywhere(void **state)
{
    struct exchange *exchange = mem_zero(sizeof *exchange);
    exchange_open(exchange, "0.0.0.0:0", false, 0, on_request, 4);
    *state = exchange;
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_spelling_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(ranges_are_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(used_connections_are_judged, setup, teardown),
        cmocka_unit_test_setup_teardown(names_that_flip_are_judged, setup_everywhere,
                                        teardown),
    };
    http_init();
    return cmocka_run_group_tests_name("http_private", tests, NULL, NULL);
}
