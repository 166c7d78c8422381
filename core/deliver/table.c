#include "deliver/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROOM_LEAST 16

static uint64_t
hash_of(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 0x100000001b3;
    /* The low bits choose the slot: let all of the key reach them. */
    return hash ^ hash >> 32;
}

/* The slot of `key`, or the free one where it would go. There always is one. */
static size_t
find(const struct table *table, const char *key, uint64_t hash)
{
    size_t mask = table->room - 1;
    size_t at = hash & mask;
    while (table->slots[at].key &&
           (table->slots[at].hash != hash || strcmp(table->slots[at].key, key) != 0))
        at = (at + 1) & mask;
    return at;
}

static void
grow(struct table *table)
{
    struct table old = *table;
    table->room = old.room ? 2 * old.room : ROOM_LEAST;
    table->slots = mem_zero(table->room * sizeof(*table->slots));
    for (size_t i = 0; i < old.room; i++)
        if (old.slots[i].key)
            table->slots[find(table, old.slots[i].key, old.slots[i].hash)] =
                old.slots[i];
    free(old.slots);
}

void
table_fini(struct table *table)
{
    free(table->slots);
    *table = (struct table){0};
}

void *
table_get(const struct table *table, const char *key)
{
    if (table->count == 0)
        return NULL;
    return table->slots[find(table, key, hash_of(key))].value;
}

void
table_put(struct table *table, const char *key, void *value)
{
    uint64_t hash = hash_of(key);
    size_t at = table->room ? find(table, key, hash) : 0;
    if (!table->room || !table->slots[at].key) {
        if (4 * (table->count + 1) > 3 * table->room)
            grow(table);
        at = find(table, key, hash);
        table->count++;
    }
    table->slots[at] = (struct table_slot){key, value, hash};
}

/* Moves later slots of the same run into the gap, so that no search stops early. */
static void
close_gap(struct table *table, size_t gap)
{
    size_t mask = table->room - 1;
    for (size_t at = (gap + 1) & mask; table->slots[at].key; at = (at + 1) & mask) {
        size_t home = table->slots[at].hash & mask;
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        table->slots[gap] = table->slots[at];
        gap = at;
    }
    table->slots[gap] = (struct table_slot){0};
}

void *
table_remove(struct table *table, const char *key)
{
    if (table->count == 0)
        return NULL;
    size_t at = find(table, key, hash_of(key));
    if (!table->slots[at].key)
        return NULL;
    void *value = table->slots[at].value;
    close_gap(table, at);
    table->count--;
    return value;
}
