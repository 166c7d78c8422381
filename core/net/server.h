/* HTTP(S) server: evhttp on the loop. The only room that knows evhttp; its TLS is in
 * server_tls.c. Serves the simulator, the sink and the gateway's control socket. */
#ifndef CCGATE_NET_SERVER_H
#define CCGATE_NET_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/loop.h"
#include "net/server_tls.h"

struct server;
struct server_request;

/* Called once per request; it must answer exactly once, now or later. */
typedef void server_handler(void *arg, struct server_request *request);

struct server_options {
    const char *listen;  /* "127.0.0.1:28080"; port 0 picks a free one; "unix:/path": a
                            socket file for its owner alone (mode 0600), gone with the
                            server; one that a dead process left there is replaced */
    bool tls;            /* with a certificate for localhost, 127.0.0.1 and ::1 made at
                            the start, its own authority */
    const char *ca_file; /* where to write that authority (PEM); NULL: nowhere */
    enum server_certificate certificate; /* what is wrong with it */
    bool only_old_tls;                   /* 1.0; otherwise 1.2 and later */
    size_t body_max;                     /* of a request; 0: 1 MB */
    size_t connections_max; /* at a time (server_guard.h), and strict about their
                               requests (server_strict.h); 0: any number */
    int64_t deadline_ms;    /* with it: how old a connection may become */
    server_handler *on_request;
    void *arg;
};

/* NULL with `error` when the address is taken or wrong (a path has at most 107 bytes),
 * or ca_file cannot be written. From then on the process ignores SIGPIPE. */
struct server *server_new(struct loop *loop, const struct server_options *options,
                          struct error *error);
/* Closes all connections; requests that were not answered are gone. */
void server_delete(struct server *server);

/* "127.0.0.1:43211": the address with the port that was picked; "unix:/path". */
const char *server_address(const struct server *server);

/* Connections accepted so far (handshakes, in tests and benchmarks). */
uint64_t server_connections(const struct server *server);

const char *server_method(const struct server_request *request);
const char *server_path(const struct server_request *request);  /* without query */
const char *server_query(const struct server_request *request); /* after '?', or NULL */
const char *server_header(const struct server_request *request, const char *name);
/* How often a header came. */
size_t server_header_count(const struct server_request *request, const char *name);
const char *server_body(const struct server_request *request, size_t *size);

/* Adds a header to the coming answer. */
void server_add_header(struct server_request *request, const char *name,
                       const char *value);

/* Answers, with a copy of `body`; the request is gone afterwards. */
void server_reply(struct server_request *request, int status, const char *content_type,
                  const void *body, size_t size);

/* An answer in pieces: `announced` bytes, SIZE_MAX when it is not said how many. Then
 * any number of pieces, false once the client has gone, and the end, after which the
 * request is gone; when it is not `whole`, the connection is shut. */
void server_reply_start(struct server_request *request, int status,
                        const char *content_type, size_t announced);
bool server_reply_more(struct server_request *request, const void *data, size_t size);
void server_reply_end(struct server_request *request, bool whole);

/* Faults, for the simulator and the sink, instead of server_reply(): announces `size`
 * bytes, sends `sent` of them and closes; closes without any answer. */
void server_reply_cut(struct server_request *request, int status,
                      const char *content_type, const void *body, size_t size,
                      size_t sent);
void server_drop(struct server_request *request);
/* Sends bytes as they are, in the place of an answer; any number of times, then
 * server_drop(). False once the client has gone. */
bool server_send_raw(struct server_request *request, const void *data, size_t size);

#endif
