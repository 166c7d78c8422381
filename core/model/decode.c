/* An answer, straight into a row block: what the envelopes have in common. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "model/decode.h"

#define SERVER_TEXT_MAX 160 /* bytes of the server's own text in a message */
#define CODE_MAX        24

static void
decoder_init(struct decoder *decoder, const struct query *query, const char *data,
             size_t size, struct block *out, struct error *error)
{
    json_init(&decoder->json, data, size);
    decoder->query = query;
    decoder->out = out;
    decoder->error = error;
    decoder->wire_count = 0;
    decoder->required = 0;
    for (size_t i = 0; i < query->field_count; i++) {
        const struct field *field = &query->fields[i];
        decoder->required |= (uint64_t)field->required << i;
        bool is_plain = field->kind == FIELD_INTEGER && !field->nothing;
        if (field->wire)
            decoder->wires[decoder->wire_count++] = (struct decode_wire){
                field->wire, strlen(field->wire), is_plain ? i : i + DECODE_SPECIAL};
    }
    decoder->gap_count = 0;
    decoder->row = 0;
    decoder->key = NULL;
    decoder->part = 0;
    decoder->part_key = NULL;
}

/* ---- codes ---- */

/* Codes end up in messages and in what scripts compare, so they are plain words. */
static bool
is_code(const struct json_text *text)
{
    if (text->size == 0 || text->size > CODE_MAX)
        return false;
    for (size_t i = 0; i < text->size; i++)
        if (!isalnum((unsigned char)text->data[i]) && text->data[i] != '-')
            return false;
    return true;
}

bool
decode_code(struct decoder *decoder, const char *key, const char *success,
            const char *success_number, struct decode_code *code)
{
    struct json *json = &decoder->json;
    decoder->key = key;
    if (code->is_there)
        return decode_fail(decoder, "is there twice");
    code->is_there = true;
    if (json_null(json))
        return true;
    if (json->problem)
        return decode_fail_grammar(decoder);
    struct json copy = *json;
    bool is_string = json_peek(json) == '"';
    if (!decode_text_of(&copy, &code->text))
        return decode_fail_type(decoder, "a code");
    const char *expected = is_string ? success : success_number;
    code->is_success = json_is(&code->text, expected, strlen(expected));
    if (!code->is_success && !is_code(&code->text))
        return decode_fail_type(decoder, "a code");
    *json = copy;
    return true;
}

bool
decode_fail_api(struct decoder *decoder, const char *key,
                const struct decode_code *code, const char *(*meaning)(const char *),
                const struct json *text)
{
    struct buf message = {0};
    struct json_text words = {0};
    char word[CODE_MAX + 1];
    if (code->text.data == NULL) {
        decoder->key = key;
        return decode_fail(decoder, "is missing");
    }
    snprintf(word, sizeof word, "%.*s", (int)code->text.size, code->text.data);
    const char *known = meaning(word);
    buf_add_text(&message, known ? known : "the contact centre refused");
    struct json copy = text ? *text : (struct json){0};
    if (text && json_peek(&copy) == '"' && json_string(&copy, &words) && words.size) {
        buf_add_text(&message, ": ");
        decode_quote(&words, SERVER_TEXT_MAX, &message);
    }
    error_set(decoder->error, ERROR_API, word, "%s", message.data);
    buf_fini(&message);
    return false;
}

/* ---- members ---- */

/* The reader of a key; NULL for one that nobody needs. */
static const struct decode_member *
find_member(const struct decode_member *members, const struct json_text *key)
{
    for (; members->key; members++)
        if (json_is(key, members->key, strlen(members->key)))
            return members;
    return NULL;
}

bool
decode_members(struct decoder *decoder, const struct decode_member *members,
               void *envelope)
{
    struct json *json = &decoder->json;
    struct json_text key;
    bool first = true;
    decoder->key = "answer";
    if (json_peek(json) != '{')
        return decode_fail_type(decoder, "an object");
    json_open(json, '{');
    while (json_more(json, '}', &first) && json_key(json, &key)) {
        const struct decode_member *member = find_member(members, &key);
        if (!member)
            json_skip(json);
        else if (!member->read(decoder, envelope))
            return false;
        decoder->key = "answer";
    }
    return (json->problem == NULL && json_end(json)) || decode_fail_grammar(decoder);
}

bool
answer_decode(const struct query *query, const char *data, size_t size,
              struct block *out, struct error *error)
{
    static bool (*const doors[])(struct decoder *) = {
        [DOOR_CMS] = decode_cms,
        [DOOR_AGENT_GATEWAY] = decode_gateway,
    };
    struct decoder decoder;
    decoder_init(&decoder, query, data, size, out, error);
    block_clear(out);
    if (doors[query->door](&decoder))
        return true;
    block_clear(out);
    return false;
}
