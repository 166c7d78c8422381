#include "net/session_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)

const struct session_times session_times = {
    .pause_ms = 200,
    .event_ms = 40 * SECOND,
    .sign_out_ms = 5 * SECOND,
    .linger_ms = 2 * MINUTE,
    .lost_ms = 2 * MINUTE,
    .retry_ms = SECOND,
    .retry_most_ms = MINUTE,
    .taken_ms = 130 * SECOND,
    .taken_more_ms = 10 * MINUTE,
};

/* ---- places ---- */

static void
place_fini(struct session_place *place)
{
    free(place->center);
    free(place->origin);
    free(place->password);
    free(place->phone);
    free(place->ca_file);
    *place = (struct session_place){0};
}

static struct session_place
place_of(const struct conf_center *center)
{
    return (struct session_place){
        .center = mem_text(center->name),
        .origin = mem_text(center->agent_gateway),
        .password = mem_text(center->password),
        .phone = mem_text(center->phone),
        .ca_file = mem_text(center->ca_file),
        .operator_id = center->operator_id,
        .timeout_ms = center->timeout_ms,
        .is_forced = center->is_sign_in_forced,
    };
}

static bool
is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* One session serves both. */
static bool
is_same_place(const struct session_place *a, const struct session_place *b)
{
    return is_same_text(a->origin, b->origin) && a->operator_id == b->operator_id &&
           is_same_text(a->password, b->password) && is_same_text(a->phone, b->phone);
}

/* ---- what happens next ----
 * Everything that happens only notes it and asks for a turn; the turn decides. So
 * callbacks come from outside of everybody's calls, and in one place. */

void
session_ask_for_turn(struct session *session)
{
    timer_start(session->turn_timer, 0);
}

static void
move(struct session *session)
{
    if (!session->has_next_place || session->state != SESSION_OUT)
        return;
    place_fini(&session->place);
    session_cookies_fini(&session->cookies);
    session->place = session->next_place;
    session->next_place = (struct session_place){0};
    session->has_next_place = false;
    session->held_until = 0;
    session->failures = session->taken = 0;
}

/* Questions that cannot be asked now, whoever asks. */
static void
refuse_what_cannot_be(struct session *session)
{
    struct error error;
    int64_t left_ms = session->held_until - clock_mono_ms();
    if (session->is_stopped) {
        error_set(&error, ERROR_CANCELLED, "", "the gateway is stopping");
        session_refuse_waiting(session, &error, -1);
    } else if (session->state == SESSION_OUT && !session->place.origin) {
        error_set(&error, ERROR_LIMIT, "",
                  "[center %s] has no agent_gateway, operator and password: give them "
                  "in gateway.conf, gw.agent needs them",
                  session->place.center);
        session_refuse_waiting(session, &error, session->times.retry_most_ms);
    } else if (session->state == SESSION_OUT && session->held_until && left_ms > 0) {
        session_refuse_waiting(session, &session->reason, left_ms);
    }
}

/* Nobody has wanted anything for long enough. */
static bool
is_idle(const struct session *session)
{
    return !session->is_wanted && !session->calls &&
           clock_mono_ms() - session->asked_ms >= session->times.linger_ms;
}

static void
turn(void *arg)
{
    struct session *session = arg;
    bool is_leaving =
        session->is_stopped || session->has_next_place || is_idle(session);
    move(session);
    refuse_what_cannot_be(session);
    if (session->state == SESSION_IN && !is_leaving)
        session_ask_waiting(session);
    else if (session->state == SESSION_IN && !session_count_asked(session))
        session_sign_out(session);
    else if (session->state == SESSION_OUT && session_count_waiting(session))
        session_sign_in(session);
    session_tell_refused(session);
}

/* ---- the life ---- */

struct http_call *
session_send(struct session *session, struct http_pool *pool, const char *method,
             const char *path, const char *body, int64_t timeout_ms,
             http_callback *on_done, void *arg)
{
    struct buf cookies = {0};
    struct http_header headers[3];
    size_t count = 0;
    char *url = mem_format("%s%s", session->place.origin, path);
    session_cookies_write(&session->cookies, &cookies);
    if (session->guid.size)
        headers[count++] = (struct http_header){"Guid", session->guid.data};
    if (cookies.size)
        headers[count++] = (struct http_header){"Cookie", cookies.data};
    if (body)
        headers[count++] =
            (struct http_header){"Content-Type", "application/json; charset=UTF-8"};
    struct http_request request = {
        .method = method,
        .url = url,
        .headers = headers,
        .header_count = count,
        .body = body,
        .body_size = body ? strlen(body) : 0,
        .ca_file = session->place.ca_file,
        .timeout_ms = timeout_ms,
        .fresh = body != NULL, /* else curl may sign in twice, on its own */
    };
    struct http_call *call = http_start(pool, &request, on_done, arg);
    buf_fini(&cookies);
    free(url);
    return call;
}

