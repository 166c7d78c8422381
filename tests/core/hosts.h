/* The script hosts of a test program: where their program is, and which run now. */
#ifndef CCGATE_TESTS_HOSTS_H
#define CCGATE_TESTS_HOSTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

/* BUILD/ccgate-script beside BUILD/tests/test_…, or that of CCGATE_BUILD. */
static inline void
hosts_program(char *path, size_t size)
{
    char self[900] = "";
    const char *build = getenv("CCGATE_BUILD");
    if (!build) {
        assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
        *strrchr(self, '/') = '\0';
        *strrchr(self, '/') = '\0';
        build = self;
    }
    snprintf(path, size, "%s/ccgate-script", build);
}

/* The children of this process, at most `most`. */
static inline size_t
hosts_list(pid_t *pids, size_t most)
{
    char path[64];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (int pid; count < most && fscanf(file, "%d", &pid) == 1;)
        pids[count++] = pid;
    fclose(file);
    return count;
}

#endif
