/* Options of commands: what is read where, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <getopt.h>
#include <string.h>

#include "command/setting.h"

struct options {
    bool loud;
    const char *name;
    int64_t count, wait_ms;
    int own;
};

static bool
set_own(void *arg, const char *value, struct buf *problem)
{
    struct options *options = arg;
    if (strcmp(value, "odd") == 0)
        buf_add_text(problem, "that is odd");
    else
        options->own++;
    return problem->size == 0;
}

#define AT(member) .offset = offsetof(struct options, member)

static const struct setting settings[] = {
    {.name = "loud", .letter = 'l', .kind = SETTING_FLAG, AT(loud)},
    {.name = "name",
     .letter = 'n',
     .kind = SETTING_TEXT,
     AT(name),
     .expected = "a name"},
    {.name = "count",
     .kind = SETTING_INTEGER,
     AT(count),
     .low = 1,
     .high = 9,
     .expected = "a number from 1 to 9"},
    {.name = "wait",
     .kind = SETTING_DURATION,
     AT(wait_ms),
     .low = 1000,
     .high = 5000,
     .expected = "a duration from 1s to 5s"},
    {.name = "own", .kind = SETTING_OWN, .set = set_own},
    {0},
};

static const struct command command = {.name = "test", .arguments = "", .help = ""};

static int
read_line(struct options *options, const char *const *words)
{
    char copies[8][32];
    char *argv[9] = {NULL};
    int argc = 0;
    for (; words[argc]; argc++) {
        strncpy(copies[argc], words[argc], sizeof copies[argc] - 1);
        copies[argc][sizeof copies[argc] - 1] = '\0';
        argv[argc] = copies[argc];
    }
    optind = 0; /* begins anew */
    int code = settings_read(&command, settings, options, argc, argv);
    if (options->name) /* the copies end here */
        options->name = strcmp(options->name, "sales") ? "other" : "sales";
    return code;
}

static void
options_are_read(void **state)
{
    (void)state;
    struct options options = {.count = 4};
    const char *const none[] = {"test", NULL};
    assert_int_equal(read_line(&options, none), EXIT_FINE);
    assert_int_equal(options.count, 4);
    const char *const some[] = {"test",      "-l",        "--name",  "sales",
                                "--count=9", "--wait=5s", "--own=a", NULL};
    assert_int_equal(read_line(&options, some), EXIT_FINE);
    assert_true(options.loud);
    assert_string_equal(options.name, "sales");
    assert_int_equal(options.count, 9);
    assert_int_equal(options.wait_ms, 5000);
    assert_int_equal(options.own, 1);
    const char *const letters[] = {"test", "-n", "support", "--own=b", "--own=c", NULL};
    assert_int_equal(read_line(&options, letters), EXIT_FINE);
    assert_string_equal(options.name, "other");
    assert_int_equal(options.own, 3);
}

static void
mistakes_are_refused(void **state)
{
    (void)state;
    static const char *const lines[][4] = {
        {"test", "--unknown", NULL},    {"test", "-x", NULL},
        {"test", "--count", NULL},      {"test", "--count=0", NULL},
        {"test", "--count=10", NULL},   {"test", "--count=x", NULL},
        {"test", "--wait=999ms", NULL}, {"test", "--wait=6s", NULL},
        {"test", "--wait=2", NULL},     {"test", "--name=", NULL},
        {"test", "--own=odd", NULL},    {"test", "--loud=yes", NULL},
        {"test", "word", NULL},         {"test", "--count=3", "word", NULL},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct options options = {0};
        assert_int_equal(read_line(&options, lines[i]), EXIT_USAGE);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(mistakes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
