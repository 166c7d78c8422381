#include "model/json.h"

#include <endian.h>
#include <string.h>

#include "base/text.h"

void
json_init(struct json *json, const char *data, size_t size)
{
    *json = (struct json){
        .begin = data, .at = data, .end = data + size, .depth_max = JSON_DEPTH};
}

static bool
fail(struct json *json, const char *problem)
{
    if (json->problem == NULL)
        json->problem = json->at == json->end ? "ends too early" : problem;
    return false;
}

char
json_skip_blanks(struct json *json)
{
    while (json->at < json->end && (*json->at == ' ' || *json->at == '\n' ||
                                    *json->at == '\r' || *json->at == '\t'))
        json->at++;
    return json->at < json->end ? *json->at : '\0';
}

bool
json_open(struct json *json, char bracket)
{
    if (json_peek(json) != bracket)
        return fail(json, bracket == '{' ? "expected '{'" : "expected '['");
    if (json->depth == json->depth_max)
        return fail(json, "nested too deeply");
    json->depth++;
    json->at++;
    return true;
}

bool
json_more(struct json *json, char bracket, bool *first)
{
    if (json->problem)
        return false;
    char next = json_peek(json);
    if (next == bracket) {
        json->depth--;
        json->at++;
        return false;
    }
    if (*first) {
        *first = false;
        return true;
    }
    if (next != ',')
        return fail(json,
                    bracket == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
    json->at++;
    return true;
}

/* Where the run of plain bytes of a string ends: at a quote, a backslash, a control
 * character or `end`. Eight bytes at a time, because this is most of what is read: a
 * byte is one of the three when the subtraction borrows from its high bit. Bytes above
 * the first one found may be marked by mistake, the first never is. */
static const char *
skip_plain(const char *at, const char *end)
{
    const uint64_t ones = UINT64_MAX / 255;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        word = le64toh(word);
        uint64_t quote = word ^ ones * '"';
        uint64_t slash = word ^ ones * '\\';
        uint64_t found = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
                         ((word - ones * 0x20) & ~word);
        found &= ones * 0x80;
        if (found)
            return at + __builtin_ctzll(found) / 8;
    }
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        at++;
    return at;
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of the four hex digits at `at`, -1 when they are not there. */
static int
hex_unit(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static const char escape_values[128] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

static bool
skip_escape(struct json *json)
{
    const char *at = json->at + 1;
    if (at < json->end && *at == 'u' && hex_unit(at + 1, json->end) >= 0) {
        json->at += 6;
        return true;
    }
    if (at < json->end && (unsigned char)*at < 128 && escape_values[(int)*at]) {
        json->at += 2;
        return true;
    }
    return fail(json, "wrong escape");
}

bool
json_string(struct json *json, struct json_text *text)
{
    if (json_peek(json) != '"')
        return fail(json, "expected a string");
    text->data = ++json->at;
    text->has_escapes = false;
    for (;;) {
        json->at = skip_plain(json->at, json->end);
        if (json->at == json->end || (unsigned char)*json->at < 0x20)
            return fail(json, "control character in a string");
        if (*json->at == '"')
            break;
        text->has_escapes = true;
        if (!skip_escape(json))
            return false;
    }
    text->size = (size_t)(json->at - text->data);
    json->at++;
    return true;
}

bool
json_key(struct json *json, struct json_text *key)
{
    if (json_peek(json) != '"')
        return fail(json, "expected a key");
    if (!json_string(json, key))
        return false;
    if (json_peek(json) != ':')
        return fail(json, "expected ':'");
    json->at++;
    return true;
}

static const char *
skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* The end of the number that begins at `at`, NULL when there is none. */
static const char *
skip_number(const char *at, const char *end)
{
    if (at < end && *at == '-')
        at++;
    const char *digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1))
        return NULL;
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        if (at == digits)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        digits = at;
        at = skip_digits(at, end);
        if (at == digits)
            return NULL;
    }
    return at;
}

bool
json_number(struct json *json, struct json_text *text)
{
    json_peek(json);
    const char *end = skip_number(json->at, json->end);
    if (end == NULL)
        return fail(json, "not a number");
    *text = (struct json_text){.data = json->at, .size = (size_t)(end - json->at)};
    json->at = end;
    return true;
}

static bool
skip_word(struct json *json, const char *word)
{
    return json_accept(json, word, strlen(word)) || fail(json, "expected a value");
}

bool
json_null(struct json *json)
{
    return json_peek(json) == 'n' && skip_word(json, "null");
}

static bool
skip_object(struct json *json)
{
    struct json_text key;
    bool first = true;
    if (json_open(json, '{'))
        while (json_more(json, '}', &first))
            if (json_key(json, &key))
                json_skip(json);
    return json->problem == NULL;
}

static bool
skip_list(struct json *json)
{
    bool first = true;
    if (json_open(json, '['))
        while (json_more(json, ']', &first))
            json_skip(json);
    return json->problem == NULL;
}

