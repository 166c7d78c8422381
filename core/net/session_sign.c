/* Signing in and out, and what the gateway says to it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "model/codes.h"
#include "net/session_inside.h"

enum verdict {
    VERDICT_FAILED,  /* tried again soon */
    VERDICT_TAKEN,   /* somebody is signed in with this number */
    VERDICT_REFUSED, /* trying again may lock the account */
};

/* All other codes are VERDICT_FAILED. */
static const struct {
    const char *code;
    enum verdict verdict;
} verdicts[] = {
    {"100-002", VERDICT_TAKEN},   {"100-015", VERDICT_TAKEN},
    {"100-004", VERDICT_REFUSED}, {"100-060", VERDICT_REFUSED},
    {"100-061", VERDICT_REFUSED}, {"100-062", VERDICT_REFUSED},
    {"110-016", VERDICT_REFUSED},
};

static enum verdict
verdict_of(const char *code)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (!strcmp(verdicts[i].code, code))
            return verdicts[i].verdict;
    return VERDICT_FAILED;
}

/* ---- in ---- */

static void start_sign_in(struct session *session, bool is_forced);

/* "(already signed in)": the documents' word for the code, else the server's own. */
static void
describe(const struct session *session, const struct session_reply *reply,
         struct error *error)
{
    const char *meaning = retcode_text(reply->code);
    error_set(error, ERROR_AUTH, reply->code,
              "agent %lld cannot sign in at the agent gateway: %s: %s",
              (long long)session->place.operator_id,
              *reply->code ? reply->code : "no retcode",
              meaning           ? meaning
              : *reply->message ? reply->message
                                : "the answer is not understood");
}

/* The log is told of the first in a row; of a number that is taken each time, since
 * somebody has to see to it. */
static void
fail(struct session *session, const struct error *error, int64_t wait_ms)
{
    char length[32];
    bool is_news = session->taken || session->failures == 1;
    log_write(is_news ? LEVEL_ERROR : LEVEL_DEBUG, "session",
              "center %s: %s; next sign-in in %s at the earliest",
              session->place.center, error->message,
              text_format_duration(wait_ms, length, sizeof length));
    session_hold(session, error, wait_ms);
    session_refuse(session, error, wait_ms);
}

static void
fail_soon(struct session *session, const struct error *error, int64_t least_ms)
{
    int64_t wait = session_wait_of(session, ++session->failures + 1);
    fail(session, error, wait > least_ms ? wait : least_ms);
}

/* A lost session of ours ends by itself when it has had no events for two minutes. */
static void
wait_until_free(struct session *session, const struct error *error)
{
    const struct session_times *times = &session->times;
    fail(session, error, session->taken++ ? times->taken_more_ms : times->taken_ms);
}

static void
judge(struct session *session, const struct session_reply *reply, bool was_forced)
{
    struct error error;
    describe(session, reply, &error);
    switch (verdict_of(reply->code)) {
    case VERDICT_TAKEN:
        if (session->place.is_forced && !was_forced)
            start_sign_in(session, true);
        else
            wait_until_free(session, &error);
        return;
    case VERDICT_REFUSED: session_refuse(session, &error, -1); return;
    case VERDICT_FAILED: fail_soon(session, &error, 0); return;
    }
}

static void
judge_status(struct session *session, const struct http_response *response)
{
    struct error error;
    char code[24];
    bool is_auth = response->status == 401 || response->status == 403;
    snprintf(code, sizeof code, "%ld", response->status);
    error_set(&error, is_auth ? ERROR_AUTH : ERROR_HTTP, code,
              "HTTP %ld when agent %lld signed in at the agent gateway",
              response->status, (long long)session->place.operator_id);
    if (is_auth)
        session_refuse(session, &error, -1);
    else
        fail_soon(session, &error, response->retry_after_ms);
}

static void
take_sign_in(struct session *session, const struct http_response *response)
{
    struct error error;
    session_take_guid(session, response);
    if (session->guid.size) {
        session->taken = 0;
        session_enter(session);
        return;
    }
    error_set(&error, ERROR_AUTH, "",
              "agent %lld signed in, but the agent gateway sent no GUID (a header "
              "Set-GUID or Guid)",
              (long long)session->place.operator_id);
    fail_soon(session, &error, 0);
}

static void
on_answer(struct session *session, const struct http_response *response,
          bool was_forced)
{
    struct session_reply reply;
    session->sign_call = NULL;
    session_cookies_read(&session->cookies, response);
    session_read_reply(response->body, response->body_size, &reply);
    if (response->error.kind)
        fail_soon(session, &response->error, 0);
    else if (response->status != 200)
        judge_status(session, response);
    else if (strcmp(reply.code, "0") != 0)
        judge(session, &reply, was_forced);
    else
        take_sign_in(session, response);
}

static void
on_sign_in(void *arg, const struct http_response *response)
{
    on_answer(arg, response, false);
}

static void
on_forced_sign_in(void *arg, const struct http_response *response)
{
    on_answer(arg, response, true);
}

static void
start_sign_in(struct session *session, bool is_forced)
{
    struct buf body = {0};
    char path[96];
    snprintf(path, sizeof path, "/agentgateway/resource/onlineagent/%" PRId64 "%s",
             session->place.operator_id, is_forced ? "/forcelogin" : "");
    session_write_sign_in(session->place.password, session->place.phone, &body);
    session->sign_call = session_send(
        session, session->own_pool, "PUT", path, body.data, session->place.timeout_ms,
        is_forced ? on_forced_sign_in : on_sign_in, session);
    buf_fini(&body);
}

void
session_sign_in(struct session *session)
{
    session->state = SESSION_COMING;
    buf_clear(&session->guid);
    start_sign_in(session, false);
}

/* ---- out ---- */

static void
on_sign_out(void *arg, const struct http_response *response)
{
    struct session *session = arg;
    struct session_reply reply;
    session->sign_call = NULL;
    session_read_reply(response->body, response->body_size, &reply);
    if (response->error.kind)
        log_warn(
            "session",
            "center %s: signing out: %s; the gateway ends the session in two minutes",
            session->place.center, response->error.message);
    else if (strcmp(reply.code, "0") != 0)
        log_warn(
            "session",
            "center %s: signing out: HTTP %ld, retcode '%s' %s; the gateway ends the "
            "session in two minutes",
            session->place.center, response->status, reply.code, reply.message);
    else
        log_info("session", "center %s: agent %lld has signed out",
                 session->place.center, (long long)session->place.operator_id);
    session_left(session);
}

void
session_sign_out(struct session *session)
{
    char path[96];
    session->state = SESSION_LEAVING;
    session_event_stop(session);
    snprintf(path, sizeof path, "/agentgateway/resource/onlineagent/%" PRId64 "/logout",
             session->place.operator_id);
    session->sign_call = session_send(session, session->own_pool, "DELETE", path, NULL,
                                      session->times.sign_out_ms, on_sign_out, session);
}
