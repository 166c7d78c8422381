/* Words, durations and what the queries are: what depends on nothing but its arguments,
 * so that any state of Lua can have it. */
#include <string.h>

#include "base/text.h"
#include "model/schema.h"
#include "script/bind.h"

/* ---- words and durations ---- */

static int
l_duration(lua_State *L)
{
    int64_t ms;
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    if (strlen(text) == size && text_duration(text, &ms))
        lua_pushinteger(L, ms);
    else
        lua_pushnil(L);
    return 1;
}

static int
l_format_duration(lua_State *L)
{
    char text[32];
    lua_pushstring(L, text_format_duration(luaL_checkinteger(L, 1), text, sizeof text));
    return 1;
}

static int
l_nearest(lua_State *L)
{
    const char *word = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    size_t count = lua_rawlen(L, 2);
    const char **words = lua_newuserdatauv(L, (count + 1) * sizeof *words, 0);
    for (size_t i = 0; i < count; i++) {
        if (lua_rawgeti(L, 2, (lua_Integer)i + 1) != LUA_TSTRING)
            return luaL_argerror(L, 2, "a list of texts is needed");
        words[i] = lua_tostring(L, -1); /* the list keeps it */
        lua_pop(L, 1);
    }
    words[count] = NULL;
    lua_pushstring(L, text_nearest(word, words));
    return 1;
}

/* ---- queries ---- */

static const char *const kind_words[] = {
    [FIELD_INTEGER] = "integer",   [FIELD_TEXT] = "text",
    [FIELD_TIME_MS] = "time",      [FIELD_TIME_UTC] = "time",
    [FIELD_BOOLEAN] = "boolean",   [FIELD_MEDIA] = "media",
    [FIELD_SKILLS] = "skills",     [FIELD_ARGUMENT] = "integer",
    [FIELD_ABSENT] = "absent",     [FIELD_NAME] = "name",
    [FIELD_RATIO] = "ratio",       [FIELD_WORD] = "word",
    [FIELD_DURATION] = "duration", [FIELD_INTERIM] = "boolean",
    [FIELD_CAUSE] = "text",        [FIELD_REAL] = "number",
};

static void
set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

/* A member that is true or not there. */
static void
set_mark(lua_State *L, const char *key, bool is_set)
{
    if (!is_set)
        return;
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, key);
}

/* Adds words and codes, the same place for the same code. */
static void
set_words(lua_State *L, const struct code *codes)
{
    lua_newtable(L);
    lua_newtable(L);
    for (lua_Integer i = 0; codes[i].word; i++) {
        lua_pushstring(L, codes[i].word);
        lua_rawseti(L, -3, i + 1);
        lua_pushinteger(L, codes[i].code);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -3, "codes");
    lua_setfield(L, -2, "words");
}

static void
push_field(lua_State *L, const struct field *field)
{
    lua_newtable(L);
    set_text(L, "name", field->name);
    set_text(L, "wire", field->wire);
    set_text(L, "kind", field->codes ? "word" : kind_words[field->kind]);
    set_text(L, "unit", unit_word(field->unit));
    set_text(L, "doc", field->doc);
    lua_pushboolean(L, field->window_5m);
    lua_setfield(L, -2, "window");
    if (field->codes)
        set_words(L, field->codes);
}

void
bind_push_query(lua_State *L, const struct query *query)
{
    lua_newtable(L);
    set_text(L, "name", query->name);
    set_text(L, "row", query->row_name);
    set_text(L, "argument", query->argument);
    set_text(L, "key", query->fields[query->key].name);
    set_text(L, "source", query->source);
    set_mark(L, "list", query->is_list);
    set_mark(L, "span", query->has_span);
    set_mark(L, "named", query->is_named);
    lua_createtable(L, (int)query->field_count, 0);
    for (size_t i = 0; i < query->field_count; i++) {
        push_field(L, &query->fields[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "fields");
}

static int
l_range(lua_State *L)
{
    const struct query *query = query_find(luaL_checkstring(L, 1));
    lua_Integer edition = luaL_checkinteger(L, 2), count = 0;
    lua_newtable(L);
    if (!query)
        return 1;
    for (const struct id_range *range = query->ranges; range->edition; range++) {
        if (range->edition != edition)
            continue;
        lua_createtable(L, 2, 0);
        lua_pushinteger(L, range->low);
        lua_rawseti(L, -2, 1);
        lua_pushinteger(L, range->high);
        lua_rawseti(L, -2, 2);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

const luaL_Reg bind_model_functions[] = {
    {"duration", l_duration},
    {"format_duration", l_format_duration},
    {"nearest", l_nearest},
    {"range", l_range},
    {NULL, NULL},
};
