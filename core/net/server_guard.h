/* Keeps the connections of a server few and short, whatever clients do: at most so many
 * are accepted, further ones wait in the kernel; one that is older than the deadline is
 * shut, at work or not, and much sooner while all places are taken. So neither
 * thousands of idle connections nor slow ones take descriptors or time from the rest of
 * the process. Part of net/server. */
#ifndef CCGATE_NET_SERVER_GUARD_H
#define CCGATE_NET_SERVER_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

struct evconnlistener;
struct server_guard;

/* The listener is borrowed: it must outlive the guard. */
struct server_guard *server_guard_new(struct loop *loop,
                                      struct evconnlistener *listener, size_t most,
                                      int64_t deadline_ms);
void server_guard_delete(struct server_guard *guard); /* NULL is allowed */

/* A connection was accepted. */
void server_guard_note(struct server_guard *guard);

#endif
