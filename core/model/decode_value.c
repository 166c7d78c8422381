/* One value of a row, the general way: every kind, however it is written. */
#include <string.h>

#include "base/text.h"
#include "model/decode.h"

#define NONE_16_BITS 65535
#define NONE_32_BITS 4294967295
#define NO_CALL      "4294967295-4294967295"

/* ---- numbers ---- */

bool
decode_number(struct decoder *decoder, int64_t *value)
{
    struct json copy = decoder->json;
    struct json_text text;
    if (!decode_text_of(&copy, &text))
        return decode_fail_type(decoder, "an integer");
    switch (json_integer(text.data, text.size, value)) {
    case JSON_INTEGER: decoder->json = copy; return true;
    case JSON_OVERFLOW: return decode_fail_type(decoder, "an integer of 64 bits");
    default: return decode_fail_type(decoder, "an integer");
    }
}

static bool
is_none(enum field_nothing nothing, int64_t value)
{
    switch (nothing) {
    case NOTHING_16: return value == NONE_16_BITS || value == -1;
    case NOTHING_32: return value == NONE_32_BITS || value == NONE_32_BITS * 1000;
    default: return false;
    }
}

static bool
read_integer(struct decoder *decoder, size_t field, int64_t *row)
{
    int64_t value;
    if (!decode_number(decoder, &value))
        return false;
    if (!is_none(decoder->query->fields[field].nothing, value))
        decode_set(row, field, value);
    return true;
}

static bool
read_time_ms(struct decoder *decoder, size_t field, int64_t *row)
{
    int64_t ms;
    if (!decode_number(decoder, &ms))
        return false;
    if (!is_none(decoder->query->fields[field].nothing, ms))
        decode_set(row, field, ms / 1000 - (ms % 1000 < 0));
    return true;
}

/* ---- yes and no ---- */

static bool
read_boolean(struct decoder *decoder, size_t field, int64_t *row)
{
    static const struct {
        const char *text;
        int64_t value;
    } words[] = {{"true", 1}, {"false", 0}, {"\"true\"", 1}, {"\"false\"", 0}};
    struct json copy = decoder->json;
    struct json_text text;
    int64_t value;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (json_accept(&decoder->json, words[i].text, strlen(words[i].text))) {
            decode_set(row, field, words[i].value);
            return true;
        }
    if (!decode_text_of(&copy, &text) ||
        json_integer(text.data, text.size, &value) != JSON_INTEGER ||
        (value != 0 && value != 1))
        return decode_fail_type(decoder, "true or false");
    decoder->json = copy;
    decode_set(row, field, value);
    return true;
}

/* A letter for each kind of media: "TTF". */
static bool
read_media(struct decoder *decoder, size_t field, int64_t *row)
{
    static const int64_t bits[] = {MEDIA_CTI, MEDIA_WEB, MEDIA_MAIL};
    static const char expected[] = "three letters such as \"TTF\"";
    const size_t count = sizeof bits / sizeof *bits;
    struct json copy = decoder->json;
    struct json_text text;
    int64_t media = 0;
    if (json_peek(&copy) != '"' || !json_string(&copy, &text) || text.size != count)
        return decode_fail_type(decoder, expected);
    for (size_t i = 0; i < count; i++) {
        if (text.data[i] != 'T' && text.data[i] != 'F')
            return decode_fail_type(decoder, expected);
        media |= text.data[i] == 'T' ? bits[i] : 0;
    }
    decoder->json = copy;
    decode_set(row, field, media);
    return true;
}

/* ---- texts ---- */

static bool
is_no_text(const struct field *field, const char *text, size_t size)
{
    return size == 0 || (field->nothing == NOTHING_CALL && size == strlen(NO_CALL) &&
                         memcmp(text, NO_CALL, size) == 0);
}

static void
unquote(struct buf *text, size_t start)
{
    size_t size = text->size - start;
    if (size < 2 || text->data[start] != '\'' || text->data[text->size - 1] != '\'')
        return;
    memmove(text->data + start, text->data + start + 1, size - 2);
    text->size -= 2;
}

static bool
read_text(struct decoder *decoder, size_t index, int64_t *row)
{
    const struct field *field = &decoder->query->fields[index];
    struct buf *out = &decoder->out->text;
    struct json copy = decoder->json;
    struct json_text text;
    if (!decode_text_of(&copy, &text))
        return decode_fail_type(decoder, "a text");
    size_t start = out->size;
    /* A byte that is no character becomes three; the offset has 31 bits. */
    if (start + text.size * 3 > INT32_MAX)
        return decode_fail(decoder, "too much text");
    decoder->json = copy;
    json_unescape(&text, out);
    if (field->is_quoted)
        unquote(out, start);
    size_t size = out->size - start;
    if (is_no_text(field, size ? out->data + start : "", size))
        out->size = start;
    else
        decode_set(row, index, (int64_t)(start << 32 | size));
    return true;
}

static bool
read_time_utc(struct decoder *decoder, size_t field, int64_t *row)
{
    static const char expected[] = "a time such as \"2024-08-02 06:19:44\"";
    struct json copy = decoder->json;
    struct json_text text;
    int64_t time;
    if (json_peek(&copy) != '"' || !json_string(&copy, &text))
        return decode_fail_type(decoder, expected);
    if (text.size && !text_time(text.data, text.size, &time))
        return decode_fail_type(decoder, expected);
    decoder->json = copy;
    if (text.size)
        decode_set(row, field, time);
    return true;
}

typedef bool value_reader(struct decoder *decoder, size_t field, int64_t *row);

static value_reader *const readers[] = {
    [FIELD_INTEGER] = read_integer, [FIELD_TEXT] = read_text,
    [FIELD_TIME_MS] = read_time_ms, [FIELD_TIME_UTC] = read_time_utc,
    [FIELD_BOOLEAN] = read_boolean, [FIELD_MEDIA] = read_media,
    [FIELD_SKILLS] = decode_skills,
};

bool
decode_value(struct decoder *decoder, size_t field, int64_t *row)
{
    decoder->key = decoder->query->fields[field].name;
    bool is_null = json_null(&decoder->json);
    if (decoder->json.problem)
        return decode_fail_grammar(decoder);
    if (!is_null && !readers[decoder->query->fields[field].kind](decoder, field, row))
        return false;
    decoder->key = NULL;
    return true;
}
