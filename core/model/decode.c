/* The answer of a CMS query, straight into a row block.
 *
 * Servers write the keys of every row in the same order as the descriptor, so the key
 * that follows the last one is tried first and costs one comparison. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "model/json.h"
#include "model/schema.h"

#define FIELDS_MAX       62
#define QUOTE_MAX        40  /* bytes of a value that a message shows */
#define SERVER_TEXT_MAX  160 /* bytes of the server's own text in a message */
#define SUCCESS          "0100000"
#define SUCCESS_NUMBER   "100000"
#define CODE_MAX         24
#define QUICK_DIGITS_MAX 18 /* so many digits fit into int64_t, whatever they are */

struct wire {
    const char *name;
    size_t size;
    size_t field;
};

struct decoder {
    struct json json;
    const struct query *query;
    struct block *out;
    struct error *error;
    struct wire wires[FIELDS_MAX]; /* the fields that are on the wire, in order */
    size_t wire_count;
    size_t next;    /* the wire that is expected */
    size_t row_max; /* more rows than ids exist are no answer */
    int64_t row;    /* where the reading is, for messages: 0 outside of rows */
    const char *key;
};

static void
decoder_init(struct decoder *decoder, const struct query *query, const char *data,
             size_t size, struct block *out, struct error *error)
{
    json_init(&decoder->json, data, size);
    decoder->query = query;
    decoder->out = out;
    decoder->error = error;
    decoder->wire_count = 0;
    for (size_t i = 0; i < query->field_count; i++) {
        const char *wire = query->fields[i].wire;
        if (wire)
            decoder->wires[decoder->wire_count++] =
                (struct wire){wire, strlen(wire), i};
    }
    decoder->row_max = 0;
    for (const struct id_range *range = query->ranges; range->edition; range++)
        if ((size_t)(range->high - range->low + 1) > decoder->row_max)
            decoder->row_max = (size_t)(range->high - range->low + 1);
    decoder->row = 0;
    decoder->key = NULL;
}

/* ---- messages ---- */

/* "queues[3].calls_waiting", "queues", or an envelope key such as "resultCode". */
static const char *
path_of(const struct decoder *decoder, char *out, size_t size)
{
    if (decoder->row == 0)
        snprintf(out, size, "%s", decoder->key ? decoder->key : decoder->query->name);
    else
        snprintf(out, size, "%s[%lld]%s%s", decoder->query->name,
                 (long long)decoder->row, decoder->key ? "." : "",
                 decoder->key ? decoder->key : "");
    return out;
}

static bool
fail(struct decoder *decoder, const char *problem)
{
    char path[96];
    error_set(decoder->error, ERROR_DECODE, NULL, "%s: %s",
              path_of(decoder, path, sizeof path), problem);
    return false;
}

