#include "deliver/outgoing.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/version.h"
#include "net/sign.h"

#define ANSWER_MAX 1024
#define SECRET_MIN 6 /* shorter texts would blot out words, and hide nothing */

static void
add_header(struct outgoing *outgoing, const char *name, const char *value)
{
    for (size_t i = 0; i < outgoing->header_count; i++)
        if (!strcasecmp(outgoing->headers[i].name, name))
            return;
    outgoing->headers = mem_grow(outgoing->headers, outgoing->header_count + 1,
                                 sizeof(*outgoing->headers));
    outgoing->headers[outgoing->header_count++] = (struct http_header){name, value};
}

static void
add_headers(struct outgoing *outgoing, const struct conf_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_header(outgoing, headers[i].name, headers[i].value);
}

static bool
add_signature(struct outgoing *outgoing, const char *secret, const char *id,
              const char *body, int64_t now_s)
{
    snprintf(outgoing->timestamp, sizeof(outgoing->timestamp), "%lld",
             (long long)now_s);
    add_header(outgoing, "webhook-id", id);
    add_header(outgoing, "webhook-timestamp", outgoing->timestamp);
    if (!secret)
        return true;
    size_t size = body ? strlen(body) : 0;
    if (!sign_standard_webhook(secret, id, now_s, body ? body : "", size,
                               &outgoing->signature))
        return false;
    add_header(outgoing, "webhook-signature", outgoing->signature.data);
    return true;
}

static void
add_authorization(struct outgoing *outgoing, const char *scheme,
                  const struct conf_destination *conf)
{
    struct buf *value = &outgoing->authorization;
    buf_format(value, "%s ", scheme);
    if (conf->user) {
        char *pair = mem_format("%s:%s", conf->user, conf->password);
        sign_add_base64(value, pair, strlen(pair));
        free(pair);
    } else {
        buf_add_text(value, conf->password);
    }
    add_header(outgoing, "authorization", value->data);
}

/* False when what it takes is not there. */
static bool
add_sign(struct outgoing *outgoing, const struct conf_destination *conf,
         enum connector_sign sign, const char *id, int64_t now_s)
{
    switch (sign) {
    case SIGN_NONE: return true;
    case SIGN_STANDARD_WEBHOOKS:
        return add_signature(outgoing, conf->secret, id, outgoing->body, now_s);
    case SIGN_BASIC:
    case SIGN_BEARER: break;
    }
    if (!conf->password || !conf->user != (sign == SIGN_BEARER))
        return false;
    add_authorization(outgoing, sign == SIGN_BASIC ? "Basic" : "Bearer", conf);
    return true;
}

/* ---- where to ---- */

char *
outgoing_url(const struct conf_destination *conf,
             const struct connector_request *request)
{
    if (!conf->url || !request->path)
        return mem_text(conf->url ? conf->url : request->url);
    size_t size = strlen(conf->url);
    while (size && conf->url[size - 1] == '/')
        size--;
    return mem_format("%.*s%s", (int)size, conf->url, request->path);
}

/* ---- secrets in the body ---- */

/* How gateway.json writes the place of a secret: no text of a JSON body has this byte.
 */
#define MARK '\1'

static const struct {
    const char *name;
    size_t offset; /* in struct conf_destination */
} secrets[] = {
    {"routing_key", offsetof(struct conf_destination, routing_key)},
};

static const char *
find_secret(const struct conf_destination *conf, const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
        if (strlen(secrets[i].name) == size && !memcmp(secrets[i].name, name, size))
            return *(char *const *)((const char *)conf + secrets[i].offset);
    return NULL;
}

/* False when a place is left open. */
static bool
fill(struct buf *filled, const struct conf_destination *conf, const char *body)
{
    const char *at = body, *mark;
    while ((mark = strchr(at, MARK))) {
        const char *end = strchr(mark + 1, MARK);
        const char *secret =
            end ? find_secret(conf, mark + 1, (size_t)(end - mark - 1)) : NULL;
        if (!secret)
            return false;
        buf_add(filled, at, (size_t)(mark - at));
        buf_add_json(filled, secret, strlen(secret));
        at = end + 1;
    }
    buf_add_text(filled, at);
    return true;
}

bool
outgoing_init(struct outgoing *outgoing, const struct conf_destination *conf,
              const struct connector_request *request, const char *id, const char *body,
              int64_t now_s)
{
    *outgoing = (struct outgoing){.body = body};
    if (body && request->fill) {
        if (!fill(&outgoing->filled, conf, body))
            return false;
        outgoing->body = outgoing->filled.size ? outgoing->filled.data : body;
    }
    if (!add_sign(outgoing, conf, request->sign, id, now_s))
        return false;
    add_headers(outgoing, conf->headers, conf->header_count);
    add_headers(outgoing, request->headers, request->header_count);
    add_header(outgoing, "user-agent", "ccgate/" CCGATE_VERSION);
    return true;
}

void
outgoing_fini(struct outgoing *outgoing)
{
    free(outgoing->headers);
    buf_fini(&outgoing->signature);
    buf_fini(&outgoing->authorization);
    buf_fini(&outgoing->filled);
    *outgoing = (struct outgoing){0};
}

static void
blot_out_in(char *text, size_t text_size, const char *secret, size_t size)
{
    const char *end = text + text_size;
    if (size < SECRET_MIN)
        return;
    for (char *at = text; (at = memmem(at, (size_t)(end - at), secret, size));
         at += size)
        memset(at, '*', size);
}

static void
blot_out(char *text, const char *secret, size_t size)
{
    blot_out_in(text, strlen(text), secret, size);
}

void
outgoing_blot_out(char *text, size_t size, const char *secret)
{
    blot_out_in(text, size, secret, strlen(secret));
}

/* Whole, and every piece between `delimiters`: receivers repeat the path of a URL
 * without its query, or a token without "Bearer". */
static void
blot_out_all(char *text, const char *secret, const char *delimiters)
{
    blot_out(text, secret, strlen(secret));
    for (const char *at = secret; *at; at += strspn(at, delimiters)) {
        size_t size = strcspn(at, delimiters);
        blot_out(text, at, size);
        at += size;
    }
}

/* The host stays readable: errors name it. */
static void
blot_out_url(char *text, const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host ? strpbrk(host + strlen("://"), "/?#") : NULL;
    blot_out(text, url, strlen(url));
    if (path)
        blot_out_all(text, path, "/?&=#");
}

char *
outgoing_blot(const struct conf_destination *conf, const char *text)
{
    if (!conf)
        return mem_text("");
    char *kept = mem_text(text);
    if (conf->url)
        blot_out_url(kept, conf->url);
    if (conf->secret)
        blot_out_all(kept, conf->secret, "_");
    if (conf->routing_key)
        blot_out(kept, conf->routing_key, strlen(conf->routing_key));
    if (conf->password)
        blot_out(kept, conf->password, strlen(conf->password));
    for (size_t i = 0; i < conf->header_count; i++)
        blot_out_all(kept, conf->headers[i].value, " ");
    return kept;
}

char *
outgoing_keep_answer(const struct conf_destination *conf, const char *answer)
{
    char *kept = outgoing_blot(conf, answer);
    size_t size = strlen(kept);
    if (size > ANSWER_MAX) {
        size = ANSWER_MAX;
        /* Not in the middle of a character. */
        while (size > 0 && ((unsigned char)kept[size] & 0xc0) == 0x80)
            size--;
        kept[size] = '\0';
    }
    return kept;
}
