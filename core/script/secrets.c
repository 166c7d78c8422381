#include "script/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deliver/outgoing.h"
#include "net/http.h"
#include "net/sign.h"

#define OPENING "<secret:"

void
secrets_make_token(char token[SECRETS_TOKEN_SIZE])
{
    unsigned char bytes[(SECRETS_TOKEN_SIZE - 1) / 2];
    struct buf hex = {0};
    sign_random(bytes, sizeof bytes);
    sign_add_hex(&hex, bytes, sizeof bytes);
    memcpy(token, hex.data, SECRETS_TOKEN_SIZE - 1);
    token[SECRETS_TOKEN_SIZE - 1] = '\0';
    buf_fini(&hex);
}

/* ---- marks ---- */

/* The next mark of this host; `*name` and `*size` are its secret's name, `*after` is
 * what follows. NULL when there is none. */
static const char *
find_mark(const struct secrets *secrets, const char *text, const char **name,
          size_t *size, const char **after)
{
    size_t token = strlen(secrets->token);
    for (const char *at = text; (at = strstr(at, OPENING)); at++) {
        const char *found = at + strlen(OPENING);
        if (strncmp(found, secrets->token, token) != 0 || found[token] != ':')
            continue;
        *name = found + token + 1;
        *size = strcspn(*name, ">");
        if (!(*name)[*size])
            continue;
        *after = *name + *size + 1;
        return at;
    }
    return NULL;
}

/* NULL with `error`. */
static const struct conf_secret *
use(struct secrets *secrets, const char *name, size_t size, struct error *error)
{
    const struct conf *conf = secrets->conf;
    const struct conf_secret *secret = NULL;
    for (size_t i = 0; i < conf->secret_count; i++)
        if (strlen(conf->secrets[i].name) == size &&
            !memcmp(conf->secrets[i].name, name, size))
            secret = &conf->secrets[i];
    if (!secret) {
        error_set(error, ERROR_LIMIT, "",
                  "a secret that it uses is no longer in the configuration");
        return NULL;
    }
    for (size_t i = 0; i < secrets->used_count; i++)
        if (secrets->used[i] == secret)
            return secret;
    if (secrets->used_count == SECRETS_MOST) {
        error_set(error, ERROR_LIMIT, "", "more than %d secrets in a request",
                  SECRETS_MOST);
        return NULL;
    }
    return secrets->used[secrets->used_count++] = secret;
}

static void
add_encoded(struct buf *out, const char *value)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (; *value; value++)
        if (strchr(plain, *value))
            buf_add(out, value, 1);
        else
            buf_format(out, "%%%02X", (unsigned char)*value);
}

static void
add_value(struct buf *out, enum secrets_form form, const char *value)
{
    struct buf json = {0};
    if (form == SECRETS_PLAIN) {
        buf_add_text(out, value);
    } else if (form == SECRETS_IN_URL) {
        add_encoded(out, value);
    } else {
        buf_add_json(&json, value, strlen(value));
        buf_add(out, json.data + 1, json.size - 2); /* the quotes are there */
        buf_fini(&json);
    }
}

bool
secrets_fill(struct secrets *secrets, enum secrets_form form, const char *text,
             struct buf *out, struct error *error)
{
    const char *mark, *name, *after;
    size_t size;
    while ((mark = find_mark(secrets, text, &name, &size, &after))) {
        const struct conf_secret *secret = use(secrets, name, size, error);
        if (!secret)
            return false;
        buf_add(out, text, (size_t)(mark - text));
        add_value(out, form, secret->value);
        text = after;
    }
    buf_add_text(out, text);
    return true;
}

/* ---- where they go ---- */

bool
secrets_may_go(const struct secrets *secrets, const char *url, struct error *error)
{
    char *origin = http_origin(url);
    bool may_go = true;
    for (size_t i = 0; may_go && i < secrets->used_count; i++) {
        char *allowed = http_origin(secrets->used[i]->to);
        may_go = origin && allowed && !strcmp(origin, allowed);
        free(allowed);
        if (!may_go)
            error_set(error, ERROR_LIMIT, "", "secret '%.60s' goes to %.150s alone",
                      secrets->used[i]->name, secrets->used[i]->to);
    }
    free(origin);
    return may_go;
}

void
secrets_blot_out(const struct secrets *secrets, char *text, size_t size)
{
    static const enum secrets_form forms[] = {SECRETS_PLAIN, SECRETS_IN_JSON,
                                              SECRETS_IN_URL};
    for (size_t i = 0; i < secrets->used_count; i++)
        for (size_t j = 0; j < sizeof forms / sizeof *forms; j++) {
            struct buf written = {0};
            add_value(&written, forms[j], secrets->used[i]->value);
            if (written.size)
                outgoing_blot_out(text, size, written.data);
            buf_fini(&written);
        }
}
