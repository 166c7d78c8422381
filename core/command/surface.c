#include "command/surface.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "command/accept.h"
#include "command/metrics.h"
#include "net/sign.h"
#include "poll/ask.h"

enum {
    BODY_MAX = 64 << 10,
    CONNECTIONS_MAX = 100,
    DEADLINE_MS = 30000,
    LAG_EVERY_MS = 1000,
};

#define TEXT "text/plain; charset=utf-8"

struct surface {
    struct api_world world;
    struct api *api;
    char *listen; /* as the configuration says it */
    char *token;  /* NULL: none is asked for */
    struct server *server;
    struct timer *lag_timer;
    int64_t lag_due_us, lag_us;
};

static void
reply(struct server_request *request, int status, const char *text)
{
    server_reply(request, status, TEXT, text, strlen(text));
}

/* ---- how late the loop is ---- */

static void
arm_lag(struct surface *surface)
{
    surface->lag_due_us = clock_real_mono_us() + (int64_t)LAG_EVERY_MS * 1000;
    timer_start(surface->lag_timer, LAG_EVERY_MS);
}

static void
on_lag(void *arg)
{
    struct surface *surface = arg;
    int64_t late_us = clock_real_mono_us() - surface->lag_due_us;
    surface->lag_us = late_us > 0 ? late_us : 0;
    arm_lag(surface);
}

/* ---- what it answers by itself ---- */

static void
tell_healthy(struct surface *surface, struct server_request *request)
{
    (void)surface;
    reply(request, 200, "fine\n");
}

static void
tell_ready(struct surface *surface, struct server_request *request)
{
    const struct api_world *world = &surface->world;
    struct buf reasons = {0};
    if (!supervisor_is_settled(world->supervisor))
        buf_add_text(&reasons, "scripts are being loaded\n");
    if (store_is_failing(world->store))
        buf_add_text(&reasons, "the store cannot be written\n");
    for (uint32_t i = 0; i < world->conf->center_count; i++)
        if (planner_is_unknown(world->planner, i))
            buf_format(&reasons, "center %s has not answered yet\n",
                       world->conf->centers[i].name);
    if (reasons.size)
        reply(request, 503, reasons.data);
    else
        reply(request, 200, "ready\n");
    buf_fini(&reasons);
}

static void
tell_metrics(struct surface *surface, struct server_request *request)
{
    const char *accept = server_header(request, "Accept");
    bool is_open = accept_prefers(accept, "application/openmetrics-text", "text/plain");
    struct buf out = {0};
    metrics_write(&surface->world, surface->lag_us, is_open, &out);
    server_reply(request, 200, is_open ? METRICS_OPEN : METRICS_TEXT, out.data,
                 out.size);
    buf_fini(&out);
}

static const struct route {
    const char *path;
    bool is_open; /* asks for no token */
    void (*handle)(struct surface *surface, struct server_request *request);
} routes[] = {
    {"/-/healthy", true, tell_healthy},
    {"/-/ready", true, tell_ready},
    {"/metrics", false, tell_metrics},
};
enum { ROUTES = sizeof routes / sizeof *routes };

static const struct route *
route_of(const struct server_request *request)
{
    for (size_t i = 0; i < ROUTES; i++)
        if (!strcmp(server_path(request), routes[i].path))
            return &routes[i];
    return NULL;
}

static void
tell_routes(struct server_request *request)
{
    struct buf out = {0};
    buf_add_text(&out, "no such path here; there is:\n");
    for (size_t i = 0; i < ROUTES; i++)
        buf_format(&out, "GET %s\n", routes[i].path);
    api_tell_routes(true, &out);
    reply(request, 404, out.data);
    buf_fini(&out);
}

/* ---- who may ask ---- */

static bool
is_address(const char *host, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isdigit((unsigned char)host[i]) && host[i] != '.')
            return host[0] == '[';
    return size > 0;
}

/* A page can give a name of its own to this machine's address, but not change what the
 * browser says as Host. */
static bool
is_host_known(const char *host)
{
    char own[256] = "";
    const char *colon = host && host[0] != '[' ? strrchr(host, ':') : NULL;
    size_t size = host ? (colon ? (size_t)(colon - host) : strlen(host)) : 0;
    gethostname(own, sizeof own - 1);
    return is_address(host ? host : "", size) ||
           (size == strlen("localhost") && !strncasecmp(host, "localhost", size)) ||
           (size && size == strlen(own) && !strncasecmp(host, own, size));
}

