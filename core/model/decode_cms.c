/* The envelope of the CMS queries:
 *
 *     {"resultCode":"0100000","resultDesc":[ … rows … ],"resultDatas":[ … again … ]}
 *     {"resultCode":"0100002","resultDesc":"Invalid parameter"}
 *
 * resultDatas is a copy of resultDesc for old clients. Where the texts are the same,
 * the second is only compared with the first: it would give the same rows. */
#include "model/decode.h"

#define CODE           "resultCode"
#define SUCCESS        "0100000"
#define SUCCESS_NUMBER "100000" /* a leading zero got lost */

struct envelope {
    struct decode_code code;
    bool has_desc;
    struct json desc; /* stands before resultDesc when it was not decoded on the way */
    bool is_pending;
    const char *rows; /* the text of the list whose rows are in the block, or NULL */
    size_t rows_size;
};

static bool
read_code(struct decoder *decoder, void *arg)
{
    struct envelope *envelope = arg;
    return decode_code(decoder, CODE, SUCCESS, SUCCESS_NUMBER, &envelope->code);
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
read_desc(struct decoder *decoder, void *arg)
{
    struct envelope *envelope = arg;
    struct json *json = &decoder->json;
    decoder->key = "resultDesc";
    if (envelope->has_desc)
        return decode_fail(decoder, "is there twice");
    envelope->has_desc = true;
    if (envelope->code.is_success)
        return read_rows(decoder, envelope);
    envelope->desc = *json;
    envelope->is_pending = true;
    return accept_rows(json, envelope) || json_skip(json) ||
           decode_fail_grammar(decoder);
}

/* The copy comes first as a rule, and then it is read in the hope that resultDesc will
 * be the same. What is wrong with it apart from its grammar is nobody's business. */
static bool
read_copy(struct decoder *decoder, void *arg)
{
    struct envelope *envelope = arg;
    struct json *json = &decoder->json;
    struct json start = *json;
    struct error *error = decoder->error;
    decoder->error = NULL;
    bool is_read =
        envelope->rows ? accept_rows(json, envelope) : read_rows(decoder, envelope);
    decoder->error = error;
    decoder->row = 0;
    if (is_read)
        return true;
    *json = start;
    json_skip(json);
    return true;
}

static const struct decode_member members[] = {
    {CODE, read_code},
    {"resultDesc", read_desc},
    {"resultDatas", read_copy},
    {NULL, NULL},
};

bool
decode_cms(struct decoder *decoder)
{
    struct envelope envelope = {0};
    if (!decode_members(decoder, members, &envelope))
        return false;
    if (!envelope.code.is_success)
        return decode_fail_api(decoder, CODE, &envelope.code, result_code_text,
                               envelope.is_pending ? &envelope.desc : NULL);
    if (!envelope.has_desc)
        block_clear(decoder->out); /* it may hold the copy's rows */
    if (!envelope.is_pending)
        return true;
    decoder->json = envelope.desc;
    return read_rows(decoder, &envelope);
}
