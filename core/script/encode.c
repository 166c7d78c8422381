#include "script/encode.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <lauxlib.h>

#include "base/quote.h"
#include "base/text.h"

#define DEPTH_MAX  64
#define ROOM_FIRST 2048 /* bytes: most messages are shorter */
#define BREATH     1024 /* values, or keys, between two looks of the hook */
#define SLOTS      16   /* of the stack, more than one level needs */

/* The stack of encode(): what it was given, and the text once it is long. */
enum { AT_VALUE = 1, AT_TEXT };

/* What encode() knows: its upvalues, in the order of `marks`. */
enum { TEXTS = 1, VIEWS, LISTS, OBJECT, ARRAY, RAW, PLAIN, SORT = PLAIN };
static const char *const marks[] = {"texts", "views", "lists", "object",
                                    "array", "raw",   "sort"};

struct writer {
    lua_State *L;
    unsigned steps; /* values and keys so far */
    size_t size, room;
    char *text; /* `first`, or the userdata at AT_TEXT */
    char first[ROOM_FIRST];
};

/* Of a value at the top of the stack, which it takes away. */
static void write_value(struct writer *writer, int depth);

/* ---- the hook ---- */

/* Lua calls no hook while C works. */
static void
step(struct writer *writer)
{
    if (++writer->steps % BREATH)
        return;
    lua_State *L = writer->L;
    lua_Debug here = {.event = LUA_HOOKCOUNT};
    lua_Hook hook = lua_gethook(L);
    if (hook && lua_gethookmask(L) & LUA_MASKCOUNT && lua_getstack(L, 0, &here))
        hook(L, &here);
}

/* ---- bytes ---- */

static void
grow(struct writer *writer, size_t more)
{
    size_t room = writer->room;
    while (room - writer->size < more)
        room *= 2;
    char *text = lua_newuserdatauv(writer->L, room, 0);
    memcpy(text, writer->text, writer->size);
    lua_replace(writer->L, AT_TEXT);
    writer->text = text;
    writer->room = room;
}

/* Where `more` bytes may be put; the caller adds those that it puts to `size`. */
static char *
reserve(struct writer *writer, size_t more)
{
    if (writer->room - writer->size < more)
        grow(writer, more);
    return writer->text + writer->size;
}

static void
add(struct writer *writer, const char *bytes, size_t size)
{
    memcpy(reserve(writer, size), bytes, size);
    writer->size += size;
}

static void
add_byte(struct writer *writer, char byte)
{
    *reserve(writer, 1) = byte;
    writer->size++;
}

/* ---- scalars ---- */

/* The text at `index`, which stays. */
static void
write_text(struct writer *writer, int index)
{
    size_t size;
    const char *text = lua_tolstring(writer->L, index, &size);
    add_byte(writer, '"');
    for (size_t at = 0; at < size; at++) {
        size_t run = quote_run(text + at, size - at);
        add(writer, text + at, run);
        at += run;
        if (at < size)
            writer->size += quote_byte(text[at], reserve(writer, QUOTE_MAX));
    }
    add_byte(writer, '"');
}

static void
write_number(struct writer *writer)
{
    lua_State *L = writer->L;
    char *out = reserve(writer, TEXT_NUMBER_MAX);
    if (lua_isinteger(L, -1)) {
        writer->size += text_format_integer(lua_tointeger(L, -1), out);
        return;
    }
    double number = lua_tonumber(L, -1);
    if (!isfinite(number)) {
        lua_pushfstring(L, "JSON has no %s", luaL_tolstring(L, -1, NULL));
        lua_error(L);
    }
    writer->size += text_format_number(number, out);
}

static void
refuse(lua_State *L)
{
    if (lua_type(L, -1) == LUA_TUSERDATA || lua_islightuserdata(L, -1))
        lua_pushliteral(L, "a row cannot be JSON: take gw.copy(…) of it");
    else
        lua_pushfstring(L, "a %s cannot be JSON", luaL_typename(L, -1));
    lua_error(L);
}

static bool
is_null(lua_State *L)
{
    return lua_isnil(L, -1) ||
           (lua_islightuserdata(L, -1) && lua_touserdata(L, -1) == NULL);
}

