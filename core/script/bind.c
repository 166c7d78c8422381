#include "script/bind.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "model/schema.h"
#include "model/span.h"
#include "script/key.h"
#include "script/rows.h"
#include "script/script.h"

/* ---- words and times ---- */

static int
l_now(lua_State *L)
{
    lua_pushinteger(L, script_of(L)->effects.now_ms);
    return 1;
}

/* ---- queries ---- */

static int
l_query(lua_State *L)
{
    const struct query *query = bind_query(L, luaL_checkstring(L, 1));
    if (!query) {
        lua_pushnil(L);
        return 1;
    }
    bind_push_query(L, query);
    lua_pushstring(L, bind_query_base(query));
    lua_setfield(L, -2, "base");
    return 1;
}

/* What core.span() is asked for, in the stack: its members at these places. */
enum { AT_LAST = 2, AT_TODAY, AT_FROM, AT_TO };

static const char *
find_span(lua_State *L, struct query_span *span)
{
    int64_t now = script_of(L)->effects.now_ms / 1000;
    if (!lua_isnil(L, AT_LAST)) {
        lua_Integer last_ms = luaL_checkinteger(L, AT_LAST);
        bool is_whole = last_ms % 1000 == 0;
        return span_last(span, is_whole ? last_ms / 1000 : 1, now);
    }
    if (lua_toboolean(L, AT_TODAY))
        return span_today(span, now);
    return span_between(span, luaL_checkinteger(L, AT_FROM),
                        luaL_checkinteger(L, AT_TO), now);
}

static int
l_span(lua_State *L)
{
    struct query_span span;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "last_ms");
    lua_getfield(L, 1, "today");
    lua_getfield(L, 1, "from");
    lua_getfield(L, 1, "to");
    const char *problem = find_span(L, &span);
    if (problem) {
        lua_pushnil(L);
        lua_pushstring(L, problem);
        return 2;
    }
    lua_pushinteger(L, span.begin);
    lua_pushinteger(L, span.end);
    return 2;
}

static bool
is_in_some_range(const struct query *query, lua_Integer id)
{
    for (const struct id_range *range = query->ranges; range->edition; range++)
        if (id >= range->low && id <= range->high)
            return true;
    return false;
}

const int64_t *
bind_check_ids(lua_State *L, int index, const struct query *query, uint32_t *count)
{
    luaL_checktype(L, index, LUA_TTABLE);
    size_t size = lua_rawlen(L, index);
    if (!size || size > MESSAGE_IDS_MAX)
        luaL_error(L, "a query has 1 to %d ids, not %I", MESSAGE_IDS_MAX,
                   (LUAI_UACINT)size);
    int64_t *ids = lua_newuserdatauv(L, size * sizeof *ids, 0);
    for (size_t i = 0; i < size; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        ids[i] = luaL_checkinteger(L, -1);
        if (!is_in_some_range(query, ids[i]))
            luaL_error(L, "there is no %s %I", query->argument, (LUAI_UACINT)ids[i]);
        lua_pop(L, 1);
    }
    *count = (uint32_t)size;
    return ids;
}

const int64_t *
bind_check_expect(lua_State *L, int index, const struct query *query, uint32_t *count)
{
    if (query != &query_agents)
        luaL_error(L, "%s expect nobody", query->name);
    return bind_check_ids(L, index, &query_agent, count);
}

/* ---- telling ---- */

void
bind_check_loading(lua_State *L, const char *what)
{
    if (!script_of(L)->loading)
        luaL_error(L, "%s belongs to the load of a script", what);
}

static int
l_problem(lua_State *L)
{
    size_t size;
    lua_Integer spot = luaL_checkinteger(L, 1);
    const char *text = luaL_checklstring(L, 2, &size);
    bind_check_loading(L, "problem");
    luaL_argcheck(L, spot >= 0 && spot <= UINT32_MAX, 1, "no spot");
    script_problem(script_of(L), (uint32_t)spot, text, size);
    return 0;
}

