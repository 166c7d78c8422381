#include "net/server_guard.h"

#include <dirent.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/mem.h"

#define LOOK_MS    ((int64_t)250)
#define CROWDED_MS ((int64_t)2000) /* the deadline while all places are taken */

/* A connection, known by its descriptor and inode: a descriptor alone is used again. */
struct guest {
    int fd;
    ino_t inode;
    int64_t since_ms;
};

struct server_guard {
    struct evconnlistener *listener;
    size_t most;
    int64_t deadline_ms;
    struct timer *timer;
    struct guest *guests; /* as they were found at the last look */
    size_t count;
    size_t unseen; /* accepted since */
};

/* evhttp does not tell when it closes a connection; the process's own descriptors do.
 */

static bool
has_port_of(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)a,
                             *other = (const struct sockaddr_in *)b;
    /* The port is at the same place in both families. */
    return a->ss_family == b->ss_family && v4->sin_port == other->sin_port;
}

static bool
is_guest(const struct server_guard *guard, int fd)
{
    struct sockaddr_storage own, peer, listening;
    socklen_t size = sizeof own, peer_size = sizeof peer, other = sizeof listening;
    int door = evconnlistener_get_fd(guard->listener);
    return fd != door && getsockname(fd, (struct sockaddr *)&own, &size) == 0 &&
           (own.ss_family == AF_INET || own.ss_family == AF_INET6) &&
           getsockname(door, (struct sockaddr *)&listening, &other) == 0 &&
           has_port_of(&own, &listening) &&
           getpeername(fd, (struct sockaddr *)&peer, &peer_size) == 0;
}

static int64_t
since_of(const struct server_guard *guard, int fd, ino_t inode, int64_t now_ms)
{
    for (size_t i = 0; i < guard->count; i++)
        if (guard->guests[i].fd == fd && guard->guests[i].inode == inode)
            return guard->guests[i].since_ms;
    return now_ms;
}

/* All that are there now. */
static size_t
find_guests(const struct server_guard *guard, int64_t now_ms, struct guest **found)
{
    size_t count = 0;
    struct dirent **entries = NULL;
    int all = scandir("/proc/self/fd", &entries, NULL, alphasort);
    *found = NULL;
    for (int i = 0; i < all; i++) {
        bool is_number = entries[i]->d_name[0] != '.';
        int fd = (int)strtol(entries[i]->d_name, NULL, 10);
        struct stat info;
        free(entries[i]);
        if (!is_number || fstat(fd, &info) != 0 || !S_ISSOCK(info.st_mode) ||
            !is_guest(guard, fd))
            continue;
        *found = mem_grow(*found, count + 1, sizeof **found);
        (*found)[count++] =
            (struct guest){fd, info.st_ino, since_of(guard, fd, info.st_ino, now_ms)};
    }
    free(entries);
    return count;
}

/* The other side sees the end; evhttp reads it and closes. */
static void
shut_old(const struct server_guard *guard, int64_t now_ms)
{
    bool is_crowded = guard->count >= guard->most;
    int64_t deadline_ms =
        is_crowded && guard->deadline_ms > CROWDED_MS ? CROWDED_MS : guard->deadline_ms;
    for (size_t i = 0; i < guard->count; i++)
        if (now_ms - guard->guests[i].since_ms >= deadline_ms)
            shutdown(guard->guests[i].fd, SHUT_RDWR);
}

static void
look(void *arg)
{
    struct server_guard *guard = arg;
    int64_t now_ms = clock_real_mono_ms();
    struct guest *found;
    size_t count = find_guests(guard, now_ms, &found);
    free(guard->guests);
    guard->guests = found;
    guard->count = count;
    guard->unseen = 0;
    shut_old(guard, now_ms);
    if (count < guard->most)
        evconnlistener_enable(guard->listener);
    if (count)
        timer_start(guard->timer, LOOK_MS);
}

void
server_guard_note(struct server_guard *guard)
{
    guard->unseen++;
    if (guard->count + guard->unseen >= guard->most)
        evconnlistener_disable(guard->listener);
    if (!timer_is_running(guard->timer))
        timer_start(guard->timer, LOOK_MS);
}

struct server_guard *
server_guard_new(struct loop *loop, struct evconnlistener *listener, size_t most,
                 int64_t deadline_ms)
{
    struct server_guard *guard = mem_zero(sizeof *guard);
    guard->listener = listener;
    guard->most = most;
    guard->deadline_ms = deadline_ms;
    guard->timer = timer_new_real(loop, look, guard);
    return guard;
}

void
server_guard_delete(struct server_guard *guard)
{
    if (!guard)
        return;
    timer_free(guard->timer);
    free(guard->guests);
    free(guard);
}
