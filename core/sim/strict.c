#include "sim/strict.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "model/json.h"

struct walk {
    struct json json;
    struct buf *problem;
};

/* The first problem is the one that is told. */
static bool
refuse(struct walk *walk, const char *key, const char *what)
{
    if (walk->problem->size == 0)
        buf_format(walk->problem, "%s: %s", key, what);
    return false;
}

/* ---- which kind an object is ---- */

/* Looks ahead: the walk's own place does not change. */
static bool
says(const struct walk *walk, const struct strict_kind *kind)
{
    struct json json = walk->json;
    struct json_text key, text;
    bool first = true;
    if (!kind->by)
        return true;
    json_open(&json, '{');
    while (json_more(&json, '}', &first) && json_key(&json, &key))
        if (json_is(&key, kind->by, strlen(kind->by)) && json_peek(&json) == '"')
            return json_string(&json, &text) &&
                   json_is(&text, kind->word, strlen(kind->word));
        else
            json_skip(&json);
    return false;
}

static const struct strict_key *
find_keys(const struct walk *walk, const struct strict_kind *kinds)
{
    while (kinds->keys && !says(walk, kinds))
        kinds++;
    return kinds->keys;
}

/* ---- values ---- */

static size_t
count_characters(const struct buf *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->size; i++)
        count += ((unsigned char)text->data[i] & 0xc0) != 0x80;
    return count;
}

static bool
is_size_fine(struct walk *walk, const struct strict_key *key, size_t count,
             const char *unit)
{
    char what[80];
    if (count == 0 && key->is_required)
        return refuse(walk, key->name, "is empty");
    if (key->most == 0 || count <= key->most)
        return true;
    snprintf(what, sizeof what, "%zu %s, %zu are allowed", count, unit, key->most);
    return refuse(walk, key->name, what);
}

static bool
check_text(struct walk *walk, const struct strict_key *key)
{
    struct json_text text;
    struct buf value = {0};
    if (json_peek(&walk->json) != '"' || !json_string(&walk->json, &text))
        return refuse(walk, key->name, "is not a text");
    json_unescape(&text, &value);
    bool is_fine = is_size_fine(walk, key, count_characters(&value), "characters");
    buf_fini(&value);
    if (!is_fine || !key->words)
        return is_fine;
    for (const char *const *word = key->words; *word; word++)
        if (json_is(&text, *word, strlen(*word)))
            return true;
    return refuse(walk, key->name, "is none of the words that it may be");
}

static bool check_object(struct walk *walk, const char *name,
                         const struct strict_kind *kinds);

static bool
check_list(struct walk *walk, const struct strict_key *key)
{
    bool first = true;
    size_t count = 0;
    if (json_peek(&walk->json) != '[' || !json_open(&walk->json, '['))
        return refuse(walk, key->name, "is not a list");
    for (; json_more(&walk->json, ']', &first); count++)
        if (!key->kinds)
            json_skip(&walk->json);
        else if (!check_object(walk, key->name, key->kinds))
            return false;
    return is_size_fine(walk, key, count, "items");
}

static bool
check_value(struct walk *walk, const struct strict_key *key)
{
    switch (key->form) {
    case STRICT_TEXT: return check_text(walk, key);
    case STRICT_LIST: return check_list(walk, key);
    case STRICT_OBJECT: return check_object(walk, key->name, key->kinds);
    case STRICT_ANY: return json_skip(&walk->json);
    }
    return false;
}

/* ---- objects ---- */

static const struct strict_key *
find_key(const struct strict_key *keys, const struct json_text *name, uint64_t *bit)
{
    *bit = 1;
    for (; keys->name; keys++, *bit <<= 1)
        if (json_is(name, keys->name, strlen(keys->name)))
            return keys;
    return NULL;
}

static bool
has_required(struct walk *walk, const struct strict_key *keys, uint64_t seen)
{
    for (uint64_t bit = 1; keys->name; keys++, bit <<= 1)
        if (keys->is_required && !(seen & bit))
            return refuse(walk, keys->name, "is missing");
    return true;
}

static bool
check_object(struct walk *walk, const char *name, const struct strict_kind *kinds)
{
    struct json_text word;
    bool first = true;
    uint64_t seen = 0, bit;
    const struct strict_key *key, *keys = find_keys(walk, kinds);
    if (json_peek(&walk->json) != '{' || !json_open(&walk->json, '{'))
        return refuse(walk, name, "is not an object");
    if (!keys)
        return refuse(walk, name, "is of no known kind");
    while (json_more(&walk->json, '}', &first) && json_key(&walk->json, &word)) {
        key = find_key(keys, &word, &bit);
        if (!key) {
            if (walk->problem->size == 0)
                buf_format(walk->problem, "%s: has an unknown key '%.*s'", name,
                           (int)word.size, word.data);
            return false;
        }
        seen |= bit;
        if (!check_value(walk, key))
            return false;
    }
    return !walk->json.problem && has_required(walk, keys, seen);
}

bool
strict_check(const struct strict_kind *kinds, const char *text, size_t size,
             struct buf *problem)
{
    struct walk walk = {.problem = problem};
    json_init(&walk.json, text, size);
    bool is_fine = check_object(&walk, "the body", kinds) && json_end(&walk.json);
    if (!is_fine && problem->size == 0)
        buf_add_text(problem, walk.json.problem);
    return is_fine;
}
