#include "script/finder.h"

#include <stdlib.h>

#include "base/mem.h"

#define ROOM_MIN ((size_t)16) /* a power of two */

void
finder_fini(struct finder *finder)
{
    free(finder->cells);
    *finder = (struct finder){0};
}

/* The high bits: neighbouring ids lie far apart, so that runs stay short and the search
 * for one that is not there ends soon. */
static size_t
home_of(const struct finder *finder, uint32_t hash)
{
    return hash >> (32 - __builtin_ctzl(finder->room));
}

uint32_t
finder_find(const struct finder *finder, uint32_t hash, finder_is *is,
            const void *items, const void *wanted)
{
    if (finder->room == 0)
        return FINDER_NONE;
    size_t mask = finder->room - 1, at = home_of(finder, hash);
    for (; finder->cells[at].number; at = (at + 1) & mask) {
        const struct finder_cell *cell = &finder->cells[at];
        if (cell->hash == hash && is(items, cell->number - 1, wanted))
            return cell->number - 1;
    }
    return FINDER_NONE;
}

static void
put(struct finder *finder, struct finder_cell cell)
{
    size_t mask = finder->room - 1, at = home_of(finder, cell.hash);
    while (finder->cells[at].number)
        at = (at + 1) & mask;
    finder->cells[at] = cell;
}

static void
grow(struct finder *finder)
{
    struct finder old = *finder;
    finder->room = old.room ? 2 * old.room : ROOM_MIN;
    finder->cells = mem_zero(finder->room * sizeof *finder->cells);
    for (size_t i = 0; i < old.room; i++)
        if (old.cells[i].number)
            put(finder, old.cells[i]);
    free(old.cells);
}

/* Half of the cells stay free. */
void
finder_add(struct finder *finder, uint32_t hash, uint32_t number)
{
    if (2 * (finder->count + 1) > finder->room)
        grow(finder);
    put(finder, (struct finder_cell){hash, number + 1});
    finder->count++;
}

static size_t
cell_of(const struct finder *finder, uint32_t hash, uint32_t number)
{
    size_t mask = finder->room - 1, at = home_of(finder, hash);
    while (finder->cells[at].number != number + 1)
        at = (at + 1) & mask;
    return at;
}

/* What lies behind it in its run moves up, unless it is where it belongs. */
void
finder_remove(struct finder *finder, uint32_t hash, uint32_t number)
{
    size_t mask = finder->room - 1, hole = cell_of(finder, hash, number);
    for (size_t at = (hole + 1) & mask; finder->cells[at].number;
         at = (at + 1) & mask) {
        size_t home = home_of(finder, finder->cells[at].hash);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        finder->cells[hole] = finder->cells[at];
        hole = at;
    }
    finder->cells[hole] = (struct finder_cell){0};
    finder->count--;
}

void
finder_renumber(struct finder *finder, uint32_t hash, uint32_t from, uint32_t to)
{
    finder->cells[cell_of(finder, hash, from)].number = to + 1;
}