static void
write_scalar(struct writer *writer)
{
    lua_State *L = writer->L;
    if (lua_type(L, -1) == LUA_TSTRING)
        write_text(writer, -1);
    else if (lua_type(L, -1) == LUA_TNUMBER)
        write_number(writer);
    else if (is_null(L))
        add(writer, "null", 4);
    else if (!lua_isboolean(L, -1))
        refuse(L);
    else if (lua_toboolean(L, -1))
        add(writer, "true", 4);
    else
        add(writer, "false", 5);
}

/* ---- keys ---- */

static void
check_key(lua_State *L)
{
    if (lua_type(L, -1) == LUA_TSTRING)
        return;
    lua_pushfstring(L, "a JSON object has text keys, not %s",
                    luaL_tolstring(L, -1, NULL));
    lua_error(L);
}

/* Of the key at the top of the stack, which stays. */
static void
write_key(struct writer *writer, bool is_first)
{
    check_key(writer->L);
    if (!is_first)
        add_byte(writer, ',');
    write_text(writer, -1);
    add_byte(writer, ':');
}

/* pairs(table), of which the key alone is wanted:
 *
 *     for (walk_begin(L, table); walk_next(writer, table);)
 *         … the key is on top, and has to be left there …
 *
 * A table's own __pairs() is on the stack, as are the three values that it gave; nil in
 * its place says that there is none. */
static void
walk_begin(lua_State *L, int table)
{
    if (luaL_getmetafield(L, table, "__pairs") == LUA_TNIL) {
        lua_pushnil(L);
        lua_pushnil(L);
        lua_pushnil(L); /* nil nil key */
        return;
    }
    lua_pushvalue(L, table);
    lua_call(L, 1, 3); /* next state key */
}

static bool
walk_next(struct writer *writer, int table)
{
    lua_State *L = writer->L;
    step(writer);
    if (lua_isnil(L, -3)) {
        if (lua_next(L, table)) {
            lua_pop(L, 1);
            return true;
        }
        lua_pop(L, 2);
        return false;
    }
    lua_pushvalue(L, -3);
    lua_insert(L, -2);
    lua_pushvalue(L, -3);
    lua_insert(L, -2); /* next state next state key */
    lua_call(L, 2, 1);
    if (!lua_isnil(L, -1))
        return true;
    lua_pop(L, 3);
    return false;
}

/* Pushes a sorted list of the table's keys. It holds them, whatever becomes of the
 * table while its values are written. */
static lua_Integer
push_keys(struct writer *writer, int table)
{
    lua_State *L = writer->L;
    lua_Integer count = 0;
    lua_newtable(L);
    int list = lua_gettop(L);
    for (walk_begin(L, table); walk_next(writer, table);) {
        check_key(L);
        lua_pushvalue(L, -1);
        lua_rawseti(L, list, ++count);
    }
    if (count > 1) {
        lua_pushvalue(L, lua_upvalueindex(SORT));
        lua_pushvalue(L, list);
        lua_call(L, 1, 0);
    }
    return count;
}

/* ---- tables: that at the top of the stack, which stays ---- */

static void
write_list(struct writer *writer, int depth)
{
    lua_State *L = writer->L;
    lua_Integer size = luaL_len(L, -1);
    add_byte(writer, '[');
    for (lua_Integer i = 1; i <= size; i++) {
        if (i > 1)
            add_byte(writer, ',');
        lua_geti(L, -1, i);
        write_value(writer, depth);
    }
    add_byte(writer, ']');
}

