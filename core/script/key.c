#include "script/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

uint64_t
key_hash(const char *data, size_t size)
{
    uint64_t value = 14695981039346656037u;
    for (size_t i = 0; i < size; i++)
        value = (value ^ (unsigned char)data[i]) * 1099511628211u;
    return value;
}

void
key_of_id(struct key *key, int64_t id)
{
    key->id = id;
    key->is_text = false;
}

/* `text` is in the key. */
static void
hash_text(struct key *key)
{
    key->is_text = true;
    key->id = (int64_t)key_hash(key->text, strlen(key->text));
}

void
key_of_row(struct key *key, const struct query *query, struct row row)
{
    if (query->fields[query->key].kind != FIELD_TEXT) {
        key_of_id(key, row.cells[1 + query->key]);
        return;
    }
    size_t size;
    const char *text = row_heap(row, query->key, &size);
    bool is_short = size && size <= MESSAGE_KEY_MAX;
    memcpy(key->text, text, is_short ? size : 0);
    key->text[is_short ? size : 0] = '\0';
    if (!is_short || strlen(key->text) != size || !text_is_printable(key->text))
        snprintf(key->text, sizeof key->text, "#%016" PRIx64, key_hash(text, size));
    hash_text(key);
}

bool
key_of_text(struct key *key, const struct query *query, const char *text)
{
    size_t size = strlen(text);
    if (query->fields[query->key].kind != FIELD_TEXT) {
        key->is_text = false;
        return text_integer(text, &key->id);
    }
    if (!size || size > MESSAGE_KEY_MAX)
        return false;
    memcpy(key->text, text, size + 1);
    hash_text(key);
    return true;
}

const char *
key_text(const struct key *key, char *room)
{
    if (key->is_text)
        return key->text;
    snprintf(room, KEY_ROOM, "%" PRId64, key->id);
    return room;
}

void
key_add_row(struct block *out, const struct key *key, uint64_t mark)
{
    size_t field = out->query->key;
    int64_t *row = block_add(out);
    row[0] = (int64_t)(mark | (uint64_t)1 << field);
    row[1 + field] = key->id;
    if (!key->is_text)
        return;
    size_t size = strlen(key->text);
    row[1 + field] = (int64_t)out->text.size << 32 | (int64_t)size;
    buf_add(&out->text, key->text, size);
}
