#include "net/sign.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

/* ---- hashes ---- */

/* Fetching an algorithm and naming the digest of an HMAC cost more than the HMAC of a
 * request: both are done once, and the context is used again and again. */
static EVP_MAC_CTX *hmac;
static EVP_MD *sha256;

static void
fetch_algorithms(void)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hmac = EVP_MAC_CTX_new(algorithm);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!hmac || !sha256 || !EVP_MAC_CTX_set_params(hmac, params))
        mem_give_up("OpenSSL", "fetching HMAC-SHA256");
    EVP_MAC_free(algorithm); /* the context keeps it */
}

void
sign_sha256(const void *data, size_t size, unsigned char out[SIGN_SHA256_SIZE])
{
    if (!sha256)
        fetch_algorithms();
    if (!EVP_Digest(data, size, out, NULL, sha256, NULL))
        mem_give_up("OpenSSL", "SHA-256");
}

void
sign_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                 unsigned char out[SIGN_SHA256_SIZE])
{
    if (!sha256)
        fetch_algorithms();
    /* A NULL key would mean "the key of before". */
    const unsigned char *bytes = key_size ? key : (const unsigned char *)"";
    size_t out_size = 0;
    if (!EVP_MAC_init(hmac, bytes, key_size, NULL) ||
        !EVP_MAC_update(hmac, data, size) ||
        !EVP_MAC_final(hmac, out, &out_size, SIGN_SHA256_SIZE))
        mem_give_up("OpenSSL", "HMAC-SHA256");
}

void
sign_random(void *out, size_t size)
{
    unsigned char *at = out;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            mem_give_up("the kernel", "getrandom");
        at += got;
        size -= (size_t)got;
    }
}

double
sign_random_share(void)
{
    if (clock_is_held())
        return 0.5;
    /* Many at a time: every poll needs one, and asking is a system call. */
    static uint32_t numbers[64];
    static size_t left;
    if (left == 0) {
        left = sizeof numbers / sizeof *numbers;
        sign_random(numbers, sizeof numbers);
    }
    return numbers[--left] / 4294967296.0;
}

bool
sign_equal(const char *a, const char *b)
{
    size_t size = strlen(a);
    return size == strlen(b) && CRYPTO_memcmp(a, b, size) == 0;
}

/* ---- texts of bytes ---- */

void
sign_add_hex(struct buf *out, const void *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = data;
    char *at = buf_reserve(out, size * 2);
    for (size_t i = 0; i < size; i++) {
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    out->size += size * 2;
}

void
sign_add_base64(struct buf *out, const void *data, size_t size)
{
    size_t text_size = (size + 2) / 3 * 4;
    char *at = buf_reserve(out, text_size);
    EVP_EncodeBlock((unsigned char *)at, data, (int)size);
    out->size += text_size;
}

/* ---- auth-v2 ---- */

static bool
is_plain(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' ||
           byte == '~';
}

static void
add_encoded(struct buf *out, const char *text, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    char *start = buf_reserve(out, size * 3);
    char *at = start;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (is_plain(byte)) {
            *at++ = text[i];
            continue;
        }
        *at++ = '%';
        *at++ = digits[byte >> 4];
        *at++ = digits[byte & 15];
    }
    out->size += (size_t)(at - start);
}

static int
compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
encode_pair(const struct sign_pair *pair)
{
    struct buf text = {0};
    add_encoded(&text, pair->name, strlen(pair->name));
    buf_add(&text, "=", 1);
    add_encoded(&text, pair->value, strlen(pair->value));
    return buf_take(&text);
}

