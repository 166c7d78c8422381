/* Questions: who waits, who is on the way, who is refused. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/session_inside.h"

/* One question. It waits while it is neither on its way nor refused. */
struct session_call {
    struct session *session;
    char *path;
    session_callback *on_answer;
    void *arg;
    struct http_call *http; /* not NULL: on its way */
    uint64_t guid_number;   /* with which it went */
    bool has_repeated;      /* with a GUID that had come meanwhile */
    bool has_signed_in;     /* it went through a new sign-in */
    bool is_refused;
    struct error error; /* why */
    int64_t retry_after_ms;
    struct session_call *next;
};

static bool
is_waiting(const struct session_call *call)
{
    return !call->http && !call->is_refused;
}

static void
refuse(struct session_call *call, const struct error *error, int64_t retry_after_ms)
{
    call->is_refused = true;
    call->error = *error;
    call->retry_after_ms = retry_after_ms;
}

void
session_refuse_waiting(struct session *session, const struct error *error,
                       int64_t retry_after_ms)
{
    for (struct session_call *call = session->calls; call; call = call->next)
        if (is_waiting(call))
            refuse(call, error, retry_after_ms);
}

static void
call_delete(struct session_call *call)
{
    struct session_call **at = &call->session->calls;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    free(call->path);
    free(call);
}

static void
tell(struct session_call *call, const struct session_answer *answer)
{
    struct session *session = call->session;
    session_callback *on_answer = call->on_answer;
    void *arg = call->arg;
    call_delete(call);
    session_ask_for_turn(session);
    on_answer(arg, answer);
}

static struct session_call *
first_refused(const struct session *session)
{
    struct session_call *call = session->calls;
    while (call && !call->is_refused)
        call = call->next;
    return call;
}

void
session_tell_refused(struct session *session)
{
    for (struct session_call *call; (call = first_refused(session));) {
        struct session_answer answer = {.error = call->error,
                                        .retry_after_ms = call->retry_after_ms};
        tell(call, &answer);
    }
}

static void on_response(void *arg, const struct http_response *response);

void
session_ask_waiting(struct session *session)
{
    for (struct session_call *call = session->calls; call; call = call->next) {
        if (!is_waiting(call))
            continue;
        call->guid_number = session->guid_number;
        call->http = session_send(session, session->pool, "GET", call->path, NULL,
                                  session->place.timeout_ms, on_response, call);
    }
}

size_t
session_count_asked(const struct session *session)
{
    size_t count = 0;
    for (const struct session_call *call = session->calls; call; call = call->next)
        count += call->http != NULL;
    return count;
}

size_t
session_count_waiting(const struct session *session)
{
    size_t count = 0;
    for (const struct session_call *call = session->calls; call; call = call->next)
        count += is_waiting(call);
    return count;
}

/* The GUID that a question went with opens no session. A newer one may have come
 * meanwhile; else the session is gone. */
static void
repeat(struct session_call *call, const struct session_reply *reply)
{
    struct session *session = call->session;
    bool is_current =
        session->state == SESSION_IN && call->guid_number == session->guid_number;
    char why[256];
    snprintf(why, sizeof why, "%s %s", reply->code, reply->message);
    if (!is_current && !call->has_repeated) {
        call->has_repeated = true;
        return;
    }
    if (is_current)
        session_lose(session, reply->code, why);
    if (call->has_signed_in) {
        int64_t left_ms = session->held_until - clock_mono_ms();
        refuse(call, &session->reason, left_ms > 0 ? left_ms : 0);
    }
    call->has_signed_in = true;
}

static void
on_response(void *arg, const struct http_response *response)
{
    struct session_call *call = arg;
    struct session_answer answer = {.retry_after_ms = -1, .response = response};
    struct session_reply reply;
    call->http = NULL;
    session_read_reply(response->body, response->body_size, &reply);
    if (response->status != 200 || !session_code_is_stale(reply.code)) {
        tell(call, &answer);
        return;
    }
    repeat(call, &reply);
    session_ask_for_turn(call->session);
}

struct session_call *
session_get(struct session *session, const char *path, session_callback *on_answer,
            void *arg)
{
    struct session_call *call = mem_zero(sizeof *call);
    call->session = session;
    call->path = mem_text(path);
    call->on_answer = on_answer;
    call->arg = arg;
    struct session_call **at = &session->calls;
    while (*at)
        at = &(*at)->next;
    *at = call;
    session->asked_ms = clock_mono_ms();
    session_ask_for_turn(session);
    return call;
}

void
session_cancel(struct session_call *call)
{
    struct session *session = call->session;
    if (call->http)
        http_cancel(call->http);
    call_delete(call);
    session_ask_for_turn(session);
}
