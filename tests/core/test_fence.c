#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "script/fence.h"

/* Runs `attempt` in a child behind the fence; 0 is what it must give. */
static int
behind_the_fence(int (*attempt)(void))
{
    pid_t pid = fork();
    if (!pid) {
        struct error error;
        if (!fence_enter(32 << 20, &error))
            _exit(100);
        _exit(attempt());
    }
    int status;
    assert_int_equal(pid, waitpid(pid, &status, 0));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static int
try_to_end(void)
{
    return 0;
}

static void
test_can_be_entered(void **state)
{
    (void)state;
    assert_int_equal(0, behind_the_fence(try_to_end));
}

#ifndef CCGATE_SANITIZE

static int
is_refused(long result)
{
    return result == -1 && errno == EPERM ? 0 : 1;
}

static int
try_open(void)
{
    return is_refused(open("/etc/passwd", O_RDONLY));
}

static int
try_socket(void)
{
    return is_refused(socket(AF_INET, SOCK_STREAM, 0));
}

static int
try_fork(void)
{
    return is_refused(fork());
}

static int
try_exec(void)
{
    char *const arguments[] = {NULL};
    return is_refused(execve("/bin/true", arguments, arguments));
}

static int
try_write_elsewhere(void)
{
    return is_refused(write(STDOUT_FILENO, "x", 1));
}

static int
try_send_elsewhere(void)
{
    return is_refused(send(5, "x", 1, 0));
}

static int
try_kill(void)
{
    return is_refused(kill(1, 0));
}

static int
try_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return is_refused(page == MAP_FAILED ? -1 : 0);
}

static int
try_clock(void)
{
    struct timespec now;
    return is_refused(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now));
}

static int
try_dump(void)
{
    return is_refused(prctl(PR_SET_DUMPABLE, 1));
}

static void
test_the_kernel_refuses(void **state)
{
    (void)state;
    int (*const attempts[])(void) = {
        try_open,           try_socket, try_fork, try_exec,  try_write_elsewhere,
        try_send_elsewhere, try_kill,   try_code, try_clock, try_dump,
    };
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        if (behind_the_fence(attempts[i]))
            fail_msg("attempt %zu: %d", i, behind_the_fence(attempts[i]));
}

/* 32 MB are granted, and 48 more are not. */
static int
try_memory(void)
{
    size_t granted = (size_t)32 << 20, more = (size_t)48 << 20;
    if (!malloc(granted))
        return 1;
    return malloc(more) == NULL ? 0 : 2;
}

static void
test_memory_ends(void **state)
{
    (void)state;
    assert_int_equal(0, behind_the_fence(try_memory));
}

static int
try_abort(void)
{
    abort();
}

static void
test_abort_is_seen_as_one(void **state)
{
    (void)state;
    assert_int_equal(200 + SIGABRT, behind_the_fence(try_abort));
}

#endif

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_can_be_entered),
#ifndef CCGATE_SANITIZE
        cmocka_unit_test(test_the_kernel_refuses),
        cmocka_unit_test(test_memory_ends),
        cmocka_unit_test(test_abort_is_seen_as_one),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
