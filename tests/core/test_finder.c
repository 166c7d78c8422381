/* The finder against an array that is searched from its beginning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script/finder.h"

#define ITEMS_MAX 600

struct items {
    int64_t ids[ITEMS_MAX];
    uint32_t count;
    struct finder finder;
};

static bool
is_wanted(const void *ids, uint32_t number, const void *wanted)
{
    return ((const int64_t *)ids)[number] == *(const int64_t *)wanted;
}

/* Few different hashes, so that runs are long and lie over each other. */
static uint32_t
hash_of(int64_t id)
{
    return finder_hash(0, id % 40);
}

static uint32_t
find(const struct items *items, int64_t id)
{
    return finder_find(&items->finder, hash_of(id), is_wanted, items->ids, &id);
}

static uint32_t
search(const struct items *items, int64_t id)
{
    for (uint32_t i = 0; i < items->count; i++)
        if (items->ids[i] == id)
            return i;
    return FINDER_NONE;
}

static void
add(struct items *items, int64_t id)
{
    finder_add(&items->finder, hash_of(id), items->count);
    items->ids[items->count++] = id;
}

/* The last one takes its place. */
static void
take_out(struct items *items, uint32_t number)
{
    uint32_t last = --items->count;
    finder_remove(&items->finder, hash_of(items->ids[number]), number);
    if (number == last)
        return;
    finder_renumber(&items->finder, hash_of(items->ids[last]), last, number);
    items->ids[number] = items->ids[last];
}

static void
test_an_empty_finder_finds_nothing(void **state)
{
    (void)state;
    struct items items = {0};
    assert_int_equal(find(&items, 1), FINDER_NONE);
    finder_fini(&items.finder);
}

static void
test_what_was_added_and_not_taken_out_is_found(void **state)
{
    (void)state;
    struct items items = {0};
    uint32_t seed = 7;
    for (int step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        int64_t id = seed >> 22; /* of 1,024 */
        uint32_t number = search(&items, id);
        assert_int_equal(find(&items, id), number);
        if (number != FINDER_NONE)
            take_out(&items, number);
        else if (items.count < ITEMS_MAX)
            add(&items, id);
        assert_int_equal(items.finder.count, items.count);
    }
    assert_true(items.count > 300);
    assert_int_equal(items.finder.room, 2048);
    finder_fini(&items.finder);
}

static void
test_centers_are_told_apart(void **state)
{
    (void)state;
    assert_int_not_equal(finder_hash(0, 7), finder_hash(1, 7));
    assert_int_not_equal(finder_hash(0, 7), finder_hash(0, 8));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_finder_finds_nothing),
        cmocka_unit_test(test_what_was_added_and_not_taken_out_is_found),
        cmocka_unit_test(test_centers_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
