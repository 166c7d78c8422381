#include "script/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "script/limit.h"

#define FULL_BYTES  ((size_t)128 * 1024)
#define READ_BYTES  ((size_t)32 * 1024)
#define HEARD_BYTES (64 * 1024)
#define ROOM_MS     2 /* how often a full host is looked at */
#define WALL_MOST_S 10
/* A working host is looked at every fifth of its limit, but at least so often. */
#define WATCH_MOST_MS ((int64_t)20)
#define WATCH_SHARE   5
/* Inside, the host raises at its limit; it is killed when that did not help. With the
 * looks before and after, which are a fifth each, the sum is twice the limit. */
#define KILL_SHARE 1.6
/* A gap this long between two looks: the core itself was stopped, nobody is to blame.
 */
#define STOPPED_MS 1000

struct process {
    struct loop *loop;
    char *name;
    struct process_events events;
    struct conf_limits limits;
    pid_t pid;
    int socket;
    struct host_page *page;
    struct watch *watch;
    struct buf out;
    uint64_t sent; /* bytes of frames written to `out` and gone from it */
    bool is_flush_due, is_flushing, is_loaded;
    struct buf in;
    struct timer *watch_timer, *room_timer;
    /* The activation that is being watched. */
    uint64_t activation;
    int64_t cpu_us, wall_ms, looked_ms;
    struct process_end end;
    bool is_killed;
};

static void on_ready(void *arg, int mode);
static void flush(void *arg);
static void look(void *arg);
static void look_for_room(void *arg);
static enum watch_owed owed(const void *arg);

char *
process_find_program(void)
{
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size < 0)
        return mem_text("ccgate-script");
    path[size] = 0;
    char *slash = strrchr(path, '/');
    if (slash)
        slash[1] = 0;
    return mem_format("%sccgate-script", path);
}

static int64_t
limit_ms(const struct process *process)
{
    return process->is_loaded ? process->limits.cpu_ms : process->limits.cpu_load_ms;
}

static void
look_soon(struct process *process)
{
    int64_t wait = limit_ms(process) / WATCH_SHARE;
    if (wait > WATCH_MOST_MS)
        wait = WATCH_MOST_MS;
    timer_start(process->watch_timer, wait ? wait : 1);
}

/* ---- starting ---- */

/* What a host is given of the environment, in which secrets may be: what the dynamic
 * linker, the library and the sanitizers read. */
static const char *const passed_on[] = {"LD_LIBRARY_PATH", "CCGATE_LUA_DIR",
                                        "ASAN_OPTIONS", "UBSAN_OPTIONS"};
#define PASSED_ON (sizeof passed_on / sizeof *passed_on)

static void
make_environment(char *out[PASSED_ON + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < PASSED_ON; i++) {
        const char *value = getenv(passed_on[i]);
        if (value)
            out[count++] = mem_format("%s=%s", passed_on[i], value);
    }
    out[count] = NULL;
}

static bool
spawn(struct process *process, const char *program, int child_socket, int page_fd)
{
    char *argv[] = {(char *)(uintptr_t)program, process->name, NULL};
    char *environment[PASSED_ON + 1];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    /* Out of the reach of the terminal's Ctrl-C, which is meant for the gateway: it
     * ends its hosts when it has drained. */
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    /* Twice through high numbers: neither source may be the other's place. */
    posix_spawn_file_actions_adddup2(&actions, child_socket, 200);
    posix_spawn_file_actions_adddup2(&actions, page_fd, 201);
    posix_spawn_file_actions_adddup2(&actions, 200, HOST_SOCKET_FD);
    posix_spawn_file_actions_adddup2(&actions, 201, HOST_PAGE_FD);
    posix_spawn_file_actions_addclose(&actions, 200);
    posix_spawn_file_actions_addclose(&actions, 201);
    make_environment(environment);
    int failed =
        posix_spawn(&process->pid, program, &actions, &attributes, argv, environment);
    for (size_t i = 0; environment[i]; i++)
        free(environment[i]);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = failed;
    return failed == 0;
}

static bool
open_channels(struct process *process, const char *program)
{
    int sockets[2] = {-1, -1}, page_fd = -1;
    bool fine = false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0 &&
        (page_fd = memfd_create("ccgate-page", MFD_CLOEXEC)) >= 0 &&
        ftruncate(page_fd, sizeof(struct host_page)) == 0) {
        process->page = mmap(NULL, sizeof(struct host_page), PROT_READ | PROT_WRITE,
                             MAP_SHARED, page_fd, 0);
        fine = process->page != MAP_FAILED &&
               fcntl(sockets[0], F_SETFL, O_NONBLOCK) == 0 &&
               spawn(process, program, sockets[1], page_fd);
        if (process->page == MAP_FAILED)
            process->page = NULL;
    }
    int failed = errno;
    if (page_fd >= 0)
        close(page_fd);
    if (sockets[1] >= 0)
        close(sockets[1]);
    process->socket = sockets[0];
    errno = failed;
    return fine;
}

