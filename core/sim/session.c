#include "sim/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sim/dice.h"

static void
issue(struct sessions *sessions, struct guid *guid, int64_t at_ms)
{
    uint64_t high = dice_mix(sessions->seed + 2 * ++sessions->issued);
    uint64_t low = dice_mix(sessions->seed + 2 * sessions->issued + 1);
    snprintf(guid->text, sizeof guid->text,
             "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64
             ".AgentGateway0",
             high >> 32, high >> 16 & 0xffff, high & 0xffff, low >> 48,
             low & 0xffffffffffff);
    guid->issued_ms = at_ms;
}

void
sessions_end(struct sessions *sessions, struct session *session)
{
    struct session **link = &sessions->first;
    while (*link != session)
        link = &(*link)->next;
    *link = session->next;
    free(session);
}

void
sessions_fini(struct sessions *sessions)
{
    while (sessions->first)
        sessions_end(sessions, sessions->first);
}

struct session *
sessions_find(struct sessions *sessions, int64_t agent, int64_t at_ms)
{
    struct session *session = sessions->first;
    while (session && session->agent != agent)
        session = session->next;
    if (session && !session->is_stolen &&
        at_ms - session->polled_ms > SESSION_PATIENCE_MS) {
        sessions_end(sessions, session);
        return NULL;
    }
    return session;
}

struct session *
sessions_begin(struct sessions *sessions, int64_t agent, int64_t status, int64_t at_ms)
{
    struct session *before = sessions_find(sessions, agent, at_ms);
    if (before)
        sessions_end(sessions, before);
    struct session *session = mem_zero(sizeof *session);
    session->agent = agent;
    session->status = status;
    session->signed_in_ms = session->polled_ms = at_ms;
    issue(sessions, &session->guid, at_ms);
    session->next = sessions->first;
    sessions->first = session;
    return session;
}

static bool
is_good(const struct sessions *sessions, const struct guid *guid, const char *text,
        int64_t at_ms)
{
    int64_t life_ms = sessions->guid_ms ? sessions->guid_ms : SESSION_GUID_MS;
    return guid->text[0] && strcmp(guid->text, text) == 0 &&
           at_ms - guid->issued_ms <= life_ms;
}

bool
session_accepts(const struct sessions *sessions, const struct session *session,
                const char *guid, int64_t at_ms)
{
    return guid && !session->is_stolen &&
           (is_good(sessions, &session->guid, guid, at_ms) ||
            is_good(sessions, &session->old_guid, guid, at_ms));
}

void
session_renew(struct sessions *sessions, struct session *session, int64_t at_ms)
{
    session->old_guid = session->guid;
    issue(sessions, &session->guid, at_ms);
}

bool
session_renew_due(struct sessions *sessions, struct session *session, int64_t at_ms)
{
    int64_t renewal_ms =
        sessions->renewal_ms ? sessions->renewal_ms : SESSION_RENEWAL_MS;
    if (at_ms - session->guid.issued_ms < renewal_ms)
        return false;
    session_renew(sessions, session, at_ms);
    return true;
}

void
session_expire(struct sessions *sessions, struct session *session, int64_t at_ms)
{
    session->old_guid = (struct guid){0};
    issue(sessions, &session->guid, at_ms);
}

void
session_add_event(struct session *session, const char *type)
{
    if (session->event_count < SESSION_EVENTS_MAX)
        session->events[session->event_count++] = type;
}

const char *
session_take_event(struct session *session)
{
    if (session->event_count == 0)
        return NULL;
    const char *type = session->events[0];
    session->event_count--;
    memmove(session->events, session->events + 1,
            (size_t)session->event_count * sizeof *session->events);
    return type;
}
