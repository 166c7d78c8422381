#include "sim/centre.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "sim/control.h"
#include "sim/delay.h"
#include "sim/desk.h"
#include "sim/failure.h"
#include "sim/floor.h"
#include "sim/monitor.h"
#include "sim/params.h"
#include "sim/pin.h"
#include "sim/stateinfo.h"
#include "sim/wave.h"

#define OPENAPI "/rest/cmsapp/v1/openapi/"
#define CONTROL "/-/"
#define JSON    "application/json;charset=UTF-8"

enum { HELD_MAX = 8, TALLIES_MAX = 24 };

struct centre {
    struct centre_options options;
    struct scenario scenario;
    struct wave wave;
    struct stateinfo stateinfo;
    struct monitor monitor;
    struct desk desk;
    struct pins pins;
    struct faults faults;
    struct delays delays;
    const struct server *server;
    int64_t requests, refused;
    struct tally tallies[TALLIES_MAX];
    size_t tally_count;
    struct params params;  /* of the last request of monitoring */
    struct buf list, body; /* reused, so that an answer costs no allocation */
};

/* It is built in: only a broken build has none. */
static void
read_default(struct scenario *scenario)
{
    struct buf problem = {0};
    if (!scenario_read(scenario, SCENARIO_DEFAULT, &problem)) {
        log_error("simulate", "%s", problem.data);
        abort();
    }
}

struct centre *
centre_new(struct loop *loop, const struct centre_options *options)
{
    struct centre *centre = mem_zero(sizeof *centre);
    centre->options = *options;
    if (options->scenario)
        centre->scenario = *options->scenario;
    else
        read_default(&centre->scenario);
    centre->faults = centre->scenario.faults;
    centre->wave = (struct wave){
        .seed = options->seed,
        .period_ms =
            options->period_ms ? options->period_ms : centre->scenario.period_ms,
        .shape = &centre->scenario.shape,
    };
    centre->delays.loop = loop;
    centre->monitor = (struct monitor){
        .floor = floor_new(&centre->wave, &centre->scenario.habits, options->agents,
                           options->skills),
        .start_ms = options->start_ms - options->start_ms % 1000,
        .vdn = options->vdn,
    };
    centre->desk = (struct desk){
        .monitor = &centre->monitor,
        .password = options->password,
        .guid_header = options->guid_header,
        .sessions = {.seed = options->seed,
                     .renewal_ms = options->guid_interval_ms,
                     .guid_ms = options->guid_timeout_ms},
    };
    pins_init(&centre->pins, options->skills);
    stateinfo_init(&centre->stateinfo);
    return centre;
}

void
centre_delete(struct centre *centre)
{
    delays_fini(&centre->delays);
    sessions_fini(&centre->desk.sessions);
    floor_delete(centre->monitor.floor);
    pins_fini(&centre->pins);
    buf_fini(&centre->list);
    buf_fini(&centre->body);
    free(centre);
}

void
centre_set_server(struct centre *centre, const struct server *server)
{
    centre->server = server;
}

struct faults *
centre_faults(struct centre *centre)
{
    return &centre->faults;
}

int64_t
centre_requests(const struct centre *centre)
{
    return centre->requests;
}

int64_t
centre_refused(const struct centre *centre)
{
    return centre->refused;
}

/* ---- answers ---- */

/* The time of the simulation. */
static int64_t
moment(const struct centre *centre, int64_t now_ms)
{
    double elapsed = (double)(now_ms - centre->options.start_ms);
    return elapsed > 0 ? (int64_t)(elapsed * centre->options.speed) : 0;
}

/* A queue that does not exist is absent from the answer. */
static const char *
fill_queues(struct centre *centre, const char *body, size_t size, int64_t at_ms)
{
    const struct params *params = &centre->params;
    int64_t values[WAVE_VALUES];
    const char *problem = params_read(&centre->params, body, size);
    for (size_t i = 0; !problem && i < params->id_count; i++) {
        int64_t id = params->ids[i];
        if (id > centre->options.skills || pins_is_gone(&centre->pins, id))
            continue;
        wave_at(&centre->wave, id, at_ms, values);
        floor_apply(centre->monitor.floor, id, at_ms, values);
        pins_apply(&centre->pins, id, values);
        stateinfo_add(&centre->stateinfo, values, &centre->list);
    }
    return problem;
}

/* The interfaces of monitoring. */
static const struct interface {
    const char *path;       /* behind OPENAPI */
    monitor_answer *answer; /* NULL: fill_queues() */
    bool has_datas;         /* the list comes twice, the first time for old clients */
} interfaces[] = {
    {"skill/stateinfo", NULL, true},
    {"skill/agentbyconfigedskill", monitor_agents, false},
    {"agent/queryagentcalls", monitor_calls, true},
    {"agent/agentoprinfo", monitor_operations, true},
};

