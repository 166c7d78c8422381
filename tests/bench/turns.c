/* Preloaded into a gateway: how long its loop is away from its descriptors.
 *
 * A turn is what lies between two waits. Its length is the processor time of the loop's
 * thread, so that a busy machine does not lengthen it. Turns of the first three
 * seconds, when connections are made, do not count. At the end a line goes to the file
 * that CCGATE_TURNS names: their number, the longest in milliseconds. Script hosts do
 * not inherit it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#define SETTLE_NS INT64_C(3000000000)

static int (*wait_real)(int, struct epoll_event *, int, int);
static const char *path;
static int64_t began_ns, left_ns, longest_ns;
static long turns;

static int64_t
now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

__attribute__((constructor)) static void
begin(void)
{
    wait_real =
        (int (*)(int, struct epoll_event *, int, int))dlsym(RTLD_NEXT, "epoll_wait");
    path = getenv("CCGATE_TURNS");
    began_ns = now_ns(CLOCK_MONOTONIC);
    unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void
end(void)
{
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%ld %.3f\n", turns, (double)longest_ns / 1e6);
    fclose(file);
}

static void
count_turn(void)
{
    if (!left_ns || now_ns(CLOCK_MONOTONIC) - began_ns < SETTLE_NS)
        return;
    int64_t length_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - left_ns;
    turns++;
    if (length_ns > longest_ns)
        longest_ns = length_ns;
}

int
epoll_wait(int fd, struct epoll_event *events, int most, int wait_ms)
{
    count_turn();
    int count = wait_real(fd, events, most, wait_ms);
    left_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
    return count;
}
