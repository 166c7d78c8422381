/* Lines of one destination, and the table under them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "deliver/lines.h"

static struct message *
message(const char *id, int64_t due_ms)
{
    struct message *made = mem_zero(sizeof(*made));
    made->id = mem_text(id);
    made->kind = mem_text("message");
    made->due_ms = due_ms;
    return made;
}

/* Takes the first, which must be `id`. */
static struct message *
take(struct lines *lines, const char *id)
{
    struct message *taken = lines_take(lines);
    assert_non_null(taken);
    assert_string_equal(taken->id, id);
    return taken;
}

static void
test_one_of_a_line(void **state)
{
    (void)state;
    struct lines lines = {0};
    assert_null(lines_take(&lines));
    lines_add(&lines, message("a1", 0), "a");
    lines_add(&lines, message("a2", 0), "a");
    lines_add(&lines, message("b1", 0), "b");
    struct message *a1 = take(&lines, "a1");
    struct message *b1 = take(&lines, "b1");
    assert_null(lines_first(&lines));
    assert_null(lines_take(&lines));
    lines_finish(&lines, b1);
    assert_null(lines_first(&lines));
    lines_finish(&lines, a1);
    struct message *a2 = take(&lines, "a2");
    lines_add(&lines, message("a3", 0), "a");
    assert_null(lines_first(&lines));
    lines_finish(&lines, a2);
    lines_finish(&lines, take(&lines, "a3"));
    assert_int_equal(lines.count, 0);
    lines_fini(&lines);
}

/* Adds to the line "a"; `gone` is the id of what it takes the place of, NULL for none.
 */
static void
add(struct lines *lines, const char *id, const char *kind, const char *gone)
{
    struct message *made = message(id, 0);
    free(made->kind);
    made->kind = mem_text(kind);
    char *superseded = lines_add(lines, made, "a");
    if (gone)
        assert_string_equal(superseded, gone);
    else
        assert_null(superseded);
    free(superseded);
}

static void
test_reminders_lose_their_point(void **state)
{
    (void)state;
    struct lines lines = {0};
    add(&lines, "r", "raise", NULL);
    add(&lines, "m1", "remind", NULL);
    add(&lines, "l1", "level", "m1");
    add(&lines, "m2", "remind", "l1");
    add(&lines, "c", "clear", "m2");
    add(&lines, "r2", "raise", NULL);
    add(&lines, "c2", "clear", NULL);
    assert_int_equal(lines.count, 4);
    static const char *const left[] = {"r", "c", "r2", "c2"};
    for (size_t i = 0; i < 4; i++)
        lines_finish(&lines, take(&lines, left[i]));
    lines_fini(&lines);
}

/* What is on its way goes on; what waits for its next attempt gives its turn away. */
static void
test_what_is_on_its_way_is_not_superseded(void **state)
{
    (void)state;
    struct lines lines = {0};
    add(&lines, "m1", "remind", NULL);
    struct message *taken = take(&lines, "m1");
    add(&lines, "m2", "remind", NULL);
    add(&lines, "m3", "remind", "m2");
    taken->due_ms = 5000;
    lines_give_back(&lines, taken);
    lines_finish(&lines, take(&lines, "m1"));
    taken = take(&lines, "m3");
    taken->due_ms = 7000;
    taken->attempts = 3;
    lines_give_back(&lines, taken);
    add(&lines, "c", "clear", "m3");
    taken = take(&lines, "c");
    assert_int_equal(taken->due_ms, 7000);
    assert_int_equal(taken->attempts, 0);
    lines_finish(&lines, taken);
    lines_fini(&lines);
}

static void
test_given_back(void **state)
{
    (void)state;
    struct lines lines = {0};
    lines_add(&lines, message("a1", 0), "a");
    lines_add(&lines, message("a2", 0), "a");
    lines_add(&lines, message("b1", 50), "b");
    struct message *a1 = take(&lines, "a1");
    a1->due_ms = 100;
    lines_give_back(&lines, a1);
    lines_finish(&lines, take(&lines, "b1"));
    /* a2 has been due for long, and still stands behind a1. */
    lines_finish(&lines, take(&lines, "a1"));
    assert_int_equal(lines.count, 1);
    lines_fini(&lines);
}

static void
test_no_key(void **state)
{
    (void)state;
    struct lines lines = {0};
    lines_add(&lines, message("x", 0), "");
    lines_add(&lines, message("y", 0), "");
    take(&lines, "x");
    take(&lines, "y");
    assert_int_equal(lines.count, 2);
    lines_fini(&lines);
}

/* Soonest first, ties in the order of coming; a hundred thousand in no time. */
static void
test_many(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    struct lines lines = {0};
    for (int i = 0; i < MANY; i++) {
        char *id = mem_format("%d", i);
        lines_add(&lines, message(id, (int64_t)i * 7919 % 1000), id);
        free(id);
    }
    int64_t due_ms = -1;
    long last = -1;
    for (int i = 0; i < MANY; i++) {
        struct message *taken = lines_take(&lines);
        long number = strtol(taken->id, NULL, 10);
        assert_true(taken->due_ms > due_ms ||
                    (taken->due_ms == due_ms && number > last));
        due_ms = taken->due_ms;
        last = number;
        lines_finish(&lines, taken);
    }
    assert_null(lines_take(&lines));
    assert_int_equal(lines.by_key.count, 0);
    lines_fini(&lines);
}

static void
test_table(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    struct table table = {0};
    char **keys = mem_zero(MANY * sizeof(*keys));
    assert_null(table_get(&table, "nothing"));
    assert_null(table_remove(&table, "nothing"));
    for (int i = 0; i < MANY; i++) {
        keys[i] = mem_format("key %d", i);
        table_put(&table, keys[i], keys[i]);
    }
    table_put(&table, keys[0], keys[0]);
    assert_int_equal(table.count, MANY);
    for (int i = 0; i < MANY; i += 2)
        assert_ptr_equal(table_remove(&table, keys[i]), keys[i]);
    assert_int_equal(table.count, MANY / 2);
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(table_get(&table, keys[i]), i % 2 ? keys[i] : NULL);
    table_fini(&table);
    for (int i = 0; i < MANY; i++)
        free(keys[i]);
    free(keys);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reminders_lose_their_point),
        cmocka_unit_test(test_what_is_on_its_way_is_not_superseded),
        cmocka_unit_test(test_one_of_a_line),
        cmocka_unit_test(test_given_back),
        cmocka_unit_test(test_no_key),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
