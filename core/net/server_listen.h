/* Where a server listens: an address of this machine, or a socket file that only its
 * owner can open. Part of net/server.c. */
#ifndef CCGATE_NET_SERVER_LISTEN_H
#define CCGATE_NET_SERVER_LISTEN_H

#include "base/error.h"

struct event_base;
struct evconnlistener;

/* Listens on "127.0.0.1:80", "[::1]:80" or "unix:/path". The socket file has mode 0600
 * before anybody can connect; one that a dead process left behind is replaced, one that
 * somebody answers on, and a file that is no socket, is not. NULL with `error`. */
struct evconnlistener *server_listen(struct event_base *base, const char *listen,
                                     struct error *error);

/* What it listens on, with the port that was picked; free it. */
char *server_listen_address(struct evconnlistener *listener, const char *listen);

/* Removes the socket file, if it is one. Before the listener is freed, so that nobody
 * finds a file on which nobody answers. */
void server_unlisten(const char *listen);

#endif
