/* What is wrong with an answer, in words that name the place. */
#include <stdio.h>

#include "model/decode.h"

#define QUOTE_MAX 40 /* bytes of a value that a message shows */

/* "queues[3].calls_waiting", "queues", "agent[1].skills[2].id", or an envelope key such
 * as "resultCode". */
static const char *
path_of(const struct decoder *decoder, char *out, size_t size)
{
    const char *name = decoder->query->name, *key = decoder->key;
    const char *part_key = decoder->part_key;
    if (decoder->row == 0)
        snprintf(out, size, "%s", key ? key : name);
    else if (decoder->part == 0)
        snprintf(out, size, "%s[%lld]%s%s", name, (long long)decoder->row,
                 key ? "." : "", key ? key : "");
    else
        snprintf(out, size, "%s[%lld].%s[%lld]%s%s", name, (long long)decoder->row, key,
                 (long long)decoder->part, part_key ? "." : "",
                 part_key ? part_key : "");
    return out;
}

bool
decode_fail(struct decoder *decoder, const char *problem)
{
    char path[96];
    error_set(decoder->error, ERROR_DECODE, NULL, "%s: %s",
              path_of(decoder, path, sizeof path), problem);
    return false;
}

/* The text is not JSON. */
bool
decode_fail_grammar(struct decoder *decoder)
{
    char problem[96];
    snprintf(problem, sizeof problem, "byte %zu: %s",
             (size_t)(decoder->json.at - decoder->json.begin), decoder->json.problem);
    return decode_fail(decoder, problem);
}

/* Cuts after at most `max` bytes, never inside a character. */
static void
cut_text(struct buf *text, size_t max)
{
    if (text->size <= max)
        return;
    size_t size = max;
    while (size > 0 && ((unsigned char)text->data[size] & 0xc0) == 0x80)
        size--;
    text->size = size;
    buf_add_text(text, "…");
}

void
decode_quote(const struct json_text *text, size_t max, struct buf *out)
{
    struct buf plain = {0};
    json_unescape(text, &plain);
    cut_text(&plain, max);
    buf_add_json(out, plain.data ? plain.data : "", plain.size);
    buf_fini(&plain);
}

/* What a person would call the value that comes next; it is well-formed. */
static void
describe_value(const struct json *json, struct buf *out)
{
    struct json copy = *json;
    struct json_text text;
    switch (json_peek(&copy)) {
    case '{': buf_add_text(out, "an object"); return;
    case '[': buf_add_text(out, "a list"); return;
    case 't': buf_add_text(out, "true"); return;
    case 'f': buf_add_text(out, "false"); return;
    case 'n': buf_add_text(out, "null"); return;
    case '"':
        if (json_string(&copy, &text))
            decode_quote(&text, QUOTE_MAX, out);
        return;
    default:
        if (!json_number(&copy, &text))
            return;
        size_t shown = text.size < QUOTE_MAX ? text.size : QUOTE_MAX;
        buf_add(out, text.data, shown);
        buf_add_text(out, shown < text.size ? "…" : "");
    }
}

/* A value of the wrong type; one that is not even JSON is reported as that. */
bool
decode_fail_type(struct decoder *decoder, const char *expected)
{
    struct json copy = decoder->json;
    if (!json_skip(&copy)) {
        decoder->json = copy;
        return decode_fail_grammar(decoder);
    }
    struct buf problem = {0};
    buf_format(&problem, "expected %s, got ", expected);
    describe_value(&decoder->json, &problem);
    decode_fail(decoder, problem.data);
    buf_fini(&problem);
    return false;
}