static const struct interface *
find_interface(const char *path)
{
    if (strncmp(path, OPENAPI, strlen(OPENAPI)) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof interfaces / sizeof *interfaces; i++)
        if (strcmp(path + strlen(OPENAPI), interfaces[i].path) == 0)
            return &interfaces[i];
    return NULL;
}

static void
write_list(struct centre *centre, const struct interface *interface)
{
    const struct buf *list = &centre->list;
    struct buf *body = &centre->body;
    if (interface->has_datas) {
        buf_add_text(body, "{\"result\":\"0\",\"resultCode\":\"0100000\","
                           "\"resultDatas\":[");
        buf_add(body, list->data, list->size);
        buf_add_text(body, "],\"resultDesc\":[");
    } else {
        buf_add_text(body, "{\"resultCode\":\"0100000\",\"resultDesc\":[");
    }
    buf_add(body, list->data, list->size);
    buf_add_text(body, "]}");
}

/* ---- requests ---- */

static bool
is_content_type(const char *content_type)
{
    return content_type &&
           (!strcasecmp(content_type, "application/json;charset=UTF-8") ||
            !strcasecmp(content_type, "application/json; charset=UTF-8"));
}

/* What is wrong with the request before its body is read; NULL and 200 when nothing. */
static const char *
check_request(const struct centre *centre, const struct centre_request *request,
              const struct interface *interface, int *status)
{
    const struct sign_message message = {
        .method = request->method,
        .path = request->path,
        .host = request->host,
        .content_type = request->content_type ? request->content_type : "",
        .body = request->body,
        .body_size = request->body_size,
    };
    *status = 404;
    if (!interface)
        return "no such interface";
    *status = 405;
    if (strcmp(request->method, "POST") != 0)
        return "not a POST";
    *status = 401;
    const char *problem =
        signature_check(&centre->options.signature, &message, request->authorization);
    if (problem)
        return problem;
    *status = 415;
    if (!is_content_type(request->content_type))
        return "the content type is not application/json; charset=UTF-8";
    *status = 200;
    return NULL;
}

static const struct fault *
next_fault(struct centre *centre, const struct fault_target *target,
           struct centre_reply *reply)
{
    static const struct fault none = {.kind = FAULT_NONE};
    const struct fault *fault = faults_next(&centre->faults, target, &reply->delay_ms);
    if (fault == NULL)
        fault = &none;
    reply->fault = fault->kind;
    reply->retry_after = fault->retry_after[0] ? fault->retry_after : NULL;
    reply->announced = fault->kind == FAULT_LONG ? fault->number : 0;
    return fault;
}

static const char *
fill_list(struct centre *centre, const struct interface *interface,
          const struct centre_request *request, int64_t at_ms)
{
    buf_clear(&centre->list);
    if (!interface->answer)
        return fill_queues(centre, request->body, request->body_size, at_ms);
    centre->params.id_count = 1;
    return interface->answer(&centre->monitor, request->body, request->body_size, at_ms,
                             &centre->list, centre->params.ids);
}

static void
answer_monitor(struct centre *centre, const struct centre_request *request,
               int64_t now_ms, struct centre_reply *reply)
{
    const struct interface *interface = find_interface(request->path);
    reply->name = interface ? interface->path : NULL;
    reply->refusal = check_request(centre, request, interface, &reply->status);
    if (reply->refusal) {
        failure_write_http(&centre->body, reply->status, request->path, now_ms);
        return;
    }
    reply->refusal = fill_list(centre, interface, request, moment(centre, now_ms));
    if (reply->refusal) {
        failure_write_api(&centre->body, "0100002", "Invalid parameter",
                          reply->refusal);
        return;
    }
    const struct fault_target target = {request->path, centre->params.ids,
                                        centre->params.id_count,
                                        moment(centre, now_ms)};
    const struct fault *fault = next_fault(centre, &target, reply);
    failure_check_clock(fault, request, now_ms, reply);
    if (!failure_replaces(fault, false, request->path, now_ms, &centre->body, reply))
        write_list(centre, interface);
    failure_finish(fault, now_ms, &centre->body, reply);
}

static void
answer_desk(struct centre *centre, const struct centre_request *request, int64_t now_ms,
            struct centre_reply *reply)
{
    const struct desk_request asked = {
        .method = request->method,
        .path = request->path + strlen(DESK_PATH),
        .guid = request->guid,
        .body = request->body,
        .body_size = request->body_size,
    };
    struct desk_reply answer;
    const struct fault none = {.kind = FAULT_NONE};
    const struct fault_target target = {.path = request->path,
                                        .at_ms = moment(centre, now_ms)};
    const struct fault *fault =
        request->is_again ? &none : next_fault(centre, &target, reply);
    if (!failure_replaces(fault, true, request->path, now_ms, &centre->body, reply)) {
        desk_answer(&centre->desk, &asked, fault->kind, moment(centre, now_ms),
                    &centre->body, &answer);
        reply->status = answer.status;
        reply->refusal = answer.refusal;
        reply->agent = answer.agent;
        reply->name = answer.name;
        reply->waits = answer.wait_ms > 0;
        reply->has_news = answer.has_news;
        reply->delay_ms += (int64_t)((double)answer.wait_ms / centre->options.speed);
        reply->header = answer.header;
        snprintf(reply->header_value, sizeof reply->header_value, "%s", answer.guid);
        if (answer.status != 200)
            failure_write_http(&centre->body, answer.status, request->path, now_ms);
    }
    failure_finish(fault, now_ms, &centre->body, reply);
}