bool
json_skip(struct json *json)
{
    struct json_text text;
    if (json->problem)
        return false;
    char first = json_peek(json);
    switch (first) {
    case '{': return skip_object(json);
    case '[': return skip_list(json);
    case '"': return json_string(json, &text);
    case 't': return skip_word(json, "true");
    case 'f': return skip_word(json, "false");
    case 'n': return skip_word(json, "null");
    default:
        if (first != '-' && (first < '0' || first > '9'))
            return fail(json, "expected a value");
        return json_number(json, &text);
    }
}

bool
json_end(struct json *json)
{
    json_peek(json);
    if (json->at < json->end)
        return fail(json, "more text after the value");
    return json->problem == NULL;
}

/* What a number is made of: its digits without the point, and where the point is. */
struct decimal {
    bool is_negative;
    const char *digits; /* with the point among them */
    int digit_count;    /* the point not counted */
    int point;          /* digits before the point, the exponent applied */
};

#define NUMBER_LENGTH_MAX 64
#define EXPONENT_MAX      1000 /* beyond what 64 digits can make up for */

static struct decimal
take_apart(const char *text, const char *end)
{
    struct decimal decimal = {.is_negative = *text == '-'};
    decimal.digits = text + decimal.is_negative;
    const char *at = skip_digits(decimal.digits, end);
    decimal.digit_count = decimal.point = (int)(at - decimal.digits);
    if (at < end && *at == '.') {
        const char *fraction = at + 1;
        at = skip_digits(fraction, end);
        decimal.digit_count += (int)(at - fraction);
    }
    if (at < end) {
        at++;
        bool is_negative = *at == '-';
        int exponent = 0;
        for (at += *at == '-' || *at == '+'; at < end; at++)
            if (exponent < EXPONENT_MAX)
                exponent = exponent * 10 + (*at - '0');
        decimal.point += is_negative ? -exponent : exponent;
    }
    return decimal;
}

enum json_integer
json_integer(const char *text, size_t size, int64_t *value)
{
    const char *end = text + size;
    if (skip_number(text, end) != end)
        return JSON_NO_NUMBER;
    if (size > NUMBER_LENGTH_MAX)
        return JSON_OVERFLOW;
    struct decimal decimal = take_apart(text, end);
    int64_t sum = 0;
    const char *at = decimal.digits;
    for (int i = 0; i < decimal.digit_count || (sum != 0 && i < decimal.point); i++) {
        int digit = 0;
        if (i < decimal.digit_count) {
            at += *at == '.';
            digit = *at++ - '0';
        }
        if (i >= decimal.point) {
            if (digit != 0)
                return JSON_FRACTION;
            continue;
        }
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_sub_overflow(sum, digit, &sum))
            return JSON_OVERFLOW;
    }
    /* Summed up below zero, where int64_t has one value more. */
    if (!decimal.is_negative && __builtin_sub_overflow(0, sum, &sum))
        return JSON_OVERFLOW;
    *value = sum;
    return JSON_INTEGER;
}

/* Writers of characters return where the next one goes. */
static char *
put_rune(char *out, uint32_t rune)
{
    if (rune < 0x80) {
        *out = (char)rune;
        return out + 1;
    }
    size_t size = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, rune >>= 6)
        out[i] = (char)(0x80 | (rune & 0x3f));
    out[0] = (char)((0xf00 >> size) | rune);
    return out + size;
}

/* The escape at `*at`, which is moved behind it. A surrogate without its other half is
 * no character. */
static char *
put_escape(char *out, const char **at, const char *end)
{
    const char *from = *at;
    if (from[1] != 'u') {
        *out = escape_values[(int)from[1]];
        *at += 2;
        return out + 1;
    }
    uint32_t rune = (uint32_t)hex_unit(from + 2, end);
    *at = from += 6;
    if (rune >= 0xd800 && rune < 0xdc00 && end - from >= 6 && from[0] == '\\' &&
        from[1] == 'u') {
        uint32_t low = (uint32_t)hex_unit(from + 2, end);
        if (low >= 0xdc00 && low < 0xe000) {
            rune = 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00);
            *at += 6;
        }
    }
    return put_rune(out, rune >= 0xd800 && rune < 0xe000 ? 0xfffd : rune);
}

size_t
json_unescape_into(const struct json_text *text, char *out)
{
    const char *at = text->data, *end = at + text->size;
    char *next = out;
    while (at < end) {
        if (*at == '\\') {
            next = put_escape(next, &at, end);
            continue;
        }
        size_t size = text_utf8((const unsigned char *)at, (size_t)(end - at));
        if (size)
            memcpy(next, at, size);
        next = size ? next + size : put_rune(next, 0xfffd);
        at += size ? size : 1;
    }
    return (size_t)(next - out);
}

void
json_unescape(const struct json_text *text, struct buf *out)
{
    char *room = buf_reserve(out, JSON_UNESCAPED_MAX(text->size));
    size_t size = json_unescape_into(text, room);
    out->size += size;
    room[size] = '\0';
}

bool
json_is_escaped(const struct json_text *text, const char *value, size_t size)
{
    struct buf plain = {0};
    json_unescape(text, &plain);
    bool is_same =
        plain.size == size && (size == 0 || memcmp(plain.data, value, size) == 0);
    buf_fini(&plain);
    return is_same;
}
