#include "script/gather.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/step.h"

static int
by_argument(const void *left, const void *right)
{
    const struct gather_part *a = left, *b = right;
    if (a->center != b->center)
        return a->center < b->center ? -1 : 1;
    return (a->argument > b->argument) - (a->argument < b->argument);
}

void
gather_fini(struct gather *gather)
{
    for (size_t i = 0; i < gather->count; i++)
        block_fini(&gather->parts[i].rows);
    free(gather->parts);
    *gather = (struct gather){0};
}

void
gather_add(struct gather *gather, uint32_t center, const struct query *query,
           int64_t argument)
{
    size_t count = gather->count;
    if ((count & (count - 1)) == 0)
        gather->parts =
            mem_grow(gather->parts, count ? 2 * count : 1, sizeof *gather->parts);
    struct gather_part *part = &gather->parts[gather->count++];
    *part = (struct gather_part){.center = center, .argument = argument};
    block_init(&part->rows, query);
}

void
gather_close(struct gather *gather)
{
    size_t kept = 0;
    if (gather->count)
        qsort(gather->parts, gather->count, sizeof *gather->parts, by_argument);
    for (size_t i = 0; i < gather->count; i++)
        if (!kept || by_argument(&gather->parts[kept - 1], &gather->parts[i]) != 0)
            gather->parts[kept++] = gather->parts[i];
    gather->count = kept;
}

/* NULL: it is not asked for. */
static struct gather_part *
find(const struct gather *gather, uint32_t center, int64_t argument)
{
    const struct gather_part wanted = {.center = center, .argument = argument};
    return gather->count ? bsearch(&wanted, gather->parts, gather->count,
                                   sizeof *gather->parts, by_argument)
                         : NULL;
}

static struct gather_part *
renew(const struct gather *gather, uint32_t center, int64_t argument, int64_t now_ms)
{
    struct gather_part *part = find(gather, center, argument);
    if (!part)
        return NULL;
    block_clear(&part->rows);
    part->heard_ms = now_ms;
    return part;
}

void
gather_take(struct gather *gather, const struct message_rows *rows, int64_t now_ms,
            gather_accepts *accepts, void *arg)
{
    const struct query *query = rows->query;
    struct gather_part *part = NULL;
    if (query->is_list)
        part = renew(gather, rows->center, rows->argument, now_ms);
    for (uint32_t i = 0; i < rows->row_count; i++) {
        struct row row = message_row(rows, i);
        if (!query->is_list)
            part = renew(gather, rows->center, row.cells[1 + query->key], now_ms);
        if (part && !row_is_gone(row.cells) && accepts(arg, rows, row))
            block_copy(&part->rows, row);
    }
}

void
gather_shift(struct gather *gather, int64_t by_ms)
{
    for (size_t i = 0; i < gather->count; i++)
        gather->parts[i].heard_ms = step_shift(gather->parts[i].heard_ms, by_ms);
}

bool
gather_is_whole(const struct gather *gather, uint32_t center, int64_t since_ms)
{
    for (size_t i = 0; i < gather->count; i++) {
        const struct gather_part *part = &gather->parts[i];
        if (part->center == center && (!part->heard_ms || part->heard_ms < since_ms))
            return false;
    }
    return true;
}

void
gather_join(const struct gather *gather, uint32_t center, struct block *out)
{
    for (size_t i = 0; i < gather->count; i++) {
        const struct gather_part *part = &gather->parts[i];
        for (size_t j = 0; part->center == center && j < part->rows.row_count; j++)
            block_copy(out, block_at(&part->rows, j));
    }
    block_unique(out);
}
