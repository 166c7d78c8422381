#include "deliver/connector.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua-cjson.h>
#include <lua.h>
#include <lualib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "script/library.h"

#define KIND_PREFIX "gateway.destinations."
#define KINDS_MAX   63

/* The bottom of the stack, always there. A call leaves it as it found it. */
enum { AT_NOTIFY = 1, AT_JSON, AT_DIGEST, AT_SELF, AT_KINDS, AT_END = AT_KINDS };

struct connector {
    lua_State *L;
};

/* When memory runs out, in protected calls or outside, the process ends like everywhere
 * else (base/mem.h): an alert that could not be rendered just now is not dead. */

/* ---- the state ---- */

const char *const *
connector_kinds(void)
{
    static const char *kinds[KINDS_MAX + 1];
    size_t count = 0;
    const char *const *names = library_names();
    for (size_t i = 0; names[i] && count < KINDS_MAX; i++)
        if (!strncmp(names[i], KIND_PREFIX, strlen(KIND_PREFIX)))
            kinds[count++] = names[i] + strlen(KIND_PREFIX);
    kinds[count] = NULL;
    return kinds;
}

static int
l_load(lua_State *L)
{
    static const luaL_Reg libraries[] = {
        {"_G", luaopen_base},
        {LUA_TABLIBNAME, luaopen_table},
        {LUA_STRLIBNAME, luaopen_string},
        {LUA_MATHLIBNAME, luaopen_math},
        {LUA_UTF8LIBNAME, luaopen_utf8},
        {NULL, NULL},
    };
    for (const luaL_Reg *library = libraries; library->name; library++) {
        luaL_requiref(L, library->name, library->func, 1);
        lua_pop(L, 1);
    }
    library_preload(L, "cjson", luaopen_cjson);
    library_install(L);
    static const char *const modules[] = {"gateway.notify", "gateway.json",
                                          "gateway.digest", "gateway.self"};
    for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
        lua_getglobal(L, "require");
        lua_pushstring(L, modules[i]);
        lua_call(L, 1, 1);
    }
    lua_newtable(L); /* notify json digest self kinds */
    const char *const *kinds = connector_kinds();
    for (size_t i = 0; kinds[i]; i++) {
        lua_getglobal(L, "require");
        lua_pushfstring(L, "%s%s", KIND_PREFIX, kinds[i]);
        lua_call(L, 1, 1);
        lua_setfield(L, -2, kinds[i]);
    }
    return AT_END;
}

/* Calls what is on the stack; an error message stays there when it fails. */
static bool
call(lua_State *L, int arguments, int results, struct error *error)
{
    int result = lua_pcall(L, arguments, results, 0);
    if (result == LUA_OK)
        return true;
    if (result == LUA_ERRMEM) {
        log_error("deliver", "no memory for Lua");
        abort();
    }
    const char *message = lua_tostring(L, -1);
    error_set(error, ERROR_DECODE, "", "%s",
              message ? message : "an error without text");
    return false;
}

struct connector *
connector_new(struct error *error)
{
    struct connector *connector = mem_zero(sizeof(*connector));
    connector->L = luaL_newstate();
    if (!connector->L)
        abort();
    lua_pushcfunction(connector->L, l_load);
    if (call(connector->L, 0, AT_END, error))
        return connector;
    connector_delete(connector);
    return NULL;
}

void
connector_delete(struct connector *connector)
{
    if (!connector)
        return;
    lua_close(connector->L);
    free(connector);
}

bool
connector_has_kind(struct connector *connector, const char *kind)
{
    lua_State *L = connector->L;
    bool has = lua_getfield(L, AT_KINDS, kind) == LUA_TTABLE;
    lua_settop(L, AT_END);
    return has;
}

/* What KIND.options says about the key. */
static enum conf_need
need(void *arg, const char *kind, const char *key)
{
    struct connector *connector = arg;
    lua_State *L = connector->L;
    enum conf_need need = CONF_NEEDLESS;
    if (lua_getfield(L, AT_KINDS, kind) == LUA_TTABLE &&
        lua_getfield(L, -1, "options") == LUA_TTABLE &&
        lua_getfield(L, -1, key) == LUA_TSTRING)
        need = strcmp(lua_tostring(L, -1), "required") ? CONF_OPTIONAL : CONF_REQUIRED;
    lua_settop(L, AT_END);
    return need;
}