/* The words of base/log.c, which is not part of the host. */
static const char *const level_words[] = {
    [LEVEL_DEBUG] = "debug", [LEVEL_INFO] = "info",    [LEVEL_WARN] = "warn",
    [LEVEL_ERROR] = "error", [LEVEL_ERROR + 1] = NULL,
};

static int
l_log(lua_State *L)
{
    size_t size;
    int level = luaL_checkoption(L, 1, NULL, level_words);
    const char *text = luaL_checklstring(L, 2, &size);
    effect_log(&script_of(L)->effects, (enum log_level)level, text, size);
    return 0;
}

static const luaL_Reg functions[] = {
    {"now", l_now},         {"query", l_query}, {"span", l_span},
    {"problem", l_problem}, {"log", l_log},     {NULL, NULL},
};

int
bind_core(lua_State *L, struct script *script)
{
    lua_newtable(L);
    luaL_setfuncs(L, functions, 0);
    luaL_setfuncs(L, bind_model_functions, 0);
    luaL_setfuncs(L, rows_functions, 0);
    luaL_setfuncs(L, bind_condition_functions, 0);
    luaL_setfuncs(L, bind_derived_functions, 0);
    luaL_setfuncs(L, bind_rule_functions, 0);
    luaL_setfuncs(L, bind_task_functions, 0);
    luaL_setfuncs(L, bind_store_functions, 0);
    luaL_setfuncs(L, bind_metric_functions, 0);
    lua_pushinteger(L, script->limits.store_bytes);
    lua_setfield(L, -2, "store_max");
    luaL_setfuncs(L, bind_time_functions, 0);
    lua_pushstring(L, script->name);
    lua_setfield(L, -2, "script");
    lua_pushstring(L, script->token);
    lua_setfield(L, -2, "token");
    lua_getfield(L, LUA_REGISTRYINDEX, "ccgate.files");
    lua_setfield(L, -2, "files");
    lua_getfield(L, LUA_REGISTRYINDEX, "ccgate.modules");
    lua_setfield(L, -2, "module_names");
    lua_getfield(L, LUA_REGISTRYINDEX, "ccgate.setup");
    lua_setfield(L, -2, "setup");
    lua_getglobal(L, "require");
    lua_pushliteral(L, "cjson");
    lua_call(L, 1, 1);
    lua_setfield(L, -2, "json");
    return 1;
}

/* ---- chance ---- */

/* Upvalues: the function of Lua's own, math.randomseed. */
static int
l_random(lua_State *L)
{
    struct script *script = script_of(L);
    if (!script->seeded) {
        script->seeded = true;
        uint64_t place = script->entry ? script->entry->number + 1 : 0;
        lua_pushvalue(L, lua_upvalueindex(2));
        uint64_t seed = key_hash(script->name, strlen(script->name)) + place;
        lua_pushinteger(L, (lua_Integer)seed);
        lua_pushinteger(L, script->effects.now_ms);
        lua_call(L, 2, 0);
    }
    int count = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
}

/* Upvalue: math.randomseed, which draws from the clock when it is given nothing. */
static int
l_randomseed(lua_State *L)
{
    luaL_checknumber(L, 1);
    script_of(L)->seeded = true;
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 0);
    return 0;
}

void
bind_math(lua_State *L)
{
    lua_getglobal(L, "math");
    lua_getfield(L, -1, "random");
    lua_getfield(L, -2, "randomseed"); /* math random randomseed */
    lua_pushvalue(L, -1);
    lua_insert(L, -3);
    lua_pushcclosure(L, l_random, 2); /* math randomseed l_random */
    lua_setfield(L, -3, "random");
    lua_pushcclosure(L, l_randomseed, 1);
    lua_setfield(L, -2, "randomseed");
    lua_pop(L, 1);
}
