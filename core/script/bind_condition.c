#include "script/bind.h"

#include "script/condition.h"
#include "script/script.h"

#define METATABLE "condition"

#define DEPTH_MAX     32
#define TIMES_MAX     100
#define WINDOW_MIN_MS ((lua_Integer)1000)
#define WINDOW_MAX_MS ((lua_Integer)31 * 86400 * 1000)
#define HOURS_MAX     100
#define DAY_MINUTES   1440

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
    [FIELD_CAUSE] = MEASURE_TEXT,      [FIELD_REAL] = MEASURE_NUMBER,
};

/* The tree's field, and what it is compared with. */
static uint32_t
check_field_in(lua_State *L, const struct query *query, int tree, const char *key,
               enum measure *measure)
{
    push_member(L, tree, key, LUA_TNUMBER);
    lua_Integer field = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    if (field < 0 || (size_t)field >= query->field_count)
        luaL_error(L, "condition: there is no field %I", (LUAI_UACINT)field);
    *measure = measures[query->fields[field].kind];
    if (*measure == MEASURE_NOTHING)
        luaL_error(L, "condition: '%s' cannot be compared", query->fields[field].name);
    return (uint32_t)field;
}

static uint32_t
check_field(lua_State *L, const struct query *query, int tree, enum measure *measure)
{
    return check_field_in(L, query, tree, "field", measure);
}

/* A length of time in the tree at `tree`. */
static int64_t
check_length(lua_State *L, int tree)
{
    push_member(L, tree, "ms", LUA_TNUMBER);
    lua_Integer ms = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    if (ms < WINDOW_MIN_MS || ms > WINDOW_MAX_MS)
        luaL_error(L, "condition: a window of %I ms", (LUAI_UACINT)ms);
    return ms;
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

/* ---- windows ---- */

/* What a comparison is about: a field, or a window of one. */
struct subject {
    uint32_t field;
    enum measure measure;
    bool has_window;
    enum window_kind kind;
    uint32_t under;
    int64_t ms;
};

static uint32_t
check_under(lua_State *L, const struct query *query, int window)
{
    enum measure measure;
    uint32_t field = check_field_in(L, query, window, "under", &measure);
    check_is_number(L, measure, OP_ABOVE);
    return field;
}

/* The window at the top of the stack. */
static struct subject
check_window(lua_State *L, const struct query *query)
{
    struct subject subject = {.has_window = true};
    int window = lua_gettop(L);
    push_member(L, window, "kind", LUA_TSTRING);
    int kind = window_kind_of(lua_tostring(L, -1));
    if (kind < 0)
        luaL_error(L, "condition: there is no window '%s'", lua_tostring(L, -1));
    subject.kind = (enum window_kind)kind;
    subject.field = check_field(L, query, window, &subject.measure);
    check_is_number(L, subject.measure, OP_ABOVE);
    subject.ms = check_length(L, window);
    if (subject.kind == WINDOW_RATIO)
        subject.under = check_under(L, query, window);
    return subject;
}

static struct subject
check_subject(lua_State *L, const struct query *query, int tree)
{
    struct subject subject = {0};
    int top = lua_gettop(L);
    if (lua_getfield(L, tree, "window") == LUA_TTABLE)
        subject = check_window(L, query);
    else
        subject.field = check_field(L, query, tree, &subject.measure);
    lua_settop(L, top);
    return subject;
}

static void
set_window(struct condition *condition, const struct subject *subject)
{
    if (subject->has_window)
        condition_set_window(condition, subject->kind, subject->under, subject->ms);
}

/* ---- limits ---- */

/* Takes the function at the top of the stack, for good. */
static int
keep_function(lua_State *L)
{
    luaL_checktype(L, -1, LUA_TFUNCTION);
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* The entry at the top of the stack, { minute, limit }; returns its minute. */
static int
add_hour(lua_State *L, struct condition *condition, int before)
{
    int entry = lua_gettop(L);
    luaL_checktype(L, entry, LUA_TTABLE);
    lua_rawgeti(L, entry, 1);
    lua_rawgeti(L, entry, 2);
    lua_Integer minute = luaL_checkinteger(L, -2);
    if (minute <= before || minute >= DAY_MINUTES)
        luaL_error(L, "condition: limits by hour are not in order");
    condition_add_hour(condition, (int)minute, luaL_checknumber(L, -1));
    lua_settop(L, entry - 1);
    return (int)minute;
}

/* The table at `limit`: { fn }, or { minute = fn, { minute, limit }, … }. */
static void
add_moving_limit(lua_State *L, struct condition *condition, int limit)
{
    lua_Integer count = (lua_Integer)lua_rawlen(L, limit);
    if (lua_getfield(L, limit, "minute") == LUA_TNIL) {
        lua_rawgeti(L, limit, 1);
        condition_set_limit(condition, keep_function(L));
        return;
    }
    condition_set_limit(condition, keep_function(L));
    if (!count || count > HOURS_MAX)
        luaL_error(L, "condition: 1 to %d limits by hour", HOURS_MAX);
    int before = -1;
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, limit, i);
        before = add_hour(L, condition, before);
    }
}