/* Names are constants: the same one has the same address. */
static void
tally(struct centre *centre, const char *name)
{
    size_t i = 0;
    while (i < centre->tally_count && centre->tallies[i].name != name)
        i++;
    if (!name || i == TALLIES_MAX)
        return;
    if (i == centre->tally_count)
        centre->tallies[centre->tally_count++].name = name;
    centre->tallies[i].count++;
}

static void
answer_control(struct centre *centre, const struct centre_request *request,
               struct centre_reply *reply)
{
    const struct control control = {
        .faults = &centre->faults,
        .pins = &centre->pins,
        .requests = centre->requests,
        .refused = centre->refused,
        .connections = centre->server ? server_connections(centre->server) : 0,
        .tallies = centre->tallies,
        .tally_count = centre->tally_count,
    };
    reply->status = control_answer(&control, request->method, request->path,
                                   request->query, &centre->body);
}

void
centre_answer(struct centre *centre, const struct centre_request *request,
              int64_t now_ms, struct centre_reply *reply)
{
    buf_clear(&centre->body);
    *reply = (struct centre_reply){
        .status = 200, .content_type = JSON, .body = &centre->body};
    if (centre->options.control && !strncmp(request->path, CONTROL, strlen(CONTROL))) {
        answer_control(centre, request, reply);
        return;
    }
    if (!request->is_again)
        centre->requests++;
    if (strncmp(request->path, DESK_PATH, strlen(DESK_PATH)) == 0)
        answer_desk(centre, request, now_ms, reply);
    else
        answer_monitor(centre, request, now_ms, reply);
    if (request->is_again)
        return;
    tally(centre, reply->name);
    if (reply->refusal)
        centre->refused++;
}

/* ---- over the network ---- */

static enum delay_form
form_of(enum fault_kind fault)
{
    switch (fault) {
    case FAULT_TRUNCATE: return DELAY_CUT;
    case FAULT_RESET: return DELAY_NOTHING;
    case FAULT_DRIP: return DELAY_DRIP;
    case FAULT_ENDLESS: return DELAY_ENDLESS;
    case FAULT_LONG: return DELAY_LONG;
    case FAULT_HEADER_DRIP: return DELAY_HEADERS;
    default: return DELAY_WHOLE;
    }
}

static void
send_reply(struct centre *centre, struct server_request *request,
           const struct centre_reply *reply)
{
    const struct delayed_reply sent = {
        .status = reply->status,
        .content_type = reply->content_type,
        .body = reply->body->data,
        .size = reply->body->size,
        .form = form_of(reply->fault),
        .announced = reply->announced,
        .tag = reply->waits ? reply->agent : 0,
    };
    if (reply->header)
        server_add_header(request, reply->header, reply->header_value);
    if (reply->retry_after)
        server_add_header(request, "Retry-After", reply->retry_after);
    delays_reply(&centre->delays, request, reply->delay_ms, &sent);
}

static void
handle(struct centre *centre, struct server_request *request, bool is_again,
       struct centre_reply *reply)
{
    struct centre_request asked = {
        .method = server_method(request),
        .path = server_path(request),
        .query = server_query(request),
        .host = server_header(request, "Host"),
        .content_type = server_header(request, "Content-Type"),
        .authorization = server_header(request, "Authorization"),
        .guid = server_header(request, "Guid"),
        .is_again = is_again,
    };
    asked.body = server_body(request, &asked.body_size);
    centre_answer(centre, &asked, clock_wall_ms(), reply);
    if (reply->refusal)
        log_warn("simulate", "%s %s refused, %d: %s", asked.method, asked.path,
                 reply->status, reply->refusal);
    else
        log_debug("simulate", "%s %s %d, %zu bytes", asked.method, asked.path,
                  reply->status, reply->body->size);
    send_reply(centre, request, reply);
}

/* Taken all before the first is answered: one of them may have to wait again. */
static void
answer_held(struct centre *centre, int64_t agent)
{
    struct server_request *held[HELD_MAX];
    struct centre_reply reply;
    int count = 0;
    while (count < HELD_MAX &&
           (held[count] = delays_take(&centre->delays, agent)) != NULL)
        count++;
    for (int i = 0; i < count; i++)
        handle(centre, held[i], true, &reply);
}

void
centre_handle(void *arg, struct server_request *request)
{
    struct centre *centre = arg;
    struct centre_reply reply;
    handle(centre, request, false, &reply);
    if (reply.has_news)
        answer_held(centre, reply.agent);
}