/* Browsers say where a POST comes from. */
static bool
is_from_elsewhere(const struct server_request *request)
{
    const char *origin = server_header(request, "Origin");
    const char *place = origin ? strstr(origin, "://") : NULL;
    return origin && (!place || strcmp(place + strlen("://"),
                                       server_header(request, "Host")) != 0);
}

static bool
has_token(const struct surface *surface, const struct server_request *request)
{
    static const char scheme[] = "Bearer ";
    const char *header = server_header(request, "Authorization");
    size_t size = sizeof scheme - 1;
    return header && !strncasecmp(header, scheme, size) &&
           sign_equal(header + size, surface->token);
}

/* True when the request is refused, and answered. */
static bool
refuse(const struct surface *surface, struct server_request *request, bool is_open)
{
    bool has_length = server_header_count(request, "Content-Length") > 0;
    if (server_header_count(request, "Host") > 1 ||
        server_header_count(request, "Content-Length") > 1 ||
        (has_length && server_header_count(request, "Transfer-Encoding")))
        reply(request, 400, "one Host and one length, please\n");
    else if (!is_host_known(server_header(request, "Host")))
        reply(request, 403,
              "unknown Host: ask by address, or as localhost or this machine's name\n");
    else if (!strcmp(server_method(request), "POST") && is_from_elsewhere(request))
        reply(request, 403, "this comes from a page of another origin\n");
    else if (surface->token && !is_open && !has_token(surface, request)) {
        server_add_header(request, "WWW-Authenticate", "Bearer");
        reply(request, 401,
              "\"Authorization: Bearer …\" with [gateway] token is needed\n");
    } else
        return false;
    return true;
}

static void
on_request(void *arg, struct server_request *request)
{
    struct surface *surface = arg;
    const struct route *route = route_of(request);
    server_add_header(request, "Connection", "close");
    server_add_header(request, "X-Content-Type-Options", "nosniff");
    server_add_header(request, "Cache-Control", "no-store");
    if (refuse(surface, request, route && route->is_open))
        return;
    if (route && !strcmp(server_method(request), "GET")) {
        route->handle(surface, request);
    } else if (route) {
        server_add_header(request, "Allow", "GET");
        reply(request, 405, "this is for GET\n");
    } else if (!api_take(surface->api, request, true)) {
        tell_routes(request);
    }
}

/* ---- life ---- */

struct surface *
surface_new(const struct api_world *world, struct api *api, const char *listen,
            const char *token, struct error *error)
{
    static const char name[] = "localhost:";
    struct surface *surface = mem_zero(sizeof *surface);
    bool is_name = !strncmp(listen, name, sizeof name - 1);
    char *address = is_name ? mem_format("127.0.0.1:%s", listen + sizeof name - 1)
                            : mem_text(listen);
    struct server_options options = {.listen = address,
                                     .body_max = BODY_MAX,
                                     .connections_max = CONNECTIONS_MAX,
                                     .deadline_ms = DEADLINE_MS,
                                     .on_request = on_request,
                                     .arg = surface};
    surface->world = *world;
    surface->api = api;
    surface->listen = mem_text(listen);
    surface->token = mem_text(token);
    surface->server = server_new(world->loop, &options, error);
    free(address);
    if (!surface->server) {
        struct error why = *error;
        error_set(error, why.kind, why.code, "%s; listen in [gateway] says where",
                  why.message);
        free(surface->listen);
        free(surface->token);
        free(surface);
        return NULL;
    }
    surface->lag_timer = timer_new_real(world->loop, on_lag, surface);
    arm_lag(surface);
    log_info("gateway", "API and metrics on http://%s",
             server_address(surface->server));
    return surface;
}

void
surface_delete(struct surface *surface)
{
    if (!surface)
        return;
    timer_free(surface->lag_timer);
    server_delete(surface->server);
    free(surface->listen);
    free(surface->token);
    free(surface);
}

void
surface_set_conf(struct surface *surface, const struct conf *conf)
{
    bool is_same = conf->listen && !strcmp(conf->listen, surface->listen);
    surface->world.conf = conf;
    if (!conf->token && !is_same)
        return; /* none is needed where it will listen, but here it is */
    free(surface->token);
    surface->token = mem_text(conf->token);
}
