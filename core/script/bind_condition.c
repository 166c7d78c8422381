#include "script/bind.h"

#include "script/condition.h"
#include "script/script.h"

#define METATABLE "condition"

#define DEPTH_MAX 32

static int
l_release(lua_State *L)
{
    condition_fini(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

static int
l_tostring(lua_State *L)
{
    struct buf *out = &script_of(L)->scratch;
    buf_clear(out);
    condition_describe(luaL_checkudata(L, 1, METATABLE), out);
    lua_pushlstring(L, out->data ? out->data : "", out->size);
    return 1;
}

/* Pushes the tree's member `key` and checks its type. */
static void
push_member(lua_State *L, int tree, const char *key, int type)
{
    if (lua_getfield(L, tree, key) != type)
        luaL_error(L, "condition: '%s' is a %s, not a %s", key, luaL_typename(L, -1),
                   lua_typename(L, type));
}

static void
add_comparison(lua_State *L, struct condition *condition, enum condition_op op,
               int tree)
{
    push_member(L, tree, "field", LUA_TNUMBER);
    push_member(L, tree, "limit", LUA_TNUMBER);
    lua_Integer field = luaL_checkinteger(L, -2);
    if (field < 0 || (size_t)field >= condition->query->field_count ||
        condition->query->fields[field].kind == FIELD_NAME)
        luaL_error(L, "condition: there is no number in field %I", (LUAI_UACINT)field);
    condition_compare(condition, op, (uint32_t)field, lua_tonumber(L, -1));
    lua_pop(L, 2);
}

static void
add_call(lua_State *L, struct condition *condition, int tree)
{
    lua_rawgeti(L, tree, 1);
    luaL_checktype(L, -1, LUA_TFUNCTION);
    condition_call(condition, luaL_ref(L, LUA_REGISTRYINDEX));
}

static void add_tree(lua_State *L, struct condition *condition, int tree, int depth);

static void
add_parts(lua_State *L, struct condition *condition, enum condition_op op, int tree,
          int depth)
{
    size_t opened = condition_open(condition, op);
    lua_Integer count = (lua_Integer)lua_rawlen(L, tree);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, tree, i);
        add_tree(L, condition, lua_gettop(L), depth + 1);
        lua_pop(L, 1);
    }
    condition_close(condition, opened);
}

static void
add_tree(lua_State *L, struct condition *condition, int tree, int depth)
{
    luaL_checktype(L, tree, LUA_TTABLE);
    luaL_checkstack(L, 8, "condition");
    if (depth > DEPTH_MAX)
        luaL_error(L, "conditions nest at most %d deep", DEPTH_MAX);
    push_member(L, tree, "op", LUA_TSTRING);
    int op = condition_op_of(lua_tostring(L, -1));
    if (op < 0)
        luaL_error(L, "there is no condition '%s'", lua_tostring(L, -1));
    lua_pop(L, 1);
    switch ((enum condition_op)op) {
    case OP_ALL:
    case OP_ANY:
    case OP_NONE: add_parts(L, condition, (enum condition_op)op, tree, depth); return;
    case OP_CALL: add_call(L, condition, tree); return;
    default: add_comparison(L, condition, (enum condition_op)op, tree); return;
    }
}

static void
set_metatable(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"__gc", l_release},
        {"__tostring", l_tostring},
        {NULL, NULL},
    };
    if (luaL_newmetatable(L, METATABLE)) {
        luaL_setfuncs(L, methods, 0);
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
}

static int
l_condition(lua_State *L)
{
    const struct query *query = query_find(luaL_checkstring(L, 1));
    luaL_argcheck(L, query, 1, "no such query");
    luaL_checktype(L, 2, LUA_TTABLE);
    struct condition *condition = lua_newuserdatauv(L, sizeof *condition, 0);
    *condition = (struct condition){.query = query};
    set_metatable(L);
    add_tree(L, condition, 2, 1);
    return 1;
}

struct condition *
bind_check_condition(lua_State *L, int index)
{
    return luaL_checkudata(L, index, METATABLE);
}

const luaL_Reg bind_condition_functions[] = {
    {"condition", l_condition},
    {NULL, NULL},
};