struct process *
process_new(struct loop *loop, const char *program, const char *name,
            const struct conf_limits *limits, const struct process_events *events,
            struct error *error)
{
    struct process *process = mem_zero(sizeof *process);
    process->loop = loop;
    process->name = mem_text(name);
    process->limits = *limits;
    process->events = *events;
    if (!open_channels(process, program)) {
        error_set(error, ERROR_LIMIT, "", "cannot start %s: %s", program,
                  strerror(errno));
        process_delete(process);
        return NULL;
    }
    process->watch = watch_new(loop, process->socket, WATCH_READ, on_ready, process);
    watch_expect(process->watch, owed);
    process->watch_timer = timer_new_real(loop, look, process);
    process->room_timer = timer_new_real(loop, look_for_room, process);
    process->looked_ms = clock_real_mono_ms();
    look_soon(process);
    return process;
}

void
process_delete(struct process *process)
{
    if (!process)
        return;
    if (process->pid > 0) {
        kill(process->pid, SIGKILL);
        waitpid(process->pid, NULL, 0);
    }
    watch_delete(process->watch);
    loop_forget(process->loop, flush, process);
    timer_free(process->watch_timer);
    timer_free(process->room_timer);
    if (process->socket >= 0)
        close(process->socket);
    if (process->page)
        munmap(process->page, sizeof *process->page);
    buf_fini(&process->in);
    buf_fini(&process->out);
    free(process->name);
    free(process);
}

pid_t
process_pid(const struct process *process)
{
    return process->pid;
}

void
process_set_loaded(struct process *process)
{
    process->is_loaded = true;
    process->activation = 0;
}

/* ---- the end ---- */

void
process_kill(struct process *process, const char *format, ...)
{
    va_list arguments;
    if (process->is_killed || process->pid <= 0)
        return;
    process->is_killed = true;
    process->end.was_ours = true;
    process->end.was_busy = process->page->busy != 0;
    process->end.entry = process->page->entry;
    va_start(arguments, format);
    vsnprintf(process->end.reason, sizeof process->end.reason, format, arguments);
    va_end(arguments);
    kill(process->pid, SIGKILL);
}

static void
tell_starved(const struct process *process, struct process_end *end)
{
    struct buf advice = {0};
    limit_tell(LIMIT_MEMORY, &process->limits, process->name, &advice);
    snprintf(end->reason, sizeof end->reason, "memory limit: %s", advice.data);
    buf_fini(&advice);
}

