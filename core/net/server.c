#include "net/server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/server_guard.h"
#include "net/server_listen.h"
#include "net/server_strict.h"

enum {
    BODY_MAX_DEFAULT = 1 << 20,
    HEADERS_MAX = 64 << 10,
    /* Longer than clients keep an idle connection (curl: 118 s), so that it is they who
     * close and no request meets a closing server. */
    TIMEOUT_S = 150,
};

struct server_request {
    LIST_ENTRY(server_request) link;
    struct evhttp_request *http;
};

LIST_HEAD(requests, server_request);

struct server {
    struct evhttp *http;
    struct ssl_ctx_st *tls;     /* NULL: plain */
    struct server_guard *guard; /* NULL: none */
    char *address;
    uint64_t connections;
    server_handler *on_request;
    void *arg;
    struct requests open; /* not answered yet */
};

/* ---- connections ---- */

static struct bufferevent *
on_accept(struct event_base *base, void *arg)
{
    struct server *server = arg;
    server->connections++;
    if (server->guard)
        server_guard_note(server->guard);
    struct bufferevent *stream =
        server->tls
            ? bufferevent_openssl_socket_new(base, -1, server_tls_accept(server->tls),
                                             BUFFEREVENT_SSL_ACCEPTING,
                                             BEV_OPT_CLOSE_ON_FREE)
            : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (stream && server->guard)
        server_strict_watch(stream);
    return stream;
}

/* ---- requests ---- */

static void
on_http(struct evhttp_request *http, void *arg)
{
    struct server *server = arg;
    struct evhttp_connection *connection = evhttp_request_get_connection(http);
    if (server->guard &&
        server_strict_refuses(evhttp_connection_get_bufferevent(connection))) {
        evhttp_add_header(evhttp_request_get_output_headers(http), "Connection",
                          "close");
        evhttp_send_error(http, HTTP_BADREQUEST, NULL);
        return;
    }
    struct server_request *request = mem_zero(sizeof *request);
    request->http = http;
    LIST_INSERT_HEAD(&server->open, request, link);
    server->on_request(server->arg, request);
}

static const struct {
    enum evhttp_cmd_type type;
    const char *name;
} methods[] = {
    {EVHTTP_REQ_GET, "GET"}, {EVHTTP_REQ_POST, "POST"},   {EVHTTP_REQ_HEAD, "HEAD"},
    {EVHTTP_REQ_PUT, "PUT"}, {EVHTTP_REQ_PATCH, "PATCH"}, {EVHTTP_REQ_DELETE, "DELETE"},
};

const char *
server_method(const struct server_request *request)
{
    enum evhttp_cmd_type type = evhttp_request_get_command(request->http);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (methods[i].type == type)
            return methods[i].name;
    return "";
}

static const char *
or_empty(const char *text)
{
    return text ? text : "";
}

const char *
server_path(const struct server_request *request)
{
    return or_empty(evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request->http)));
}

const char *
server_query(const struct server_request *request)
{
    return evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request->http));
}

const char *
server_header(const struct server_request *request, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(request->http), name);
}

size_t
server_header_count(const struct server_request *request, const char *name)
{
    const struct evkeyval *header;
    size_t count = 0;
    TAILQ_FOREACH(header, evhttp_request_get_input_headers(request->http), next)
    {
        count += !evutil_ascii_strcasecmp(header->key, name);
    }
    return count;
}

const char *
server_body(const struct server_request *request, size_t *size)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(request->http);
    *size = evbuffer_get_length(body);
    return *size > 0 ? (const char *)evbuffer_pullup(body, -1) : "";
}

/* ---- answers ---- */

void
server_add_header(struct server_request *request, const char *name, const char *value)
{
    evhttp_add_header(evhttp_request_get_output_headers(request->http), name, value);
}

/* Takes the request. */
static void
send_answer(struct server_request *request, int status, const char *content_type,
            const void *body, size_t size)
{
    struct evhttp_request *http = request->http;
    LIST_REMOVE(request, link);
    free(request);
    /* NULL when the client has gone. */
    struct evhttp_connection *connection = evhttp_request_get_connection(http);
    if (content_type)
        evhttp_add_header(evhttp_request_get_output_headers(http), "Content-Type",
                          content_type);
    struct evbuffer *out = evhttp_request_get_output_buffer(http);
    if (size > 0)
        evbuffer_add(out, body, size);
    evhttp_send_reply(http, status, NULL, NULL);
    /* Head and body lie in pieces of their own, and every piece would become a TLS
     * record and a system call of its own. */
    if (connection)
        evbuffer_pullup(
            bufferevent_get_output(evhttp_connection_get_bufferevent(connection)), -1);
}

void
server_reply(struct server_request *request, int status, const char *content_type,
             const void *body, size_t size)
{
    send_answer(request, status, content_type, body, size);
}

