/* The envelope of the agent gateway:
 *
 *     {"message":"","retcode":"0","result":{ … the row … }}
 *     {"message":"no right to invite resouce","retcode":"000-003","result":""}
 *
 * The code stands before the result as a rule, but nothing says so, and on failure the
 * result may be anything: both are read when the whole answer was seen. Such answers
 * are small. */
#include "model/decode.h"

#define CODE    "retcode"
#define SUCCESS "0"

/* Each stands before its value; `begin` is NULL where there is none. */
struct envelope {
    struct decode_code code;
    struct json message;
    struct json result;
};

static bool
read_code(struct decoder *decoder, void *arg)
{
    struct envelope *envelope = arg;
    return decode_code(decoder, CODE, SUCCESS, SUCCESS, &envelope->code);
}

/* Of two messages the last one counts: it is for people. */
static bool
read_message(struct decoder *decoder, void *arg)
{
    struct envelope *envelope = arg;
    envelope->message = decoder->json;
    return json_skip(&decoder->json) || decode_fail_grammar(decoder);
}

static bool
read_result(struct decoder *decoder, void *arg)
{
    struct envelope *envelope = arg;
    decoder->key = "result";
    if (envelope->result.begin)
        return decode_fail(decoder, "is there twice");
    envelope->result = decoder->json;
    return json_skip(&decoder->json) || decode_fail_grammar(decoder);
}

static const struct decode_member members[] = {
    {CODE, read_code},     {"message", read_message},
    {"msg", read_message}, {"result", read_result},
    {NULL, NULL},
};

/* An object is the row. The page calls it a list, so a list of one is fine, too. */
static bool
read_row(struct decoder *decoder)
{
    switch (json_peek(&decoder->json)) {
    case '{': return decode_only_row(decoder);
    case '[':
    case 'n': return decode_rows(decoder);
    default: decoder->key = NULL; return decode_fail_type(decoder, "an object");
    }
}

bool
decode_gateway(struct decoder *decoder)
{
    struct envelope envelope = {0};
    if (!decode_members(decoder, members, &envelope))
        return false;
    if (!envelope.code.is_success)
        return decode_fail_api(decoder, CODE, &envelope.code, retcode_text,
                               envelope.message.begin ? &envelope.message : NULL);
    if (!envelope.result.begin)
        return true;
    decoder->json = envelope.result;
    return read_row(decoder);
}
