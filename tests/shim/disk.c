/* Preloaded into a gateway: its disk fails with the error that stands in the file that
 * CCGATE_DISK names, as errno has it; 0: it does not. EIO comes when what was written
 * is to reach the disk, any other when it is written. Script hosts do not inherit it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>
#include <unistd.h>

#include "switch.h"

typedef int syncer(int);
typedef ssize_t writer(int, const void *, size_t, off64_t);

static syncer *sync_real, *sync_data_real;
static writer *write_real;
static _Atomic int64_t *trouble;

__attribute__((constructor)) static void
begin(void)
{
    trouble = switch_open("CCGATE_DISK");
    sync_real = (syncer *)dlsym(RTLD_NEXT, "fsync");
    sync_data_real = (syncer *)dlsym(RTLD_NEXT, "fdatasync");
    write_real = (writer *)dlsym(RTLD_NEXT, "pwrite64");
    unsetenv("LD_PRELOAD");
}

static bool
fails(bool is_sync)
{
    int now = trouble ? (int)*trouble : 0;
    if (!now || (now == EIO) != is_sync)
        return false;
    errno = now;
    return true;
}

int
fsync(int fd)
{
    return fails(true) ? -1 : sync_real(fd);
}

int
fdatasync(int fd)
{
    return fails(true) ? -1 : sync_data_real(fd);
}

ssize_t
pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    return fails(false) ? -1 : write_real(fd, data, size, offset);
}

ssize_t
pwrite(int fd, const void *data, size_t size, off_t offset)
{
    return pwrite64(fd, data, size, offset);
}
