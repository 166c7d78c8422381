#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "script/roster.h"

static size_t
watchers(struct roster *roster, uint32_t center, int64_t id, uint32_t *out)
{
    size_t at = 0, count = 0;
    uint32_t entry;
    while ((entry = roster_next(roster, center, &query_queues, id, &at)) != ROSTER_END)
        out[count++] = entry;
    return count;
}

static void
test_nobody(void **state)
{
    (void)state;
    struct roster roster = {0};
    uint32_t out[4];
    assert_int_equal(0, watchers(&roster, 0, 1, out));
    roster_add(&roster, 0, &query_queues, 1, 7);
    assert_int_equal(0, watchers(&roster, 0, 2, out));
    assert_int_equal(0, watchers(&roster, 1, 1, out));
    roster_fini(&roster);
    assert_int_equal(0, watchers(&roster, 0, 1, out));
}

static void
test_several_watch_one_row(void **state)
{
    (void)state;
    struct roster roster = {0};
    uint32_t out[4];
    for (uint32_t entry = 0; entry < 3; entry++)
        roster_add(&roster, 0, &query_queues, 5, entry);
    roster_add(&roster, 1, &query_queues, 5, 9);
    assert_int_equal(3, watchers(&roster, 0, 5, out));
    assert_int_equal(3, out[0] + out[1] + out[2]);
    assert_int_equal(1, watchers(&roster, 1, 5, out));
    assert_int_equal(9, out[0]);
    roster_fini(&roster);
}

/* A sample that names these ids; of 0 there is no row. */
static struct message_rows
sample_of(struct block *block, uint32_t center, const int64_t *ids)
{
    block_clear(block);
    for (; *ids; ids++) {
        int64_t *row = block_add(block);
        row[0] = (int64_t)1 << query_queues.key;
        row[1 + query_queues.key] = *ids;
    }
    return (struct message_rows){.center = center,
                                 .query = &query_queues,
                                 .row_count = (uint32_t)block->row_count,
                                 .cells = block->cells};
}

/* Ids 1 to 3 and 4 to 5 have the same watchers, and 6 of another centre; 7 and 8 have
 * the second of 4 and 5 alone. */
static void
test_rows_that_are_watched_alike(void **state)
{
    (void)state;
    static const struct {
        uint32_t center;
        int64_t ids[8];
        size_t alike; /* behind the first */
    } cases[] = {
        {0, {1, 2, 3, 4, 5}, 2},
        {0, {2, 3, 4}, 1},
        {0, {3, 4, 5}, 0},
        {0, {4, 5, 6, 7}, 1},
        {0, {1, 3, 2}, 0},
        {0, {1, 2, 9, 3}, 1},
        {0, {1}, 0},
        {1, {1, 2, 3}, 0},
        {1, {6, 7, 8}, 0},
        {0, {9, 2, 3}, 0},
        {0, {7, 8}, 1},
        {0, {1, 2, 3}, 2},
        {1, {3, 4, 5 /* unwatched */}, 0},
    };
    struct roster roster = {0};
    struct block block;
    uint32_t out[4];
    block_init(&block, &query_queues);
    for (int64_t id = 1; id <= 5; id++)
        roster_add(&roster, 0, &query_queues, id, id <= 3 ? 0 : 1);
    roster_add(&roster, 1, &query_queues, 6, 2);
    for (int64_t id = 4; id <= 8; id++)
        roster_add(&roster, 0, &query_queues, id, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct message_rows rows = sample_of(&block, cases[i].center, cases[i].ids);
        watchers(&roster, cases[i].center, cases[i].ids[0], out);
        assert_int_equal(roster_alike(&roster, &rows, 0), cases[i].alike);
    }
    /* Who comes later makes another list of it. */
    struct message_rows rows = sample_of(&block, 0, (const int64_t[]){1, 2, 3, 0});
    roster_add(&roster, 0, &query_queues, 2, 9);
    assert_int_equal(1, watchers(&roster, 0, 1, out));
    assert_int_equal(roster_alike(&roster, &rows, 0), 0);
    assert_int_equal(2, watchers(&roster, 0, 2, out));
    block_fini(&block);
    roster_fini(&roster);
}

static void
test_many_rows(void **state)
{
    (void)state;
    struct roster roster = {0};
    uint32_t out[4];
    for (int64_t id = 1; id <= 10000; id++)
        roster_add(&roster, (uint32_t)(id % 2), &query_queues, id, (uint32_t)(id / 20));
    for (int64_t id = 1; id <= 20000; id++) {
        size_t count = watchers(&roster, (uint32_t)(id % 2), id, out);
        assert_int_equal(id <= 10000, count);
        if (count)
            assert_int_equal(id / 20, out[0]);
    }
    roster_fini(&roster);
}

/* ---- attendance ---- */

static void
take(struct attendance *attendance, const int64_t *ids, uint32_t count)
{
    struct block block;
    block_init(&block, &query_agents);
    for (uint32_t i = 0; i < count; i++) {
        int64_t *row = block_add(&block);
        row[0] = 1;
        row[1] = ids[i];
    }
    struct message_rows rows = {
        .query = &query_agents, .row_count = count, .cells = block.cells};
    attendance_take(attendance, &rows);
    block_fini(&block);
}

static void
test_attendance(void **state)
{
    (void)state;
    struct roster roster = {0};
    assert_null(roster_attendance(&roster, 0, &query_agents, 1));
    roster_add(&roster, 0, &query_agents, 1, 7);
    roster_add(&roster, 0, &query_queues, 1, 7);
    struct attendance *of_agents = roster_attendance(&roster, 0, &query_agents, 1);
    assert_non_null(of_agents);
    assert_null(roster_attendance(&roster, 0, &query_queues, 1));
    assert_null(roster_attendance(&roster, 0, &query_agents, 2));
    assert_null(roster_attendance(&roster, 1, &query_agents, 1));
    for (int64_t id = 2; id < 100; id++)
        roster_add(&roster, 0, &query_agents, id, 7);
    assert_ptr_equal(of_agents, roster_attendance(&roster, 0, &query_agents, 1));

    assert_false(of_agents->is_answered);
    assert_false(attendance_has(of_agents, 1099));
    take(of_agents, (int64_t[]){1100, -5, 1099}, 3);
    assert_true(of_agents->is_answered);
    assert_true(attendance_has(of_agents, 1099));
    assert_true(attendance_has(of_agents, -5));
    assert_false(attendance_has(of_agents, 1101));
    take(of_agents, (int64_t[]){1101}, 1);
    assert_false(attendance_has(of_agents, 1099));
    assert_true(attendance_has(of_agents, 1101));
    take(of_agents, NULL, 0);
    assert_true(of_agents->is_answered);
    assert_false(attendance_has(of_agents, 1101));
    roster_fini(&roster);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_several_watch_one_row),
        cmocka_unit_test(test_rows_that_are_watched_alike),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_attendance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
