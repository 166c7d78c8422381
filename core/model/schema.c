#include "model/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROW_ROOM_MIN 16

const struct query *
query_find(const char *name)
{
    for (size_t i = 0; queries[i]; i++)
        if (strcmp(queries[i]->name, name) == 0)
            return queries[i];
    return NULL;
}

int
query_number(const struct query *query)
{
    for (int i = 0; queries[i]; i++)
        if (queries[i] == query)
            return i;
    return -1;
}

int
query_field(const struct query *query, const char *name)
{
    for (size_t i = 0; i < query->field_count; i++)
        if (strcmp(query->fields[i].name, name) == 0)
            return (int)i;
    return -1;
}

const struct id_range *
query_range(const struct query *query, int64_t edition)
{
    for (const struct id_range *range = query->ranges; range->edition; range++)
        if (range->edition == edition)
            return range;
    return NULL;
}

const char *
unit_word(enum field_unit unit)
{
    static const char *const words[] = {
        [UNIT_NONE] = "",
        [UNIT_COUNT] = "count",
        [UNIT_SECONDS] = "seconds",
        [UNIT_RATIO] = "ratio",
    };
    return words[unit];
}

void
block_init(struct block *block, const struct query *query)
{
    *block = (struct block){.query = query};
}

void
block_fini(struct block *block)
{
    free(block->cells);
    *block = (struct block){.query = block->query};
}

void
block_clear(struct block *block)
{
    block->row_count = 0;
}

int64_t *
block_add(struct block *block)
{
    size_t width = query_width(block->query);
    if (block->row_count == block->row_room) {
        size_t room = block->row_room ? block->row_room * 2 : ROW_ROOM_MIN;
        block->cells = mem_grow(block->cells, room, width * sizeof *block->cells);
        block->row_room = room;
    }
    int64_t *row = block->cells + block->row_count++ * width;
    memset(row, 0, width * sizeof *row);
    return row;
}

static bool
row_ratio(const struct field *field, const int64_t *row, double *value)
{
    if (!row_has(row, field->over) || !row_has(row, field->under) ||
        row[1 + field->under] == 0)
        return false;
    double ratio = (double)row[1 + field->over] / (double)row[1 + field->under];
    *value = ratio < 1 ? ratio : 1;
    return true;
}

bool
row_number(const struct query *query, const int64_t *row, size_t field, double *value)
{
    if (query->fields[field].kind == FIELD_RATIO)
        return row_ratio(&query->fields[field], row, value);
    if (!row_has(row, field))
        return false;
    *value = (double)row[1 + field];
    return true;
}
