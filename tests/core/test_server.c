#include "exchange.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "raw_client.h"

static const char body_1000[1000] = {[0] = 'a', [99] = 'b', [100] = 'c', [999] = 'd'};

static void
on_request(void *arg, struct server_request *request)
{
    struct exchange *exchange = arg;
    const char *path = server_path(request);
    exchange_note(exchange, request);
    if (strcmp(path, "/hold") == 0)
        exchange_hold(exchange, request);
    else if (strcmp(path, "/drop") == 0)
        server_drop(request);
    else if (strcmp(path, "/cut") == 0)
        server_reply_cut(request, 200, "text/plain", body_1000, 1000, 100);
    else if (strcmp(path, "/cut-nothing") == 0)
        server_reply_cut(request, 503, NULL, body_1000, 10, 0);
    else
        server_reply(request, 200, "text/plain", "fine", 4);
}

static int
setup(void **state)
{
    struct exchange *exchange = mem_zero(sizeof *exchange);
    exchange_open(exchange, "127.0.0.1:0", false, 1000, on_request, 8);
    *state = exchange;
    return 0;
}

static int
setup_tls(void **state)
{
    struct exchange *exchange = mem_zero(sizeof *exchange);
    exchange_open(exchange, "127.0.0.1:0", true, 1000, on_request, 8);
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

#define HOST "Host: x\r\n"

/* ---- */

static void
test_bad_requests(void **state)
{
    struct exchange *exchange = *state;
    static const struct {
        const char *text, *answer;
    } cases[] = {
        {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
        {"TRACE / HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 501 "},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", "HTTP/1.1 413 "},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", "HTTP/1.1 400 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct raw *raw = raw_open(exchange, cases[i].text);
        for (int j = 0; j < 2000 && raw->got.size == 0; j++)
            exchange_run_for(exchange, 1);
        assert_non_null(raw->got.data);
        assert_memory_equal(raw->got.data, cases[i].answer, strlen(cases[i].answer));
        raw_close(raw);
    }
    assert_string_equal(exchange->log, "");
    assert_int_equal(server_connections(exchange->server), 4);
}

static void
test_connection_close(void **state)
{
    struct exchange *exchange = *state;
    struct raw *raw =
        raw_open(exchange, "GET /ok HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    raw_run_until_closed(raw);
    assert_memory_equal(raw->got.data, "HTTP/1.1 200 OK\r\n", 17);
    assert_non_null(strstr(raw->got.data, "Content-Type: text/plain\r\n"));
    assert_non_null(strstr(raw->got.data, "Content-Length: 4\r\n"));
    assert_non_null(strstr(raw->got.data, "\r\n\r\nfine"));
    raw_close(raw);
}

static void
test_cut_sends_what_it_says(void **state)
{
    struct exchange *exchange = *state;
    struct raw *raw = raw_open(exchange, "GET /cut HTTP/1.1\r\n" HOST "\r\n");
    raw_run_until_closed(raw);
    assert_non_null(strstr(raw->got.data, "Content-Length: 1000\r\n"));
    const char *body = strstr(raw->got.data, "\r\n\r\n") + 4;
    assert_int_equal(raw->got.data + raw->got.size - body, 100);
    assert_memory_equal(body, body_1000, 100);
    raw_close(raw);

    raw = raw_open(exchange, "GET /cut-nothing HTTP/1.1\r\n" HOST "\r\n");
    raw_run_until_closed(raw);
    assert_memory_equal(raw->got.data, "HTTP/1.1 503 ", 13);
    assert_non_null(strstr(raw->got.data, "Content-Length: 10\r\n"));
    assert_memory_equal(raw->got.data + raw->got.size - 4, "\r\n\r\n", 4);
    raw_close(raw);
}

static void
test_drop_sends_nothing(void **state)
{
    struct exchange *exchange = *state;
    struct raw *raw = raw_open(exchange, "GET /drop HTTP/1.1\r\n" HOST "\r\n");
    raw_run_until_closed(raw);
    assert_int_equal(raw->got.size, 0);
    raw_close(raw);
    exchange_run_for(exchange, 2);
}

static void
test_answer_later(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcome = {0};
    exchange_get(exchange, "/hold", &outcome);
    while (exchange->held_count == 0)
        exchange_run_for(exchange, 1);
    server_add_header(exchange->held[0], "Retry-After", "7");
    server_reply(exchange->held[0], 429, NULL, NULL, 0);
    exchange_run(exchange, 1);
    assert_int_equal(outcome.status, 429);
    assert_int_equal(outcome.retry_after_ms, 7000);
}

static void
test_client_leaves_before_the_answer(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcomes[3] = {0};
    struct http_call *calls[3];
    for (size_t i = 0; i < 3; i++)
        calls[i] = exchange_get(exchange, "/hold", &outcomes[i]);
    while (exchange->held_count < 3)
        exchange_run_for(exchange, 1);
    for (size_t i = 0; i < 3; i++)
        http_cancel(calls[i]);
    exchange_run_for(exchange, 3);
    server_reply(exchange->held[0], 200, NULL, "late", 4);
    server_drop(exchange->held[1]);
    exchange_run_for(exchange, 3);
    struct outcome outcome = {0};
    exchange_get(exchange, "/ok", &outcome);
    exchange_run(exchange, 1);
    assert_int_equal(outcome.status, 200);
    /* The third one is left to server_delete(). */
}

static void
test_deleted_with_open_requests(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcome = {0};
    exchange_get(exchange, "/hold", &outcome);
    while (exchange->held_count == 0)
        exchange_run_for(exchange, 1);
    server_delete(exchange->server);
    exchange->server = NULL;
    exchange_run(exchange, 1);
    assert_true(outcome.error.kind != ERROR_NONE);
}

static void
test_many_calls_few_handshakes(void **state)
{
    struct exchange *exchange = *state;
    struct outcome outcomes[100] = {0};
    for (size_t i = 0; i < 100; i++)
        exchange_get(exchange, "/ok", &outcomes[i]);
    exchange_run(exchange, 100);
    for (size_t i = 0; i < 100; i++)
        assert_string_equal(outcomes[i].body, "fine");
    assert_in_range(server_connections(exchange->server), 1, 8);
}

/* ---- starting ---- */

static struct error
refused_start(struct exchange *exchange, const char *listen, const char *ca_file)
{
    struct error error = {0};
    struct server_options options = {.listen = listen,
                                     .tls = ca_file != NULL,
                                     .ca_file = ca_file,
                                     .on_request = on_request,
                                     .arg = exchange};
    assert_null(server_new(exchange->loop, &options, &error));
    assert_true(error.kind != ERROR_NONE);
    return error;
}

static void
test_addresses(void **state)
{
    struct exchange *exchange = *state;
    const char *taken = server_address(exchange->server);
    assert_memory_equal(taken, "127.0.0.1:", 10);
    assert_string_not_equal(taken, "127.0.0.1:0");
    struct error error = refused_start(exchange, taken, NULL);
    assert_non_null(strstr(error.message, taken));
    assert_non_null(strstr(error.message, strerror(EADDRINUSE)));
    static const char *const wrong[] = {"",       "127.0.0.1",       "127.0.0.1:",
                                        ":8080",  "127.0.0.1:65536", "127.0.0.1:-1",
                                        "host:1", "[127.0.0.1]:1",   "::1:80",
                                        "[]:1",   "127.0.0.1:80x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        error = refused_start(exchange, wrong[i], NULL);
        assert_non_null(strstr(error.message, "not an address"));
    }
}

static void
test_authority_file(void **state)
{
    struct exchange *exchange = *state;
    struct stat info;
    assert_int_equal(stat(exchange->ca_file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0644);
    DIR *dir = opendir(exchange->dir);
    size_t files = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        files += entry->d_name[0] != '.';
    closedir(dir);
    assert_int_equal(files, 1);
    struct error error =
        refused_start(exchange, "127.0.0.1:0", "no/such/folder/ca.pem");
    assert_non_null(strstr(error.message, "no/such/folder/ca.pem"));
    assert_non_null(strstr(error.message, strerror(ENOENT)));
}

/* Every server has an authority of its own: the file of one does not open another. */
static void
test_authorities_differ(void **state)
{
    struct exchange *exchange = *state;
    struct server_options options = {.listen = "127.0.0.1:0",
                                     .tls = true,
                                     .on_request = on_request,
                                     .arg = exchange};
    struct server *other = server_new(exchange->loop, &options, NULL);
    assert_non_null(other);
    char url[128];
    snprintf(url, sizeof url, "https://%s/ok", server_address(other));
    struct http_request request = {
        .method = "GET", .url = url, .ca_file = exchange->ca_file};
    assert_int_equal(exchange_call(exchange, &request).error.kind, ERROR_TLS);
    server_delete(other);
}

static void
test_names_of_the_certificate(void **state)
{
    struct exchange *exchange = *state;
    char url[128];
    snprintf(url, sizeof url, "https://localhost%s/ok",
             strrchr(server_address(exchange->server), ':'));
    struct http_request request = {
        .method = "GET", .url = url, .ca_file = exchange->ca_file};
    struct outcome outcome = exchange_call(exchange, &request);
    assert_string_equal(outcome.error.message, "");
    assert_int_equal(outcome.status, 200);
}

/* ---- socket files ---- */

/* "unix:DIR/socket", and the path in it. */
static const char *
socket_of(const struct exchange *exchange, const char **path)
{
    static char listen[80];
    snprintf(listen, sizeof listen, "unix:%s/socket", exchange->dir);
    *path = listen + strlen("unix:");
    return listen;
}

static struct server *
start_at(struct exchange *exchange, const char *listen, struct error *error)
{
    struct server_options options = {
        .listen = listen, .on_request = on_request, .arg = exchange};
    return server_new(exchange->loop, &options, error);
}

static struct outcome
call_socket(struct exchange *exchange, const char *path)
{
    struct http_request request = {
        .method = "GET", .url = "http://ccgate/ok", .unix_socket = path};
    return exchange_call(exchange, &request);
}

static void
test_socket_file(void **state)
{
    struct exchange *exchange = *state;
    const char *path, *listen = socket_of(exchange, &path);
    struct error error = {0};
    struct stat info;
    mode_t mask = umask(0);
    struct server *server = start_at(exchange, listen, &error);
    umask(mask);
    assert_non_null(server);
    assert_string_equal(server_address(server), listen);
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0600);
    for (int i = 0; i < 3; i++) {
        struct outcome outcome = call_socket(exchange, path);
        assert_string_equal(outcome.error.message, "");
        assert_string_equal(outcome.body, "fine");
    }
    assert_int_equal(server_connections(server), 1);
    /* An address is an address again afterwards, and the file is gone with its server.
     */
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "http", "/ok")};
    assert_int_equal(exchange_call(exchange, &request).status, 200);
    assert_int_equal(server_connections(exchange->server), 1);
    server_delete(server);
    assert_int_equal(lstat(path, &info), -1);
    struct outcome outcome = call_socket(exchange, path);
    assert_int_equal(outcome.error.kind, ERROR_NETWORK);
    char expected[128];
    snprintf(expected, sizeof expected, "%s: %s", path, strerror(ENOENT));
    assert_string_equal(outcome.error.message, expected);
}

/* What a process that was killed leaves behind. */
static void
leave_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    close(fd);
}

