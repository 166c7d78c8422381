#include "command/control_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "command/control_wire.h"
#include "command/control_state.h"
#include "net/server.h"
#include "poll/ask.h"

enum { BODY_MAX = 64 << 10 };

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"

/* A question whose answer has not come yet. */
struct pending {
    struct control_socket *control;
    struct server_request *request;
    const struct query *query;
    char *center; /* its name: a reload gives it another number, or none */
    struct ask *ask;
    struct pending *next;
};

struct control_socket {
    struct planner *planner;
    const struct conf *conf;
    struct api *api; /* NULL: none */
    struct server *server;
    struct pending *pendings;
};

static void
reply_text(struct server_request *request, int status, const struct buf *text)
{
    server_reply(request, status, TEXT, text->data, text->size);
}

/* ---- GET ---- */

static void
tell_healthy(struct control_socket *control, struct server_request *request,
             uint32_t center)
{
    (void)control, (void)center;
    server_reply(request, 200, TEXT, "fine\n", 5);
}

static void
tell_centers(struct control_socket *control, struct server_request *request,
             uint32_t center)
{
    struct buf out = {0};
    const char *accept = server_header(request, "Accept");
    bool is_text = accept && strncmp(accept, "text/plain", 10) == 0;
    (void)center;
    if (is_text)
        control_state_text(control->planner, control->conf, &out);
    else
        control_state_json(control->planner, control->conf, &out);
    server_reply(request, 200, is_text ? TEXT : JSON, out.data, out.size);
    buf_fini(&out);
}

/* ---- POST ---- */

static void
retry(struct control_socket *control, struct server_request *request, uint32_t center)
{
    struct buf out = {0};
    control_state_before_retry(control->planner, control->conf, center, &out);
    planner_retry(control->planner, center);
    reply_text(request, 200, &out);
    buf_fini(&out);
}

static void
delete_pending(struct pending *pending)
{
    struct pending **at = &pending->control->pendings;
    while (*at != pending)
        at = &(*at)->next;
    *at = pending->next;
    free(pending->center);
    free(pending);
}

/* Until when the circuit is open that the question met; 0: it is closed, or the centre
 * is gone. */
static int64_t
open_until(const struct pending *pending)
{
    struct planner *planner = pending->control->planner;
    int center = planner_find_center(planner, pending->center);
    struct lane_state lane = {0};
    if (center >= 0)
        planner_look(planner, (uint32_t)center, pending->query, &lane);
    return lane.is_open ? clock_wall_ms() + lane.left_ms : 0;
}

static void
on_answer(void *arg, const struct poll_answer *answer)
{
    struct pending *pending = arg;
    struct control_outcome outcome = {.error = answer->error,
                                      .status = answer->status,
                                      .duration_us = answer->duration_us,
                                      .circuit_until_ms = open_until(pending)};
    control_wire_tell(pending->request, &outcome);
    bool has_type = answer->content_type && answer->content_type[0];
    server_reply(pending->request, 200, has_type ? answer->content_type : JSON,
                 answer->body, answer->body_size);
    delete_pending(pending);
}

static void
start(struct control_socket *control, struct server_request *request, uint32_t center,
      const struct control_question *question)
{
    struct pending *pending = mem_zero(sizeof *pending);
    pending->control = control;
    pending->request = request;
    pending->query = question->query;
    pending->center = mem_text(control->conf->centers[center].name);
    pending->next = control->pendings;
    control->pendings = pending;
    pending->ask = planner_ask(control->planner, center, question->query, question->ids,
                               question->id_count, &question->span, on_answer, pending);
}

/* The centre would refuse the whole request, and count that against us. */
static bool
are_allowed(const struct conf_center *center, const struct control_question *question,
            struct buf *problem)
{
    for (size_t i = 0; i < question->id_count; i++) {
        if (query_allows(question->query, center->edition, question->ids[i]))
            continue;
        buf_format(problem, "%s %lld is outside ", question->query->argument,
                   (long long)question->ids[i]);
        query_range_text(question->query, center->edition, problem);
        return false;
    }
    return true;
}

