/* What evhttp lets pass, and a request must not have: a NUL in its head, which would
 * end a value in the middle; a header on two lines; a blank before the colon of one.
 * Who reads such a head in another way reads another request. Looks at the bytes as
 * they come, at the first request of each connection. Part of net/server. */
#ifndef CCGATE_NET_SERVER_STRICT_H
#define CCGATE_NET_SERVER_STRICT_H

#include <stdbool.h>

struct bufferevent;

/* A new connection: its bytes are looked at from now on. */
void server_strict_watch(struct bufferevent *stream);

/* Whether its head had one of them. */
bool server_strict_refuses(struct bufferevent *stream);

#endif
