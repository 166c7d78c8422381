#include "script/scope.h"

#include <stdlib.h>

#include "base/mem.h"
#include "script/key.h"

/* ---- building ---- */

void
scope_fini(struct scope *scope)
{
    free(scope->requests);
    free(scope->expected);
    crowd_fini(&scope->crowd);
    *scope = (struct scope){0};
}

/* `count` items are there: room for one more, by doubling. */
static void *
make_room(void *items, size_t count, size_t size)
{
    bool is_full = (count & (count - 1)) == 0;
    return is_full ? mem_grow(items, count ? 2 * count : 1, size) : items;
}

void
scope_add(struct scope *scope, const struct scope_request *request)
{
    scope->requests =
        make_room(scope->requests, scope->request_count, sizeof *scope->requests);
    scope->requests[scope->request_count++] = *request;
}

void
scope_expect(struct scope *scope, uint32_t center, int64_t id)
{
    scope->expected =
        make_room(scope->expected, scope->expected_count, sizeof *scope->expected);
    scope->expected[scope->expected_count++] = (struct scope_expected){center, id};
}

static int
order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int
by_argument(const void *left, const void *right)
{
    const struct scope_request *a = left, *b = right;
    int by_center = order(a->center, b->center);
    return by_center ? by_center : order(a->argument, b->argument);
}

static int
by_id(const void *left, const void *right)
{
    const struct scope_expected *a = left, *b = right;
    int by_center = order(a->center, b->center);
    return by_center ? by_center : order(a->id, b->id);
}

void
scope_close(struct scope *scope)
{
    size_t kept = 0;
    if (scope->request_count)
        qsort(scope->requests, scope->request_count, sizeof *scope->requests,
              by_argument);
    if (scope->expected_count)
        qsort(scope->expected, scope->expected_count, sizeof *scope->expected, by_id);
    for (size_t i = 0; i < scope->expected_count; i++)
        if (!kept || by_id(&scope->expected[kept - 1], &scope->expected[i]))
            scope->expected[kept++] = scope->expected[i];
    scope->expected_count = kept;
}

/* ---- requests ---- */

/* The first request at or behind this one. */
static size_t
find(const struct scope *scope, uint32_t center, int64_t argument)
{
    const struct scope_request wanted = {.center = center, .argument = argument};
    size_t low = 0, high = scope->request_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_argument(&scope->requests[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_of(const struct scope *scope, size_t at, uint32_t center)
{
    return at < scope->request_count && scope->requests[at].center == center;
}

/* operateType, if the query has one. */
static bool
type_of(const struct query *query, struct row row, int64_t *type)
{
    int field = query_field(query, "operation_code");
    if (field < 0 || !row_has(row.cells, (size_t)field))
        return false;
    *type = row.cells[1 + field];
    return true;
}

bool
scope_accepts(const struct scope *scope, uint32_t center, int64_t argument,
              const struct query *query, struct row row)
{
    int64_t type = OPERATION_ANY;
    bool has_type = query->has_span && type_of(query, row, &type);
    for (size_t i = find(scope, center, argument);
         is_of(scope, i, center) && scope->requests[i].argument == argument; i++) {
        int64_t wanted = scope->requests[i].type;
        if (wanted == OPERATION_ANY || (has_type && wanted == type))
            return true;
    }
    return false;
}

static bool
is_answered(const struct scope *scope, uint32_t center)
{
    for (size_t i = find(scope, center, INT64_MIN); is_of(scope, i, center); i++)
        if (!scope->requests[i].attendance->is_answered)
            return false;
    return true;
}

void
scope_leave(struct scope *scope, uint32_t center, const struct attendance *attendance)
{
    for (size_t i = 0; i < attendance->count; i++)
        crowd_leave(&scope->crowd, center, attendance->ids[i]);
}

void
scope_enter(struct scope *scope, uint32_t center, const struct attendance *attendance)
{
    for (size_t i = 0; i < attendance->count; i++)
        crowd_enter(&scope->crowd, center, attendance->ids[i]);
}

/* ---- who is missing ---- */

static bool
is_expected(const struct scope *scope, uint32_t center, int64_t id)
{
    const struct scope_expected wanted = {center, id};
    return scope->expected_count &&
           bsearch(&wanted, scope->expected, scope->expected_count,
                   sizeof *scope->expected, by_id);
}

void
scope_expected(const struct scope *scope, uint32_t center, struct block *out)
{
    if (!scope->expected_count || !is_answered(scope, center))
        return;
    for (size_t i = 0; i < scope->expected_count; i++) {
        const struct scope_expected *expected = &scope->expected[i];
        if (expected->center == center &&
            !crowd_has(&scope->crowd, center, expected->id))
            row_expect(out->query, expected->id, block_add(out), &out->text);
    }
}

void
scope_absent(const struct scope *scope, const struct latch *latch, uint32_t center,
             struct block *out)
{
    bool is_whole = is_answered(scope, center);
    struct latch_kept kept;
    scope_expected(scope, center, out);
    for (size_t at = 0; latch_next(latch, center, &at, &kept);)
        if ((kept.is_seen || is_whole) && !is_expected(scope, center, kept.key.id) &&
            !crowd_has(&scope->crowd, center, kept.key.id))
            key_add_row(out, &kept.key, ROW_GONE);
}