static void
test_stale_socket_file(void **state)
{
    struct exchange *exchange = *state;
    const char *path, *listen = socket_of(exchange, &path);
    struct error error = {0};
    leave_socket(path);
    struct server *server = start_at(exchange, listen, &error);
    assert_string_equal(error.message, "");
    assert_non_null(server);
    assert_null(start_at(exchange, listen, &error));
    assert_non_null(strstr(error.message, path));
    assert_non_null(strstr(error.message, strerror(EADDRINUSE)));
    assert_string_equal(call_socket(exchange, path).body, "fine");
    server_delete(server);
}

static void
test_what_is_no_socket_file(void **state)
{
    struct exchange *exchange = *state;
    const char *path, *listen = socket_of(exchange, &path);
    struct error error = {0};
    struct stat info;
    FILE *file = fopen(path, "w");
    fclose(file);
    assert_null(start_at(exchange, listen, &error));
    assert_non_null(strstr(error.message, strerror(EADDRINUSE)));
    assert_int_equal(lstat(path, &info), 0);
    unlink(path);
    char longer[160];
    memset(longer, 'x', sizeof longer);
    memcpy(longer, "unix:/", 6);
    longer[5 + 108] = '\0';
    assert_null(start_at(exchange, longer, &error));
    assert_non_null(strstr(error.message, "1 to 107 bytes, this one has 108"));
    assert_null(start_at(exchange, "unix:", &error));
    assert_non_null(strstr(error.message, "this one has 0"));
    assert_null(start_at(exchange, "unix:/no/such/folder/socket", &error));
    assert_non_null(strstr(error.message, strerror(ENOENT)));
}

static int
setup_curl(void **state)
{
    (void)state;
    http_init();
    return 0;
}

#define PLAIN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TLS(name)   cmocka_unit_test_setup_teardown(name, setup_tls, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLAIN(test_bad_requests),
        PLAIN(test_connection_close),
        PLAIN(test_cut_sends_what_it_says),
        PLAIN(test_drop_sends_nothing),
        TLS(test_answer_later),
        TLS(test_client_leaves_before_the_answer),
        TLS(test_deleted_with_open_requests),
        TLS(test_many_calls_few_handshakes),
        PLAIN(test_addresses),
        TLS(test_authority_file),
        TLS(test_authorities_differ),
        TLS(test_names_of_the_certificate),
        PLAIN(test_socket_file),
        PLAIN(test_stale_socket_file),
        PLAIN(test_what_is_no_socket_file),
    };
    return cmocka_run_group_tests(tests, setup_curl, NULL);
}
