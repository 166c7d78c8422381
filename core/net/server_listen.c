#include "net/server_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    BACKLOG = 512,
    FLAGS = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
};

/* ---- addresses ---- */

static char *
address_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char host[INET6_ADDRSTRLEN];
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        mem_give_up("the kernel", "getsockname");
    if (address.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        return mem_format("%s:%d", host, ntohs(v4->sin_port));
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address;
    inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
    return mem_format("[%s]:%d", host, ntohs(v6->sin6_port));
}

/* "127.0.0.1:80" or "[::1]:80"; the size of the address, 0 when it is not one. */
static socklen_t
parse_address(const char *text, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    *address = (struct sockaddr_storage){0};
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (!colon || !text_integer(colon + 1, &port) || port < 0 || port > 65535)
        return 0;
    bool is_v6 = text[0] == '[' && colon > text && colon[-1] == ']';
    char host[INET6_ADDRSTRLEN];
    snprintf(host, sizeof host, "%.*s", (int)(colon - text) - (is_v6 ? 2 : 0),
             text + (is_v6 ? 1 : 0));
    if (is_v6) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1 ? sizeof *v6 : 0;
    }
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &v4->sin_addr) == 1 ? sizeof *v4 : 0;
}

static struct evconnlistener *
listen_on_address(struct event_base *base, const char *address, struct error *error)
{
    struct sockaddr_storage socket_address;
    socklen_t size = parse_address(address, &socket_address);
    if (size == 0) {
        error_set(error, ERROR_NETWORK, "",
                  "cannot listen on '%s': not an address like 127.0.0.1:28080",
                  address);
        return NULL;
    }
    struct evconnlistener *listener =
        evconnlistener_new_bind(base, NULL, NULL, FLAGS, BACKLOG,
                                (struct sockaddr *)&socket_address, (int)size);
    if (!listener) {
        error_set(error, ERROR_NETWORK, "", "cannot listen on %s: %s", address,
                  strerror(errno));
        return NULL;
    }
    /* Accepted sockets inherit it. An answer is several TLS records: without it the
     * last one would wait for the client's delayed acknowledgement. */
    int on = 1;
    setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &on,
               sizeof on);
    return listener;
}

/* ---- socket files ---- */

/* The path of "unix:/path", NULL of anything else. */
static const char *
path_of(const char *listen)
{
    static const char scheme[] = "unix:";
    size_t size = sizeof scheme - 1;
    return strncmp(listen, scheme, size) == 0 ? listen + size : NULL;
}

static bool
fill_path(const char *path, struct sockaddr_un *address, struct error *error)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof address->sun_path) {
        error_set(
            error, ERROR_NETWORK, "",
            "cannot listen on '%s': the path of a socket has 1 to %zu bytes, this "
            "one has %zu",
            path, sizeof address->sun_path - 1, size);
        return false;
    }
    memcpy(address->sun_path, path, size + 1);
    return true;
}

/* Only a file on which nobody listens any more refuses a connection. */
static bool
is_stale(int fd, const struct sockaddr_un *address)
{
    struct stat info;
    return lstat(address->sun_path, &info) == 0 && S_ISSOCK(info.st_mode) &&
           connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 &&
           errno == ECONNREFUSED;
}

/* Nobody can connect before listen(), so that nobody does before the mode is set. */
static bool
open_path(int fd, const struct sockaddr_un *address)
{
    if (is_stale(fd, address))
        unlink(address->sun_path);
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) != 0)
        return false;
    if (chmod(address->sun_path, 0600) == 0 && listen(fd, BACKLOG) == 0)
        return true;
    int problem = errno;
    unlink(address->sun_path);
    errno = problem;
    return false;
}

static struct evconnlistener *
listen_on_path(struct event_base *base, const char *path, struct error *error)
{
    struct sockaddr_un address;
    if (!fill_path(path, &address, error))
        return NULL;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || !open_path(fd, &address)) {
        error_set(error, ERROR_NETWORK, "", "cannot listen on %s: %s", path,
                  strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    /* A backlog of 0: it listens already. */
    struct evconnlistener *listener =
        evconnlistener_new(base, NULL, NULL, FLAGS, 0, fd);
    if (!listener)
        mem_give_up("libevent", "evconnlistener_new");
    return listener;
}

/* ---- either ---- */

struct evconnlistener *
server_listen(struct event_base *base, const char *listen, struct error *error)
{
    const char *path = path_of(listen);
    return path ? listen_on_path(base, path, error)
                : listen_on_address(base, listen, error);
}

char *
server_listen_address(struct evconnlistener *listener, const char *listen)
{
    return path_of(listen) ? mem_text(listen)
                           : address_of(evconnlistener_get_fd(listener));
}

void
server_unlisten(const char *listen)
{
    const char *path = path_of(listen);
    if (path)
        unlink(path);
}
