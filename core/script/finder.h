/* Finds items of an array by what they are called: open addressing over their numbers,
 * so that the items themselves lie one behind the other in the order in which they
 * came.
 *
 * Samples name rows in the order in which they are watched: whoever looks for a row
 * first looks behind the last one, and then here. */
#ifndef CCGATE_SCRIPT_FINDER_H
#define CCGATE_SCRIPT_FINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FINDER_NONE UINT32_MAX

struct finder_cell {
    uint32_t hash;
    uint32_t number; /* 1 + that of the item; 0: free */
};

/* A zeroed struct finds nothing. */
struct finder {
    struct finder_cell *cells;
    size_t room, count;
};

void finder_fini(struct finder *finder);

static inline uint32_t
finder_hash(uint32_t center, int64_t id)
{
    uint64_t mixed = ((uint64_t)id ^ (uint64_t)center << 40) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(mixed >> 32);
}

/* The number of the item that is the one wanted, by `is`, or FINDER_NONE. */
typedef bool finder_is(const void *items, uint32_t number, const void *wanted);
uint32_t finder_find(const struct finder *finder, uint32_t hash, finder_is *is,
                     const void *items, const void *wanted);

/* An item that is not there yet. */
void finder_add(struct finder *finder, uint32_t hash, uint32_t number);
/* One that is. */
void finder_remove(struct finder *finder, uint32_t hash, uint32_t number);
/* Its number is another one from now on. */
void finder_renumber(struct finder *finder, uint32_t hash, uint32_t from, uint32_t to);

#endif
