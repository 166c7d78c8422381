#include "model/schema.h"

#include <inttypes.h>
#include <string.h>

const struct query *
query_find(const char *name)
{
    for (size_t i = 0; queries[i]; i++)
        if (strcmp(queries[i]->name, name) == 0)
            return queries[i];
    return NULL;
}

size_t
query_count(void)
{
    size_t count = 0;
    while (queries[count])
        count++;
    return count;
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

bool
query_allows(const struct query *query, int64_t edition, int64_t id)
{
    for (const struct id_range *range = query->ranges; range->edition; range++)
        if (range->edition == edition && id >= range->low && id <= range->high)
            return true;
    return false;
}

void
query_range_text(const struct query *query, int64_t edition, struct buf *out)
{
    const char *before = "";
    for (const struct id_range *range = query->ranges; range->edition; range++) {
        if (range->edition != edition)
            continue;
        buf_format(out, "%s%" PRId64 "…%" PRId64, before, range->low, range->high);
        before = " and ";
    }
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
