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

/* What the field can be compared with. */
enum measure { MEASURE_NOTHING, MEASURE_NUMBER, MEASURE_BOOLEAN, MEASURE_TEXT };

static const enum measure measures[] = {
    [FIELD_INTEGER] = MEASURE_NUMBER,  [FIELD_TEXT] = MEASURE_TEXT,
    [FIELD_TIME_MS] = MEASURE_NUMBER,  [FIELD_TIME_UTC] = MEASURE_NUMBER,
    [FIELD_BOOLEAN] = MEASURE_BOOLEAN, [FIELD_MEDIA] = MEASURE_NOTHING,
    [FIELD_SKILLS] = MEASURE_NOTHING,  [FIELD_ARGUMENT] = MEASURE_NUMBER,
    [FIELD_ABSENT] = MEASURE_NOTHING,  [FIELD_NAME] = MEASURE_NOTHING,
    [FIELD_RATIO] = MEASURE_NUMBER,    [FIELD_WORD] = MEASURE_TEXT,
    [FIELD_DURATION] = MEASURE_NUMBER, [FIELD_INTERIM] = MEASURE_BOOLEAN,
    [FIELD_CAUSE] = MEASURE_TEXT,
};

/* The tree's field, and what it is compared with. */
static uint32_t
check_field(lua_State *L, const struct query *query, int tree, enum measure *measure)
{
    push_member(L, tree, "field", LUA_TNUMBER);
    lua_Integer field = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    if (field < 0 || (size_t)field >= query->field_count)
        luaL_error(L, "condition: there is no field %I", (LUAI_UACINT)field);
    *measure = measures[query->fields[field].kind];
    if (*measure == MEASURE_NOTHING)
        luaL_error(L, "condition: '%s' cannot be compared", query->fields[field].name);
    return (uint32_t)field;
}

static void
check_is_number(lua_State *L, enum measure measure, enum condition_op op)
{
    if (measure != MEASURE_NUMBER)
        luaL_error(L, "condition: '%s' compares numbers", condition_word(op));
}

/* Adds the value at the top of the stack, and pops it. */
static void
add_operand(lua_State *L, struct condition *condition, enum measure measure)
{
    static const int types[] = {[MEASURE_NUMBER] = LUA_TNUMBER,
                                [MEASURE_BOOLEAN] = LUA_TBOOLEAN,
                                [MEASURE_TEXT] = LUA_TSTRING};
    size_t size;
    luaL_checktype(L, -1, types[measure]);
    if (measure == MEASURE_NUMBER) {
        condition_add_number(condition, lua_tonumber(L, -1));
    } else if (measure == MEASURE_BOOLEAN) {
        condition_add_number(condition, lua_toboolean(L, -1));
    } else {
        const char *text = lua_tolstring(L, -1, &size);
        if (!condition_add_text(condition, text, size))
            luaL_error(L, "condition: there is no word '%s' in this field", text);
    }
    lua_pop(L, 1);
}

/* above … at_most, and equal of numbers. */
static void
add_comparison(lua_State *L, struct condition *condition, enum condition_op op,
               int tree)
{
    enum measure measure;
    uint32_t field = check_field(L, condition->query, tree, &measure);
    if (op == OP_EQUAL && measure != MEASURE_NUMBER) {
        condition_match(condition, op, field);
        lua_getfield(L, tree, measure == MEASURE_TEXT ? "text" : "limit");
        add_operand(L, condition, measure);
        return;
    }
    check_is_number(L, measure, op);
    push_member(L, tree, "limit", LUA_TNUMBER);
    condition_compare(condition, op, field, lua_tonumber(L, -1));
    lua_pop(L, 1);
}

static void
add_one_of(lua_State *L, struct condition *condition, int tree)
{
    enum measure measure;
    uint32_t field = check_field(L, condition->query, tree, &measure);
    push_member(L, tree, measure == MEASURE_TEXT ? "texts" : "limits", LUA_TTABLE);
    lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
    if (!count)
        luaL_error(L, "condition: one of none");
    condition_match(condition, OP_ONE_OF, field);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        add_operand(L, condition, measure);
    }
    lua_pop(L, 1);
}

static void
add_between(lua_State *L, struct condition *condition, enum condition_op op, int tree)
{
    enum measure measure;
    uint32_t field = check_field(L, condition->query, tree, &measure);
    check_is_number(L, measure, op);
    condition_match(condition, op, field);
    lua_getfield(L, tree, "low");
    add_operand(L, condition, measure);
    lua_getfield(L, tree, "high");
    add_operand(L, condition, measure);
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
    case OP_ONE_OF: add_one_of(L, condition, tree); return;
    case OP_WITHIN:
    case OP_OUTSIDE: add_between(L, condition, (enum condition_op)op, tree); return;
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
