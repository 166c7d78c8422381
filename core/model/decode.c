/* The answer of a CMS query, straight into a row block: the envelope around the rows.
 *
 * resultDatas is a copy of resultDesc for old clients. Where the texts are the same,
 * the second is only compared with the first: it would give the same rows. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "model/decode.h"

#define SERVER_TEXT_MAX 160 /* bytes of the server's own text in a message */
#define SUCCESS         "0100000"
#define SUCCESS_NUMBER  "100000"
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
}

struct envelope {
    struct json_text code; /* data NULL: not seen, or null */
    bool is_success;
    bool has_code, has_desc;
    struct json desc; /* stands before resultDesc when it was not decoded on the way */
    bool is_pending;
    const char *rows; /* the text of the list whose rows are in the block, or NULL */
    size_t rows_size;
};

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

/* The code is a string; a number is taken for one whose leading zero got lost. */
static bool
read_code(struct decoder *decoder, struct envelope *envelope)
{
    struct json *json = &decoder->json;
    struct json_text *code = &envelope->code;
    decoder->key = "resultCode";
    if (envelope->has_code)
        return decode_fail(decoder, "is there twice");
    envelope->has_code = true;
    if (json_null(json))
        return true;
    if (json->problem)
        return decode_fail_grammar(decoder);
    struct json copy = *json;
    bool is_string = json_peek(json) == '"';
    if (!(is_string ? json_string(&copy, code) : json_number(&copy, code)))
        return decode_fail_type(decoder, "a code");
    const char *success = is_string ? SUCCESS : SUCCESS_NUMBER;
    envelope->is_success = json_is(code, success, strlen(success));
    if (!envelope->is_success && !is_code(code))
        return decode_fail_type(decoder, "a code");
    *json = copy;
    return true;
}

/* Passes over the text that gave the rows in the block, should it come again. */
static bool
accept_rows(struct json *json, const struct envelope *envelope)
{
    json_peek(json);
    return envelope->rows && json_accept(json, envelope->rows, envelope->rows_size);
}

static bool
read_rows(struct decoder *decoder, struct envelope *envelope)
{
    struct json *json = &decoder->json;
    if (accept_rows(json, envelope))
        return true;
    const char *text = json->at;
    block_clear(decoder->out);
    if (!decode_rows(decoder))
        return false;
    envelope->rows = text;
    envelope->rows_size = (size_t)(json->at - text);
    return true;
}

/* On failure resultDesc is a string and not a list, so its shape is nobody's business
 * before the code is known: then it is passed over and read at the end. */
static bool
read_desc(struct decoder *decoder, struct envelope *envelope)
{
    struct json *json = &decoder->json;
    decoder->key = "resultDesc";
    if (envelope->has_desc)
        return decode_fail(decoder, "is there twice");
    envelope->has_desc = true;
    if (envelope->is_success)
        return read_rows(decoder, envelope);
    envelope->desc = *json;
    envelope->is_pending = true;
    return accept_rows(json, envelope) || json_skip(json) ||
           decode_fail_grammar(decoder);
}

/* The copy comes first as a rule, and then it is read in the hope that resultDesc will
 * be the same. What is wrong with it apart from its grammar is nobody's business. */
static void
read_copy(struct decoder *decoder, struct envelope *envelope)
{
    struct json *json = &decoder->json;
    struct json start = *json;
    struct error *error = decoder->error;
    decoder->error = NULL;
    bool is_read =
        envelope->rows ? accept_rows(json, envelope) : read_rows(decoder, envelope);
    decoder->error = error;
    decoder->row = 0;
    if (is_read)
        return;
    *json = start;
    json_skip(json);
}

static bool
read_envelope(struct decoder *decoder, struct envelope *envelope)
{
    struct json *json = &decoder->json;
    decoder->key = "answer";
    if (json_peek(json) != '{')
        return decode_fail_type(decoder, "an object");
    bool first = true;
    json_open(json, '{');
    while (json_more(json, '}', &first)) {
        struct json_text key;
        decoder->key = "answer";
        if (!json_key(json, &key))
            break;
        bool is_good = true;
        if (json_is(&key, "resultCode", 10))
            is_good = read_code(decoder, envelope);
        else if (json_is(&key, "resultDesc", 10))
            is_good = read_desc(decoder, envelope);
        else if (json_is(&key, "resultDatas", 11))
            read_copy(decoder, envelope);
        else
            json_skip(json);
        if (!is_good)
            return false;
    }
    decoder->key = "answer";
    return (json->problem == NULL && json_end(json)) || decode_fail_grammar(decoder);
}

static bool
fail_api(struct decoder *decoder, struct envelope *envelope)
{
    struct buf message = {0};
    struct json_text text;
    char code[CODE_MAX + 1];
    snprintf(code, sizeof code, "%.*s", (int)envelope->code.size, envelope->code.data);
    const char *meaning = result_code_text(code);
    buf_add_text(&message, meaning ? meaning : "the contact centre refused");
    if (envelope->is_pending && json_peek(&envelope->desc) == '"' &&
        json_string(&envelope->desc, &text)) {
        buf_add_text(&message, ": ");
        decode_quote(&text, SERVER_TEXT_MAX, &message);
    }
    error_set(decoder->error, ERROR_API, code, "%s", message.data);
    buf_fini(&message);
    return false;
}

static bool
read_answer(struct decoder *decoder)
{
    struct envelope envelope = {0};
    if (!read_envelope(decoder, &envelope))
        return false;
    if (envelope.code.data == NULL) {
        decoder->key = "resultCode";
        return decode_fail(decoder, "is missing");
    }
    if (!envelope.is_success)
        return fail_api(decoder, &envelope);
    if (!envelope.has_desc)
        block_clear(decoder->out); /* it may hold the copy's rows */
    if (!envelope.is_pending)
        return true;
    decoder->json = envelope.desc;
    return read_rows(decoder, &envelope);
}

bool
answer_decode(const struct query *query, const char *data, size_t size,
              struct block *out, struct error *error)
{
    struct decoder decoder;
    decoder_init(&decoder, query, data, size, out, error);
    block_clear(out);
    if (read_answer(&decoder))
        return true;
    block_clear(out);
    return false;
}