/* The text is not JSON. */
static bool
fail_grammar(struct decoder *decoder)
{
    char problem[96];
    snprintf(problem, sizeof problem, "byte %zu: %s",
             (size_t)(decoder->json.at - decoder->json.begin), decoder->json.problem);
    return fail(decoder, problem);
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

static void
quote(const struct json_text *text, size_t max, struct buf *out)
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
            quote(&text, QUOTE_MAX, out);
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
static bool
fail_type(struct decoder *decoder, const char *expected)
{
    struct json copy = decoder->json;
    if (!json_skip(&copy)) {
        decoder->json = copy;
        return fail_grammar(decoder);
    }
    struct buf problem = {0};
    buf_format(&problem, "expected %s, got ", expected);
    describe_value(&decoder->json, &problem);
    fail(decoder, problem.data);
    buf_fini(&problem);
    return false;
}

/* ---- rows ---- */

/* The next key as an index into `wires`; `wire_count` for one that the descriptor does
 * not know, and when there is a problem. */
static size_t
read_wire(struct decoder *decoder)
{
    struct json *json = &decoder->json;
    const struct wire *wire = &decoder->wires[decoder->next];
    json_peek(json);
    if (decoder->next < decoder->wire_count &&
        (size_t)(json->end - json->at) > wire->size + 2 && json->at[0] == '"' &&
        json->at[wire->size + 1] == '"' && json->at[wire->size + 2] == ':' &&
        memcmp(json->at + 1, wire->name, wire->size) == 0) {
        json->at += wire->size + 3;
        return decoder->next++;
    }
    struct json_text key;
    if (!json_key(json, &key))
        return decoder->wire_count;
    for (size_t i = 0; i < decoder->wire_count; i++)
        if (json_is(&key, decoder->wires[i].name, decoder->wires[i].size)) {
            decoder->next = i + 1;
            return i;
        }
    return decoder->wire_count;
}

/* The usual case: a few digits and what may follow a number. False, and nothing read,
 * for all others. */
static bool
read_quick(struct json *json, int64_t *value)
{
    json_peek(json);
    const char *at = json->at;
    int64_t sum = 0;
    while (at < json->end && at - json->at < QUICK_DIGITS_MAX && *at >= '0' &&
           *at <= '9')
        sum = sum * 10 + (*at++ - '0');
    if (at == json->at || at == json->end || (*at != ',' && *at != '}'))
        return false;
    if (*json->at == '0' && at - json->at > 1)
        return false;
    json->at = at;
    *value = sum;
    return true;
}

static bool
read_integer(struct decoder *decoder, int64_t *value)
{
    struct json copy = decoder->json;
    struct json_text text = {0};
    bool is_string = json_peek(&copy) == '"';
    if (!(is_string ? json_string(&copy, &text) : json_number(&copy, &text)))
        return fail_type(decoder, "an integer");
    switch (json_integer(text.data, text.size, value)) {
    case JSON_INTEGER: decoder->json = copy; return true;
    case JSON_OVERFLOW: return fail_type(decoder, "an integer of 64 bits");
    default: return fail_type(decoder, "an integer");
    }
}

static bool
read_null(struct json *json)
{
    return json_peek(json) == 'n' && json_skip(json);
}

static bool
read_field(struct decoder *decoder, size_t field, int64_t *row)
{
    struct json *json = &decoder->json;
    int64_t value;
    if (!read_quick(json, &value)) {
        decoder->key = decoder->query->fields[field].name;
        bool is_null = read_null(json);
        if (json->problem)
            return fail_grammar(decoder);
        if (!is_null && !read_integer(decoder, &value))
            return false;
        decoder->key = NULL;
        if (is_null)
            return true;
    }
    row[0] = (int64_t)((uint64_t)row[0] | (uint64_t)1 << field);
    row[1 + field] = value;
    return true;
}

static bool
check_required(struct decoder *decoder, const int64_t *row)
{
    for (size_t i = 0; i < decoder->query->field_count; i++) {
        if (!decoder->query->fields[i].required || row_has(row, i))
            continue;
        decoder->key = decoder->query->fields[i].name;
        return fail(decoder, "is missing");
    }
    return true;
}

static bool
read_row(struct decoder *decoder)
{
    struct json *json = &decoder->json;
    decoder->key = NULL;
    if (json_peek(json) != '{')
        return fail_type(decoder, "an object");
    if ((size_t)decoder->row > decoder->row_max)
        return fail(decoder, "more rows than there can be");
    if (!json_open(json, '{'))
        return fail_grammar(decoder);
    int64_t *row = block_add(decoder->out);
    uint64_t seen = 0;
    bool first = true;
    decoder->next = 0;
    while (json_more(json, '}', &first)) {
        size_t wire = read_wire(decoder);
        if (wire == decoder->wire_count) {
            json_skip(json);
            continue;
        }
        size_t field = decoder->wires[wire].field;
        if (seen >> field & 1) {
            decoder->key = decoder->query->fields[field].name;
            return fail(decoder, "is there twice");
        }
        seen |= (uint64_t)1 << field;
        if (!read_field(decoder, field, row))
            return false;
    }
    if (json->problem)
        return fail_grammar(decoder);
    return check_required(decoder, row);
}

/* A list may be null or empty: both say that there are no rows. */
static bool
read_rows(struct decoder *decoder)
{
    struct json *json = &decoder->json;
    decoder->key = NULL;
    if (read_null(json))
        return true;
    if (json->problem)
        return fail_grammar(decoder);
    if (json_peek(json) != '[')
        return fail_type(decoder, "a list");
    bool first = true;
    json_open(json, '[');
    for (decoder->row = 1; json_more(json, ']', &first); decoder->row++)
        if (!read_row(decoder))
            return false;
    decoder->row = 0;
    return json->problem == NULL || fail_grammar(decoder);
}

/* ---- the envelope ---- */

struct envelope {
    struct json_text code; /* data NULL: not seen, or null */
    bool is_success;
    bool has_code, has_desc;
    struct json desc; /* stands before resultDesc when it was not decoded on the way */
    bool is_pending;
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
        return fail(decoder, "is there twice");
    envelope->has_code = true;
    if (read_null(json))
        return true;
    if (json->problem)
        return fail_grammar(decoder);
    struct json copy = *json;
    bool is_string = json_peek(json) == '"';
    if (!(is_string ? json_string(&copy, code) : json_number(&copy, code)))
        return fail_type(decoder, "a code");
    const char *success = is_string ? SUCCESS : SUCCESS_NUMBER;
    envelope->is_success = json_is(code, success, strlen(success));
    if (!envelope->is_success && !is_code(code))
        return fail_type(decoder, "a code");
    *json = copy;
    return true;
}

/* On failure resultDesc is a string and not a list, so its shape is nobody's business
 * before the code is known: then it is passed over and read at the end. */
static bool
read_desc(struct decoder *decoder, struct envelope *envelope)
{
    decoder->key = "resultDesc";
    if (envelope->has_desc)
        return fail(decoder, "is there twice");
    envelope->has_desc = true;
    if (envelope->is_success)
        return read_rows(decoder);
    envelope->desc = decoder->json;
    envelope->is_pending = true;
    return json_skip(&decoder->json) || fail_grammar(decoder);
}

static bool
read_envelope(struct decoder *decoder, struct envelope *envelope)
{
    struct json *json = &decoder->json;
    decoder->key = "answer";
    if (json_peek(json) != '{')
        return fail_type(decoder, "an object");
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
        else
            json_skip(json);
        if (!is_good)
            return false;
    }
    decoder->key = "answer";
    return (json->problem == NULL && json_end(json)) || fail_grammar(decoder);
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
        quote(&text, SERVER_TEXT_MAX, &message);
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
        return fail(decoder, "is missing");
    }
    if (!envelope.is_success)
        return fail_api(decoder, &envelope);
    if (!envelope.is_pending)
        return true;
    decoder->json = envelope.desc;
    return read_rows(decoder);
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
