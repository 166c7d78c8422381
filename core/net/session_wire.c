#include "net/session_wire.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/json.h"

#define GUID_MAX   128
#define COOKIE_MAX 1024

/* ---- envelopes ---- */

/* A string, or a number as it is written; anything else is passed over. */
static bool
read_word(struct json *json, char *out, size_t room)
{
    struct json_text text = {0};
    struct buf word = {0};
    char next = json_peek(json);
    bool is_fine = true;
    out[0] = '\0';
    if (next == '"')
        is_fine = json_string(json, &text);
    else if (next == '-' || (next >= '0' && next <= '9'))
        is_fine = json_number(json, &text);
    else
        return json_skip(json);
    if (!is_fine)
        return false;
    json_unescape(&text, &word);
    size_t size = word.size < room ? word.size : room - 1;
    while (size < word.size && size > 0 && (word.data[size] & 0xc0) == 0x80)
        size--;
    memcpy(out, word.data ? word.data : "", size);
    out[size] = '\0';
    buf_fini(&word);
    return true;
}

static bool
read_event(struct json *json, bool *is_shutdown)
{
    struct json_text key;
    char type[64];
    bool first = true;
    if (json_peek(json) != '{')
        return json_skip(json);
    if (!json_open(json, '{'))
        return false;
    while (json_more(json, '}', &first)) {
        if (!json_key(json, &key))
            return false;
        if (!json_is(&key, "eventType", strlen("eventType"))) {
            json_skip(json);
            continue;
        }
        read_word(json, type, sizeof type);
        *is_shutdown |= !strcmp(type, "AgentOther_ShutdownService");
    }
    return !json->problem;
}

static bool
is_one_of(const struct json_text *key, const char *a, const char *b)
{
    return json_is(key, a, strlen(a)) || json_is(key, b, strlen(b));
}

static bool
read_envelope(struct json *json, struct session_reply *reply)
{
    struct json_text key;
    bool first = true;
    if (!json_open(json, '{'))
        return false;
    while (json_more(json, '}', &first)) {
        if (!json_key(json, &key))
            return false;
        if (is_one_of(&key, "retcode", "retCode"))
            read_word(json, reply->code, sizeof reply->code);
        else if (is_one_of(&key, "message", "msg"))
            read_word(json, reply->message, sizeof reply->message);
        else if (json_is(&key, "event", strlen("event")))
            read_event(json, &reply->is_shutdown);
        else
            json_skip(json);
    }
    return !json->problem && json_end(json);
}

void
session_read_reply(const char *body, size_t size, struct session_reply *reply)
{
    struct json json;
    *reply = (struct session_reply){0};
    json_init(&json, body, size);
    if (!read_envelope(&json, reply))
        *reply = (struct session_reply){0};
}

bool
session_code_is_stale(const char *code)
{
    return !strcmp(code, "100-006") || !strcmp(code, "000-003") ||
           !strcmp(code, "100-008");
}

/* ---- GUIDs ---- */

static bool
is_of_guid(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '-' || c == '.' || c == '_';
}

bool
session_read_guid(const struct http_response *response, struct buf *guid)
{
    static const char before[] = "JSESSIONID=";
    const char *value = http_header_of(response, "Set-GUID");
    if (!value)
        value = http_header_of(response, "Guid");
    if (!value)
        return false;
    const char *at = strstr(value, before);
    at = at ? at + strlen(before) : value;
    at += strspn(at, " :=");
    size_t size = 0;
    while (is_of_guid(at[size]))
        size++;
    if (!size || size > GUID_MAX)
        return false;
    buf_clear(guid);
    buf_add(guid, at, size);
    return true;
}

/* ---- cookies ---- */

static size_t
find_cookie(const struct session_cookies *cookies, const char *pair, size_t name)
{
    size_t i = 0;
    while (i < cookies->count && strncmp(cookies->pairs[i], pair, name + 1) != 0)
        i++;
    return i;
}

static void
drop_cookie(struct session_cookies *cookies, size_t i)
{
    free(cookies->pairs[i]);
    cookies->pairs[i] = cookies->pairs[--cookies->count];
}

/* An empty value is how the documents' servers end a cookie, "Max-Age=0" how all do. */
static void
read_cookie(struct session_cookies *cookies, const char *header)
{
    size_t size = strcspn(header, ";"), name = strcspn(header, "=;");
    while (size > 0 && header[size - 1] == ' ')
        size--;
    if (name == 0 || name >= size || size > COOKIE_MAX)
        return;
    size_t i = find_cookie(cookies, header, name);
    if (i < cookies->count)
        drop_cookie(cookies, i);
    if (size == name + 1 || strcasestr(header + size, "max-age=0"))
        return;
    if (cookies->count < SESSION_COOKIES_MAX)
        cookies->pairs[cookies->count++] = mem_copy(header, size);
}

void
session_cookies_read(struct session_cookies *cookies,
                     const struct http_response *response)
{
    const char *header;
    for (size_t i = 0; (header = http_header_at(response, "Set-Cookie", i)); i++)
        if (text_is_printable(header))
            read_cookie(cookies, header);
}

void
session_cookies_write(const struct session_cookies *cookies, struct buf *out)
{
    for (size_t i = 0; i < cookies->count; i++)
        buf_format(out, i ? "; %s" : "%s", cookies->pairs[i]);
}

void
session_cookies_fini(struct session_cookies *cookies)
{
    while (cookies->count)
        drop_cookie(cookies, cookies->count - 1);
}

/* ---- signing in ---- */

void
session_write_sign_in(const char *password, const char *phone, struct buf *out)
{
    buf_add_text(out, "{\"password\":");
    buf_add_json(out, password, strlen(password));
    buf_add_text(out, ",\"phonenum\":");
    buf_add_json(out, phone ? phone : "", phone ? strlen(phone) : 0);
    buf_add_text(out, ",\"autoanswer\":false,\"autoenteridle\":false,"
                      "\"releasephone\":true,\"agenttype\":4,\"status\":3,"
                      "\"ip\":\"127.0.0.1\"}");
}
