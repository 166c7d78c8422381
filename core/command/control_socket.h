/* The control socket of a running gateway: an HTTP server on STATE/control.sock, which
 * only the gateway's own user can open. All commands that are clients of
 * a gateway ask there; what is asked of a centre keeps to the same rate, circuit and
 * session.
 *
 *     GET  /-/healthy                    200 as long as the loop turns
 *     GET  /api/v1/centers               JSON; lines with "Accept: text/plain"
 *     POST /api/v1/centers/NAME/retry    ends back-off, probes an open circuit
 *     POST /api/v1/centers/NAME/ask      one request (control_wire.h)
 *     … and all of api.h
 *
 * What it does not understand is answered with 400 or 404 and a sentence. */
#ifndef CCGATE_COMMAND_CONTROL_SOCKET_H
#define CCGATE_COMMAND_CONTROL_SOCKET_H

#include "base/conf.h"
#include "base/error.h"
#include "base/loop.h"
#include "command/api.h"
#include "poll/planner.h"

struct control_socket;

/* `conf` must be the one that is in force in the planner; both are borrowed. NULL with
 * `error`: the path is too long for a socket, or cannot be made. */
struct control_socket *control_socket_new(struct loop *loop, struct planner *planner,
                                          const struct conf *conf, const char *state,
                                          struct error *error);
/* Before the planner; removes the socket file. What is being asked gets no answer. NULL
 * is allowed. */
void control_socket_delete(struct control_socket *control);

/* Lets it answer what the API does, too; borrowed. */
void control_socket_set_api(struct control_socket *control, struct api *api);

/* After planner_set_conf(). */
void control_socket_set_conf(struct control_socket *control, const struct conf *conf);

#endif