void
session_hold(struct session *session, const struct error *reason, int64_t wait_ms)
{
    session->reason = *reason;
    session->held_until = clock_mono_ms() + wait_ms;
}

int64_t
session_wait_of(const struct session *session, unsigned failures)
{
    int64_t wait = session->times.retry_ms;
    if (failures < 2)
        return 0;
    for (unsigned i = 2; i < failures && wait < session->times.retry_most_ms; i++)
        wait *= 2;
    return wait < session->times.retry_most_ms ? wait : session->times.retry_most_ms;
}

void
session_take_guid(struct session *session, const struct http_response *response)
{
    session_cookies_read(&session->cookies, response);
    if (session_read_guid(response, &session->guid))
        session->guid_number++;
}

void
session_enter(struct session *session)
{
    log_info("session", "center %s: agent %lld has signed in, busy",
             session->place.center, (long long)session->place.operator_id);
    session->state = SESSION_IN;
    session->signed_in_ms = clock_mono_ms();
    session_event_start(session);
    timer_start(session->leave_timer, session->times.linger_ms);
    session_ask_for_turn(session);
}

void
session_left(struct session *session)
{
    session->state = SESSION_OUT;
    buf_clear(&session->guid);
    session_ask_for_turn(session);
}

void
session_refuse(struct session *session, const struct error *error,
               int64_t retry_after_ms)
{
    session_left(session);
    session_refuse_waiting(session, error, retry_after_ms);
}

void
session_lose(struct session *session, const char *code, const char *why)
{
    struct error reason;
    char length[32];
    int64_t now = clock_mono_ms();
    if (now - session->signed_in_ms >= session->times.lost_ms)
        session->failures = 0;
    int64_t wait = session_wait_of(session, ++session->failures);
    error_set(&reason, ERROR_AUTH, code,
              "agent %lld has lost the session at the agent gateway: %s",
              (long long)session->place.operator_id, why);
    log_warn("session",
             "center %s: %s; the next question signs in again, in %s at "
             "the earliest",
             session->place.center, reason.message,
             text_format_duration(wait, length, sizeof length));
    session_hold(session, &reason, wait);
    session_event_stop(session);
    session_left(session);
}

/* ---- wishes ---- */

static void
look_whether_idle(void *arg)
{
    struct session *session = arg;
    int64_t left_ms = session->asked_ms + session->times.linger_ms - clock_mono_ms();
    if (left_ms > 0)
        timer_start(session->leave_timer, left_ms);
    else
        session_ask_for_turn(session);
}

void
session_want(struct session *session, bool is_wanted)
{
    session->is_wanted = is_wanted;
    look_whether_idle(session);
}

void
session_retry(struct session *session)
{
    session->held_until = 0;
}

void
session_set_center(struct session *session, const struct conf_center *center)
{
    struct session_place place = place_of(center);
    bool is_same = is_same_place(&place, &session->place);
    struct session_place *at = is_same ? &session->place : &session->next_place;
    place_fini(&session->next_place);
    place_fini(at);
    *at = place;
    session->has_next_place = !is_same;
    session_retry(session);
    session_ask_for_turn(session);
}

void
session_stop(struct session *session)
{
    session->is_stopped = true;
    session_ask_for_turn(session);
}

bool
session_is_busy(const struct session *session)
{
    return session->is_stopped && session->state != SESSION_OUT;
}

/* ---- putting together ---- */

struct session *
session_new(struct loop *loop, struct http_pool *pool, const struct conf_center *center)
{
    struct session *session = mem_zero(sizeof *session);
    session->loop = loop;
    session->pool = pool;
    session->own_pool = http_pool_new(loop, 2);
    session->times = session_times;
    session->place = place_of(center);
    session->turn_timer = timer_new(loop, turn, session);
    session->leave_timer = timer_new(loop, look_whether_idle, session);
    return session;
}

void
session_set_times(struct session *session, const struct session_times *times)
{
    session->times = *times;
}

void
session_delete(struct session *session)
{
    if (!session)
        return;
    while (session->calls)
        session_cancel(session->calls);
    session_event_stop(session);
    if (session->sign_call)
        http_cancel(session->sign_call);
    http_pool_delete(session->own_pool);
    timer_free(session->turn_timer);
    timer_free(session->leave_timer);
    session_cookies_fini(&session->cookies);
    place_fini(&session->place);
    place_fini(&session->next_place);
    buf_fini(&session->guid);
    free(session);
}