static void
ask(struct control_socket *control, struct server_request *request, uint32_t center)
{
    struct control_question question;
    struct buf problem = {0};
    size_t size;
    const char *body = server_body(request, &size);
    if (control_wire_read(body, size, &question, &problem) &&
        are_allowed(&control->conf->centers[center], &question, &problem)) {
        start(control, request, center, &question);
    } else {
        buf_add_text(&problem, "\n");
        reply_text(request, 400, &problem);
    }
    control_question_fini(&question);
    buf_fini(&problem);
}

/* ---- routes ---- */

static const struct route {
    const char *method, *path;
    const char *action; /* of a centre: behind its name */
    void (*handle)(struct control_socket *control, struct server_request *request,
                   uint32_t center);
} routes[] = {
    {"GET", CONTROL_HEALTHY, NULL, tell_healthy},
    {"GET", CONTROL_CENTERS, NULL, tell_centers},
    {"POST", CONTROL_CENTERS "/NAME/", "retry", retry},
    {"POST", CONTROL_CENTERS "/NAME/", "ask", ask},
};
enum { ROUTES = sizeof routes / sizeof *routes };

/* Is this the path of the route, and of which centre? */
static bool
is_path_of(const struct control_socket *control, const struct route *route,
           const char *path, uint32_t *center)
{
    if (!route->action)
        return strcmp(path, route->path) == 0;
    struct buf expected = {0};
    bool is_it = false;
    for (size_t i = 0; i < control->conf->center_count && !is_it; i++) {
        buf_clear(&expected);
        control_wire_path(control->conf->centers[i].name, route->action, &expected);
        is_it = strcmp(path, expected.data) == 0;
        *center = (uint32_t)i;
    }
    buf_fini(&expected);
    return is_it;
}

static void
tell_routes(const struct control_socket *control, struct server_request *request)
{
    struct buf out = {0};
    buf_format(&out, "no %s %s here; there is:\n", server_method(request),
               server_path(request));
    for (size_t i = 0; i < ROUTES; i++)
        buf_format(&out, "%s %s%s\n", routes[i].method, routes[i].path,
                   routes[i].action ? routes[i].action : "");
    if (control->api)
        api_tell_routes(false, &out);
    buf_add_text(&out, "NAME is one of:");
    for (size_t i = 0; i < control->conf->center_count; i++)
        buf_format(&out, " %s", control->conf->centers[i].name);
    buf_add_text(&out, "\n");
    reply_text(request, 404, &out);
    buf_fini(&out);
}

static void
on_request(void *arg, struct server_request *request)
{
    struct control_socket *control = arg;
    const char *method = server_method(request), *path = server_path(request);
    for (size_t i = 0; i < ROUTES; i++) {
        uint32_t center = 0;
        if (strcmp(method, routes[i].method) != 0 ||
            !is_path_of(control, &routes[i], path, &center))
            continue;
        routes[i].handle(control, request, center);
        return;
    }
    if (!control->api || !api_take(control->api, request, false))
        tell_routes(control, request);
}

/* ---- the socket ---- */

struct control_socket *
control_socket_new(struct loop *loop, struct planner *planner, const struct conf *conf,
                   const char *state, struct error *error)
{
    struct control_socket *control = mem_zero(sizeof *control);
    char *path = control_wire_socket(state);
    char *listen = mem_format("unix:%s", path);
    struct server_options options = {.listen = listen,
                                     .body_max = BODY_MAX,
                                     .on_request = on_request,
                                     .arg = control};
    control->planner = planner;
    control->conf = conf;
    control->server = server_new(loop, &options, error);
    free(listen);
    free(path);
    if (control->server)
        return control;
    free(control);
    return NULL;
}

void
control_socket_delete(struct control_socket *control)
{
    if (!control)
        return;
    while (control->pendings) {
        ask_cancel(control->pendings->ask);
        delete_pending(control->pendings);
    }
    server_delete(control->server);
    free(control);
}

void
control_socket_set_conf(struct control_socket *control, const struct conf *conf)
{
    control->conf = conf;
}

void
control_socket_set_api(struct control_socket *control, struct api *api)
{
    control->api = api;
}
