/* The agent gateway of the simulated contact centre: signing in and out, events, and
 * the query about one agent. What is wrong with a request is an answer of HTTP 200 with
 * a retcode, as the documents have it.
 *
 *   PUT    /agentgateway/resource/onlineagent/ID             sign in
 *   PUT    /agentgateway/resource/onlineagent/ID/forcelogin  the same, whoever is there
 *   DELETE /agentgateway/resource/onlineagent/ID/logout      or forcelogout
 *   PUT    /agentgateway/resource/onlineagent/ID/updateGuid  a new GUID, in the body
 *   POST   /agentgateway/resource/onlineagent/ID/resetskill/true
 *   POST   /agentgateway/resource/onlineagent/ID/handshake   keeps the session, as does
 *   PUT    /agentgateway/resource/onlineagent/ID/heartbeat
 *   GET    /agentgateway/resource/agentevent/ID              the next event, or a wait
 *   GET    /agentgateway/resource/agentgroup/ID/agentbyworkno/ID */
#ifndef CCGATE_SIM_DESK_H
#define CCGATE_SIM_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sim/fault.h"
#include "sim/monitor.h"
#include "sim/session.h"

#define DESK_PATH    "/agentgateway/resource/"
#define DESK_WAIT_MS ((int64_t)10 * 1000) /* for an event */

/* Belongs to one centre; all of it borrowed but the sessions, which
 * sessions_fini() frees. */
struct desk {
    const struct monitor *monitor;
    const char *password; /* of every agent */
    bool guid_header;     /* "Guid: UUID" instead of "Set-GUID: JSESSIONID=UUID" */
    struct sessions sessions;
};

struct desk_request {
    const char *method;
    const char *path; /* behind DESK_PATH */
    const char *guid; /* NULL when absent */
    const char *body;
    size_t body_size;
};

struct desk_reply {
    int status;
    const char *name;   /* of what was asked for, a constant; NULL when unknown */
    const char *header; /* NULL for none, or the name of what is in `guid` */
    char guid[SESSION_GUID_SIZE + 16];
    int64_t wait_ms;     /* of the simulation's time, unless an event comes before */
    int64_t agent;       /* whom the request is about, 0 for none */
    bool has_news;       /* what waits for this agent's events is to be asked again */
    const char *refusal; /* NULL when all is well */
};

/* Adds the answer to `body`. FAULT_EXPIRED_GUID, FAULT_STOLEN_SESSION and
 * FAULT_SIGNED_OUT happen before it; other faults are the caller's. */
void desk_answer(struct desk *desk, const struct desk_request *request,
                 enum fault_kind fault, int64_t at_ms, struct buf *body,
                 struct desk_reply *reply);

/* The body of a failure. */
void desk_write_failure(const char *retcode, const char *message, struct buf *body);

#endif
