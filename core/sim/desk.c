#include "sim/desk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/ask.h"

enum {
    AGENT_LEAST = 101,
    AGENT_MOST = 999999,
    STATUS_BUSY = 3,
    STATUS_IDLE = 4,
    STATUS_WRAP_UP = 5,
};

/* One request on its way through. */
struct visit {
    struct desk *desk;
    const struct desk_request *request;
    int64_t agent, subject; /* the numbers in its path */
    int64_t at_ms;
    struct buf *body;
    struct desk_reply *reply;
};

void
desk_write_failure(const char *retcode, const char *message, struct buf *body)
{
    buf_format(body, "{\"message\":\"%s\",\"result\":\"\",\"retcode\":\"%s\"}", message,
               retcode);
}

static void
refuse(struct visit *visit, const char *retcode, const char *message)
{
    visit->reply->refusal = message;
    desk_write_failure(retcode, message, visit->body);
}

static struct session *
session_of(struct visit *visit)
{
    return sessions_find(&visit->desk->sessions, visit->agent, visit->at_ms);
}

static void
agree(struct visit *visit)
{
    buf_add_text(visit->body, "{\"message\":\"\",\"retcode\":\"0\"}");
}

/* The session that the request's GUID opens; NULL when it has been refused. */
static struct session *
enter(struct visit *visit)
{
    struct session *session = session_of(visit);
    if (!session || session->is_stolen)
        refuse(visit, "100-006", "the agent is not signed in");
    else if (!session_accepts(&visit->desk->sessions, session, visit->request->guid,
                              visit->at_ms))
        refuse(visit, "000-003", "no right to invoke the resource");
    else
        return session;
    return NULL;
}

static void
hand_out(struct visit *visit, const struct session *session)
{
    struct desk_reply *reply = visit->reply;
    bool is_plain = visit->desk->guid_header;
    reply->header = is_plain ? "Guid" : "Set-GUID";
    snprintf(reply->guid, sizeof reply->guid, "%s%s",
             is_plain ? "" : "JSESSIONID=", session->guid.text);
}

/* ---- signing in and out ---- */

enum { PASSWORD, PHONE, STATUS };

static const struct ask_field sign_in_fields[] = {
    [PASSWORD] = {"password", ASK_TEXT, 0, 32, false, "password is at most 32 long"},
    [PHONE] = {"phonenum", ASK_TEXT, 0, 24, true, "phonenum is at most 24 long"},
    [STATUS] = {"status", ASK_LOOSE, STATUS_BUSY, STATUS_WRAP_UP, true,
                "status is 3, 4 or 5"},
    {"autoanswer", ASK_FLAG, 0, 0, true, "autoanswer is true or false"},
    {"autoenteridle", ASK_FLAG, 0, 0, true, "autoenteridle is true or false"},
    {"releasephone", ASK_FLAG, 0, 0, true, "releasephone is true or false"},
    {"agenttype", ASK_LOOSE, 4, 11, true, "agenttype is 4 or 11"},
    {"ip", ASK_TEXT, 7, 15, true, "ip is an IPv4 address"},
    {"entryIp", ASK_TEXT, 0, 64, true, "entryIp is an address"},
    {"phonelinkage", ASK_LOOSE, 0, 1, true, "phonelinkage is 0 or 1"},
    {"checkInWebm", ASK_FLAG, 0, 0, true, "checkInWebm is true or false"},
    {"checkInMailm", ASK_FLAG, 0, 0, true, "checkInMailm is true or false"},
    {"vcPhoneNumber", ASK_TEXT, 0, 24, true, "vcPhoneNumber is at most 24 long"},
    {"listenStatus", ASK_LOOSE, 0, 1, true, "listenStatus is 0 or 1"},
    {"callBackUri", ASK_TEXT, 0, 200, true, "callBackUri is at most 200 long"},
    {"serviceToken", ASK_TEXT, 0, 50, true, "serviceToken is at most 50 long"},
    {0},
};
_Static_assert(sizeof sign_in_fields / sizeof *sign_in_fields <= ASK_FIELDS_MAX,
               "the table of the sign-in is too long");

