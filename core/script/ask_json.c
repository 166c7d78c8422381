#include "script/ask_json.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "model/json.h"

/* ---- questions ---- */

/* Leaves `json` before the value of the member of the object that comes next. */
static bool
find_member(struct json *json, const char *name, size_t size)
{
    struct json_text key;
    bool first = true;
    if (json_peek(json) != '{' || !json_open(json, '{'))
        return false;
    while (json_more(json, '}', &first)) {
        if (!json_key(json, &key))
            return false;
        if (json_is(&key, name, size))
            return true;
        if (!json_skip(json))
            return false;
    }
    return false;
}

static bool
find(const struct message_ask *ask, const char *path, struct json *json)
{
    json_init(json, ask->question, ask->question_size);
    for (;;) {
        size_t size = strcspn(path, ".");
        if (!find_member(json, path, size))
            return false;
        if (!path[size])
            return true;
        path += size + 1;
    }
}

bool
ask_text(const struct message_ask *ask, const char *name, struct buf *out)
{
    struct json json;
    struct json_text text;
    if (!find(ask, name, &json) || json_peek(&json) != '"' ||
        !json_string(&json, &text))
        return false;
    json_unescape(&text, out);
    return true;
}

bool
ask_integer(const struct message_ask *ask, const char *name, int64_t low, int64_t high,
            int64_t *out)
{
    struct json json;
    struct json_text text;
    return find(ask, name, &json) && json_number(&json, &text) &&
           json_integer(text.data, text.size, out) == JSON_INTEGER && *out >= low &&
           *out <= high;
}

/* Up to its first NUL, and one behind it. */
static void
add_c_text(const struct json_text *text, struct buf *out)
{
    size_t begin = out->size;
    json_unescape(text, out);
    buf_add(out, "", 1);
    out->size = begin + strlen(out->data + begin) + 1;
}

size_t
ask_pairs(const struct message_ask *ask, const char *name, struct buf *out)
{
    struct json json;
    struct json_text key, text;
    size_t count = 0;
    bool first = true;
    if (!find(ask, name, &json) || !json_open(&json, '{'))
        return 0;
    while (json_more(&json, '}', &first)) {
        if (!json_key(&json, &key) || !json_string(&json, &text))
            break;
        add_c_text(&key, out);
        add_c_text(&text, out);
        count++;
    }
    return count;
}

/* ---- answers ---- */

static void
add_name(struct buf *out, const char *name)
{
    struct buf small = {0};
    for (const char *at = name; *at; at++) {
        char letter = (char)tolower((unsigned char)*at);
        buf_add(&small, &letter, 1);
    }
    buf_add_json(out, small.data, small.size);
    buf_fini(&small);
}

static bool
is_first(const struct http_header *headers, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (!strcasecmp(headers[i].name, headers[index].name))
            return false;
    return true;
}

static void
add_header(struct buf *out, const struct http_header *headers, size_t count,
           size_t index)
{
    struct buf values = {0};
    buf_add_text(&values, headers[index].value);
    for (size_t i = index + 1; i < count; i++)
        if (!strcasecmp(headers[i].name, headers[index].name))
            buf_format(&values, ", %s", headers[i].value);
    add_name(out, headers[index].name);
    buf_add_text(out, ":");
    buf_add_json(out, values.data, values.size);
    buf_fini(&values);
}

void
ask_add_answer(struct buf *out, long status, const struct http_header *headers,
               size_t header_count, const char *body, size_t body_size)
{
    bool has_comma = false;
    buf_add_text(out, "{");
    if (status)
        buf_format(out, "\"status\":%ld,", status);
    buf_add_text(out, "\"headers\":{");
    for (size_t i = 0; i < header_count; i++) {
        if (!headers[i].name[0] || !is_first(headers, i))
            continue;
        buf_add_text(out, has_comma ? "," : "");
        add_header(out, headers, header_count, i);
        has_comma = true;
    }
    buf_add_text(out, "},\"body\":");
    buf_add_json(out, body, body_size);
    buf_add_text(out, "}");
}
