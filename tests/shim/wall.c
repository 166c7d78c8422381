/* Preloaded into a gateway: its wall clock is the machine's and what stands in the file
 * that CCGATE_WALL names, in milliseconds; a test puts it forward and back while the
 * gateway runs. A second number in it, when there is one, is for all clocks but those
 * of processor time: so long the process was stopped. Script hosts do not inherit it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

#include "switch.h"

typedef int clock_reader(clockid_t clock, struct timespec *at);

static clock_reader *read_real;
static _Atomic int64_t *by_ms;

__attribute__((constructor)) static void
begin(void)
{
    read_real = (clock_reader *)dlsym(RTLD_NEXT, "clock_gettime");
    by_ms = switch_open("CCGATE_WALL");
    unsetenv("LD_PRELOAD");
}

static int64_t
shift_of(clockid_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME: return by_ms[0] + by_ms[1];
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME: return by_ms[1];
    default: return 0;
    }
}

int
clock_gettime(clockid_t clock, struct timespec *at)
{
    int code = read_real(clock, at);
    int64_t shift_ms = by_ms ? shift_of(clock) : 0;
    at->tv_sec += shift_ms / 1000;
    at->tv_nsec += shift_ms % 1000 * 1000000;
    if (at->tv_nsec < 0) {
        at->tv_nsec += 1000000000;
        at->tv_sec--;
    } else if (at->tv_nsec >= 1000000000) {
        at->tv_nsec -= 1000000000;
        at->tv_sec++;
    }
    return code;
}
