/* A client without manners: bytes as they are, to the server of an exchange. */
#ifndef CCGATE_TESTS_RAW_CLIENT_H
#define CCGATE_TESTS_RAW_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "exchange.h"

struct raw {
    struct exchange *exchange;
    int fd;
    struct watch *watch;
    struct buf got;
    bool is_closed;
};

static inline void
on_raw(void *arg, int mode)
{
    (void)mode;
    struct raw *raw = arg;
    char data[4096];
    ssize_t size = recv(raw->fd, data, sizeof data, MSG_DONTWAIT);
    if (size > 0) {
        buf_add(&raw->got, data, (size_t)size);
        return;
    }
    raw->is_closed = true;
    watch_set(raw->watch, 0);
}

static inline void
raw_send(struct raw *raw, const char *bytes, size_t size)
{
    assert_int_equal(send(raw->fd, bytes, size, MSG_NOSIGNAL), size);
}

static inline struct raw *
raw_open(struct exchange *exchange, const char *text)
{
    struct raw *raw = mem_zero(sizeof *raw);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char *port = strrchr(server_address(exchange->server), ':') + 1;
    address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    raw->exchange = exchange;
    raw->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(raw->fd, (struct sockaddr *)&address, sizeof address), 0);
    raw_send(raw, text, strlen(text));
    raw->watch = watch_new(exchange->loop, raw->fd, WATCH_READ, on_raw, raw);
    return raw;
}

static inline void
raw_close(struct raw *raw)
{
    watch_delete(raw->watch);
    close(raw->fd);
    buf_fini(&raw->got);
    free(raw);
}

static inline void
raw_run_until_closed(struct raw *raw)
{
    for (int i = 0; i < 2000 && !raw->is_closed; i++)
        exchange_run_for(raw->exchange, 1);
    assert_true(raw->is_closed);
}

#endif
