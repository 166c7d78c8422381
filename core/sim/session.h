/* Who is signed in at the simulated agent gateway: the rules of sessions and of GUIDs.
 *
 * Times are milliseconds of the simulation. A GUID lives for two minutes, unless told
 * otherwise; a new one is handed out once a minute, so that two overlap. Who does not
 * ask for events for two minutes is signed out. */
#ifndef CCGATE_SIM_SESSION_H
#define CCGATE_SIM_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#define SESSION_RENEWAL_MS  ((int64_t)60 * 1000)
#define SESSION_GUID_MS     ((int64_t)120 * 1000)
#define SESSION_PATIENCE_MS ((int64_t)120 * 1000)
#define SESSION_GUID_SIZE   64
#define SESSION_EVENTS_MAX  4

struct guid {
    char text[SESSION_GUID_SIZE];
    int64_t issued_ms;
};

struct session {
    struct session *next;
    int64_t agent;
    int64_t status; /* as at the sign-in: 3 busy, 4 idle, 5 wrap-up */
    int64_t signed_in_ms, polled_ms;
    struct guid guid, old_guid;
    bool is_stolen;                         /* somebody else has it now */
    bool is_ending;                         /* gone when the last event is fetched */
    const char *events[SESSION_EVENTS_MAX]; /* that wait to be fetched */
    int event_count;
};

/* A zeroed struct with a seed is empty. */
struct sessions {
    uint64_t seed, issued;
    int64_t renewal_ms, guid_ms; /* 0: SESSION_RENEWAL_MS, SESSION_GUID_MS */
    struct session *first;
};

void sessions_fini(struct sessions *sessions);

/* The agent's session; NULL when there is none, or none any more. */
struct session *sessions_find(struct sessions *sessions, int64_t agent, int64_t at_ms);

/* Signs in, in place of the session there may be. */
struct session *sessions_begin(struct sessions *sessions, int64_t agent, int64_t status,
                               int64_t at_ms);
void sessions_end(struct sessions *sessions, struct session *session);

/* Whether the GUID opens the session. */
bool session_accepts(const struct sessions *sessions, const struct session *session,
                     const char *guid, int64_t at_ms);

/* A new GUID; the old one stays good for the rest of its life. */
void session_renew(struct sessions *sessions, struct session *session, int64_t at_ms);
/* The same when it is time. */
bool session_renew_due(struct sessions *sessions, struct session *session,
                       int64_t at_ms);
/* Neither the new nor the old GUID is good any more. */
void session_expire(struct sessions *sessions, struct session *session, int64_t at_ms);

/* `type` is a constant. */
void session_add_event(struct session *session, const char *type);
/* NULL when none waits. */
const char *session_take_event(struct session *session);

#endif
