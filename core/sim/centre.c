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
#include "sim/params.h"
#include "sim/pin.h"
#include "sim/wave.h"

#define STATEINFO "/rest/cmsapp/v1/openapi/skill/stateinfo"
#define CONTROL   "/-/"
#define JSON      "application/json;charset=UTF-8"
#define ROW_MAX   1024 /* bytes: twenty keys with numbers of twenty digits */

/* A key as it stands before its number. */
struct key_text {
    char text[32];
    size_t size;
};

struct centre {
    struct centre_options options;
    struct wave wave;
    struct pins pins;
    struct faults faults;
    struct delays delays;
    const struct server *server;
    int64_t requests, refused;
    struct key_text keys[WAVE_VALUES];
    struct buf list, body; /* reused, so that an answer costs no allocation */
};

struct centre *
centre_new(struct loop *loop, const struct centre_options *options)
{
    struct centre *centre = mem_zero(sizeof *centre);
    centre->options = *options;
    centre->wave = (struct wave){options->seed, options->period_ms};
    centre->delays.loop = loop;
    pins_init(&centre->pins, options->skills);
    for (int i = 0; i < WAVE_VALUES; i++) {
        struct key_text *key = &centre->keys[i];
        key->size = (size_t)snprintf(key->text, sizeof key->text,
                                     "%s\"%s\":", i ? "," : "{", wave_keys[i]);
    }
    return centre;
}

void
centre_delete(struct centre *centre)
{
    delays_fini(&centre->delays);
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

static char *
put_integer(char *at, int64_t value)
{
    char digits[20];
    size_t count = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        digits[count++] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *at++ = '-';
    while (count)
        *at++ = digits[--count];
    return at;
}

static void
add_queue(struct centre *centre, const int64_t values[WAVE_VALUES])
{
    struct buf *list = &centre->list;
    if (list->size)
        buf_add(list, ",", 1);
    char *start = buf_reserve(list, ROW_MAX);
    char *at = start;
    for (int i = 0; i < WAVE_VALUES; i++) {
        memcpy(at, centre->keys[i].text, centre->keys[i].size);
        at = put_integer(at + centre->keys[i].size, values[i]);
    }
    *at++ = '}';
    list->size += (size_t)(at - start);
}

/* A queue that does not exist is absent from the answer. */
static void
write_queues(struct centre *centre, const struct params *params, int64_t now_ms)
{
    int64_t values[WAVE_VALUES];
    double elapsed = (double)(now_ms - centre->options.start_ms);
    int64_t at_ms = elapsed > 0 ? (int64_t)(elapsed * centre->options.speed) : 0;
    buf_clear(&centre->list);
    for (size_t i = 0; i < params->id_count; i++) {
        int64_t id = params->ids[i];
        if (id > centre->options.skills || pins_is_gone(&centre->pins, id))
            continue;
        wave_at(&centre->wave, id, at_ms, values);
        pins_apply(&centre->pins, id, values);
        add_queue(centre, values);
    }
    const struct buf *list = &centre->list;
    struct buf *body = &centre->body;
    buf_add_text(body,
                 "{\"result\":\"0\",\"resultCode\":\"0100000\",\"resultDatas\":[");
    buf_add(body, list->data, list->size);
    buf_add_text(body, "],\"resultDesc\":[");
    buf_add(body, list->data, list->size);
    buf_add_text(body, "]}");
}

/* The body of a failure above the interface, as Spring Boot writes it. */
static void
write_http_failure(struct centre *centre, int status, const char *path, int64_t now_ms)
{
    static const struct {
        int status;
        const char *words;
    } reasons[] = {
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {415, "Unsupported Media Type"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    const char *words = "Error";
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            words = reasons[i].words;
    buf_format(&centre->body,
               "{\"timestamp\":%" PRId64 ",\"status\":%d,\"error\":\"%s\","
               "\"message\":\"No message available\",\"path\":",
               now_ms, status, words);
    buf_add_json(&centre->body, path, strlen(path));
    buf_add_text(&centre->body, "}");
}

static void
write_api_failure(struct centre *centre, const char *code, const char *text,
                  const char *detail)
{
    buf_format(&centre->body, "{\"resultCode\":\"%s\",\"resultDesc\":\"%s: %s\"}", code,
               text, detail);
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
              int *status)
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
    if (strcmp(request->path, STATEINFO) != 0)
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

static void
answer_well(struct centre *centre, const struct params *params, const char *path,
            int64_t now_ms, struct centre_reply *reply)
{
    const struct fault *fault =
        faults_next(&centre->faults, params->ids, params->id_count, &reply->delay_ms);
    reply->fault = fault ? fault->kind : FAULT_NONE;
    switch (reply->fault) {
    case FAULT_STATUS:
        reply->status = (int)fault->number;
        write_http_failure(centre, reply->status, path, now_ms);
        break;
    case FAULT_API:
        write_api_failure(centre, fault->code, "Failure", "simulated");
        break;
    case FAULT_HTML:
        reply->content_type = "text/html";
        buf_add_text(&centre->body, "<html><body><h1>Login</h1></body></html>\n");
        break;
    default: write_queues(centre, params, now_ms);
    }
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
    struct params params;
    centre->requests++;
    reply->refusal = check_request(centre, request, &reply->status);
    if (reply->refusal) {
        write_http_failure(centre, reply->status, request->path, now_ms);
    } else {
        reply->refusal = params_read(&params, request->body, request->body_size);
        if (reply->refusal)
            write_api_failure(centre, "0100002", "Invalid parameter", reply->refusal);
        else
            answer_well(centre, &params, request->path, now_ms, reply);
    }
    if (reply->refusal)
        centre->refused++;
}

void
centre_handle(void *arg, struct server_request *request)
{
    struct centre *centre = arg;
    struct centre_request asked = {
        .method = server_method(request),
        .path = server_path(request),
        .query = server_query(request),
        .host = server_header(request, "Host"),
        .content_type = server_header(request, "Content-Type"),
        .authorization = server_header(request, "Authorization"),
    };
    struct centre_reply reply;
    asked.body = server_body(request, &asked.body_size);
    centre_answer(centre, &asked, clock_wall_ms(), &reply);
    if (reply.refusal)
        log_warn("simulate", "%s %s refused, %d: %s", asked.method, asked.path,
                 reply.status, reply.refusal);
    else
        log_debug("simulate", "%s %s %d, %zu bytes", asked.method, asked.path,
                  reply.status, reply.body->size);
    struct delayed_reply sent = {
        .status = reply.status,
        .content_type = reply.content_type,
        .body = reply.body->data,
        .size = reply.body->size,
        .sent = reply.body->size,
    };
    if (reply.fault == FAULT_TRUNCATE)
        sent.sent = sent.size / 2;
    if (reply.fault == FAULT_RESET)
        sent.sent = SIZE_MAX;
    delays_reply(&centre->delays, request, reply.delay_ms, &sent);
}