/* above … at_most, and equal of numbers. */
static void
add_comparison(lua_State *L, struct condition *condition, enum condition_op op,
               int tree)
{
    struct subject subject = check_subject(L, condition->query, tree);
    if (op == OP_EQUAL && subject.measure != MEASURE_NUMBER) {
        condition_match(condition, op, subject.field);
        lua_getfield(L, tree, subject.measure == MEASURE_TEXT ? "text" : "limit");
        add_operand(L, condition, subject.measure);
        return;
    }
    check_is_number(L, subject.measure, op);
    int top = lua_gettop(L);
    int type = lua_getfield(L, tree, "limit"); /* tree limit */
    if (type != LUA_TNUMBER && type != LUA_TTABLE)
        luaL_error(L, "condition: 'limit' is a %s", lua_typename(L, type));
    condition_compare(condition, op, subject.field,
                      type == LUA_TNUMBER ? lua_tonumber(L, -1) : 0);
    set_window(condition, &subject);
    if (type == LUA_TTABLE)
        add_moving_limit(L, condition, lua_gettop(L));
    lua_settop(L, top);
}

static void
add_one_of(lua_State *L, struct condition *condition, int tree)
{
    struct subject subject = check_subject(L, condition->query, tree);
    push_member(L, tree, subject.measure == MEASURE_TEXT ? "texts" : "limits",
                LUA_TTABLE);
    lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
    if (!count)
        luaL_error(L, "condition: one of none");
    condition_match(condition, OP_ONE_OF, subject.field);
    set_window(condition, &subject);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        add_operand(L, condition, subject.measure);
    }
    lua_pop(L, 1);
}

static void
add_between(lua_State *L, struct condition *condition, enum condition_op op, int tree)
{
    struct subject subject = check_subject(L, condition->query, tree);
    check_is_number(L, subject.measure, op);
    condition_match(condition, op, subject.field);
    set_window(condition, &subject);
    lua_getfield(L, tree, "low");
    add_operand(L, condition, subject.measure);
    lua_getfield(L, tree, "high");
    add_operand(L, condition, subject.measure);
}

static void
add_changed(lua_State *L, struct condition *condition, int tree)
{
    enum measure measure;
    uint32_t field = check_field(L, condition->query, tree, &measure);
    bool has_from = lua_getfield(L, tree, "from") != LUA_TNIL;
    bool has_to = lua_getfield(L, tree, "to") != LUA_TNIL; /* … from to */
    condition_changed(condition, field, has_from, has_to);
    lua_insert(L, -2); /* … to from */
    if (has_from)
        add_operand(L, condition, measure);
    else
        lua_pop(L, 1);
    if (has_to)
        add_operand(L, condition, measure);
    else
        lua_pop(L, 1);
}

static void
add_call(lua_State *L, struct condition *condition, int tree)
{
    lua_rawgeti(L, tree, 1);
    condition_call(condition, keep_function(L));
}

static void add_tree(lua_State *L, struct condition *condition, int tree, int depth);

/* The tree at the top of the stack, which is popped. */
static void
add_part(lua_State *L, struct condition *condition, int depth)
{
    add_tree(L, condition, lua_gettop(L), depth + 1);
    lua_pop(L, 1);
}

static void
add_parts(lua_State *L, struct condition *condition, enum condition_op op, int tree,
          int depth)
{
    size_t opened = condition_open(condition, op);
    lua_Integer count = (lua_Integer)lua_rawlen(L, tree);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, tree, i);
        add_part(L, condition, depth);
    }
    condition_close(condition, opened);
}

static void
add_times(lua_State *L, struct condition *condition, int tree, int depth)
{
    push_member(L, tree, "count", LUA_TNUMBER);
    lua_Integer count = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    if (count < 1 || count > TIMES_MAX)
        luaL_error(L, "condition: 1 to %d times", TIMES_MAX);
    int64_t ms = check_length(L, tree);
    size_t opened = condition_open(condition, OP_TIMES);
    condition_set_times(condition, opened, (uint32_t)count, ms);
    lua_rawgeti(L, tree, 1);
    add_part(L, condition, depth);
    condition_close(condition, opened);
}

/* The guard comes first. */
static void
add_given(lua_State *L, struct condition *condition, int tree, int depth)
{
    size_t opened = condition_open(condition, OP_GIVEN);
    lua_rawgeti(L, tree, 2);
    add_part(L, condition, depth);
    lua_rawgeti(L, tree, 1);
    add_part(L, condition, depth);
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
    case OP_TIMES: add_times(L, condition, tree, depth); return;
    case OP_GIVEN: add_given(L, condition, tree, depth); return;
    case OP_CHANGED: add_changed(L, condition, tree); return;
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
    const struct query *query = bind_query(L, luaL_checkstring(L, 1));
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
