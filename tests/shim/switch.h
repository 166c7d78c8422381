/* Numbers in a file, by which a test tells a shim what to do while the program runs:
 * whole ones of eight bytes, 0 where the file ends. Both sides may change them. */
#ifndef CCGATE_TESTS_SWITCH_H
#define CCGATE_TESTS_SWITCH_H

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Of the file that this variable of the environment names. */
static inline _Atomic int64_t *
switch_open(const char *variable)
{
    int fd = open(getenv(variable), O_RDWR | O_CLOEXEC);
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        abort();
    return memory;
}

#endif