static void
write_object(struct writer *writer, int depth)
{
    lua_State *L = writer->L;
    add_byte(writer, '{');
    for (lua_Integer i = 1; lua_geti(L, -1, i) != LUA_TNIL; i++) { /* object pair */
        lua_geti(L, -1, 1);
        write_key(writer, i == 1);
        lua_pop(L, 1);
        lua_geti(L, -1, 2);
        write_value(writer, depth);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    add_byte(writer, '}');
}

static void
write_raw(struct writer *writer)
{
    size_t size;
    lua_geti(writer->L, -1, 1);
    const char *text = luaL_checklstring(writer->L, -1, &size);
    add(writer, text, size);
    lua_pop(writer->L, 1);
}

static bool
is_in_lists(lua_State *L)
{
    lua_pushvalue(L, -1);
    lua_rawget(L, lua_upvalueindex(LISTS));
    bool is = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is;
}

static bool
is_empty(lua_State *L)
{
    lua_pushnil(L);
    if (!lua_next(L, -2))
        return true;
    lua_pop(L, 2);
    return false;
}

static bool
is_list(struct writer *writer)
{
    lua_State *L = writer->L;
    bool has_first = lua_geti(L, -1, 1) != LUA_TNIL;
    lua_pop(L, 1);
    if (!has_first)
        return is_in_lists(L) && is_empty(L);
    lua_Integer count = 0;
    int table = lua_gettop(L);
    for (walk_begin(L, table); walk_next(writer, table);)
        count++;
    return count == luaL_len(L, table);
}

static void
write_plain(struct writer *writer, int depth)
{
    lua_State *L = writer->L;
    if (is_list(writer)) {
        write_list(writer, depth);
        return;
    }
    int table = lua_gettop(L);
    lua_Integer count = push_keys(writer, table); /* table keys */
    add_byte(writer, '{');
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, table + 1, i);
        write_key(writer, i == 1);
        lua_gettable(L, table);
        write_value(writer, depth);
    }
    add_byte(writer, '}');
    lua_settop(L, table);
}

/* OBJECT, ARRAY or RAW by its metatable, PLAIN for any other; raises for what is
 * closed. */
static int
form_of(lua_State *L)
{
    if (!lua_getmetatable(L, -1))
        return PLAIN;
    int form = OBJECT;
    while (form < PLAIN && !lua_rawequal(L, -1, lua_upvalueindex(form)))
        form++;
    lua_pushliteral(L, "__metatable");
    lua_rawget(L, -2);
    if (form == PLAIN && lua_isboolean(L, -1) && !lua_toboolean(L, -1)) {
        lua_pushliteral(L, "a value of the gateway's own cannot be JSON: "
                           "take gw.copy(…) of it");
        lua_error(L);
    }
    lua_pop(L, 2);
    return form;
}

/* Puts what stands for the table, if anything does, in its place. */
static void
exchange(lua_State *L, int mark)
{
    lua_pushvalue(L, -1);
    lua_rawget(L, lua_upvalueindex(mark));
    lua_remove(L, lua_toboolean(L, -1) ? -2 : -1);
}

static void
write_table(struct writer *writer, int depth)
{
    lua_State *L = writer->L;
    if (depth == DEPTH_MAX) {
        lua_pushfstring(L, "nested deeper than %d, or in a circle", DEPTH_MAX);
        lua_error(L);
    }
    luaL_checkstack(L, SLOTS, "JSON");
    exchange(L, VIEWS);
    switch (form_of(L)) {
    case OBJECT: write_object(writer, depth + 1); break;
    case ARRAY: write_list(writer, depth + 1); break;
    case RAW: write_raw(writer); break;
    default: write_plain(writer, depth + 1);
    }
}

/* ---- values ---- */

static void
write_value(struct writer *writer, int depth)
{
    lua_State *L = writer->L;
    step(writer);
    if (lua_istable(L, -1))
        exchange(L, TEXTS);
    if (lua_istable(L, -1))
        write_table(writer, depth);
    else
        write_scalar(writer);
    lua_pop(L, 1);
}

static int
l_encode(lua_State *L)
{
    struct writer writer; /* not all of it: most of `first` is never used */
    writer.L = L;
    writer.steps = 0;
    writer.size = 0;
    writer.room = sizeof writer.first;
    writer.text = writer.first;
    lua_settop(L, AT_TEXT);
    lua_pushvalue(L, AT_VALUE);
    write_value(&writer, 0);
    lua_pushlstring(L, writer.text, writer.size);
    return 1;
}

static int
l_writer(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    for (int i = TEXTS; i <= SORT; i++)
        if (lua_getfield(L, 1, marks[i - TEXTS]) == LUA_TNIL)
            return luaL_argerror(L, 1, marks[i - TEXTS]);
    lua_pushcclosure(L, l_encode, SORT);
    return 1;
}

int
luaopen_gateway_encode(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, l_writer);
    lua_setfield(L, -2, "writer");
    lua_pushinteger(L, DEPTH_MAX);
    lua_setfield(L, -2, "DEPTH_MAX");
    return 1;
}
