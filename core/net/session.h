/* The session at a centre's agent gateway: one agent, the operator, signs in so that
 * questions may be asked (upstream.md §4, runtime.md §2).
 *
 * It signs in, busy, when the first question is asked: all questions wait for that one
 * sign-in. It asks for events as long as it lasts, which keeps it alive and brings each
 * new GUID. It signs out when nobody wants it and nobody has asked for two minutes, and
 * when it is told to.
 *
 * Signing in is never tried in a storm. It waits, and questions are answered with the
 * reason at once meanwhile:
 * - the operator is signed in elsewhere (100-002) and `sign_in` is not force: 130 s,
 *   since a lost session of ours ends by itself by then, after that 10 minutes each;
 * - it failed otherwise, or the session was taken away soon after it began, and not for
 *   the first time: 1 s doubling to 60 s.
 * A name or password that is refused is the asker's to hold back (poll/lane.h opens its
 * circuit): every further question would try once more.
 *
 * Requests that keep the session have connections of their own, take nothing of the
 * centre's rate, and do not count as busy. The session has its own copy of all that it
 * needs of the configuration. */
#ifndef CCGATE_NET_SESSION_H
#define CCGATE_NET_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/error.h"
#include "base/loop.h"
#include "net/http.h"

struct session;
struct session_call;

/* How long things take, in milliseconds. */
struct session_times {
    int64_t pause_ms;      /* between events: this to two and a half times this */
    int64_t event_ms;      /* an event may be waited for; the gateway takes 10 s */
    int64_t sign_out_ms;   /* signing out may take */
    int64_t linger_ms;     /* it is kept after the last question */
    int64_t lost_ms;       /* without an event, after which it is lost */
    int64_t retry_ms;      /* the first of the waits that double */
    int64_t retry_most_ms; /* and the longest */
    int64_t taken_ms;      /* after the first 100-002 */
    int64_t taken_more_ms; /* after each further one */
};

/* What the documents and runtime.md say. */
extern const struct session_times session_times;

/* Signs in nowhere yet. The pool, borrowed, is for questions. */
struct session *session_new(struct loop *loop, struct http_pool *pool,
                            const struct conf_center *center);
/* Without signing out (session_stop): the gateway does that when no event has been
 * asked for in two minutes. Questions are gone without an answer. NULL is allowed. */
void session_delete(struct session *session);

/* For tests. Before the first question. */
void session_set_times(struct session *session, const struct session_times *times);

/* The configuration may have changed. With another gateway, operator, password or phone
 * the session signs out, after the questions on their way, and the next one begins with
 * those; else it goes on. Nothing is held back any more. */
void session_set_center(struct session *session, const struct conf_center *center);
/* What a sign-in waited for is over: the next question tries. */
void session_retry(struct session *session);

/* Somebody goes on asking, or nobody does any more. Starts nothing by itself. */
void session_want(struct session *session, bool is_wanted);

struct session_answer {
    struct error error;     /* the session's own failure: nothing was asked, or the
                             * GUID was refused twice. Kind auth for what the gateway says,
                             * limit when the centre has no agent gateway, else as http.h */
    int64_t retry_after_ms; /* with an error: how long no sign-in is tried; -1: that is
                             * for the asker to decide */
    const struct http_response *response; /* NULL with an error; any other answer, its
                                           * error included */
};
typedef void session_callback(void *arg, const struct session_answer *answer);

/* GET `path` ("/agentgateway/…") with the session's GUID, once it is there. When the
 * GUID turns out stale (100-006, 000-003) it is asked once more through a new sign-in.
 * The callback comes later, never from inside; the call is gone after it. It must not
 * delete the session. */
struct session_call *session_get(struct session *session, const char *path,
                                 session_callback *on_answer, void *arg);
/* Before its callback. */
void session_cancel(struct session_call *call);

/* Signs out, after the questions on their way; those that still wait, and all new ones,
 * get ERROR_CANCELLED. */
void session_stop(struct session *session);
/* Is it still to be signed out, after session_stop()? Ends within seconds. */
bool session_is_busy(const struct session *session);

#endif
