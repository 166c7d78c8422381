/* A server that anybody may reach: strict about heads, short with who is slow. */
#include "raw_client.h"

#define DEADLINE_MS 300

static void
on_request(void *arg, struct server_request *request)
{
    exchange_note(arg, request);
    server_add_header(request, "Connection", "close");
    server_reply(request, 200, "text/plain", "fine", 4);
}

static int
setup(void **state)
{
    struct exchange *exchange = mem_zero(sizeof *exchange);
    struct server_options options = {.listen = "127.0.0.1:0",
                                     .connections_max = 4,
                                     .deadline_ms = DEADLINE_MS,
                                     .on_request = on_request,
                                     .arg = exchange};
    struct error error = {0};
    exchange_open(exchange, "127.0.0.1:0", false, 0, on_request, 8);
    server_delete(exchange->server);
    exchange->server = server_new(exchange->loop, &options, &error);
    if (!exchange->server)
        fail_msg("%s", error.message);
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

#define HEAD "GET / HTTP/1.1\r\nHost: x\r\n"
/* A text with NULs in it, and its size. */
#define BYTES(text) text, sizeof(text) - 1

static const struct request {
    const char *bytes;
    size_t size;
    int status;
} requests[] = {
    {BYTES(HEAD "\r\n"), 200},
    {BYTES("GET / HTTP/1.1\nHost: x\n\n"), 200},
    {BYTES(HEAD "X-A:\t b \t\r\n\r\n"), 200},
    {BYTES(HEAD "Content-Length: 9\r\n\r\na\n b : \0\r\n"), 200},
    {BYTES(HEAD " folded\r\n\r\n"), 400},
    {BYTES(HEAD "X-A: a\r\n b\r\n\r\n"), 400},
    {BYTES(HEAD "X-A: a\r\n\tb\r\n\r\n"), 400},
    {BYTES(HEAD "X-A: a\0b\r\n\r\n"), 400},
    {BYTES("GET / HTTP/1.1\r\nHost: x\0.evil.example.com\r\n\r\n"), 400},
    {BYTES(HEAD "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400},
    {BYTES(HEAD "X\tA: b\r\n\r\n"), 400},
};
#define REQUESTS (sizeof requests / sizeof *requests)

static void
expect_answer(struct raw *raw, const struct request *request)
{
    char *line = mem_format("HTTP/1.1 %d ", request->status);
    raw_run_until_closed(raw);
    if (!raw->got.data || strncmp(raw->got.data, line, strlen(line)) != 0)
        fail_msg("%s: %s", request->bytes, raw->got.data ? raw->got.data : "nothing");
    free(line);
    raw_close(raw);
}

static void
heads_are_read_strictly(void **state)
{
    struct exchange *exchange = *state;
    for (size_t i = 0; i < REQUESTS; i++) {
        struct raw *raw = raw_open(exchange, "");
        raw_send(raw, requests[i].bytes, requests[i].size);
        expect_answer(raw, &requests[i]);
    }
    assert_string_equal(exchange->log, "GET /\nGET /\nGET /\nGET /\n");
}

/* The same, a byte at a time, until the server has read enough. */
static void
heads_may_come_in_pieces(void **state)
{
    struct exchange *exchange = *state;
    for (size_t i = 0; i < REQUESTS; i++) {
        struct raw *raw = raw_open(exchange, "");
        for (size_t j = 0; j < requests[i].size; j++) {
            send(raw->fd, requests[i].bytes + j, 1, MSG_NOSIGNAL);
            exchange_run_for(exchange, 0);
        }
        expect_answer(raw, &requests[i]);
    }
    assert_string_equal(exchange->log, "GET /\nGET /\nGET /\nGET /\n");
}

/* A byte now and then is no life sign. */
static void
who_is_slow_is_shut(void **state)
{
    struct exchange *exchange = *state;
    struct raw *slow = raw_open(exchange, "GET / HTTP/1.1\r\n");
    int64_t since_ms = clock_mono_ms();
    while (!slow->is_closed && clock_mono_ms() - since_ms < 5000) {
        send(slow->fd, "a", 1, MSG_NOSIGNAL);
        exchange_run_for(exchange, 20);
    }
    assert_true(slow->is_closed);
    assert_true(clock_mono_ms() - since_ms >= DEADLINE_MS);
    assert_int_equal(slow->got.size, 0);
    raw_close(slow);
    struct raw *other = raw_open(exchange, HEAD "\r\n");
    expect_answer(other, &requests[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(heads_are_read_strictly, setup, teardown),
        cmocka_unit_test_setup_teardown(heads_may_come_in_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_slow_is_shut, setup, teardown),
    };
    http_init();
    return cmocka_run_group_tests_name("server_guard", tests, NULL, NULL);
}
