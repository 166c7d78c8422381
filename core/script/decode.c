#include "script/decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/text.h"
#include "model/json.h"

#define EXACT_MAX (INT64_C(1) << 53) /* a double beyond is not exact */
#define SLOTS     8                  /* of the stack, more than one level needs */

/* The stack of decode(), and its upvalues. */
enum { AT_JSON = 1, AT_KEPT };
enum { RAW = 1, DEPTH };

/* Pushes the value that comes next. */
static void read_value(lua_State *L, struct json *json);

/* Goes on only when all is well. */
static void
check(lua_State *L, const struct json *json)
{
    if (!json->problem)
        return;
    lua_pushfstring(L, "no JSON: %s at byte %d", json->problem,
                    (int)(json->at - json->begin) + 1);
    lua_error(L);
}

static void
begin(lua_State *L, struct json *json, int depth)
{
    size_t size;
    const char *text = luaL_checklstring(L, AT_JSON, &size);
    json_init(json, text, size);
    json->depth_max = (unsigned)lua_tointeger(L, lua_upvalueindex(depth));
}

static void
end(lua_State *L, struct json *json)
{
    check(L, json); /* json_end() would pass over blanks there */
    json_end(json);
    check(L, json);
}

/* ---- scalars ---- */

static bool
is_utf8(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *last = at + size;
    while (at < last) {
        size_t length = *at < 0x80 ? 1 : text_utf8(at, (size_t)(last - at));
        if (!length)
            return false;
        at += length;
    }
    return true;
}

static void
push_text(lua_State *L, const struct json_text *text)
{
    if (!text->has_escapes && is_utf8(text->data, text->size)) {
        lua_pushlstring(L, text->data, text->size);
        return;
    }
    luaL_Buffer buffer;
    char *out = luaL_buffinitsize(L, &buffer, JSON_UNESCAPED_MAX(text->size));
    luaL_pushresultsize(&buffer, json_unescape_into(text, out));
}

static bool
is_whole(const struct json_text *text, int64_t value)
{
    return (value >= -EXACT_MAX && value <= EXACT_MAX) ||
           (!memchr(text->data, '.', text->size) &&
            !memchr(text->data, 'e', text->size) &&
            !memchr(text->data, 'E', text->size));
}

static void
read_number(lua_State *L, struct json *json)
{
    struct json_text text;
    int64_t value;
    json_number(json, &text);
    check(L, json);
    if (json_integer(text.data, text.size, &value) == JSON_INTEGER &&
        is_whole(&text, value)) {
        lua_pushinteger(L, value);
        return;
    }
    /* What follows a number in JSON ends it for strtod(), too, as does Lua's NUL. */
    double number = strtod(text.data, NULL);
    if (!isfinite(number))
        json->problem = "a number too large";
    check(L, json);
    lua_pushnumber(L, number);
}

static void
read_text(lua_State *L, struct json *json)
{
    struct json_text text;
    json_string(json, &text);
    check(L, json);
    push_text(L, &text);
}

/* ---- tables ---- */

/* Passes over the object that comes next and pushes it as it is written; reads it when
 * it is not UTF-8. */
static void
keep(lua_State *L, struct json *json)
{
    json_peek(json);
    const char *from = json->at;
    json_skip(json);
    check(L, json);
    size_t size = (size_t)(json->at - from);
    if (!is_utf8(from, size)) {
        json->at = from;
        read_value(L, json);
        return;
    }
    lua_createtable(L, 1, 0);
    lua_pushlstring(L, from, size);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, lua_upvalueindex(RAW));
    lua_setmetatable(L, -2);
}

static bool
is_kept(lua_State *L, struct json *json)
{
    return json->depth == 1 && lua_rawequal(L, -1, AT_KEPT) && json_peek(json) == '{';
}

static void
read_object(lua_State *L, struct json *json)
{
    struct json_text key;
    bool first = true;
    lua_newtable(L);
    json_open(json, '{');
    while (json_more(json, '}', &first)) {
        json_key(json, &key);
        check(L, json);
        push_text(L, &key); /* object key */
        if (is_kept(L, json))
            keep(L, json);
        else
            read_value(L, json);
        lua_rawset(L, -3);
    }
    check(L, json);
}

static void
read_list(lua_State *L, struct json *json)
{
    bool first = true;
    lua_newtable(L);
    json_open(json, '[');
    for (lua_Integer i = 1; json_more(json, ']', &first); i++) {
        read_value(L, json);
        lua_rawseti(L, -2, i);
    }
    check(L, json);
}

/* ---- values ---- */

static void
read_word(lua_State *L, struct json *json)
{
    char first = json_peek(json);
    json_skip(json);
    check(L, json);
    if (first == 'n')
        lua_pushlightuserdata(L, NULL);
    else
        lua_pushboolean(L, first == 't');
}

static void
read_value(lua_State *L, struct json *json)
{
    luaL_checkstack(L, SLOTS, "JSON");
    char first = json_peek(json);
    switch (first) {
    case '{': read_object(L, json); break;
    case '[': read_list(L, json); break;
    case '"': read_text(L, json); break;
    default:
        if (first == '-' || (first >= '0' && first <= '9'))
            read_number(L, json);
        else
            read_word(L, json);
    }
}

static int
l_decode(lua_State *L)
{
    struct json json;
    begin(L, &json, DEPTH);
    lua_settop(L, AT_KEPT);
    read_value(L, &json);
    end(L, &json);
    return 1;
}

static int
l_check(lua_State *L)
{
    struct json json;
    begin(L, &json, 1);
    json_skip(&json);
    end(L, &json);
    return 0;
}

/* ---- the module ---- */

static int
l_reader(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkinteger(L, 2);
    lua_settop(L, 2);
    lua_pushcclosure(L, l_decode, 2);
    return 1;
}

static int
l_checker(lua_State *L)
{
    luaL_checkinteger(L, 1);
    lua_settop(L, 1);
    lua_pushcclosure(L, l_check, 1);
    return 1;
}

int
luaopen_gateway_decode(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"reader", l_reader}, {"checker", l_checker}, {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
