/* How a message looks for a kind of destination. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <lua.h>

#include "base/mem.h"
#include "deliver/connector_inside.h"

/* ---- how it looks ---- */

bool
connector_push_kind(lua_State *L, const char *kind, const char *function,
                    struct error *error)
{
    if (lua_getfield(L, AT_KINDS, kind) != LUA_TTABLE) {
        error_set(error, ERROR_DECODE, "", "there is no kind '%s'", kind);
        return false;
    }
    lua_getfield(L, -1, function);
    return true;
}

static bool
push_decoded(lua_State *L, const char *text, struct error *error)
{
    lua_getfield(L, AT_JSON, "decode");
    lua_pushstring(L, text);
    return connector_call(L, 1, 1, error);
}

/* Pushes the decoded event and takes what the log calls it, and which alert it is
 * about. */
static bool
push_event(lua_State *L, const char *message, struct connector_request *request,
           struct error *error)
{
    if (!push_decoded(L, message, error))
        return false;
    lua_getfield(L, AT_NOTIFY, "about");
    lua_pushvalue(L, -2);
    if (!connector_call(L, 1, 2, error)) /* … event about alert */
        return false;
    request->about = mem_text(lua_tostring(L, -2));
    request->alert = mem_text(lua_tostring(L, -1));
    lua_pop(L, 2);
    return true;
}

/* Those of the gateway's own, nil for none. */
static void
push_severities(lua_State *L, const struct conf *conf)
{
    if (!conf->severity_count)
        lua_pushnil(L);
    else
        connector_push_texts(L, (const char **)conf->severities, conf->severity_count);
}

/* Pushes one event that tells of all. */
static bool
push_digest(lua_State *L, const struct connector_subject *subject,
            struct connector_request *request, struct error *error)
{
    lua_getfield(L, AT_DIGEST, "of");
    connector_push_texts(L, subject->merged, subject->merged_count);
    push_severities(L, subject->conf);
    if (!connector_call(L, 2, 1, error)) /* digest.of(messages, severities) */
        return false;
    request->about = mem_format("digest of %zu messages", subject->merged_count);
    return true;
}

bool
connector_push_memo(lua_State *L, const char *memo, struct error *error)
{
    if (memo)
        return push_decoded(L, memo, error);
    lua_newtable(L);
    return true;
}

/* Only of the same alert; a message about none has its own. */
static const char *
memo_for(const struct connector_subject *subject, const char *alert)
{
    bool is_same = !alert == !subject->memo_alert &&
                   (!alert || strcmp(alert, subject->memo_alert) == 0);
    return is_same ? subject->memo : NULL;
}

/* The people's own names in this service: { ayse = "U024BE7LH" }. */
static void
push_people(lua_State *L, const struct conf *conf, const char *service)
{
    lua_createtable(L, 0, (int)conf->person_count);
    for (size_t i = 0; i < conf->person_count; i++) {
        const struct conf_person *person = &conf->people[i];
        for (size_t j = 0; j < person->contact_count; j++)
            if (!strcmp(person->contacts[j].service, service))
                connector_set_text(L, person->name, person->contacts[j].id);
    }
}

/* The keys of a destination's section that a kind may know: no secret, no URL. */
static const struct {
    const char *name;
    size_t offset; /* in struct conf_destination */
    const char *fallback;
} options[] = {
    {"name", offsetof(struct conf_destination, name), NULL},
    {"method", offsetof(struct conf_destination, method), "POST"},
    {"shape", offsetof(struct conf_destination, shape), "event"},
    {"user", offsetof(struct conf_destination, user), NULL},
    {"project", offsetof(struct conf_destination, project), NULL},
    {"issue_type", offsetof(struct conf_destination, issue_type), NULL},
    {"from", offsetof(struct conf_destination, from), NULL},
    {"to", offsetof(struct conf_destination, to), NULL},
};

static void
push_options(lua_State *L, const struct connector_subject *subject)
{
    const struct conf_destination *destination = subject->destination;
    lua_createtable(L, 0, 11);
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        const char *text =
            *(char *const *)((const char *)destination + options[i].offset);
        connector_set_text(L, options[i].name, text ? text : options[i].fallback);
    }
    connector_set_text(L, "id", subject->id);
    connector_set_text(L, "message", subject->message);
    push_people(L, subject->conf, destination->kind);
    lua_setfield(L, -2, "people");
    push_severities(L, subject->conf);
    lua_setfield(L, -2, "severities");
}

