/* A server and a pool of the HTTP client on one loop, for the tests of both. */
#ifndef CCGATE_TESTS_EXCHANGE_H
#define CCGATE_TESTS_EXCHANGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "net/http.h"
#include "net/server.h"

struct exchange {
    struct loop *loop;
    struct server *server;
    struct http_pool *pool;
    char dir[32];
    char ca_file[64];
    char log[512]; /* "METHOD path\n" as the requests came */
    struct server_request *held[8];
    size_t held_count;
    size_t done_count, done_wanted;
};

/* What a call ended with. */
struct outcome {
    struct exchange *exchange;
    int count; /* of callbacks */
    struct error error;
    int curl_code;
    long status;
    int64_t retry_after_ms, duration_us;
    size_t body_size;
    char body[1024]; /* its beginning */
    void (*then)(struct outcome *outcome);
    struct http_call *other;
};

static inline void
exchange_too_late(void *arg)
{
    (void)arg;
    fail_msg("the exchange took too long");
}

static inline void
exchange_stop(void *loop)
{
    loop_stop(loop);
}

/* Runs the loop for `ms`. */
static inline void
exchange_run_for(struct exchange *exchange, int64_t ms)
{
    struct timer *timer = timer_new(exchange->loop, exchange_stop, exchange->loop);
    timer_start(timer, ms);
    loop_run(exchange->loop);
    timer_free(timer);
}

/* Runs the loop until `count` more calls are done. */
static inline void
exchange_run(struct exchange *exchange, size_t count)
{
    struct timer *guard = timer_new(exchange->loop, exchange_too_late, NULL);
    timer_start(guard, 20000);
    exchange->done_wanted = exchange->done_count + count;
    loop_run(exchange->loop);
    timer_free(guard);
}

static inline void
exchange_on_done(void *arg, const struct http_response *response)
{
    struct outcome *outcome = arg;
    outcome->count++;
    outcome->error = response->error;
    outcome->curl_code = response->curl_code;
    outcome->status = response->status;
    outcome->retry_after_ms = response->retry_after_ms;
    outcome->duration_us = response->duration_us;
    outcome->body_size = response->body_size;
    assert_int_equal(response->body[response->body_size], '\0');
    snprintf(outcome->body, sizeof outcome->body, "%s", response->body);
    if (outcome->then)
        outcome->then(outcome);
    struct exchange *exchange = outcome->exchange;
    if (++exchange->done_count == exchange->done_wanted)
        loop_stop(exchange->loop);
}

/* The URL of `path` on the server; valid until the next call. */
static inline const char *
exchange_url(const struct exchange *exchange, const char *scheme, const char *path)
{
    static char url[256];
    snprintf(url, sizeof url, "%s://%s%s", scheme, server_address(exchange->server),
             path);
    return url;
}

static inline struct http_call *
exchange_start(struct exchange *exchange, const struct http_request *request,
               struct outcome *outcome)
{
    outcome->exchange = exchange;
    return http_start(exchange->pool, request, exchange_on_done, outcome);
}

/* A GET of `path` over TLS, with the server's authority. */
static inline struct http_call *
exchange_get(struct exchange *exchange, const char *path, struct outcome *outcome)
{
    struct http_request request = {.method = "GET",
                                   .url = exchange_url(exchange, "https", path),
                                   .ca_file = exchange->ca_file};
    return exchange_start(exchange, &request, outcome);
}

/* A whole call. */
static inline struct outcome
exchange_call(struct exchange *exchange, const struct http_request *request)
{
    struct outcome outcome = {0};
    exchange_start(exchange, request, &outcome);
    exchange_run(exchange, 1);
    assert_int_equal(outcome.count, 1);
    return outcome;
}

static inline void
exchange_open(struct exchange *exchange, const char *listen, bool tls, size_t body_max,
              server_handler *on_request, size_t at_once)
{
    *exchange = (struct exchange){.dir = P_tmpdir "/ccgate-XXXXXX"};
    assert_non_null(mkdtemp(exchange->dir));
    snprintf(exchange->ca_file, sizeof exchange->ca_file, "%s/ca.pem", exchange->dir);
    exchange->loop = loop_new();
    struct server_options options = {.listen = listen,
                                     .tls = tls,
                                     .ca_file = exchange->ca_file,
                                     .body_max = body_max,
                                     .on_request = on_request,
                                     .arg = exchange};
    struct error error = {0};
    exchange->server = server_new(exchange->loop, &options, &error);
    if (!exchange->server)
        fail_msg("%s", error.message);
    exchange->pool = http_pool_new(exchange->loop, at_once);
}

static inline void
exchange_close(struct exchange *exchange)
{
    if (exchange->pool)
        http_pool_delete(exchange->pool);
    if (exchange->server)
        server_delete(exchange->server);
    loop_delete(exchange->loop);
    unlink(exchange->ca_file);
    assert_int_equal(rmdir(exchange->dir), 0);
}

/* Notes a request in the log. */
static inline void
exchange_note(struct exchange *exchange, const struct server_request *request)
{
    size_t size = strlen(exchange->log);
    snprintf(exchange->log + size, sizeof exchange->log - size, "%s %s\n",
             server_method(request), server_path(request));
}

/* Keeps a request unanswered until exchange_release(). */
static inline void
exchange_hold(struct exchange *exchange, struct server_request *request)
{
    assert_true(exchange->held_count < sizeof exchange->held / sizeof *exchange->held);
    exchange->held[exchange->held_count++] = request;
}

static inline void
exchange_release(struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->held_count; i++)
        server_reply(exchange->held[i], 200, NULL, NULL, 0);
    exchange->held_count = 0;
}

static inline void
exchange_use_pool(struct exchange *exchange, size_t at_once)
{
    http_pool_delete(exchange->pool);
    exchange->pool = http_pool_new(exchange->loop, at_once);
}

#endif
