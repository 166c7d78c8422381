/* A gateway.conf in a folder of its own, for the tests of its sections. */
#ifndef CCGATE_TESTS_CONF_FILE_H
#define CCGATE_TESTS_CONF_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/conf.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Every test works in a folder of its own. */
static char folder[64];

static inline int
setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/ccgate-conf-XXXXXX", P_tmpdir);
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static inline int
teardown(void **state)
{
    (void)state;
    static const char *const files[] = {"gateway.conf", "secret", "open",
                                        "pipe",         "aicc",   "all"};
    for (size_t i = 0; i < COUNT(files); i++)
        unlink(files[i]);
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static inline void
write_file(const char *name, const void *data, size_t size, mode_t mode)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(name, mode), 0);
}

static inline struct conf *
load(const char *text, struct problems *problems)
{
    write_file("gateway.conf", text, strlen(text), 0644);
    return conf_load("gateway.conf", problems);
}

static inline struct conf *
load_fine(const char *text)
{
    struct problems problems = {0};
    struct conf *conf = load(text, &problems);
    if (problems.count > 0)
        fail_msg("%s", problems.lines[0]);
    assert_non_null(conf);
    return conf;
}

#define KEYS                                                                           \
    "url = https://10.22.26.181:28080\ncc_id = 1\nvdn = 2\n"                           \
    "access_key = AK\nsecret_key = SK\n"
#define CENTER "[center main]\n" KEYS /* lines 1 to 6 */
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

/* A text of a file and what its only mistake says, or a part of it. */
struct conf_mistake {
    const char *text, *expected;
};

static inline void
check_mistakes(const struct conf_mistake *mistakes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct problems problems = {0};
        conf_delete(load(mistakes[i].text, &problems));
        if (problems.count != 1 ||
            strstr(problems.lines[0], mistakes[i].expected) == NULL)
            fail_msg("expected: %s\n%zu problems, first: %s", mistakes[i].expected,
                     problems.count, problems.count ? problems.lines[0] : "none");
        problems_fini(&problems);
    }
}

#define CONF_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif
