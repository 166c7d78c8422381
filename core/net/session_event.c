/* Asking for events: keeps the session alive and brings new GUIDs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "net/session_inside.h"
#include "net/sign.h"

static void
wait_for_next(struct session *session, int64_t wait_ms)
{
    timer_start(session->event_timer, wait_ms);
}

/* One to two and a half times the pause. */
static int64_t
pause_of(const struct session *session)
{
    double spread = 1 + 1.5 * sign_random_share();
    return (int64_t)((double)session->times.pause_ms * spread);
}

/* No events, for a while: the gateway has given the session up by the time we do. */
static void
fail(struct session *session, const char *code, const char *why)
{
    if (clock_mono_ms() - session->event_ms >= session->times.lost_ms) {
        session_lose(session, code, why);
        return;
    }
    if (!session->event_failures++)
        log_warn("session", "center %s: no events of agent %lld: %s",
                 session->place.center, (long long)session->place.operator_id, why);
    wait_for_next(session, session_wait_of(session, session->event_failures + 1));
}

static void
on_reply(struct session *session, const struct http_response *response)
{
    struct session_reply reply;
    char why[256];
    session_read_reply(response->body, response->body_size, &reply);
    if (session_code_is_stale(reply.code)) {
        snprintf(why, sizeof why, "%s %s", reply.code, reply.message);
        session_lose(session, reply.code, why);
        return;
    }
    if (response->status != 200 || strcmp(reply.code, "0") != 0) {
        snprintf(why, sizeof why, "HTTP %ld, retcode '%s' %s", response->status,
                 reply.code, reply.message);
        fail(session, reply.code, why);
        return;
    }
    session->event_ms = clock_mono_ms();
    session->event_failures = 0;
    session_take_guid(session, response);
    if (reply.is_shutdown)
        session_lose(session, "", "the system has signed the agent out");
    else
        wait_for_next(session, pause_of(session));
}

static void
on_response(void *arg, const struct http_response *response)
{
    struct session *session = arg;
    session->event_call = NULL;
    if (response->error.kind == ERROR_NONE)
        on_reply(session, response);
    else
        fail(session, response->error.code, response->error.message);
}

static void
ask(void *arg)
{
    struct session *session = arg;
    char path[96];
    snprintf(path, sizeof path, "/agentgateway/resource/agentevent/%" PRId64,
             session->place.operator_id);
    session->event_call = session_send(session, session->own_pool, "GET", path, NULL,
                                       session->times.event_ms, on_response, session);
}

void
session_event_start(struct session *session)
{
    session->event_ms = clock_mono_ms();
    session->event_failures = 0;
    if (!session->event_timer)
        session->event_timer = timer_new(session->loop, ask, session);
    wait_for_next(session, pause_of(session));
}

void
session_event_stop(struct session *session)
{
    if (session->event_call)
        http_cancel(session->event_call);
    session->event_call = NULL;
    timer_free(session->event_timer);
    session->event_timer = NULL;
}
