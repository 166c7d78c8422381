#include "sim/params.h"

#include <string.h>

#define DIGITS_MAX 9 /* more than any value that is in range */

struct cursor {
    const char *at, *end;
    const char *problem;
};

static void
fail(struct cursor *cursor, const char *problem)
{
    if (cursor->problem == NULL)
        cursor->problem = problem;
}

static void
skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end && *cursor->at && strchr(" \t\r\n", *cursor->at))
        cursor->at++;
}

/* Takes `c` when it comes next. */
static bool
take(struct cursor *cursor, char c)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static void
expect(struct cursor *cursor, char c, const char *problem)
{
    if (!take(cursor, c))
        fail(cursor, problem);
}

/* The index of the next key in `keys`, which ends with NULL; -1 for another. */
static int
take_key(struct cursor *cursor, const char *const *keys)
{
    expect(cursor, '"', "a key is missing");
    for (int i = 0; keys[i] && !cursor->problem; i++) {
        size_t size = strlen(keys[i]);
        if ((size_t)(cursor->end - cursor->at) <= size || cursor->at[size] != '"' ||
            memcmp(cursor->at, keys[i], size) != 0)
            continue;
        cursor->at += size + 1;
        expect(cursor, ':', "a colon is missing");
        return i;
    }
    fail(cursor, "unknown key");
    return -1;
}

static int64_t
take_integer(struct cursor *cursor, int64_t low, int64_t high, const char *problem)
{
    skip_blanks(cursor);
    const char *start = cursor->at;
    int64_t value = 0;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9' &&
           cursor->at - start < DIGITS_MAX)
        value = value * 10 + (*cursor->at++ - '0');
    bool is_padded = cursor->at - start > 1 && *start == '0';
    if (cursor->at == start || is_padded || value < low || value > high)
        fail(cursor, problem);
    return value;
}

static void
take_ids(struct cursor *cursor, struct params *params)
{
    static const char problem[] = "skillIds must hold numbers from 1 to 10000";
    unsigned char seen[PARAMS_ID_MAX / 8 + 1] = {0};
    expect(cursor, '[', "skillIds is not a list");
    const char *start = cursor->at - 1;
    do {
        int64_t id = take_integer(cursor, 1, PARAMS_ID_MAX, problem);
        if (cursor->at - start > PARAMS_ARRAY_MAX)
            fail(cursor, "skillIds is longer than 1000");
        if (cursor->problem)
            return;
        if (!(seen[id / 8] >> id % 8 & 1))
            params->ids[params->id_count++] = id;
        seen[id / 8] |= (unsigned char)(1 << id % 8);
    } while (take(cursor, ','));
    expect(cursor, ']', problem);
    if (cursor->at - start > PARAMS_ARRAY_MAX)
        fail(cursor, "skillIds is longer than 1000");
}

static void
take_params(struct cursor *cursor, struct params *params)
{
    static const char *const keys[] = {"ccId", "vdn", "skillIds", NULL};
    unsigned seen = 0;
    expect(cursor, '{', "queryParam is not an object");
    do {
        int key = take_key(cursor, keys);
        if (key < 0)
            return;
        if (seen >> key & 1)
            fail(cursor, "a key is there twice");
        seen |= 1u << key;
        if (key == 0)
            params->cc_id = take_integer(cursor, 1, 65535, "ccId must be 1 to 65535");
        else if (key == 1)
            params->vdn = take_integer(cursor, 1, 5000, "vdn must be 1 to 5000");
        else
            take_ids(cursor, params);
    } while (!cursor->problem && take(cursor, ','));
    expect(cursor, '}', "queryParam does not end");
    if (seen != 7)
        fail(cursor, "ccId, vdn and skillIds are needed");
}

const char *
params_read(struct params *params, const char *body, size_t size)
{
    static const char *const keys[] = {"queryParam", NULL};
    struct cursor cursor = {.at = body, .end = body + size};
    params->id_count = 0;
    expect(&cursor, '{', "not an object");
    if (!cursor.problem && take_key(&cursor, keys) == 0)
        take_params(&cursor, params);
    expect(&cursor, '}', "more than queryParam");
    skip_blanks(&cursor);
    if (cursor.at != cursor.end)
        fail(&cursor, "more text after the object");
    return cursor.problem;
}
