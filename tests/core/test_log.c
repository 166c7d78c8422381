#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static void
read_log(void (*speak)(void), char *out, size_t size)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    int saved = dup(STDERR_FILENO);
    dup2(pipes[1], STDERR_FILENO);
    close(pipes[1]);
    speak();
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t got = read(pipes[0], out, size - 1);
    out[got > 0 ? got : 0] = '\0';
    close(pipes[0]);
}

static void
speak_forged(void)
{
    log_debug("poll", "nobody hears this");
    log_warn("poll", "center %s: %s", "main",
             "fine\n2026 error x\x1b[2J\xc2\x9b\xff \xc3\xa9");
}

static void
speak_quietly(void)
{
    log_set_level(LEVEL_ERROR);
    log_warn("poll", "nobody hears this");
    log_error("script queue_wait", "loud");
    log_set_level(LEVEL_INFO);
}

static void
test_log(void **state)
{
    (void)state;
    char line[512];
    read_log(speak_forged, line, sizeof line);
    assert_int_equal(strspn(line, "0123456789-:.TZ"), 24);
    assert_string_equal(line + 24, " warn  poll     center main: fine\\n2026 error "
                                   "x\\x1b[2J\\xc2\\x9b\\xff \xc3\xa9\n");
    read_log(speak_quietly, line, sizeof line);
    assert_string_equal(line + 24, " error script queue_wait loud\n");
}

static void
take_line(void *arg, enum log_level level, const char *room, const char *message)
{
    snprintf(arg, 64, "%d %s %s", (int)level, room, message);
}

/* Whatever its level, and on this thread alone. */
static void
test_a_log_that_is_diverted(void **state)
{
    (void)state;
    char line[64] = "";
    struct log_taker taker = {take_line, line};
    assert_null(log_divert(&taker));
    log_debug("poll", "center %s", "main\n");
    assert_string_equal(line, "0 poll center main\n");
    assert_ptr_equal(log_divert(NULL), &taker);
    log_debug("poll", "nobody hears this");
    assert_string_equal(line, "0 poll center main\n");
}

static void
test_log_levels(void **state)
{
    (void)state;
    assert_int_equal(log_level_of("debug"), LEVEL_DEBUG);
    assert_int_equal(log_level_of("error"), LEVEL_ERROR);
    assert_int_equal(log_level_of("loud"), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_a_log_that_is_diverted),
        cmocka_unit_test(test_log_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
