/* The skills of an agent: a list of objects, kept as compact JSON with our names, so
 * that a row stays a row of cells. */
#include <inttypes.h>

#include "model/decode.h"

#define NAME_WHOLE SIZE_MAX

static bool
add_integer(struct decoder *decoder, struct buf *out)
{
    int64_t value;
    if (!decode_number(decoder, &value))
        return false;
    buf_format(out, "%" PRId64, value);
    return true;
}

static bool
add_name(struct decoder *decoder, struct buf *out)
{
    struct json copy = decoder->json;
    struct json_text text;
    if (!decode_text_of(&copy, &text))
        return decode_fail_type(decoder, "a text");
    decoder->json = copy;
    if (text.size)
        decode_quote(&text, NAME_WHOLE, out);
    return true;
}

/* What a skill has, in the order in which it is written. */
static const struct member {
    const char *name, *wire;
    bool (*add)(struct decoder *decoder, struct buf *out);
} members[] = {
    {"id", "id", add_integer},
    {"name", "name", add_name},
    {"media_type", "mediatype", add_integer},
};

#define MEMBERS (sizeof members / sizeof *members)

static size_t
find_member(const struct json_text *key)
{
    size_t i = 0;
    while (i < MEMBERS && !json_is(key, members[i].wire, strlen(members[i].wire)))
        i++;
    return i;
}

/* Reads the value of a member into its place; null leaves it unknown. */
static bool
read_member(struct decoder *decoder, size_t member, bool *seen, struct buf *out)
{
    decoder->part_key = members[member].name;
    if (*seen)
        return decode_fail(decoder, "is there twice");
    *seen = true;
    if (json_null(&decoder->json))
        return true;
    if (decoder->json.problem)
        return decode_fail_grammar(decoder);
    return members[member].add(decoder, out);
}

static bool
read_members(struct decoder *decoder, struct buf values[MEMBERS])
{
    struct json *json = &decoder->json;
    bool seen[MEMBERS] = {false}, is_first = true;
    struct json_text key;
    decoder->part_key = NULL;
    if (json_peek(json) != '{')
        return decode_fail_type(decoder, "an object");
    json_open(json, '{');
    while (json_more(json, '}', &is_first) && json_key(json, &key)) {
        size_t member = find_member(&key);
        if (member == MEMBERS)
            json_skip(json);
        else if (!read_member(decoder, member, &seen[member], &values[member]))
            return false;
        decoder->part_key = NULL;
    }
    return json->problem == NULL || decode_fail_grammar(decoder);
}

static bool
read_skill(struct decoder *decoder, struct buf *out)
{
    struct buf values[MEMBERS] = {{0}};
    bool is_good = read_members(decoder, values);
    const char *before = "";
    buf_add_text(out, "{");
    for (size_t i = 0; i < MEMBERS; i++) {
        if (values[i].size) {
            buf_format(out, "%s\"%s\":", before, members[i].name);
            buf_add(out, values[i].data, values[i].size);
            before = ",";
        }
        buf_fini(&values[i]);
    }
    buf_add_text(out, "}");
    return is_good;
}

static bool
read_list(struct decoder *decoder, struct buf *out)
{
    struct json *json = &decoder->json;
    bool is_first = true;
    if (json_peek(json) != '[')
        return decode_fail_type(decoder, "a list");
    json_open(json, '[');
    buf_add_text(out, "[");
    for (decoder->part = 1; json_more(json, ']', &is_first); decoder->part++) {
        if (decoder->part > 1)
            buf_add_text(out, ",");
        if (!read_skill(decoder, out))
            return false;
    }
    decoder->part = 0;
    buf_add_text(out, "]");
    return json->problem == NULL || decode_fail_grammar(decoder);
}

bool
decode_skills(struct decoder *decoder, size_t field, int64_t *row)
{
    struct buf *heap = &decoder->out->text;
    struct buf list = {0};
    size_t start = heap->size;
    bool is_good = read_list(decoder, &list);
    if (is_good && start + list.size > INT32_MAX)
        is_good = decode_fail(decoder, "too much text");
    if (is_good) {
        buf_add(heap, list.data, list.size);
        decode_set(row, field, (int64_t)(start << 32 | list.size));
    }
    buf_fini(&list);
    return is_good;
}
