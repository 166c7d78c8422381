/* The rows of an answer.
 *
 * A server writes every row like the one before: what stands between the values of a
 * row was read and checked there, and where the same bytes stand in the same place they
 * mean the same again. So most keys cost one comparison of bytes, whatever their order
 * and however the text is indented, and most values a few digits. Everything else takes
 * the general way, value by value, and both ways agree on every text. */
#include <string.h>

#include "model/decode.h"

#define QUICK_DIGITS_MAX 18 /* so many digits fit into int64_t, whatever they are */

/* ---- keys ---- */

/* The field of the next key, DECODE_UNKNOWN for one that the descriptor does not know,
 * and when there is a problem. The search begins behind the last one found:
 * servers keep to an order, often the descriptor's. */
static size_t
read_key(struct decoder *decoder)
{
    struct json_text key;
    if (!json_key(&decoder->json, &key))
        return DECODE_UNKNOWN;
    for (size_t i = 0; i < decoder->wire_count; i++, decoder->next++) {
        if (decoder->next >= decoder->wire_count)
            decoder->next = 0;
        const struct decode_wire *wire = &decoder->wires[decoder->next];
        if (json_is(&key, wire->name, wire->size)) {
            decoder->next++;
            return wire->field;
        }
    }
    return DECODE_UNKNOWN;
}

/* Reads what stands before the next value and keeps it for the next row. False at the
 * end of the row, and when there is a problem. */
static bool
read_gap(struct decoder *decoder, size_t place, size_t *field)
{
    struct json *json = &decoder->json;
    const char *text = json->at;
    bool is_first = place == 0;
    if (!json_more(json, '}', &is_first))
        return false;
    *field = read_key(decoder);
    if (json->problem)
        return false;
    json_peek(json);
    if (place < DECODE_FIELDS_MAX) {
        size_t size = (size_t)(json->at - text);
        decoder->gaps[place] = (struct decode_gap){text, size, *field};
        if (decoder->gap_count == place)
            decoder->gap_count++;
    }
    return true;
}

/* Moves to the next value of a row, the one in this place. */
static inline bool
next_value(struct decoder *decoder, size_t place, size_t *field)
{
    if (place < decoder->gap_count) {
        const struct decode_gap *gap = &decoder->gaps[place];
        if (json_accept(&decoder->json, gap->text, gap->size)) {
            *field = gap->field;
            return true;
        }
    }
    return read_gap(decoder, place, field);
}

/* ---- values ---- */

/* Above nine for a byte that is no digit. */
static inline unsigned
digit_of(char c)
{
    return (unsigned)(unsigned char)c - '0';
}

/* The usual case: a few digits, and not the last bytes of the answer. False, and
 * nothing read, for all others. */
static inline bool
read_digits(struct json *json, int64_t *value)
{
    const char *at = json->at;
    if (json->end - at <= QUICK_DIGITS_MAX || digit_of(*at) > 9)
        return false;
    const char *limit = at + QUICK_DIGITS_MAX;
    uint64_t sum = digit_of(*at++);
    if (sum != 0) /* no digit may follow a leading zero */
        for (; at < limit && digit_of(*at) <= 9; at++)
            sum = sum * 10 + digit_of(*at);
    if (*at != ',' && *at != '}' && (unsigned char)*at > ' ')
        return false;
    json->at = at;
    *value = (int64_t)sum;
    return true;
}

/* ---- rows ---- */

static bool
fail_field(struct decoder *decoder, size_t field, const char *problem)
{
    decoder->key = decoder->query->fields[field].name;
    return decode_fail(decoder, problem);
}

/* What no shortcut is for: fields of other kinds, and unknown ones. */
static bool
read_special(struct decoder *decoder, size_t field, uint64_t *seen, int64_t *row)
{
    if (field == DECODE_UNKNOWN)
        return json_skip(&decoder->json) || decode_fail_grammar(decoder);
    field -= DECODE_SPECIAL;
    uint64_t bit = (uint64_t)1 << field;
    if (*seen & bit)
        return fail_field(decoder, field, "is there twice");
    *seen |= bit;
    return decode_value(decoder, field, row);
}

static inline bool
read_fields(struct decoder *decoder, int64_t *row)
{
    struct json *json = &decoder->json;
    uint64_t seen = 0;
    int64_t value;
    size_t field;
    for (size_t place = 0; next_value(decoder, place, &field); place++) {
        if (field >= DECODE_SPECIAL) {
            if (!read_special(decoder, field, &seen, row))
                return false;
            continue;
        }
        uint64_t bit = (uint64_t)1 << field;
        if (seen & bit)
            return fail_field(decoder, field, "is there twice");
        seen |= bit;
        if (read_digits(json, &value))
            decode_set(row, field, value);
        else if (!decode_value(decoder, field, row))
            return false;
    }
    return json->problem == NULL || decode_fail_grammar(decoder);
}

static inline bool
read_row(struct decoder *decoder)
{
    struct json *json = &decoder->json;
    decoder->key = NULL;
    if (json_peek(json) != '{')
        return decode_fail_type(decoder, "an object");
    if (!json_open(json, '{'))
        return decode_fail_grammar(decoder);
    decoder->next = 0;
    int64_t *row = block_add(decoder->out);
    if (!read_fields(decoder, row))
        return false;
    uint64_t missing = decoder->required & ~(uint64_t)row[0];
    if (missing)
        return fail_field(decoder, (size_t)__builtin_ctzll(missing), "is missing");
    return true;
}

/* A row that is the value of its key alone. The word for "no call" is no row. */
static bool
read_bare_row(struct decoder *decoder)
{
    size_t key = decoder->query->key;
    bool is_null = json_peek(&decoder->json) == 'n';
    int64_t *row = block_add(decoder->out);
    if (!decode_value(decoder, key, row))
        return false;
    if (row_has(row, key))
        return true;
    decoder->out->row_count--;
    return !is_null || fail_field(decoder, key, "is missing");
}

bool
decode_rows(struct decoder *decoder)
{
    struct json *json = &decoder->json;
    decoder->key = NULL;
    if (json_null(json))
        return true;
    if (json->problem)
        return decode_fail_grammar(decoder);
    if (json_peek(json) != '[')
        return decode_fail_type(decoder, "a list");
    bool is_first = true;
    json_open(json, '[');
    for (decoder->row = 1; json_more(json, ']', &is_first); decoder->row++) {
        if ((size_t)decoder->row > decoder->query->row_max)
            return decode_fail(decoder, "more rows than there can be");
        bool is_read =
            decoder->query->is_bare ? read_bare_row(decoder) : read_row(decoder);
        if (!is_read)
            return false;
    }
    decoder->row = 0;
    return json->problem == NULL || decode_fail_grammar(decoder);
}

bool
decode_only_row(struct decoder *decoder)
{
    decoder->row = 1;
    if (!read_row(decoder))
        return false;
    decoder->row = 0;
    return true;
}
