/* How a message looks for a kind of destination, and what an answer means. */
#include <stdlib.h>
#include <string.h>

#include <lua.h>

#include "base/log.h"
#include "base/mem.h"
#include "deliver/connector_inside.h"

/* ---- how it looks ---- */

static bool
take_flag(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    bool is_set = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is_set;
}

/* Pushes KIND.FUNCTION, or false with `error`. */
static bool
push_kind(lua_State *L, const char *kind, const char *function, struct error *error)
{
    if (lua_getfield(L, AT_KINDS, kind) != LUA_TTABLE) {
        error_set(error, ERROR_DECODE, "", "there is no kind '%s'", kind);
        return false;
    }
    lua_getfield(L, -1, function);
    return true;
}

/* Pushes the decoded event and takes what the log calls it. */
static bool
push_event(lua_State *L, const char *message, char **about, struct error *error)
{
    lua_getfield(L, AT_JSON, "decode");
    lua_pushstring(L, message);
    if (!connector_call(L, 1, 1, error))
        return false;
    lua_getfield(L, AT_NOTIFY, "about");
    lua_pushvalue(L, -2);
    if (!connector_call(L, 1, 1, error)) /* … event about */
        return false;
    *about = mem_text(lua_tostring(L, -1));
    lua_pop(L, 1);
    return true;
}

/* Pushes one event that tells of all. */
static bool
push_digest(lua_State *L, const struct connector_subject *subject, char **about,
            struct error *error)
{
    lua_getfield(L, AT_DIGEST, "of");
    connector_push_texts(L, subject->merged, subject->merged_count);
    if (!connector_call(L, 1, 1, error)) /* digest.of(messages) */
        return false;
    *about = mem_format("digest of %zu messages", subject->merged_count);
    return true;
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

/* What a kind may know of its destination: no secret, and so no URL. */
static void
push_options(lua_State *L, const struct connector_subject *subject)
{
    const struct conf_destination *destination = subject->destination;
    lua_createtable(L, 0, 6);
    connector_set_text(L, "name", destination->name);
    connector_set_text(L, "method", destination->method ? destination->method : "POST");
    connector_set_text(L, "shape", destination->shape ? destination->shape : "event");
    connector_set_text(L, "id", subject->id);
    connector_set_text(L, "message", subject->message);
    push_people(L, subject->conf, destination->kind);
    lua_setfield(L, -2, "people");
}

/* The request is on top. */
static void
take_request(lua_State *L, struct connector_request *request)
{
    request->method = connector_take_text(L, "method");
    request->url = connector_take_text(L, "url");
    request->body = connector_take_text(L, "body");
    request->log = connector_take_text(L, "log");
    request->sign = take_flag(L, "sign");
    request->fill = take_flag(L, "fill");
    request->fresh = take_flag(L, "fresh");
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

static bool
render(lua_State *L, const struct connector_subject *subject,
       struct connector_request *request, struct error *error)
{
    const char *kind = subject->destination->kind;
    if (!push_kind(L, kind, "render", error))
        return false;
    if (subject->merged_count > 1
            ? !push_digest(L, subject, &request->about, error)
            : !push_event(L, subject->message, &request->about, error))
        return false;
    push_options(L, subject);
    if (!connector_call(L, 2, 1, error)) /* render(event, options) */
        return false;
    if (!lua_istable(L, -1)) {
        error_set(error, ERROR_DECODE, "", "kind '%s' renders no request", kind);
        return false;
    }
    take_request(L, request);
    return true;
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
    free(request->headers);
    free(request->about);
    free(request->method);
    free(request->url);
    free(request->body);
    free(request->log);
    *request = (struct connector_request){0};
}

/* ---- what an answer means ---- */

static const char *const verdict_words[] = {
    [VERDICT_DONE] = "done",
    [VERDICT_RETRY] = "retry",
    [VERDICT_SLOW] = "slow",
    [VERDICT_DEAD] = "dead",
};

static bool
read_verdict(lua_State *L, enum verdict *verdict, struct error *error)
{
    const char *word = lua_tostring(L, -1);
    for (size_t i = 0; word && i < sizeof(verdict_words) / sizeof(*verdict_words); i++)
        if (!strcmp(word, verdict_words[i])) {
            *verdict = (enum verdict)i;
            return true;
        }
    error_set(error, ERROR_DECODE, "", "'%s' is no verdict", word ? word : "nil");
    return false;
}

static void
push_answer(lua_State *L, const struct connector_answer *answer)
{
    lua_createtable(L, 0, 4);
    connector_set_integer(L, "status", answer->status);
    connector_set_integer(L, "refusals", answer->refusals);
    if (answer->error_kind != ERROR_NONE)
        connector_set_text(L, "error", error_word(answer->error_kind));
    lua_pushlstring(L, answer->body ? answer->body : "", answer->body_size);
    lua_setfield(L, -2, "body");
}

enum verdict
connector_classify(struct connector *connector, const char *kind,
                   const struct connector_answer *answer)
{
    lua_State *L = connector->L;
    struct error error = {0};
    enum verdict verdict = VERDICT_RETRY;
    bool good = push_kind(L, kind, "classify", &error);
    if (good) {
        push_answer(L, answer);
        good = connector_call(L, 1, 1, &error) && read_verdict(L, &verdict, &error);
    }
    if (!good)
        log_error("deliver", "kind %s: classify: %s", kind, error.message);
    lua_settop(L, AT_END);
    return verdict;
}