static void
write_sign_in(const struct visit *visit, const struct session *session)
{
    const struct monitor *monitor = visit->desk->monitor;
    buf_format(visit->body,
               "{\"message\":\"\",\"retcode\":\"0\",\"result\":{\"vdnid\":%" PRId64
               ",\"workno\":\"%" PRId64
               "\",\"mediatype\":\"TTF\",\"loginTime\":\"%" PRId64
               "\",\"isForceChange\":\"false\",\"serverName\":\"AgentGateway\","
               "\"timeRemaining\":\"9\"}}",
               monitor->vdn, visit->agent, monitor->start_ms + session->signed_in_ms);
}

static void
begin(struct visit *visit, int64_t status)
{
    struct session *session =
        sessions_begin(&visit->desk->sessions, visit->agent, status, visit->at_ms);
    session_add_event(session, "AgentOther_InService");
    session_add_event(session, "AgentState_Ready");
    if (status == STATUS_BUSY)
        session_add_event(session, "AgentState_SetNotReady_Success");
    else if (status == STATUS_WRAP_UP)
        session_add_event(session, "AgentState_Work");
    visit->reply->has_news = true;
    hand_out(visit, session);
    write_sign_in(visit, session);
}

/* By a session, or by the agent who works with this number. */
static bool
is_taken(struct visit *visit)
{
    const struct life *life =
        floor_agent(visit->desk->monitor->floor, visit->agent, visit->at_ms);
    return session_of(visit) || (life && life->state != LIFE_OUT);
}

static void
sign_in_anyway(struct visit *visit, bool is_forced)
{
    struct ask_value values[ASK_FIELDS_MAX];
    const char *problem = ask_read(sign_in_fields, NULL, visit->request->body,
                                   visit->request->body_size, values);
    const char *password = visit->desk->password;
    if (problem)
        refuse(visit, "100-001", problem);
    else if (!json_is(&values[PASSWORD].text, password, strlen(password)))
        refuse(visit, "100-004", "wrong user or password");
    else if (!is_forced && is_taken(visit))
        refuse(visit, "100-002", "the agent has signed in already");
    else
        begin(visit, values[STATUS].is_there ? values[STATUS].number : STATUS_IDLE);
}

static void
sign_in(struct visit *visit)
{
    sign_in_anyway(visit, false);
}

static void
force_sign_in(struct visit *visit)
{
    sign_in_anyway(visit, true);
}

static void
sign_out(struct visit *visit)
{
    struct session *session = enter(visit);
    if (!session)
        return;
    sessions_end(&visit->desk->sessions, session);
    visit->reply->has_news = true;
    agree(visit);
}

/* ---- keeping the session ---- */

static void
update_guid(struct visit *visit)
{
    struct session *session = enter(visit);
    if (!session)
        return;
    session_renew(&visit->desk->sessions, session, visit->at_ms);
    buf_format(visit->body,
               "{\"message\":\"\",\"retcode\":\"0\",\"result\":{\"guid\":\"%s\"}}",
               session->guid.text);
}

/* Each heartbeat counts as an event that was asked for, and may bring a new GUID. */
static void
keep_alive(struct visit *visit)
{
    struct session *session = enter(visit);
    if (!session)
        return;
    session->polled_ms = visit->at_ms;
    if (session_renew_due(&visit->desk->sessions, session, visit->at_ms))
        hand_out(visit, session);
    agree(visit);
}

/* From here on a real gateway would offer calls to the agent. */
static void
reset_skills(struct visit *visit)
{
    if (enter(visit))
        agree(visit);
}

/* ---- events ---- */

