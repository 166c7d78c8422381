/* What others on the network may ask a gateway: HTTP on [gateway] listen.
 *
 *     GET  /-/healthy   200 as long as the loop turns
 *     GET  /-/ready     200 when every script has settled, every centre that is asked
 *                       has answered or failed once, and the store can be written; 503
 *                       with the reasons otherwise
 *     GET  /metrics     metrics.h
 *     … and what is public of api.h
 *
 * Refused, with a sentence: a missing or wrong bearer token (401; where [gateway] token
 * is set, and it must be except on loopback; the two first ones ask for none), a Host
 * that is a name other than localhost and this machine's (403: a page somewhere might
 * have made a browser come here), a POST from a page of another origin (403), two
 * lengths or hosts in one request (400), other methods (405) and paths (404).
 *
 * One request a connection; 100 connections at a time, 30 s each at most, 2 s while all
 * are taken (net/server_guard.h). Plain HTTP: TLS is for a proxy before it. */
#ifndef CCGATE_COMMAND_SURFACE_H
#define CCGATE_COMMAND_SURFACE_H

#include "command/api.h"

struct surface;

/* All borrowed. NULL with `error` when it cannot listen there. */
struct surface *surface_new(const struct api_world *world, struct api *api,
                            const char *listen, const char *token, struct error *error);
/* Before the API. NULL is allowed. */
void surface_delete(struct surface *surface);

/* The configuration in force; the address stays, the token is the new one's. */
void surface_set_conf(struct surface *surface, const struct conf *conf);

#endif
