/* The session's inside, shared by session*.c alone: session.c is the life of a session
 * with all decisions, session_call.c its questions, session_sign.c signs in and out,
 * session_event.c asks for events. */
#ifndef CCGATE_NET_SESSION_INSIDE_H
#define CCGATE_NET_SESSION_INSIDE_H

#include "net/session.h"
#include "net/session_wire.h"

enum session_state {
    SESSION_OUT,
    SESSION_COMING, /* the sign-in is on its way */
    SESSION_IN,
    SESSION_LEAVING, /* the sign-out is on its way */
};

/* Where and as whom it signs in. A copy of the configuration's. */
struct session_place {
    char *center; /* for the log */
    char *origin; /* NULL: the centre has no agent gateway */
    char *password, *phone, *ca_file;
    int64_t operator_id;
    int64_t timeout_ms;
    bool is_forced;
};

struct session {
    struct loop *loop;
    struct http_pool *pool;     /* borrowed: for questions */
    struct http_pool *own_pool; /* one call for events, one for signing in and out */
    struct session_times times;
    struct session_place place, next_place;
    bool has_next_place; /* taken up once it is out */
    enum session_state state;
    bool is_wanted, is_stopped;

    struct buf guid;
    uint64_t guid_number; /* one more with each GUID */
    struct session_cookies cookies;
    struct http_call *sign_call; /* while COMING or LEAVING */
    struct http_call *event_call;
    struct timer *event_timer;
    int64_t signed_in_ms, event_ms; /* when; the last good answer about events */
    unsigned event_failures;        /* in a row */

    struct session_call *calls;
    struct timer *turn_timer;  /* tells refusals outside of everybody's calls */
    struct timer *leave_timer; /* when nobody has asked for long enough */
    int64_t asked_ms;

    int64_t held_until; /* no sign-in before; 0: not held */
    struct error reason;
    unsigned failures; /* of sign-ins, and sessions that ended early, in a row */
    unsigned taken;    /* how often 100-002 in a row */
};

/* ---- session.c ---- */

/* The request of a session: its own headers, its certificate authority. `body` may be
 * NULL. */
struct http_call *session_send(struct session *session, struct http_pool *pool,
                               const char *method, const char *path, const char *body,
                               int64_t timeout_ms, http_callback *on_done, void *arg);
/* No sign-in for so long, for this reason. */
void session_hold(struct session *session, const struct error *reason, int64_t wait_ms);
/* The wait after so many failures: none, then from retry_ms on, doubling. */
int64_t session_wait_of(const struct session *session, unsigned failures);
/* A GUID, new to the session. */
void session_take_guid(struct session *session, const struct http_response *response);

/* It is in: questions go out. */
void session_enter(struct session *session);
/* It is out, by its own will. */
void session_left(struct session *session);
/* Signing in failed: questions that wait get `error`. */
void session_refuse(struct session *session, const struct error *error,
                    int64_t retry_after_ms);
/* It was taken away from us. */
void session_lose(struct session *session, const char *code, const char *why);

/* Something has changed: what follows from it is decided outside of everybody's calls.
 */
void session_ask_for_turn(struct session *session);

/* ---- session_call.c ---- */

/* Questions that wait for a session, and those on their way. */
size_t session_count_waiting(const struct session *session);
size_t session_count_asked(const struct session *session);
/* Sends all that wait. */
void session_ask_waiting(struct session *session);
/* Those that wait will be told this; session_tell_refused() does it. */
void session_refuse_waiting(struct session *session, const struct error *error,
                            int64_t retry_after_ms);
void session_tell_refused(struct session *session);

/* ---- session_sign.c ---- */

void session_sign_in(struct session *session);
void session_sign_out(struct session *session);

/* ---- session_event.c ---- */

void session_event_start(struct session *session);
void session_event_stop(struct session *session);

#endif
