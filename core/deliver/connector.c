#include "deliver/connector_inside.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "script/library.h"

#define KIND_PREFIX "gateway.destinations."
#define KINDS_MAX   63

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
    library_install(L);
    static const char *const modules[] = {"gateway.notify", "gateway.json",
                                          "gateway.digest", "gateway.self",
                                          "gateway.alert_search"};
    for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
        lua_getglobal(L, "require");
        lua_pushstring(L, modules[i]);
        lua_call(L, 1, 1);
    }
    lua_newtable(L); /* notify json digest self search kinds */
    const char *const *kinds = connector_kinds();
    for (size_t i = 0; kinds[i]; i++) {
        lua_getglobal(L, "require");
        lua_pushfstring(L, "%s%s", KIND_PREFIX, kinds[i]);
        lua_call(L, 1, 1);
        lua_setfield(L, -2, kinds[i]);
    }
    return AT_END;
}

bool
connector_call(lua_State *L, int arguments, int results, struct error *error)
{
    int result = lua_pcall(L, arguments, results, 0);
    if (result == LUA_OK)
        return true;
    if (result == LUA_ERRMEM)
        mem_give_up("Lua", "what a connector does");
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
        mem_give_up("Lua", "luaL_newstate");
    lua_pushcfunction(connector->L, l_load);
    if (connector_call(connector->L, 0, AT_END, error))
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

static bool
is_mail(void *arg, const char *kind)
{
    return connector_traits(arg, kind).is_mail;
}

struct conf_kinds
connector_conf_kinds(struct connector *connector)
{
    return (struct conf_kinds){connector_kinds(), need, is_mail, connector};
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

struct connector_traits
connector_traits(struct connector *connector, const char *kind)
{
    lua_State *L = connector->L;
    struct connector_traits traits = {0};
    if (lua_getfield(L, AT_KINDS, kind) == LUA_TTABLE) {
        traits.merges = connector_take_flag(L, "merges");
        traits.is_mail = connector_take_flag(L, "is_mail");
        traits.remembers = connector_take_flag(L, "remembers");
        lua_getfield(L, -1, "rate"); /* kind rate */
        traits.rate = lua_tonumber(L, -1);
    }
    lua_settop(L, AT_END);
    return traits;
}

/* ---- values in and out ---- */

void
connector_set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

void
connector_set_integer(lua_State *L, const char *name, int64_t value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static void
set_timestamp(lua_State *L, const char *name, int64_t wall_ms)
{
    char text[32];
    connector_set_text(L, name, text_format_time(wall_ms, false, text, sizeof(text)));
}

void
connector_push_texts(lua_State *L, const char *const *texts, size_t count)
{
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(L, texts[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

char *
connector_take_text(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    char *text = mem_text(lua_tostring(L, -1));
    lua_pop(L, 1);
    return text;
}

bool
connector_take_flag(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    bool is_set = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is_set;
}

static int64_t
take_integer(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    int64_t value = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return value;
}

/* ---- who is told ---- */

static void
push_transition(lua_State *L, const struct connector_transition *transition)
{
    lua_createtable(L, 0, 11);
    connector_set_text(L, "fingerprint", transition->fingerprint);
    connector_set_integer(L, "opening", transition->opening);
    connector_set_text(L, "center", transition->center);
    connector_set_text(L, "rule", transition->rule);
    connector_set_text(L, "key", transition->key);
    connector_set_text(L, "script", transition->script);
    connector_set_text(L, "kind", transition->kind);
    lua_pushlstring(L, transition->event ? transition->event : "",
                    transition->event_size);
    lua_setfield(L, -2, "event");
    connector_set_text(L, "state", transition->state);
    connector_set_integer(L, "now", transition->now_ms / 1000);
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
            .kind = connector_take_text(L, "kind"),
            .n = take_integer(L, "n"),
            .alert = connector_take_text(L, "alert"),
        };
        lua_pop(L, 1);
    }
}

/* The plan is on top. */
static void
take_plan(lua_State *L, struct connector_plan *plan)
{
    plan->state = connector_take_text(L, "state");
    plan->log = connector_take_text(L, "log");
    plan->due_ms = take_integer(L, "due") * 1000;
    lua_getfield(L, -1, "messages"); /* … plan messages */
    plan->message_count = lua_rawlen(L, -1);
    plan->messages = mem_grow(NULL, plan->message_count + 1, sizeof(*plan->messages));
    for (size_t i = 0; i < plan->message_count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1); /* … plan messages message */
        plan->messages[i] = (struct connector_message){
            .destination = connector_take_text(L, "destination"),
            .kind = connector_take_text(L, "kind"),
            .n = take_integer(L, "n"),
            .message = connector_take_text(L, "message"),
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
    bool good = connector_call(L, 1, 1, error);
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
        connector_set_text(L, "matcher", silences[i]->matcher);
        connector_set_integer(L, "until_at", silences[i]->until_ms / 1000);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    if (!connector_call(L, 1, 0, &error)) /* silence(silences) */
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
    if (connector_call(L, 3, 1, error)) /* notify.message(text, script, timestamp) */
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
    connector_set_text(L, "rule", trouble->rule);
    connector_set_text(L, "name", trouble->name);
    connector_set_text(L, "center", trouble->center);
    connector_set_text(L, "script", trouble->script);
    connector_set_text(L, "text", trouble->text);
    connector_push_texts(L, trouble->to, trouble->to_count);
    lua_setfield(L, -2, "to");
    if (connector_call(L, 1, 1, error)) /* self.event(trouble) */
        event = mem_text(lua_tostring(L, -1));
    lua_settop(L, AT_END);
    return event;
}
