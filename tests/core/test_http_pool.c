/* Admission, starting and cancelling; what a call brings is in test_http.c. */
#include "exchange.h"

/* /hold waits for exchange_release(); everything else is answered at once. */
static void
on_request(void *arg, struct server_request *request)
{
    struct exchange *exchange = arg;
    exchange_note(exchange, request);
    if (strcmp(server_path(request), "/hold") == 0)
        exchange_hold(exchange, request);
    else
        server_reply(request, 200, NULL, NULL, 0);
}

static int
setup(void **state)
{
    struct exchange *exchange = mem_zero(sizeof *exchange);
    exchange_open(exchange, "127.0.0.1:0", true, 0, on_request, 8);
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
test_order_of_admission(void **state)
{
    struct exchange *exchange = *state;
    exchange_use_pool(exchange, 1);
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
    exchange_use_pool(exchange, 2);
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
        exchange_release(exchange);
        exchange_run(exchange, expected);
    }
    assert_int_equal(http_pool_busy(exchange->pool), 0);
}

static void
test_cancel_while_waiting(void **state)
{
    struct exchange *exchange = *state;
    exchange_use_pool(exchange, 1);
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
    exchange_use_pool(exchange, 1);
    struct outcome first = {0}, second = {0};
    struct http_call *call = exchange_get(exchange, "/hold", &first);
    exchange_get(exchange, "/ok", &second);
    while (exchange->held_count == 0)
        exchange_run_for(exchange, 1);
    http_cancel(call);
    exchange_run(exchange, 1); /* its place is free */
    assert_int_equal(second.status, 200);
    exchange_release(exchange);
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
    exchange_release(exchange);
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
    exchange_use_pool(exchange, 2);
    exchange_get(exchange, "/ok", &outcomes[0]);
    for (size_t i = 1; i < 4; i++)
        exchange_get(exchange, "/hold", &outcomes[i]);
    exchange_run(exchange, 1);
    exchange_release(exchange);
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
    exchange_use_pool(exchange, 1);
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
