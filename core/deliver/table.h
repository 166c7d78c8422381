/* A table from texts to pointers: open addressing, one hash per key kept beside it. */
#ifndef CCGATE_DELIVER_TABLE_H
#define CCGATE_DELIVER_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_slot {
    const char *key; /* NULL: free */
    void *value;
    uint64_t hash;
};

/* A zeroed struct table is empty. */
struct table {
    struct table_slot *slots;
    size_t room, count; /* room is a power of two; to walk: every slot with a key */
};

/* Forgets the keys and values, which are the owner's. */
void table_fini(struct table *table);

/* NULL when there is none. */
void *table_get(const struct table *table, const char *key);

/* Puts or replaces. `key` must live as long as its place in the table; it is best a
 * part of `value`. */
void table_put(struct table *table, const char *key, void *value);

/* Returns the value that was there, or NULL. */
void *table_remove(struct table *table, const char *key);

#endif