static void
finish(struct process *process)
{
    int status = 0;
    struct process_end end = process->end;
    if (!process->is_killed) {
        end.was_busy = process->page->busy != 0;
        end.entry = process->page->entry;
    }
    watch_delete(process->watch);
    process->watch = NULL;
    timer_stop(process->watch_timer);
    loop_forget(process->loop, flush, process);
    process->is_flush_due = false;
    timer_stop(process->room_timer);
    /* One that is exiting keeps its status; one that closed its socket and lives on is
     * of no use to anybody. */
    kill(process->pid, SIGKILL);
    waitpid(process->pid, &status, 0);
    process->pid = 0;
    if (!process->is_killed && process->page->starved)
        tell_starved(process, &end);
    else if (!process->is_killed && WIFSIGNALED(status))
        snprintf(end.reason, sizeof end.reason, "killed by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (!process->is_killed)
        snprintf(end.reason, sizeof end.reason, "ended with status %d",
                 WEXITSTATUS(status));
    process->events.on_end(process->events.arg, &end);
}

/* ---- frames in ---- */

/* Works off whole frames; false when the host sent what it must not. */
static bool
take_frames(struct process *process)
{
    size_t used = 0;
    enum frame_result result;
    struct frame frame;
    struct error error = {0};
    while ((result = frame_next(process->in.data, process->in.size, &used, FRAME_LOADED,
                                FRAME_LAST_TO_CORE, &frame)) == FRAME_OK) {
        if (process->is_killed)
            continue;
        if (!process->events.on_frame(process->events.arg, &frame, &error)) {
            process_kill(process, "broken frame: %s", error.message);
            return false;
        }
    }
    if (result == FRAME_BAD) {
        process_kill(process, "broken frame: not a frame");
        return false;
    }
    buf_consume(&process->in, used);
    return true;
}

static void
on_ready(void *arg, int mode)
{
    struct process *process = arg;
    if (mode & WATCH_WRITE)
        flush(process);
    if (!(mode & WATCH_READ))
        return;
    for (;;) {
        char *room = buf_reserve(&process->in, READ_BYTES);
        ssize_t got = recv(process->socket, room, READ_BYTES, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            finish(process);
            return;
        }
        process->in.size += (size_t)got;
        if (!take_frames(process))
            process->in.size = 0;
        if ((size_t)got < READ_BYTES)
            return;
    }
}

/* ---- frames out ---- */

struct buf *
process_out(struct process *process)
{
    if (process->pid > 0 && !process->is_flush_due)
        loop_defer(process->loop, flush, process);
    process->is_flush_due = process->pid > 0;
    return &process->out;
}

static void
flush(void *arg)
{
    struct process *process = arg;
    size_t done = 0;
    process->is_flush_due = false;
    while (done < process->out.size) {
        ssize_t put = send(process->socket, process->out.data + done,
                           process->out.size - done, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            break; /* full: the watch calls again; gone: the read side sees it */
        done += (size_t)put;
    }
    process->sent += done;
    buf_consume(&process->out, done);
    bool is_waiting = process->out.size > 0;
    if (is_waiting != process->is_flushing)
        watch_set(process->watch, is_waiting ? WATCH_READ | WATCH_WRITE : WATCH_READ);
    process->is_flushing = is_waiting;
    if (!timer_is_running(process->watch_timer)) {
        process->looked_ms = clock_real_mono_ms();
        look_soon(process);
    }
}

static size_t
waiting(const struct process *process)
{
    return (size_t)(process->sent - process->page->consumed) + process->out.size;
}

uint64_t
process_mark(const struct process *process)
{
    return process->sent + process->out.size;
}

bool
process_is_worked_off(const struct process *process, uint64_t mark)
{
    return process->page->consumed >= mark;
}

bool
process_is_full(struct process *process)
{
    if (waiting(process) <= FULL_BYTES)
        return false;
    if (process->pid > 0 && !timer_is_running(process->room_timer))
        timer_start(process->room_timer, ROOM_MS);
    return true;
}

bool
process_is_idle(const struct process *process)
{
    return !process->page->busy && waiting(process) == 0;
}

/* What one says that works is heard when it is done; sooner when it cannot go on before
 * it is heard, or does not go on at all. */
static enum watch_owed
owed(const void *arg)
{
    const struct process *process = arg;
    struct pollfd socket = {.fd = process->socket, .events = POLLRDHUP};
    int arrived = 0;
    if (process->pid <= 0)
        return OWED_NOTHING;
    if (process->is_killed || process->is_flushing ||
        ioctl(process->socket, FIONREAD, &arrived) != 0 || arrived > HEARD_BYTES ||
        poll(&socket, 1, 0) != 0)
        return OWED_SOMETHING;
    return !process_is_idle(process) || timer_is_running(process->room_timer)
               ? OWED_ALL
               : OWED_NOTHING;
}

static void
look_for_room(void *arg)
{
    struct process *process = arg;
    if (waiting(process) > FULL_BYTES / 2) {
        timer_start(process->room_timer, ROOM_MS);
        return;
    }
    process->events.on_room(process->events.arg);
}

/* ---- the watch over processor time ---- */

static void
note(struct process *process, int64_t now_ms)
{
    process->activation = process->page->activation;
    process->cpu_us = clock_process_cpu_us(process->pid);
    process->wall_ms = now_ms;
}

static void
kill_for_cpu(struct process *process, int64_t used_ms)
{
    struct buf advice = {0};
    limit_tell(process->is_loaded ? LIMIT_CPU : LIMIT_CPU_LOAD, &process->limits,
               process->name, &advice);
    process_kill(process, "cpu limit: killed after %lld ms of processor time; %s",
                 (long long)used_ms, advice.data);
    buf_fini(&advice);
}

static void
judge(struct process *process, int64_t now_ms)
{
    int64_t used = (clock_process_cpu_us(process->pid) - process->cpu_us) / 1000;
    if ((double)used > (double)limit_ms(process) * KILL_SHARE)
        kill_for_cpu(process, used);
    else if (now_ms - process->wall_ms > WALL_MOST_S * 1000)
        process_kill(process, "time limit: killed after %d s", WALL_MOST_S);
}

static void
look(void *arg)
{
    struct process *process = arg;
    int64_t now = clock_real_mono_ms();
    bool is_working = process->page->busy || waiting(process) > 0;
    if (process->page->activation != process->activation || !process->wall_ms ||
        now - process->looked_ms > STOPPED_MS || !process->page->busy)
        note(process, now);
    else
        judge(process, now);
    process->looked_ms = now;
    if (is_working && !process->is_killed)
        look_soon(process);
    else
        process->wall_ms = 0;
}
