/* A request of http.h: checked, and copied into one piece of memory. Private to the
 * HTTP client; knows no curl. */
#ifndef CCGATE_NET_HTTP_COPY_H
#define CCGATE_NET_HTTP_COPY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "net/http.h"

#define HTTP_AUTHORITY_SIZE 160

struct http_copy {
    const char *method, *url;
    const char *ca_file;     /* NULL: the system's */
    const char *unix_socket; /* NULL: none */
    const char *body;        /* NULL for none; "" where the method implies one */
    size_t body_size, body_max;
    long timeout_ms;
    bool is_fresh, is_public_only;
    const struct range *allowed; /* allowed_count ranges that may be private */
    size_t allowed_count;
    const char **to; /* of a letter: whom it goes to, to_count of them */
    size_t to_count;
    const char *from, *user, *password; /* of a letter; from NULL: it is none */
    bool is_plain;
    const char **lines; /* "Name: value", and "Name;" for an empty one, as curl wants */
    size_t line_count;
};

/* NULL with `refusal` (ERROR_LIMIT) for what must not leave: control characters in the
 * URL or a header, a method or a name that is not a token. Release with free(). */
struct http_copy *http_copy_new(const struct http_request *request,
                                struct error *refusal);

/* "host:port" of a URL, for messages: no user, no path, no query. */
char *http_copy_authority(const char *url, char out[HTTP_AUTHORITY_SIZE]);

#endif