struct conf_kinds
connector_conf_kinds(struct connector *connector)
{
    return (struct conf_kinds){connector_kinds(), need, connector};
}

char *
connector_doc(struct connector *connector, const char *kind)
{
    lua_State *L = connector->L;
    char *doc = NULL;
    if (lua_getfield(L, AT_KINDS, kind) == LUA_TTABLE) {
        lua_getfield(L, -1, "doc");
        doc = mem_text(lua_tostring(L, -1));
    }
    lua_settop(L, AT_END);
    return doc;
}

struct connector_pace
connector_pace(struct connector *connector, const char *kind)
{
    lua_State *L = connector->L;
    struct connector_pace pace = {0};
    if (lua_getfield(L, AT_KINDS, kind) == LUA_TTABLE) {
        lua_getfield(L, -1, "rate"); /* kind rate */
        pace.rate = lua_tonumber(L, -1);
        lua_getfield(L, -2, "merges"); /* kind rate merges */
        pace.merges = lua_toboolean(L, -1);
    }
    lua_settop(L, AT_END);
    return pace;
}

/* ---- values in and out ---- */

static void
set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void
set_integer(lua_State *L, const char *name, int64_t value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static void
set_timestamp(lua_State *L, const char *name, int64_t wall_ms)
{
    char text[32];
    set_text(L, name, text_format_time(wall_ms, false, text, sizeof(text)));
}

static void
push_texts(lua_State *L, const char *const *texts, size_t count)
{
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(L, texts[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* The field of the table on top as a text to free; NULL when it is no text. */
static char *
take_text(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    char *text = mem_text(lua_tostring(L, -1));
    lua_pop(L, 1);
    return text;
}

static int64_t
take_integer(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    int64_t value = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return value;
}

static bool
take_flag(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    bool is_set = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is_set;
}

/* ---- who is told ---- */

static void
push_transition(lua_State *L, const struct connector_transition *transition)
{
    lua_createtable(L, 0, 11);
    set_text(L, "fingerprint", transition->fingerprint);
    set_integer(L, "opening", transition->opening);
    set_text(L, "center", transition->center);
    set_text(L, "rule", transition->rule);
    set_text(L, "key", transition->key);
    set_text(L, "script", transition->script);
    set_text(L, "kind", transition->kind);
    lua_pushlstring(L, transition->event ? transition->event : "",
                    transition->event_size);
    lua_setfield(L, -2, "event");
    set_text(L, "state", transition->state);
    set_integer(L, "now", transition->now_ms / 1000);
    set_timestamp(L, "timestamp", transition->now_ms);
}

static void
take_runs(lua_State *L, struct connector_plan *plan)
{
    lua_getfield(L, -1, "runs"); /* … plan runs */
    plan->run_count = lua_rawlen(L, -1);
    plan->runs = mem_grow(NULL, plan->run_count + 1, sizeof(*plan->runs));
    for (size_t i = 0; i < plan->run_count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1); /* … plan runs run */
        plan->runs[i] = (struct connector_run){
            .kind = take_text(L, "kind"),
            .n = take_integer(L, "n"),
            .alert = take_text(L, "alert"),
        };
        lua_pop(L, 1);
    }
}

/* The plan is on top. */
static void
take_plan(lua_State *L, struct connector_plan *plan)
{
    plan->state = take_text(L, "state");
    plan->log = take_text(L, "log");
    plan->due_ms = take_integer(L, "due") * 1000;
    lua_getfield(L, -1, "messages"); /* … plan messages */
    plan->message_count = lua_rawlen(L, -1);
    plan->messages = mem_grow(NULL, plan->message_count + 1, sizeof(*plan->messages));
    for (size_t i = 0; i < plan->message_count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1); /* … plan messages message */
        plan->messages[i] = (struct connector_message){
            .destination = take_text(L, "destination"),
            .kind = take_text(L, "kind"),
            .n = take_integer(L, "n"),
            .message = take_text(L, "message"),
        };
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    take_runs(L, plan);
}

bool
connector_notify(struct connector *connector,
                 const struct connector_transition *transition,
                 struct connector_plan *plan, struct error *error)
{
    lua_State *L = connector->L;
    *plan = (struct connector_plan){0};
    lua_getfield(L, AT_NOTIFY, "transition");
    push_transition(L, transition);
    bool good = call(L, 1, 1, error);
    if (good)
        take_plan(L, plan);
    lua_settop(L, AT_END);
    return good;
}

void
connector_set_silences(struct connector *connector,
                       const struct silence_record *const *silences, size_t count)
{
    lua_State *L = connector->L;
    struct error error = {0};
    lua_getfield(L, AT_NOTIFY, "silence");
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_createtable(L, 0, 2); /* … silences silence */
        set_text(L, "matcher", silences[i]->matcher);
        set_integer(L, "until_at", silences[i]->until_ms / 1000);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    if (!call(L, 1, 0, &error)) /* silence(silences) */
        log_error("notify", "silences: %s", error.message);
    lua_settop(L, AT_END);
}

void
connector_plan_fini(struct connector_plan *plan)
{
    for (size_t i = 0; i < plan->message_count; i++) {
        free(plan->messages[i].destination);
        free(plan->messages[i].kind);
        free(plan->messages[i].message);
    }
    for (size_t i = 0; i < plan->run_count; i++) {
        free(plan->runs[i].kind);
        free(plan->runs[i].alert);
    }
    free(plan->runs);
    free(plan->messages);
    free(plan->state);
    free(plan->log);
    *plan = (struct connector_plan){0};
}

char *
connector_message(struct connector *connector, const char *text, size_t size,
                  const char *script, int64_t now_ms, struct error *error)
{
    lua_State *L = connector->L;
    char timestamp[32];
    lua_getfield(L, AT_NOTIFY, "message");
    lua_pushlstring(L, text, size);
    lua_pushstring(L, script);
    lua_pushstring(L, text_format_time(now_ms, false, timestamp, sizeof(timestamp)));
    char *message = NULL;
    if (call(L, 3, 1, error)) /* notify.message(text, script, timestamp) */
        message = mem_text(lua_tostring(L, -1));
    lua_settop(L, AT_END);
    return message;
}

char *
connector_trouble(struct connector *connector, const struct connector_trouble *trouble,
                  struct error *error)
{
    lua_State *L = connector->L;
    char *event = NULL;
    lua_getfield(L, AT_SELF, "event");
    lua_createtable(L, 0, 6);
    set_text(L, "rule", trouble->rule);
    set_text(L, "name", trouble->name);
    set_text(L, "center", trouble->center);
    set_text(L, "script", trouble->script);
    set_text(L, "text", trouble->text);
    push_texts(L, trouble->to, trouble->to_count);
    lua_setfield(L, -2, "to");
    if (call(L, 1, 1, error)) /* self.event(trouble) */
        event = mem_text(lua_tostring(L, -1));
    lua_settop(L, AT_END);
    return event;
}

/* ---- how it looks ---- */

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
    if (!call(L, 1, 1, error))
        return false;
    lua_getfield(L, AT_NOTIFY, "about");
    lua_pushvalue(L, -2);
    if (!call(L, 1, 1, error)) /* … event about */
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
    push_texts(L, subject->merged, subject->merged_count);
    if (!call(L, 1, 1, error)) /* digest.of(messages) */
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
                set_text(L, person->name, person->contacts[j].id);
    }
}

/* What a kind may know of its destination: no secret, and so no URL. */
static void
push_options(lua_State *L, const struct connector_subject *subject)
{
    const struct conf_destination *destination = subject->destination;
    lua_createtable(L, 0, 6);
    set_text(L, "name", destination->name);
    set_text(L, "method", destination->method ? destination->method : "POST");
    set_text(L, "shape", destination->shape ? destination->shape : "event");
    set_text(L, "id", subject->id);
    set_text(L, "message", subject->message);
    push_people(L, subject->conf, destination->kind);
    lua_setfield(L, -2, "people");
}

/* The request is on top. */
static void
take_request(lua_State *L, struct connector_request *request)
{
    request->method = take_text(L, "method");
    request->url = take_text(L, "url");
    request->body = take_text(L, "body");
    request->log = take_text(L, "log");
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
    if (!call(L, 2, 1, error)) /* render(event, options) */
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
    set_integer(L, "status", answer->status);
    set_integer(L, "refusals", answer->refusals);
    if (answer->error_kind != ERROR_NONE)
        set_text(L, "error", error_word(answer->error_kind));
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
        good = call(L, 1, 1, &error) && read_verdict(L, &verdict, &error);
    }
    if (!good)
        log_error("deliver", "kind %s: classify: %s", kind, error.message);
    lua_settop(L, AT_END);
    return verdict;
}
