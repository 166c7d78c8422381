#include "script/bind.h"

#include "script/derived.h"
#include "script/rows.h"

/* In the registry: name → light userdata, for good, as conditions and rules refer to
 * them. */
#define DERIVED "ccgate.derived"

const struct query *
bind_query(lua_State *L, const char *name)
{
    const struct query *query = query_find(name);
    if (query)
        return query;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, DERIVED);
    lua_getfield(L, -1, name);
    const struct derived *derived = lua_touserdata(L, -1);
    lua_pop(L, 2);
    return derived ? &derived->query : NULL;
}

const char *
bind_query_base(const struct query *query)
{
    const struct derived *derived = (const struct derived *)query;
    bool is_derived = query_find(query->name) == NULL;
    return is_derived && derived->base ? derived->base->name : NULL;
}

/* In the order of the words in add_field(). */
static const struct {
    enum field_kind kind;
    enum field_unit unit;
} units[] = {
    {FIELD_REAL, UNIT_COUNT}, {FIELD_REAL, UNIT_SECONDS}, {FIELD_REAL, UNIT_RATIO},
    {FIELD_TEXT, UNIT_NONE},  {FIELD_BOOLEAN, UNIT_NONE},
};

/* Adds the field { name, unit } at the top of the stack, and pops it. */
static void
add_field(lua_State *L, struct derived *derived)
{
    static const char *const words[] = {"count", "seconds", "ratio",
                                        "text",  "boolean", NULL};
    int top = lua_gettop(L);
    luaL_checktype(L, top, LUA_TTABLE);
    lua_rawgeti(L, top, 1);
    lua_rawgeti(L, top, 2);
    int unit = luaL_checkoption(L, top + 2, NULL, words);
    if (!derived_add(derived, luaL_checkstring(L, top + 1), units[unit].kind,
                     units[unit].unit))
        luaL_error(L, "no room for a field '%s'", lua_tostring(L, top + 1));
    lua_settop(L, top - 1);
}

static const struct query *
check_base(lua_State *L, int index)
{
    if (lua_isnoneornil(L, index))
        return NULL;
    const struct query *base = query_find(luaL_checkstring(L, index));
    luaL_argcheck(L, base, index, "no such query");
    return base;
}

static int
l_derive(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const struct query *base = check_base(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 4);
    bind_check_loading(L, "derive");
    luaL_argcheck(L, !bind_query(L, name), 1, "this name is taken");
    struct derived *derived = derived_new(name, base);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, DERIVED);
    lua_pushlightuserdata(L, derived);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 3); i++) {
        lua_rawgeti(L, 3, i);
        add_field(L, derived);
    }
    if (lua_toboolean(L, 4) && !derived_add_key(derived))
        return luaL_error(L, "no room for the key");
    rows_make(L, &derived->query);
    return 0;
}

const luaL_Reg bind_derived_functions[] = {
    {"derive", l_derive},
    {NULL, NULL},
};