static void
get_event(struct visit *visit)
{
    struct session *session = enter(visit);
    if (!session)
        return;
    const char *type = session_take_event(session);
    visit->reply->wait_ms = type ? 0 : DESK_WAIT_MS;
    session->polled_ms = visit->at_ms + visit->reply->wait_ms;
    if (session_renew_due(&visit->desk->sessions, session, visit->at_ms))
        hand_out(visit, session);
    buf_add_text(visit->body, "{\"message\":\"\",\"retcode\":\"0\"");
    if (type)
        buf_format(visit->body,
                   ",\"event\":{\"eventType\":\"%s\",\"workNo\":\"%" PRId64
                   "\",\"content\":null}",
                   type, visit->agent);
    buf_add_text(visit->body, "}");
    if (session->is_ending && session->event_count == 0)
        sessions_end(&visit->desk->sessions, session);
}

/* ---- the query ---- */

/* What is asked about an agent, whether of the floor or signed in here. */
struct person {
    struct monitor_state state;
    const int64_t *queues;
    int queue_count;
    int64_t since_ms, signed_in_ms, reason;
};

static void
write_person(struct visit *visit, const struct person *person)
{
    const struct monitor *monitor = visit->desk->monitor;
    struct buf *body = visit->body;
    char phone[MONITOR_PHONE_SIZE];
    bool is_in = person->state.cti_status != 0;
    buf_format(body,
               "{\"message\":\"\",\"retcode\":\"0\",\"result\":{\"workno\":\"%" PRId64
               "\",\"name\":\"%s\",\"status\":\"%d\",\"ctiStatus\":\"%d\","
               "\"groupid\":%" PRId64 ",\"groupname\":\"group%" PRId64
               "\",\"skilllist\":[",
               visit->subject, monitor_name(visit->subject), person->state.status,
               person->state.cti_status, monitor_group(visit->subject),
               monitor_group(visit->subject));
    for (int i = 0; i < person->queue_count; i++)
        buf_format(body,
                   "%s{\"name\":\"voice_%" PRId64 "\",\"id\":%" PRId64
                   ",\"mediatype\":%d}",
                   i ? "," : "", person->queues[i], person->queues[i], MONITOR_MEDIA);
    buf_format(body, "],\"mediatype\":\"TTT\",\"vdnid\":%" PRId64 ",\"phonenumber\":",
               monitor->vdn);
    if (is_in)
        buf_format(body, "\"%s\"", monitor_phone(visit->subject, phone));
    else
        buf_add_text(body, "null");
    buf_format(
        body,
        ",\"currentstatetime\":%" PRId64 ",\"logindate\":%" PRId64
        ",\"callids\":[],\"inMultimediaConf\":0,\"currentStateReason\":%" PRId64 "}}",
        (visit->at_ms - person->since_ms) / 1000,
        is_in ? monitor->start_ms + person->signed_in_ms : INT64_C(4294967295000),
        person->reason);
}

static struct monitor_state
state_of(const struct session *session)
{
    static const enum life_state states[] = {
        [STATUS_BUSY] = LIFE_BUSY,
        [STATUS_IDLE] = LIFE_IDLE,
        [STATUS_WRAP_UP] = LIFE_WRAP_UP,
    };
    return monitor_states[states[session->status]];
}

static void
get_agent(struct visit *visit)
{
    struct desk *desk = visit->desk;
    if (!enter(visit))
        return;
    const struct session *other =
        sessions_find(&desk->sessions, visit->subject, visit->at_ms);
    const struct life *life =
        floor_agent(desk->monitor->floor, visit->subject, visit->at_ms);
    if (life && (!other || life->state != LIFE_OUT)) {
        const struct person person = {
            monitor_states[life->state], life->queues,
            life->queue_count,           life->since_ms,
            life->signed_in_ms,          life_rest_reason(life)};
        write_person(visit, &person);
    } else if (other) {
        const struct person person = {.state = state_of(other),
                                      .since_ms = other->signed_in_ms,
                                      .signed_in_ms = other->signed_in_ms};
        write_person(visit, &person);
    } else {
        refuse(visit, "300-002", "the agent was not found");
    }
}

