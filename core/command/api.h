/* What may be asked of a running gateway, whichever way: the control socket has all of
 * it, the HTTP surface what only reads, and the reload. An ID is also its beginning, as
 * far as no other begins so; of an alert RULE/KEY, and RULE and a star for all of its.
 *
 *     GET  /api/v1/status                 everything, in short
 *     GET  /api/v1/rules                  rules and jobs
 *     GET  /api/v1/alerts                 what is raised
 *     POST /api/v1/alerts/ID/ack          ?by= &note=
 *     POST /api/v1/alerts/ID/clear        ?by= &note=
 *     GET  /api/v1/silences
 *     POST /api/v1/silences               ?rule= &key= &label=N=V &lasts= &by= &note=
 *     POST /api/v1/silences/ID/expire
 *     GET  /api/v1/outbox                 ?destination= &state=
 *     GET  /api/v1/outbox/ID              with its attempts
 *     POST /api/v1/outbox/retry           ?all-dead=yes &destination=
 *     POST /api/v1/outbox/ID/retry
 *     POST /api/v1/outbox/ID/drop
 *     POST /api/v1/jobs/NAME/run          answers when it has ended; 500: it failed
 *     POST /api/v1/destinations/NAME/send ?text= ; answers when an attempt has ended
 *     POST /-/reload                      answers when it is over; 409: refused
 *
 * Answers are JSON, or lines with "Accept: text/plain". What changes something is
 * answered when it is on disk. What is not understood is answered with 400, 404 or 405
 * and a sentence. */
#ifndef CCGATE_COMMAND_API_H
#define CCGATE_COMMAND_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/loop.h"
#include "deliver/deliver.h"
#include "deliver/notify.h"
#include "net/server.h"
#include "poll/planner.h"
#include "script/supervisor.h"
#include "store/store.h"

typedef void api_on_reloaded(void *arg, bool is_in_force, const char *problems);

/* The rooms of a gateway; all borrowed. */
struct api_world {
    struct loop *loop;
    const struct conf *conf;
    struct store *store;
    struct notify *notify;
    struct deliver *deliver;
    struct planner *planner;
    struct supervisor *supervisor;
    int64_t started_ms; /* wall */
    /* Reads everything anew; `on_reloaded` comes later, or never when the gateway is
     * stopping: then this is false. */
    bool (*reload)(void *arg, api_on_reloaded *on_reloaded, void *done_arg);
    void *arg;
};

struct api;
struct api *api_new(const struct api_world *world);
/* After the servers whose requests it was given, before the rooms; the loop must not
 * run between this and store_close(). */
void api_delete(struct api *api);
/* After the rooms have it. */
void api_set_conf(struct api *api, const struct conf *conf);

/* Takes the request if it is one of these and returns true; of a request from outside
 * only what is public. False: somebody else's, nothing happened. */
bool api_take(struct api *api, struct server_request *request, bool is_outside);

/* Adds a line for each of them, such as "GET /api/v1/rules". */
void api_tell_routes(bool is_outside, struct buf *out);

#endif
