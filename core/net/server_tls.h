/* TLS of net/server.c: an authority and a certificate of its own, made at the start.
 * With sign.c the only place that knows OpenSSL. */
#ifndef CCGATE_NET_SERVER_TLS_H
#define CCGATE_NET_SERVER_TLS_H

#include <stdbool.h>

#include "base/error.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct ssl_st;     /* OpenSSL's SSL */

/* What is wrong with the certificate; for the simulator. */
enum server_certificate {
    CERTIFICATE_GOOD,
    CERTIFICATE_EXPIRED,    /* since yesterday */
    CERTIFICATE_WRONG_HOST, /* for another name and no address */
    CERTIFICATE_UNKNOWN_CA, /* signed by another authority than the written one */
};

/* A context with a certificate for localhost, 127.0.0.1 and ::1, TLS 1.2 and later,
 * with session tickets. The authority that signed it is written to `ca_file` (PEM, by a
 * rename, so that nobody reads half of it); NULL: nowhere, nobody can check it.
 * `only_old`: TLS 1.0 and nothing else. NULL with `error` when the file cannot be
 * written. */
struct ssl_ctx_st *server_tls_new(const char *ca_file, enum server_certificate kind,
                                  bool only_old, struct error *error);
void server_tls_delete(struct ssl_ctx_st *context); /* NULL is allowed */

/* For one accepted connection. */
struct ssl_st *server_tls_accept(struct ssl_ctx_st *context);

#endif
