#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "command/api_inside.h"

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"

/* ---- calls ---- */

static void
call_delete(struct api_call *call)
{
    struct api_call **at = &call->api->calls;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    if (call->read)
        store_read_cancel(call->read);
    trial_delete(call->trial);
    job_wait_delete(call->job);
    listing_fini(&call->listing);
    buf_fini(&call->said);
    args_fini(&call->args);
    free(call->name);
    free(call);
}

void
api_reply(struct api_call *call, int status, const struct buf *text)
{
    server_reply(call->request, status, call->is_text ? TEXT : JSON, text->data,
                 text->size);
    call_delete(call);
}

/* What is said, as the caller wants it. */
static void
phrase(struct api_call *call, const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    buf_clear(&call->said);
    if (call->is_text) {
        buf_format(&call->said, "%s\n", text);
    } else {
        buf_add_text(&call->said, "{\"said\":");
        buf_add_json(&call->said, text, strlen(text));
        buf_add_text(&call->said, "}\n");
    }
    free(text);
}

void
api_say(struct api_call *call, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    phrase(call, format, arguments);
    va_end(arguments);
    api_reply(call, status, &call->said);
}

static void
on_durable(void *arg)
{
    struct api_call *call = arg;
    api_reply(call, 200, &call->said);
}

void
api_say_when_durable(struct api_call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    phrase(call, format, arguments);
    va_end(arguments);
    /* Transactions are reported in their order. */
    store_commit(call->api->world.store, txn_new(), on_durable, call);
}

void
api_list(struct api_call *call, struct listing *listing)
{
    struct buf out = {0};
    if (call->is_text) {
        listing_lines(listing, &out);
    } else {
        listing_json(listing, &out);
        buf_add_text(&out, "\n");
    }
    listing_fini(listing);
    api_reply(call, 200, &out);
    buf_fini(&out);
}

bool
api_is_chosen(struct api_call *call, const struct choice *choice, const char *what,
              const char *list)
{
    struct buf text = {0};
    if (choice_is_made(choice))
        return true;
    if (choice->count)
        choice_tell(choice, &text);
    else
        buf_format(&text, "no %s '%s'; `%s` shows them", what, choice->word, list);
    api_say(call, choice->count ? 409 : 404, "%s", text.data);
    buf_fini(&text);
    return false;
}

const char *
api_by(const struct api_call *call)
{
    const char *by = args_get(&call->args, "by");
    return by && *by ? by : "somebody";
}

/* ---- routes ---- */

#define ARGS_MAX 6

static const struct route {
    const char *method, *path;
    bool is_public;
    api_handler *handle;
    const char *args[ARGS_MAX + 1];
} routes[] = {
    {"GET", "/api/v1/status", true, api_status, {NULL}},
    {"GET", "/api/v1/rules", true, api_rules, {NULL}},
    {"GET", "/api/v1/alerts", true, api_alerts, {NULL}},
    {"POST", "/api/v1/alerts/*/ack", false, api_ack, {"by", "note"}},
    {"POST", "/api/v1/alerts/*/clear", false, api_clear, {"by", "note"}},
    {"GET", "/api/v1/silences", true, api_silences, {NULL}},
    {"POST",
     "/api/v1/silences",
     false,
     api_silence,
     {"rule", "key", "label", "lasts", "by", "note"}},
    {"POST", "/api/v1/silences/*/expire", false, api_expire, {NULL}},
    {"GET", "/api/v1/outbox", true, api_outbox, {"destination", "state"}},
    {"GET", "/api/v1/outbox/*", true, api_message, {NULL}},
    {"POST",
     "/api/v1/outbox/retry",
     false,
     api_retry_dead,
     {"all-dead", "destination"}},
    {"POST", "/api/v1/outbox/*/retry", false, api_retry, {NULL}},
    {"POST", "/api/v1/outbox/*/drop", false, api_drop, {NULL}},
    {"POST", "/api/v1/jobs/*/run", false, api_run_job, {NULL}},
    {"POST", "/api/v1/destinations/*/send", false, api_send, {"text"}},
    {"POST", "/-/reload", true, api_reload, {NULL}},
};
enum { ROUTES = sizeof routes / sizeof *routes };

/* Is this the path of the route? `name` gets what stands for the '*'. */
static bool
fits(const char *pattern, const char *path, struct buf *name)
{
    const char *star = strchr(pattern, '*');
    size_t before = star ? (size_t)(star - pattern) : 0, size = strlen(path);
    size_t after = star ? strlen(star + 1) : 0;
    if (!star)
        return !strcmp(pattern, path);
    if (size <= before + after || strncmp(pattern, path, before) != 0 ||
        strcmp(star + 1, path + size - after) != 0 ||
        memchr(path + before, '/', size - before - after))
        return false;
    args_unescape(path + before, size - before - after, name);
    return name->size > 0;
}

static bool
is_for_people(const struct server_request *request)
{
    const char *accept = server_header(request, "Accept");
    return accept && strncmp(accept, "text/plain", 10) == 0;
}

static void
start(struct api *api, const struct route *route, struct server_request *request,
      struct buf *name)
{
    struct api_call *call = mem_zero(sizeof *call);
    call->api = api;
    call->request = request;
    call->is_text = is_for_people(request);
    call->name = buf_take(name);
    call->next = api->calls;
    api->calls = call;
    args_read(&call->args, server_query(request));
    const char *unknown = args_unknown(&call->args, route->args);
    if (unknown)
        api_say(call, 400, "'%s' is not for %s", unknown, route->path);
    else
        route->handle(call);
}

bool
api_take(struct api *api, struct server_request *request, bool is_outside)
{
    const char *method = server_method(request), *path = server_path(request);
    struct buf name = {0};
    const struct route *other = NULL;
    for (size_t i = 0; i < ROUTES; i++) {
        buf_clear(&name);
        if ((is_outside && !routes[i].is_public) || !fits(routes[i].path, path, &name))
            continue;
        if (!strcmp(method, routes[i].method)) {
            start(api, &routes[i], request, &name);
            buf_fini(&name);
            return true;
        }
        other = &routes[i];
    }
    buf_fini(&name);
    if (!other)
        return false;
    char *text = mem_format("%s is for %s\n", other->path, other->method);
    server_add_header(request, "Allow", other->method);
    server_reply(request, 405, TEXT, text, strlen(text));
    free(text);
    return true;
}

void
api_tell_routes(bool is_outside, struct buf *out)
{
    for (size_t i = 0; i < ROUTES; i++)
        if (!is_outside || routes[i].is_public)
            buf_format(out, "%s %s\n", routes[i].method, routes[i].path);
}

/* ---- life ---- */

struct api *
api_new(const struct api_world *world)
{
    struct api *api = mem_zero(sizeof *api);
    api->world = *world;
    return api;
}

void
api_delete(struct api *api)
{
    if (!api)
        return;
    while (api->calls)
        call_delete(api->calls);
    free(api);
}

void
api_set_conf(struct api *api, const struct conf *conf)
{
    api->world.conf = conf;
}
