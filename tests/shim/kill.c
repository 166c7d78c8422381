/* Preloaded into a gateway: CCGATE_KILL=fdatasync:7 ends it with SIGKILL in the place
 * of its seventh fdatasync. So with pwrite, of which half is done first; and with send,
 * to a receiver or to a script's host, of which all is: nobody learns what came of it.
 * Script hosts do not inherit it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

typedef int syncer(int fd);
typedef ssize_t writer(int fd, const void *bytes, size_t size, off64_t at);
typedef ssize_t sender(int fd, const void *bytes, size_t size, int flags);

static syncer *sync_real;
static writer *write_real;
static sender *send_real;
static const char *point = ""; /* "fdatasync:7" */
static atomic_long left;

__attribute__((constructor)) static void
begin(void)
{
    sync_real = (syncer *)dlsym(RTLD_NEXT, "fdatasync");
    write_real = (writer *)dlsym(RTLD_NEXT, "pwrite64");
    send_real = (sender *)dlsym(RTLD_NEXT, "send");
    const char *given = getenv("CCGATE_KILL");
    if (given && strchr(given, ':')) {
        point = given;
        left = strtol(strchr(given, ':') + 1, NULL, 10);
    }
    unsetenv("LD_PRELOAD");
}

/* True for the call that is the last. */
static int
is_last(const char *call)
{
    size_t size = strlen(call);
    return !strncmp(point, call, size) && point[size] == ':' &&
           atomic_fetch_sub(&left, 1) == 1;
}

static void
end(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

int
fdatasync(int fd)
{
    if (is_last("fdatasync"))
        end();
    return sync_real(fd);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    if (is_last("pwrite")) {
        (void)!write_real(fd, bytes, size / 2, at);
        end();
    }
    return write_real(fd, bytes, size, at);
}

ssize_t
send(int fd, const void *bytes, size_t size, int flags)
{
    int last = is_last("send");
    ssize_t count = send_real(fd, bytes, size, flags);
    if (last)
        end();
    return count;
}
