/* Preloaded into a gateway: the n-th request for memory from now on is refused, n being
 * what stands in the file that CCGATE_MEMORY names, where it counts down; 0: none is.
 * Not for programs with a sanitizer, which has its own. Script hosts do not inherit it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "switch.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static _Atomic int64_t *left;

__attribute__((constructor)) static void
begin(void)
{
    left = switch_open("CCGATE_MEMORY");
    unsetenv("LD_PRELOAD");
}

static bool
is_refused(void)
{
    if (!left || *left <= 0 || --*left != 0)
        return false;
    errno = ENOMEM;
    return true;
}

void *
malloc(size_t size)
{
    return is_refused() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
    return is_refused() ? NULL : __libc_realloc(old, size);
}
