/* A strict pull reader for JSON (RFC 8259), at most JSON_DEPTH levels deep, or as many
 * as `depth_max` is set to.
 *
 * It works in place, allocates nothing and needs no NUL behind the text. Inside strings
 * bytes that are not UTF-8 are let through: json_unescape() replaces them, so that a
 * name in another character set costs that name and not the whole answer. */
#ifndef CCGATE_MODEL_JSON_H
#define CCGATE_MODEL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

#define JSON_DEPTH 32

struct json {
    const char *begin, *at, *end;
    unsigned depth, depth_max;
    const char *problem; /* NULL while all is well, then what is wrong at `at` */
};

/* The inside of a string, or a number, as it is written. */
struct json_text {
    const char *data;
    size_t size;
    bool has_escapes;
};

void json_init(struct json *json, const char *data, size_t size);

/* Every function that returns bool is false when the text is wrong; `problem` is then
 * set and stays. */

/* Skips blanks; returns the byte that comes next, '\0' at the end. */
char json_skip_blanks(struct json *json);

/* The same; compact JSON has no blanks, and then it costs no call. */
static inline char
json_peek(struct json *json)
{
    if (json->at < json->end && (unsigned char)*json->at > ' ')
        return *json->at;
    return json_skip_blanks(json);
}

/* Whether the bytes are the same. What is about as long as a key is compared in place,
 * eight bytes at a time: the last eight, and all before them, where the last step may
 * reach into those. */
static inline bool
json_same(const char *a, const char *b, size_t size)
{
    uint64_t one, other;
    if (size < sizeof one || size > 64)
        return memcmp(a, b, size) == 0;
    const size_t last = size - sizeof one;
    memcpy(&one, a + last, sizeof one);
    /* cppcheck-suppress pointerOutOfBoundsCond ; literals are short */
    memcpy(&other, b + last, sizeof one);
    uint64_t difference = one ^ other;
    for (size_t at = 0; at < last; at += sizeof one) {
        memcpy(&one, a + at, sizeof one);
        memcpy(&other, b + at, sizeof one);
        difference |= one ^ other;
    }
    return difference == 0;
}

/* Passes over exactly these bytes if they come next. That they do not is no problem. */
static inline bool
json_accept(struct json *json, const char *text, size_t size)
{
    if ((size_t)(json->end - json->at) < size || !json_same(json->at, text, size))
        return false;
    json->at += size;
    return true;
}

/* Walking an object or a list:
 *
 *     bool first = true;
 *     if (json_open(json, '{'))
 *         while (json_more(json, '}', &first))
 *             if (json_key(json, &key)) … one value …
 *
 * json_more() is false at the end and when there is a problem. */
bool json_open(struct json *json, char bracket);
bool json_more(struct json *json, char bracket, bool *first);
bool json_key(struct json *json, struct json_text *key);

bool json_string(struct json *json, struct json_text *text);
bool json_number(struct json *json, struct json_text *text);
/* Passes over a null. That another value comes next is no problem. */
bool json_null(struct json *json);
/* Passes over one value of any type and checks its grammar. */
bool json_skip(struct json *json);
/* Nothing but blanks is left. */
bool json_end(struct json *json);

/* The value of a number as an integer. 4.0 and 4e0 are 4: JSON does not tell an integer
 * from such a number, and the value is exact. */
enum json_integer {
    JSON_INTEGER,
    JSON_NO_NUMBER, /* not a JSON number from the first byte to the last */
    JSON_FRACTION,
    JSON_OVERFLOW, /* outside int64_t, or longer than any sensible number */
};
enum json_integer json_integer(const char *text, size_t size, int64_t *value);

/* Adds the string's value: escapes resolved, what is not Unicode as U+FFFD. */
void json_unescape(const struct json_text *text, struct buf *out);
/* Writes it, JSON_UNESCAPED_MAX bytes at most and no NUL; returns how many. */
#define JSON_UNESCAPED_MAX(size) (3 * (size))
size_t json_unescape_into(const struct json_text *text, char *out);

/* The slow half of json_is(). */
bool json_is_escaped(const struct json_text *text, const char *value, size_t size);

/* True when the string's value is the `size` bytes at `value`. */
static inline bool
json_is(const struct json_text *text, const char *value, size_t size)
{
    if (text->has_escapes)
        return json_is_escaped(text, value, size);
    return text->size == size && memcmp(text->data, value, size) == 0;
}

#endif