/* ---- which is asked for ---- */

/* '#' stands for the number of an agent. */
static const struct route {
    const char *method, *path, *name;
    void (*answer)(struct visit *visit);
} routes[] = {
    {"PUT", "onlineagent/#", "sign-in", sign_in},
    {"PUT", "onlineagent/#/forcelogin", "force-sign-in", force_sign_in},
    {"DELETE", "onlineagent/#/logout", "sign-out", sign_out},
    {"DELETE", "onlineagent/#/forcelogout", "force-sign-out", sign_out},
    {"PUT", "onlineagent/#/updateGuid", "renew-guid", update_guid},
    {"POST", "onlineagent/#/resetskill/true", "reset-skills", reset_skills},
    {"POST", "onlineagent/#/resetskill/false", "reset-skills", reset_skills},
    {"POST", "onlineagent/#/handshake", "handshake", keep_alive},
    {"PUT", "onlineagent/#/heartbeat", "heartbeat", keep_alive},
    {"GET", "agentevent/#", "event", get_event},
    {"GET", "agentgroup/#/agentbyworkno/#", "agent", get_agent},
};

/* Reads the numbers of a path; those that are no id of an agent are 0. */
static bool
leads_here(const char *pattern, const char *path, int64_t *numbers)
{
    for (; *pattern && *path; pattern++) {
        if (*pattern != '#') {
            if (*path++ != *pattern)
                return false;
            continue;
        }
        size_t size = strcspn(path, "/");
        int64_t number = 0;
        for (size_t i = 0; i < size && number <= AGENT_MOST; i++)
            number = path[i] >= '0' && path[i] <= '9' ? number * 10 + (path[i] - '0')
                                                      : AGENT_MOST + 1;
        *numbers++ = number < AGENT_LEAST || number > AGENT_MOST ? 0 : number;
        path += size;
    }
    return *pattern == '\0' && *path == '\0';
}

/* NULL, and the status says why, when there is none. */
static const struct route *
find_route(struct visit *visit)
{
    visit->reply->status = 404;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        int64_t numbers[2] = {0, AGENT_LEAST};
        if (!leads_here(routes[i].path, visit->request->path, numbers))
            continue;
        visit->reply->status = 405;
        if (strcmp(routes[i].method, visit->request->method) != 0)
            continue;
        visit->agent = numbers[0];
        visit->subject = numbers[1];
        visit->reply->status = 200;
        return &routes[i];
    }
    return NULL;
}

static void
suffer(struct visit *visit, enum fault_kind fault)
{
    struct session *session = session_of(visit);
    if (!session)
        return;
    if (fault == FAULT_EXPIRED_GUID)
        session_expire(&visit->desk->sessions, session, visit->at_ms);
    if (fault == FAULT_STOLEN_SESSION)
        session->is_stolen = true;
    if (fault == FAULT_SIGNED_OUT) {
        session->event_count = 0;
        session->is_ending = true;
        session_add_event(session, "AgentOther_ShutdownService");
    }
}

void
desk_answer(struct desk *desk, const struct desk_request *request,
            enum fault_kind fault, int64_t at_ms, struct buf *body,
            struct desk_reply *reply)
{
    struct visit visit = {
        .desk = desk, .request = request, .at_ms = at_ms, .body = body, .reply = reply};
    *reply = (struct desk_reply){0};
    const struct route *route = find_route(&visit);
    if (!route) {
        reply->refusal = "no such interface";
        return;
    }
    reply->name = route->name;
    reply->agent = visit.agent;
    if (visit.agent == 0 || visit.subject == 0) {
        refuse(&visit, "000-002", "the agent's id must be 101 to 999999");
        return;
    }
    suffer(&visit, fault);
    route->answer(&visit);
}
