/* Preloaded into a gateway: its wall clock is the machine's and what stands in the file
 * that CCGATE_WALL names, in milliseconds; a test puts it forward and back while the
 * gateway runs. Script hosts do not inherit it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

typedef int clock_reader(clockid_t clock, struct timespec *at);

static clock_reader *read_real;
static const volatile int64_t *by_ms;

__attribute__((constructor)) static void
begin(void)
{
    int fd = open(getenv("CCGATE_WALL"), O_RDONLY | O_CLOEXEC);
    read_real = (clock_reader *)dlsym(RTLD_NEXT, "clock_gettime");
    by_ms = mmap(NULL, sizeof *by_ms, PROT_READ, MAP_SHARED, fd, 0);
    if (by_ms == MAP_FAILED)
        abort();
    unsetenv("LD_PRELOAD");
}

int
clock_gettime(clockid_t clock, struct timespec *at)
{
    int code = read_real(clock, at);
    if (clock == CLOCK_REALTIME && by_ms) {
        at->tv_sec += *by_ms / 1000;
        at->tv_nsec += *by_ms % 1000 * 1000000;
        if (at->tv_nsec < 0) {
            at->tv_nsec += 1000000000;
            at->tv_sec--;
        } else if (at->tv_nsec >= 1000000000) {
            at->tv_nsec -= 1000000000;
            at->tv_sec++;
        }
    }
    return code;
}
