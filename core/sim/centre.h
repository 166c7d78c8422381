/* The simulated contact centre: four interfaces of monitoring and the agent gateway,
 * strict about everything that the documents say; it is told through its own paths what
 * goes wrong.
 *
 * It shares no description of the queries with core/model: what it writes comes from
 * the documented samples, so that the two can disagree.
 *
 * Paths that are not part of a contact centre, unsigned, only where `control` is set:
 *   GET    /-/count           {"requests":n,"refused":n,"connections":n,"calls":{…}},
 *                             the calls by name: "skill/stateinfo", "sign-in", "event"
 *   PUT    /-/fault?spec=F    a fault (sim/fault.h); percent-encoding is understood
 *   DELETE /-/fault           no faults any more
 *   PUT    /-/queue/7?callWaitNums=9&agentIdleNums=0   these values stay as given;
 *   PUT    /-/queue/7?gone    the centre does not know the queue any more
 *   DELETE /-/queue/7         the queue does what it did before */
#ifndef CCGATE_SIM_CENTRE_H
#define CCGATE_SIM_CENTRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/loop.h"
#include "net/server.h"
#include "sim/fault.h"
#include "sim/scenario.h"
#include "sim/session.h"
#include "sim/signature.h"

struct centre;

struct centre_options {
    struct signature_policy signature;
    int64_t skills;       /* queues 1 to this exist */
    int64_t agents;       /* so many work in them, from FLOOR_FIRST_ID on */
    int64_t vdn;          /* of the agents */
    const char *password; /* of every agent at the agent gateway */
    bool guid_header;     /* GUIDs come in "Guid" and not in "Set-GUID" */
    int64_t guid_interval_ms, guid_timeout_ms; /* of a GUID; 0: as documented */
    uint64_t seed;
    double speed;                    /* of the simulation's time */
    const struct scenario *scenario; /* copied; NULL: the rush hour */
    int64_t period_ms;               /* 0: the scenario's */
    int64_t start_ms;                /* wall time at which its time begins */
    bool control;                    /* the paths above are answered */
};

/* Borrows the texts of `options` and the loop. */
struct centre *centre_new(struct loop *loop, const struct centre_options *options);
/* Drops the answers that still wait; before server_delete(). */
void centre_delete(struct centre *centre);

/* A server_handler; `arg` is the centre. */
void centre_handle(void *arg, struct server_request *request);

/* Whose connections /-/count counts. */
void centre_set_server(struct centre *centre, const struct server *server);

struct faults *centre_faults(struct centre *centre);
int64_t centre_requests(const struct centre *centre);
int64_t centre_refused(const struct centre *centre);

/* ---- without a network: what would be answered; for tests and centre_handle() ---- */

struct centre_request {
    const char *method, *path;
    const char *query;                               /* NULL for none */
    const char *host, *content_type, *authorization; /* NULL when absent */
    const char *body;
    size_t body_size;
    const char *guid; /* NULL when absent */
    bool is_again;    /* asked before, waited: not counted, and no fault */
};

struct centre_reply {
    int status;
    const char *name; /* of what was asked for, a constant; NULL when unknown */
    const char *content_type;
    const struct buf *body; /* valid until the next request */
    enum fault_kind fault;  /* those of the connection are left to the caller */
    int64_t delay_ms;
    const char *header; /* NULL for none */
    char header_value[SESSION_GUID_SIZE + 16];
    const char *retry_after; /* of that header, NULL for none; as long as the fault */
    int64_t announced;       /* bytes, of FAULT_LONG */
    int64_t agent; /* at the agent gateway: whom the request is about, 0 for none */
    bool waits;    /* delayed only because no event is there */
    bool has_news; /* what waits for this agent's events is to be asked again */
    const char *refusal; /* why the request was refused, NULL when it was not */
};

void centre_answer(struct centre *centre, const struct centre_request *request,
                   int64_t now_ms, struct centre_reply *reply);

#endif
