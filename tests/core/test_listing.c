/* Lists for people and programs, and what stands behind the '?' of a path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "command/args.h"
#include "command/listing.h"

static const struct listing_column columns[] = {{"name", "NAME"},
                                                {"hidden", NULL},
                                                {"since", "AGE"},
                                                {"note", "NOTE"},
                                                {NULL, NULL}};

static void
columns_align_by_letters(void **state)
{
    (void)state;
    struct listing listing;
    struct buf out = {0};
    listing_init(&listing, columns, "nothing", 1000000);
    listing_lines(&listing, &out);
    assert_string_equal(out.data, "nothing\n");
    buf_clear(&out);
    listing_json(&listing, &out);
    assert_string_equal(out.data, "[]");
    buf_clear(&out);
    listing_text(&listing, "ayşe");
    listing_number(&listing, 7);
    listing_age(&listing, 910000);
    listing_text(&listing, "two\nlines");
    listing_text(&listing, "li");
    listing_number(&listing, -1);
    listing_age(&listing, 0);
    listing_text(&listing, NULL);
    listing_lines(&listing, &out);
    assert_string_equal(out.data, "NAME  AGE     NOTE\n"
                                  "ayşe  1m 30s  two lines\n"
                                  "li    -       -\n");
    buf_clear(&out);
    listing_json(&listing, &out);
    assert_string_equal(
        out.data,
        "[{\"name\":\"ayşe\",\"hidden\":7,\"since\":910,\"note\":\"two\\nlines\"},"
        "{\"name\":\"li\",\"hidden\":null,\"since\":null,\"note\":null}]");
    listing_fini(&listing);
    buf_fini(&out);
}

static void
ages_have_two_units_at_most(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{-5, "0s"},         {999, "0s"},      {59999, "59s"},
                 {60000, "1m"},      {61000, "1m 1s"}, {3599000, "59m 59s"},
                 {3661000, "1h 1m"}, {86400000, "1d"}, {90061000, "1d 1h"},
                 {86430000, "1d"},   {3605000, "1h"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        listing_format_age(cases[i].ms, &out);
        assert_string_equal(out.data, cases[i].text);
        buf_fini(&out);
    }
}

static void
arguments_travel_as_they_are(void **state)
{
    (void)state;
    static const char *const known[] = {"by", "label", NULL};
    struct buf path = {0};
    struct args args;
    buf_add_text(&path, "/x");
    args_add(&path, "by", "ayşe & co + 100%");
    args_add(&path, "note", NULL);
    args_add(&path, "label", "a=b");
    assert_string_equal(path.data,
                        "/x?by=ay%C5%9Fe%20%26%20co%20%2B%20100%25&label=a%3Db");
    args_read(&args, path.data + 3);
    assert_int_equal(args.count, 2);
    assert_string_equal(args_get(&args, "by"), "ayşe & co + 100%");
    assert_string_equal(args_get(&args, "label"), "a=b");
    assert_null(args_get(&args, "note"));
    assert_null(args_unknown(&args, known));
    assert_string_equal(args_unknown(&args, known + 1), "by");
    args_fini(&args);
    buf_fini(&path);
}

static void
what_is_badly_written_stays(void **state)
{
    (void)state;
    static const struct {
        const char *query, *value;
    } cases[] = {{"a=%zz", "%zz"}, {"a=%4", "%4"},   {"a=%", "%"}, {"a=x%41", "xA"},
                 {"a=+", " "},     {"a", ""},        {"a=", ""},   {"b=1&&a=2", "2"},
                 {"a=1&a=2", "1"}, {"a=x%00y", "xy"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct args args;
        args_read(&args, cases[i].query);
        assert_string_equal(args_get(&args, "a"), cases[i].value);
        args_fini(&args);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_align_by_letters),
        cmocka_unit_test(ages_have_two_units_at_most),
        cmocka_unit_test(arguments_travel_as_they_are),
        cmocka_unit_test(what_is_badly_written_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
