/* Which one people mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command/choice.h"

static const struct {
    const char *id, *name, *about;
} things[] = {
    {"3f21-1", "wait/1", "wait/1 of main"},
    {"3f99-2", "wait/2", "wait/2 of main"},
    {"8a00-1", "wait/1", "wait/1 of far"},
    {"8a00-11", "rest/7", "rest/7 of far"},
    {"wait/2", NULL, "odd"},
};

static void
choose(struct choice *choice, const char *word)
{
    *choice = (struct choice){.word = word};
    for (size_t i = 0; i < sizeof things / sizeof *things; i++)
        choice_offer(choice, things[i].id, things[i].name, things[i].about);
}

static void
is(const char *word, const char *id, const char *told)
{
    struct choice choice;
    struct buf text = {0};
    choose(&choice, word);
    assert_int_equal(choice_is_made(&choice), id != NULL);
    if (id)
        assert_string_equal(choice.list[0].id, id);
    else if (choice.count)
        choice_tell(&choice, &text);
    assert_string_equal(text.data ? text.data : "", told);
    buf_fini(&text);
    choice_fini(&choice);
}

static void
test_one_is_meant(void **state)
{
    (void)state;
    is("3f21-1", "3f21-1", "");
    is("3f2", "3f21-1", "");
    is("rest/7", "8a00-11", "");
    is("8a00-1", "8a00-1", ""); /* although another begins so */
}

static void
test_nothing_and_several(void **state)
{
    (void)state;
    is("4", NULL, "");
    is("rest", NULL, "");
    is("rest/", NULL, "");
    is("3f", NULL,
       "'3f' may be 3f21-1 (wait/1 of main) or 3f99-2 (wait/2 of main); say more of it");
    is("wait/1", NULL,
       "'wait/1' may be 3f21-1 (wait/1 of main) or 8a00-1 (wait/1 of far); say more of "
       "it");
}

static void
test_a_star_is_all_of_a_name(void **state)
{
    (void)state;
    struct choice choice;
    choose(&choice, "wait/*");
    assert_true(choice_is_made(&choice));
    assert_int_equal(choice.count, 3);
    choice_fini(&choice);
    is("rest/*", "8a00-11", "");
    is("/*", NULL, "");
    is("none/*", NULL, "");
}

static void
test_of_many_only_some_are_named(void **state)
{
    (void)state;
    struct choice choice = {.word = "m"};
    struct buf text = {0};
    const char *const ids[] = {"m1", "m2", "m3", "m4", "m5", "m6"};
    for (size_t i = 0; i < 6; i++)
        choice_offer(&choice, ids[i], NULL, "x");
    choice_tell(&choice, &text);
    assert_string_equal(
        text.data,
        "'m' may be m1 (x), m2 (x), m3 (x), m4 (x), m5 (x) or others; say more of it");
    buf_fini(&text);
    choice_fini(&choice);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_is_meant),
        cmocka_unit_test(test_nothing_and_several),
        cmocka_unit_test(test_a_star_is_all_of_a_name),
        cmocka_unit_test(test_of_many_only_some_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
