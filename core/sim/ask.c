#include "sim/ask.h"

#include <string.h>
#include <time.h>

static bool
read_number(struct json_text *text, int64_t *number)
{
    return json_integer(text->data, text->size, number) == JSON_INTEGER;
}

/* Two digits or four of a time. */
static bool
read_part(const char **at, int digits, char after, int *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++) {
        char c = *(*at)++;
        if (c < '0' || c > '9')
            return false;
        *value = *value * 10 + (c - '0');
    }
    return after == '\0' || *(*at)++ == after;
}

static bool
read_time(const struct json_text *text, int64_t *ms)
{
    struct tm parts = {0};
    const char *at = text->data;
    if (text->size != strlen("2024-08-02 00:00:00") ||
        !read_part(&at, 4, '-', &parts.tm_year) ||
        !read_part(&at, 2, '-', &parts.tm_mon) ||
        !read_part(&at, 2, ' ', &parts.tm_mday) ||
        !read_part(&at, 2, ':', &parts.tm_hour) ||
        !read_part(&at, 2, ':', &parts.tm_min) ||
        !read_part(&at, 2, '\0', &parts.tm_sec))
        return false;
    parts.tm_year -= 1900;
    parts.tm_mon--;
    struct tm same = parts;
    *ms = (int64_t)timegm(&same) * 1000;
    /* timegm() makes the first of March of a thirtieth of February. */
    return same.tm_mon == parts.tm_mon && same.tm_mday == parts.tm_mday &&
           same.tm_hour == parts.tm_hour && same.tm_min == parts.tm_min &&
           same.tm_sec == parts.tm_sec;
}

/* true and false as they stand; the word is passed over. */
static bool
take_flag(struct json *json, struct ask_value *value)
{
    value->number = json_peek(json) == 't';
    return value->number ? json_accept(json, "true", 4) : json_accept(json, "false", 5);
}

static bool
read_flag(struct ask_value *value)
{
    value->number = json_is(&value->text, "true", 4);
    return value->number || json_is(&value->text, "false", 5);
}

static bool
take_value(struct json *json, const struct ask_field *field, struct ask_value *value)
{
    bool is_text = json_peek(json) == '"';
    bool allows_text = field->kind != ASK_NUMBER;
    if (!is_text && field->kind == ASK_FLAG)
        return take_flag(json, value);
    if (is_text ? !allows_text || !json_string(json, &value->text)
                : field->kind == ASK_TEXT || field->kind == ASK_TIME ||
                      !json_number(json, &value->text))
        return false;
    switch (field->kind) {
    case ASK_FLAG: return read_flag(value);
    case ASK_TIME: return read_time(&value->text, &value->number);
    case ASK_TEXT: value->number = (int64_t)value->text.size; break;
    default:
        if (!read_number(&value->text, &value->number))
            return false;
    }
    return value->number >= field->low && value->number <= field->high;
}

static const char *
take_field(struct json *json, const struct ask_field *fields, struct ask_value *values)
{
    struct json_text key;
    if (!json_key(json, &key))
        return "not JSON";
    for (size_t i = 0; fields[i].name; i++) {
        if (!json_is(&key, fields[i].name, strlen(fields[i].name)))
            continue;
        if (values[i].is_there)
            return "a key is there twice";
        values[i].is_there = true;
        return take_value(json, &fields[i], &values[i]) ? NULL : fields[i].problem;
    }
    return "unknown key";
}

static const char *
take_object(struct json *json, const struct ask_field *fields, struct ask_value *values)
{
    bool first = true;
    const char *problem = NULL;
    if (json_peek(json) != '{' || !json_open(json, '{'))
        return "not an object";
    while (!problem && json_more(json, '}', &first))
        problem = take_field(json, fields, values);
    for (size_t i = 0; fields[i].name && !problem && !json->problem; i++)
        if (!values[i].is_there && !fields[i].is_optional)
            problem = fields[i].problem;
    return problem;
}

static const char *
take_wrapped(struct json *json, const struct ask_field *fields, const char *wrapper,
             struct ask_value *values)
{
    struct json_text key;
    bool first = true;
    if (json_peek(json) != '{' || !json_open(json, '{'))
        return "not an object";
    if (!json_more(json, '}', &first) || !json_key(json, &key) ||
        !json_is(&key, wrapper, strlen(wrapper)))
        return "not in its wrapper";
    const char *problem = take_object(json, fields, values);
    return !problem && json_more(json, '}', &first) ? "more than the wrapper" : problem;
}

const char *
ask_read(const struct ask_field *fields, const char *wrapper, const char *body,
         size_t size, struct ask_value *values)
{
    struct json json;
    json_init(&json, body, size);
    for (size_t i = 0; fields[i].name; i++)
        values[i] = (struct ask_value){0};
    const char *problem = wrapper ? take_wrapped(&json, fields, wrapper, values)
                                  : take_object(&json, fields, values);
    if (!problem && !json_end(&json))
        problem = "not JSON";
    return problem;
}
