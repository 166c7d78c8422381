/* Signatures and hashes. The only room that knows OpenSSL's crypto (net/server_tls.c
 * knows its TLS). Sources: upstream.md §1 (auth-v2), destinations.md §2 (Standard
 * Webhooks). For one thread, the loop's: the contexts of OpenSSL are kept and used
 * again. */
#ifndef CCGATE_NET_SIGN_H
#define CCGATE_NET_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct sign_options {
    const char *access_key;
    const char *secret_key;
    bool host_only; /* sign host alone instead of content-length;content-type;host */
    bool timestamp_millis; /* 2024-08-02T00:00:00.000Z instead of …00Z */
    bool empty_query_line; /* a request without query has an empty line for it */
};

struct sign_pair {
    const char *name, *value; /* not encoded */
};

struct sign_message {
    const char *method; /* upper-case */
    const char *path;   /* as written in the request line, no query */
    const struct sign_pair *query;
    size_t query_count;
    const char *host;         /* identical to the Host header, port included */
    const char *content_type; /* identical to the header; ignored when host_only */
    const char *body;
    size_t body_size;
};

/* The canonical request that is signed (for `query --show-signature` and tests). */
void sign_canonical(const struct sign_options *options,
                    const struct sign_message *message, struct buf *out);

/* The value of the Authorization header: auth-v2/AK/TS/SH/signature. */
void sign_request(const struct sign_options *options,
                  const struct sign_message *message, int64_t wall_ms, struct buf *out);

#define SIGN_SHA256_SIZE 32
void sign_sha256(const void *data, size_t size, unsigned char out[SIGN_SHA256_SIZE]);
void sign_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                      unsigned char out[SIGN_SHA256_SIZE]);

/* Adds text; never a NUL or newline. */
void sign_add_hex(struct buf *out, const void *data, size_t size);
void sign_add_base64(struct buf *out, const void *data, size_t size);

/* Random bytes of the operating system. */
void sign_random(void *out, size_t size);
/* A random number, 0 <= it < 1, for what is to happen at different times. On a held
 * clock it is 0.5: nothing is left to chance there. */
double sign_random_share(void);

/* Compares without telling where they differ. */
bool sign_equal(const char *a, const char *b);

/* The value of webhook-signature ("v1,…") for one secret ("whsec_" + base64 of 24–64
 * bytes). False when the secret has another form. */
bool sign_standard_webhook(const char *secret, const char *id, int64_t timestamp_s,
                           const char *body, size_t body_size, struct buf *out);
bool sign_is_webhook_secret(const char *secret);

#endif
