#include "model/pick.h"

#include <string.h>

#include "base/buf.h"

struct json_text
pick(const char *object, const char *name)
{
    struct json json;
    struct json_text key;
    bool first = true;
    json_init(&json, object, strlen(object));
    if (json_open(&json, '{')) {
        while (json_more(&json, '}', &first) && json_key(&json, &key)) {
            json_peek(&json);
            const char *begin = json.at;
            if (!json_skip(&json))
                break;
            if (json_is(&key, name, strlen(name)))
                return (struct json_text){begin, (size_t)(json.at - begin), false};
        }
    }
    return (struct json_text){"null", 4, false};
}

/* NULL of anything but a string. */
static char *
text_of(const struct json_text *value)
{
    struct json json;
    struct json_text text;
    struct buf out = {0};
    json_init(&json, value->data, value->size);
    if (json_peek(&json) != '"' || !json_string(&json, &text))
        return NULL;
    json_unescape(&text, &out);
    return buf_take(&out);
}

char *
pick_text(const char *object, const char *name)
{
    struct json_text value = pick(object, name);
    return text_of(&value);
}

int64_t
pick_integer(const char *object, const char *name)
{
    struct json_text value = pick(object, name);
    int64_t integer = 0;
    return json_integer(value.data, value.size, &integer) == JSON_INTEGER ? integer : 0;
}
