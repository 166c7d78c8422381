/* HTTP client: libcurl's multi interface on the loop. The only room that knows curl.
 *
 * A pool has its own connections, its own reused easy handles and its own admission: at
 * most `at_once` calls run, the others wait here in order, never inside curl. Callbacks
 * come from the loop, never from inside http_start() or a curl callback, so that a
 * callback may start or cancel calls. TLS ≥ 1.2 verified, no proxy from the
 * environment, redirects never followed, http and https only; smtp and smtps for
 * letters. */
#ifndef CCGATE_NET_HTTP_H
#define CCGATE_NET_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/loop.h"
#include "base/range.h"

struct http_pool;
struct http_call;
struct http_slot;

struct http_pool *http_pool_new(struct loop *loop, size_t at_once);
/* Cancels what runs, without callbacks. */
void http_pool_delete(struct http_pool *pool);

struct http_header {
    const char *name, *value;
};

struct http_response {
    struct error
        error;        /* ERROR_NONE whenever a complete HTTP answer came, any status */
    int curl_code;    /* CURLcode, judged before anything else */
    long status;      /* 0 when no complete answer came */
    const char *body; /* NUL-terminated, valid during the callback; "" with an error */
    size_t body_size;
    const char
        *content_type;      /* as it was sent, valid during the callback; "" without */
    int64_t retry_after_ms; /* from Retry-After (seconds or date), -1 when absent or
                               unreadable; not clamped */
    int64_t duration_us;    /* from start on the wire to the end */
    const char *refused;    /* of a letter that went to others: the recipients whom the
                               server refused, with its words; NULL: none */
    int is_stranger; /* the server's certificate is by an authority that is not known */
    const struct http_slot *slot; /* private: where its headers are; NULL: none came */
};

/* The header Date, milliseconds since the epoch; -1 without one that can be read. */
int64_t http_date_ms(const struct http_response *response);

/* The value of a header of the answer, however its name is written, valid during the
 * callback; NULL when there is none (and with an error). Of a header that came several
 * times http_header_at() gives each, in their order, NULL after the last. All headers
 * together have at most 64 KB, more is ERROR_LIMIT. */
const char *http_header_of(const struct http_response *response, const char *name);
const char *http_header_at(const struct http_response *response, const char *name,
                           size_t index);

/* Each header of the answer, in their order, valid during the call; none with an error.
 */
typedef void http_on_header(void *arg, const char *name, const char *value);
void http_each_header(const struct http_response *response, http_on_header *on_each,
                      void *arg);

/* A letter instead of an HTTP request: the URL is smtp:// or smtps://, the body is the
 * letter, head and all, and method and headers mean nothing. The status is the server's
 * last reply (250, 451, 550), also where it refused, and the response's body says it in
 * its words. A recipient whom it refuses is left out; when it refuses all, a reply that
 * asks for another attempt (4xx) counts more than the last. */
struct http_mail {
    const char *from;
    const char *const *to; /* addresses alone */
    size_t to_count;
    const char *user, *password; /* user NULL: nobody signs in */
    int plain; /* smtp:// may go without TLS; else it gets nothing without STARTTLS */
};

typedef void http_callback(void *arg, const struct http_response *response);

struct http_request {
    const char *method;
    const char *url;
    const struct http_header *headers; /* Content-Length and Host are curl's; a request
                                          with a body never sends "Expect" */
    size_t header_count;
    const char *body; /* NULL for none */
    size_t body_size;
    const char *ca_file; /* NULL: the system's certificate file. A replaced file counts
                            once a certificate was refused, at the latest in an hour */
    int64_t timeout_ms;  /* for everything from connecting on; 0: 10 s */
    size_t body_max;     /* bytes of an answer; 0: 4 MB. More is ERROR_LIMIT */
    int fresh;           /* never on a connection that was used before */
    const char *unix_socket; /* connects to this socket file; the URL's host is a name
                                only. NULL: to the URL's host */
    int public_only; /* only to addresses of the public internet, and to those allowed
                        below; judged as they are dialled, whatever the URL or a name
                        server says, and again on a connection that was used before */
    const struct range *allowed;
    size_t allowed_count;
    const struct http_mail *mail; /* NULL: HTTP */
};

/* Starts or queues the call; copies all of `request`. Misuse is reported through the
 * callback, too: control characters in the URL, a header or an address, a method that
 * is not a token, another scheme than http and https are ERROR_LIMIT, as is an address
 * that is not public where it must be; a ca_file that cannot be read is ERROR_TLS once
 * a new connection needs it. */
struct http_call *http_start(struct http_pool *pool, const struct http_request *request,
                             http_callback *on_done, void *arg);

/* Ends the call; its callback will not come. Changes nothing inside that callback;
 * after it the call is gone. */
void http_cancel(struct http_call *call);

/* "https://host:443" of a URL, in small letters, by the parser that a call uses; free
 * it. NULL for what is none. */
char *http_origin(const char *url);

/* Calls whose callback has not come yet, running or waiting. */
size_t http_pool_busy(const struct http_pool *pool);

/* Once per process, before the first pool. */
void http_init(void);

#endif