void
server_reply_cut(struct server_request *request, int status, const char *content_type,
                 const void *body, size_t size, size_t sent)
{
    char announced[32];
    snprintf(announced, sizeof announced, "%zu", size);
    server_add_header(request, "Content-Length", announced);
    server_add_header(request, "Connection", "close");
    send_answer(request, status, content_type, body, sent < size ? sent : size);
}

static void
shut(struct server_request *request)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request->http);
    if (connection) {
        struct bufferevent *stream = evhttp_connection_get_bufferevent(connection);
        shutdown(bufferevent_getfd(stream), SHUT_RDWR);
    }
}

/* An answer into a connection that is shut: evhttp meets the error and cleans up, in
 * whatever state it is. */
void
server_drop(struct server_request *request)
{
    shut(request);
    send_answer(request, 500, NULL, NULL, 0);
}

bool
server_send_raw(struct server_request *request, const void *data, size_t size)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request->http);
    bufferevent_data_cb on_read, on_written;
    bufferevent_event_cb on_event;
    void *arg;
    if (!connection)
        return false;
    struct bufferevent *stream = evhttp_connection_get_bufferevent(connection);
    /* evhttp would take it for the end of its own answer that something is written. */
    bufferevent_getcb(stream, &on_read, &on_written, &on_event, &arg);
    bufferevent_setcb(stream, on_read, NULL, on_event, arg);
    bufferevent_enable(stream, EV_WRITE);
    return bufferevent_write(stream, data, size) == 0;
}

void
server_reply_start(struct server_request *request, int status, const char *content_type,
                   size_t announced)
{
    char size[32];
    snprintf(size, sizeof size, "%zu", announced);
    server_add_header(request, "Content-Type", content_type);
    if (announced != SIZE_MAX)
        server_add_header(request, "Content-Length", size);
    evhttp_send_reply_start(request->http, status, NULL);
}

bool
server_reply_more(struct server_request *request, const void *data, size_t size)
{
    struct evbuffer *piece = evbuffer_new();
    if (!piece)
        mem_give_up("libevent", "evbuffer_new");
    evbuffer_add(piece, data, size);
    evhttp_send_reply_chunk(request->http, piece);
    evbuffer_free(piece);
    return evhttp_request_get_connection(request->http) != NULL;
}

void
server_reply_end(struct server_request *request, bool whole)
{
    struct evhttp_request *http = request->http;
    if (!whole)
        shut(request);
    LIST_REMOVE(request, link);
    free(request);
    evhttp_send_reply_end(http);
}

/* ---- the server ---- */

static void
configure(struct server *server, const struct server_options *options)
{
    unsigned allowed = 0;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        allowed |= methods[i].type;
    evhttp_set_allowed_methods(server->http, (ev_uint16_t)allowed);
    evhttp_set_max_headers_size(server->http, HEADERS_MAX);
    evhttp_set_max_body_size(server->http, options->body_max
                                               ? (ev_ssize_t)options->body_max
                                               : (ev_ssize_t)BODY_MAX_DEFAULT);
    evhttp_set_timeout(server->http, TIMEOUT_S);
    evhttp_set_bevcb(server->http, on_accept, server);
    evhttp_set_gencb(server->http, on_http, server);
}

struct server *
server_new(struct loop *loop, const struct server_options *options, struct error *error)
{
    struct event_base *base = loop_base(loop);
    struct evconnlistener *listener = server_listen(base, options->listen, error);
    if (!listener)
        return NULL;
    struct ssl_ctx_st *tls = NULL;
    if (options->tls && !(tls = server_tls_new(options->ca_file, options->certificate,
                                               options->only_old_tls, error))) {
        server_unlisten(options->listen);
        evconnlistener_free(listener);
        return NULL;
    }
    /* OpenSSL writes without MSG_NOSIGNAL. */
    signal(SIGPIPE, SIG_IGN);
    struct server *server = mem_zero(sizeof *server);
    server->tls = tls;
    server->on_request = options->on_request;
    server->arg = options->arg;
    server->address = server_listen_address(listener, options->listen);
    if (options->connections_max)
        server->guard = server_guard_new(loop, listener, options->connections_max,
                                         options->deadline_ms);
    server->http = evhttp_new(base);
    if (!server->http)
        mem_give_up("libevent", "evhttp_new");
    configure(server, options);
    if (!evhttp_bind_listener(server->http, listener))
        mem_give_up("libevent", "evhttp_bind_listener");
    return server;
}

void
server_delete(struct server *server)
{
    while (!LIST_EMPTY(&server->open)) {
        struct server_request *request = LIST_FIRST(&server->open);
        /* The others end with their connections. */
        if (!evhttp_request_get_connection(request->http))
            evhttp_request_free(request->http);
        LIST_REMOVE(request, link);
        free(request);
    }
    server_unlisten(server->address);
    server_guard_delete(server->guard);
    evhttp_free(server->http);
    server_tls_delete(server->tls);
    free(server->address);
    free(server);
}

const char *
server_address(const struct server *server)
{
    return server->address;
}

uint64_t
server_connections(const struct server *server)
{
    return server->connections;
}
