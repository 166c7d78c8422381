#include "script/fence.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <seccomp.h>

#include "script/frame.h"

#define MARGIN ((int64_t)16 << 20) /* bytes of the host above the script's memory */

static bool
refuse(struct error *error, const char *what)
{
    error_set(error, ERROR_LIMIT, "", "%s: %s", what, strerror(errno));
    return false;
}

static bool
set_limit(int resource, rlim_t value)
{
    struct rlimit limit = {value, value};
    return !setrlimit(resource, &limit);
}

#ifndef CCGATE_SANITIZE

/* A system call that is allowed, when an argument has this value under this mask. */
struct allowed {
    int call;
    int argument; /* -1: whatever the arguments are */
    uint64_t mask, value;
};

#define ANY  -1, 0, 0
#define EACH UINT64_MAX

static const struct allowed allowed[] = {
    {SCMP_SYS(recvfrom), 0, EACH, HOST_SOCKET_FD},
    {SCMP_SYS(sendto), 0, EACH, HOST_SOCKET_FD},
    {SCMP_SYS(write), 0, EACH, STDERR_FILENO},
    {SCMP_SYS(brk), ANY},
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(mremap), ANY},
    {SCMP_SYS(munmap), ANY},
    {SCMP_SYS(madvise), ANY},
    {SCMP_SYS(clock_gettime), 0, EACH, CLOCK_PROCESS_CPUTIME_ID},
    {SCMP_SYS(restart_syscall), ANY},
    {SCMP_SYS(rt_sigreturn), ANY},
    {SCMP_SYS(exit_group), ANY},
    /* abort(), so that the core sees SIGABRT and not a riddle. */
    {SCMP_SYS(rt_sigprocmask), ANY},
    {SCMP_SYS(getpid), ANY},
    {SCMP_SYS(gettid), ANY},
};

/* abort() of this very process, and of no other. */
static int
allow_abort(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()),
                            SCMP_A2(SCMP_CMP_EQ, SIGABRT));
}

/* What is not allowed fails with EPERM: a C library that tries something harmless and
 * new must not cost an honest script its life. */
static int
load_filter(scmp_filter_ctx filter)
{
    int status = allow_abort(filter);
    for (size_t i = 0; !status && i < sizeof allowed / sizeof *allowed; i++) {
        const struct allowed *rule = &allowed[i];
        struct scmp_arg_cmp argument = {.arg = (unsigned)rule->argument,
                                        .op = SCMP_CMP_MASKED_EQ,
                                        .datum_a = rule->mask,
                                        .datum_b = rule->value};
        status = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rule->call,
                                        rule->argument >= 0, &argument);
    }
    return status ? status : seccomp_load(filter);
}

static bool
filter_calls(struct error *error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return refuse(error, "seccomp");
    int status = load_filter(filter);
    seccomp_release(filter);
    errno = -status;
    return !status || refuse(error, "seccomp");
}

/* Bytes that are mapped, and of these the resident ones. */
static bool
measure(int64_t *mapped, int64_t *resident)
{
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return false;
    long long pages[2];
    bool fine = fscanf(file, "%lld %lld", &pages[0], &pages[1]) == 2;
    fclose(file);
    if (!fine)
        return false;
    *mapped = pages[0] * sysconf(_SC_PAGESIZE);
    *resident = pages[1] * sysconf(_SC_PAGESIZE);
    return true;
}

/* What may still be mapped is what may still become resident. */
static bool
limit_memory(int64_t memory_bytes, struct error *error)
{
    int64_t mapped, resident;
    if (!measure(&mapped, &resident))
        return refuse(error, "/proc/self/statm");
    int64_t margin = resident < MARGIN / 2 ? MARGIN - resident : MARGIN / 2;
    return set_limit(RLIMIT_AS, (rlim_t)(mapped + memory_bytes + margin)) ||
           refuse(error, "RLIMIT_AS");
}

bool
fence_enter(int64_t memory_bytes, struct error *error)
{
    if (!limit_memory(memory_bytes, error))
        return false;
    if (!set_limit(RLIMIT_CORE, 0) || !set_limit(RLIMIT_NOFILE, 0))
        return refuse(error, "setrlimit");
    if (prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return refuse(error, "prctl");
    return filter_calls(error);
}

#else

bool
fence_enter(int64_t memory_bytes, struct error *error)
{
    (void)memory_bytes;
    if (!set_limit(RLIMIT_CORE, 0))
        return refuse(error, "setrlimit");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return refuse(error, "prctl");
    return true;
}

#endif