/* A sorted set: equal pairs count once. */
static void
add_query(struct buf *out, const struct sign_pair *query, size_t count)
{
    char **pairs = mem_zero(count * sizeof *pairs);
    for (size_t i = 0; i < count; i++)
        pairs[i] = encode_pair(&query[i]);
    qsort(pairs, count, sizeof *pairs, compare_texts);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && strcmp(pairs[i], pairs[i - 1]) == 0)
            continue;
        if (i > 0)
            buf_add(out, "&", 1);
        buf_add_text(out, pairs[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(pairs[i]);
    free(pairs);
}

static void
add_header(struct buf *out, const char *name, const char *value)
{
    static const char blanks[] = " \t";
    value += strspn(value, blanks);
    size_t size = strlen(value);
    while (size > 0 && strchr(blanks, value[size - 1]))
        size--;
    buf_add_text(out, name);
    buf_add(out, ":", 1);
    add_encoded(out, value, size);
    buf_add(out, "\n", 1);
}

static const char *
signed_headers(const struct sign_options *options)
{
    return options->host_only ? "host" : "content-length;content-type;host";
}

static void
add_line(struct buf *out, const char *text)
{
    buf_add_text(out, text);
    buf_add(out, "\n", 1);
}

void
sign_canonical(const struct sign_options *options, const struct sign_message *message,
               struct buf *out)
{
    add_line(out, message->method);
    add_line(out, message->path);
    if (message->query_count > 0)
        add_query(out, message->query, message->query_count);
    if (message->query_count > 0 || options->empty_query_line)
        buf_add(out, "\n", 1);
    add_line(out, signed_headers(options));
    if (!options->host_only) {
        buf_format(out, "content-length:%zu\n", message->body_size);
        add_header(out, "content-type", message->content_type);
    }
    add_header(out, "host", message->host);
    add_encoded(out, message->body, message->body_size);
}

static void
add_prefix(struct buf *out, const struct sign_options *options, int64_t wall_ms)
{
    char time[32];
    buf_add_text(out, "auth-v2/");
    buf_add_text(out, options->access_key);
    buf_add(out, "/", 1);
    buf_add_text(
        out, text_format_time(wall_ms, options->timestamp_millis, time, sizeof time));
    buf_add(out, "/", 1);
    buf_add_text(out, signed_headers(options));
}

void
sign_request(const struct sign_options *options, const struct sign_message *message,
             int64_t wall_ms, struct buf *out)
{
    unsigned char hash[SIGN_SHA256_SIZE];
    struct buf key = {0}, canonical = {0};
    size_t prefix = out->size;
    add_prefix(out, options, wall_ms);
    sign_hmac_sha256(options->secret_key, strlen(options->secret_key),
                     out->data + prefix, out->size - prefix, hash);
    /* The second key is the hex text of the first result, not its bytes. */
    sign_add_hex(&key, hash, sizeof hash);

    sign_canonical(options, message, &canonical);
    sign_hmac_sha256(key.data, key.size, canonical.data, canonical.size, hash);
    buf_add(out, "/", 1);
    sign_add_hex(out, hash, sizeof hash);
    OPENSSL_cleanse(key.data, key.size);
    buf_fini(&key);
    buf_fini(&canonical);
}

/* ---- Standard Webhooks ---- */

enum { WEBHOOK_KEY_LEAST = 24, WEBHOOK_KEY_MOST = 64 };

/* The key's size; 0 when the secret has not the form of one. */
static size_t
webhook_key(const char *secret, unsigned char key[WEBHOOK_KEY_MOST + 3])
{
    static const char prefix[] = "whsec_";
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (strncmp(secret, prefix, sizeof prefix - 1) != 0)
        return 0;
    secret += sizeof prefix - 1;
    size_t size = strlen(secret), plain = strspn(secret, alphabet);
    size_t padding = strspn(secret + plain, "=");
    if (plain + padding != size || padding > 2 || size % 4 != 0 ||
        size > (WEBHOOK_KEY_MOST + 2) / 3 * 4)
        return 0;
    if (EVP_DecodeBlock(key, (const unsigned char *)secret, (int)size) < 0)
        return 0;
    size_t key_size = size / 4 * 3 - padding;
    return key_size < WEBHOOK_KEY_LEAST || key_size > WEBHOOK_KEY_MOST ? 0 : key_size;
}

bool
sign_is_webhook_secret(const char *secret)
{
    unsigned char key[WEBHOOK_KEY_MOST + 3];
    size_t size = webhook_key(secret, key);
    OPENSSL_cleanse(key, sizeof key);
    return size > 0;
}

bool
sign_standard_webhook(const char *secret, const char *id, int64_t timestamp_s,
                      const char *body, size_t body_size, struct buf *out)
{
    unsigned char key[WEBHOOK_KEY_MOST + 3];
    size_t key_size = webhook_key(secret, key);
    if (key_size == 0)
        return false;
    struct buf content = {0};
    buf_format(&content, "%s.%lld.", id, (long long)timestamp_s);
    buf_add(&content, body, body_size);
    unsigned char hash[SIGN_SHA256_SIZE];
    sign_hmac_sha256(key, key_size, content.data, content.size, hash);
    buf_add_text(out, "v1,");
    sign_add_base64(out, hash, sizeof hash);
    OPENSSL_cleanse(key, sizeof key);
    buf_fini(&content);
    return true;
}