static const char *const sign_words[] = {
    [SIGN_STANDARD_WEBHOOKS] = "standard-webhooks",
    [SIGN_BASIC] = "basic",
    [SIGN_BEARER] = "bearer",
};

static bool
take_sign(lua_State *L, enum connector_sign *sign, struct error *error)
{
    char *word = connector_take_text(L, "sign");
    size_t i = word ? SIGN_STANDARD_WEBHOOKS : SIGN_NONE;
    size_t count = sizeof(sign_words) / sizeof(*sign_words);
    while (word && i < count && strcmp(word, sign_words[i]) != 0)
        i++;
    if (i == count)
        error_set(error, ERROR_DECODE, "", "sign: '%s' is no way to sign", word);
    else
        *sign = (enum connector_sign)i;
    free(word);
    return i < count;
}

static void
take_recipients(lua_State *L, struct connector_request *request)
{
    if (lua_getfield(L, -1, "to") == LUA_TTABLE) {
        request->to_count = lua_rawlen(L, -1);
        request->to = mem_grow(NULL, request->to_count + 1, sizeof(*request->to));
        for (size_t i = 0; i < request->to_count; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i + 1); /* … to address */
            request->to[i] = mem_text(lua_tostring(L, -1));
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

static void
take_headers(lua_State *L, struct connector_request *request)
{
    if (lua_getfield(L, -1, "headers") != LUA_TTABLE)
        return;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) { /* … headers name value */
        request->headers = mem_grow(request->headers, request->header_count + 1,
                                    sizeof(*request->headers));
        request->headers[request->header_count++] = (struct conf_header){
            .name = mem_text(lua_tostring(L, -2)),
            .value = mem_text(lua_tostring(L, -1)),
        };
    }
}

/* The request is on top. */
static bool
take_request(lua_State *L, struct connector_request *request, struct error *error)
{
    request->step = connector_take_text(L, "step");
    request->method = connector_take_text(L, "method");
    request->url = connector_take_text(L, "url");
    request->path = connector_take_text(L, "path");
    request->body = connector_take_text(L, "body");
    request->log = connector_take_text(L, "log");
    request->fill = connector_take_flag(L, "fill");
    request->fresh = connector_take_flag(L, "fresh");
    bool is_good = take_sign(L, &request->sign, error);
    take_recipients(L, request);
    take_headers(L, request);
    return is_good;
}

static bool
render(lua_State *L, const struct connector_subject *subject,
       struct connector_request *request, struct error *error)
{
    const char *kind = subject->destination->kind;
    if (!connector_push_kind(L, kind, "render", error))
        return false;
    if (subject->merged_count > 1 ? !push_digest(L, subject, request, error)
                                  : !push_event(L, subject->message, request, error))
        return false;
    push_options(L, subject);
    request->memo = mem_text(memo_for(subject, request->alert));
    if (!connector_push_memo(L, request->memo, error) ||
        !connector_call(L, 3, 1, error)) /* render(event, options, memo) */
        return false;
    request->is_nothing = lua_isnil(L, -1);
    if (request->is_nothing || lua_istable(L, -1))
        return request->is_nothing || take_request(L, request, error);
    error_set(error, ERROR_DECODE, "", "kind '%s' renders no request", kind);
    return false;
}

bool
connector_render(struct connector *connector, const struct connector_subject *subject,
                 struct connector_request *request, struct error *error)
{
    *request = (struct connector_request){0};
    bool good = render(connector->L, subject, request, error);
    lua_settop(connector->L, AT_END);
    if (!good)
        connector_request_fini(request);
    return good;
}

void
connector_request_fini(struct connector_request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        free(request->headers[i].name);
        free(request->headers[i].value);
    }
    for (size_t i = 0; i < request->to_count; i++)
        free(request->to[i]);
    free(request->to);
    free(request->headers);
    free(request->about);
    free(request->alert);
    free(request->memo);
    free(request->step);
    free(request->method);
    free(request->url);
    free(request->path);
    free(request->body);
    free(request->log);
    *request = (struct connector_request){0};
}
