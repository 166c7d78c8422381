#include "script/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "script/script.h"

/* In the registry. */
#define NAMES  "ccgate.names"  /* list over centres of id → name */
#define DECODE "ccgate.decode" /* decode of gateway.json */

struct view {
    const struct query *query;
    struct row row;
    uint64_t epoch; /* of the activation that it is valid in */
    uint32_t center;
};

/* ---- values ---- */

/* Pushes the name that gateway.conf gives to the row's key, or its own. */
static void
push_name(lua_State *L, const struct query *query, uint32_t center, struct row row,
          size_t field)
{
    size_t size;
    if (row_has(row.cells, field)) {
        const char *own = row_heap(row, field, &size);
        lua_pushlstring(L, own, size);
        return;
    }
    lua_Integer key = row.cells[1 + query->key];
    lua_getfield(L, LUA_REGISTRYINDEX, NAMES);
    lua_rawgeti(L, -1, (lua_Integer)center + 1);
    if (lua_rawgeti(L, -1, key) != LUA_TSTRING) {
        lua_pop(L, 1);
        lua_pushfstring(L, "skill %I", (LUAI_UACINT)key);
    }
    lua_replace(L, -3); /* name center */
    lua_pop(L, 1);
}

static void
push_media(lua_State *L, int64_t bits)
{
    lua_newtable(L);
    for (const struct code *media = codes_media; media->word; media++) {
        lua_pushboolean(L, (bits & media->code) != 0);
        lua_setfield(L, -2, media->word);
    }
}

/* The text of a field in the script's own buffer, which a raise may leave; NULL when it
 * is unknown. */
static const struct buf *
text_of(lua_State *L, const struct query *query, struct row row, size_t field)
{
    struct buf *out = &script_of(L)->word;
    buf_clear(out);
    buf_reserve(out, 0);
    return row_text(query, row, field, out) ? out : NULL;
}

static void
push_text(lua_State *L, const struct query *query, struct row row, size_t field)
{
    const struct buf *text = text_of(L, query, row, field);
    if (text)
        lua_pushlstring(L, text->data, text->size);
    else
        lua_pushnil(L);
}

static void
push_skills(lua_State *L, const struct query *query, struct row row, size_t field)
{
    lua_getfield(L, LUA_REGISTRYINDEX, DECODE);
    push_text(L, query, row, field);
    lua_call(L, 1, 1);
}

/* Whole numbers are integers, so that texts show them as such. */
static void
push_real(lua_State *L, double number)
{
    lua_Integer whole;
    if (lua_numbertointeger(number, &whole) && (double)whole == number)
        lua_pushinteger(L, whole);
    else
        lua_pushnumber(L, number);
}

/* Pushes a value that is a number or made of one. */
static void
push_number(lua_State *L, const struct query *query, struct row row, size_t field)
{
    double number;
    if (!row_number(query, row.cells, field, &number)) {
        lua_pushnil(L);
        return;
    }
    switch (query->fields[field].kind) {
    case FIELD_RATIO: lua_pushnumber(L, number); return;
    case FIELD_REAL: push_real(L, number); return;
    case FIELD_DURATION: lua_pushinteger(L, (lua_Integer)number); return;
    case FIELD_MEDIA: push_media(L, row.cells[1 + field]); return;
    case FIELD_BOOLEAN:
    case FIELD_INTERIM: lua_pushboolean(L, number != 0); return;
    default: lua_pushinteger(L, row.cells[1 + field]); return;
    }
}

/* Pushes a field's value, nil when it is unknown. */
static void
push_value(lua_State *L, const struct query *query, uint32_t center, struct row row,
           size_t field)
{
    switch (query->fields[field].kind) {
    case FIELD_INTEGER: /* nearly all of them */
        if (row_has(row.cells, field))
            lua_pushinteger(L, row.cells[1 + field]);
        else
            lua_pushnil(L);
        return;
    case FIELD_NAME: push_name(L, query, center, row, field); return;
    case FIELD_TEXT:
    case FIELD_WORD:
    case FIELD_CAUSE: push_text(L, query, row, field); return;
    case FIELD_SKILLS:
        if (row_has(row.cells, field))
            push_skills(L, query, row, field);
        else
            lua_pushnil(L);
        return;
    default: push_number(L, query, row, field); return;
    }
}

/* ---- views ---- */

void
rows_push(lua_State *L, const struct query *query, uint32_t center, struct row row)
{
    struct view *view = lua_newuserdatauv(L, sizeof *view, 0);
    *view = (struct view){query, row, script_of(L)->row_epoch, center};
    lua_rawgetp(L, LUA_REGISTRYINDEX, query);
    lua_setmetatable(L, -2);
}

/* The view at `index`, valid, or a raise. */
static const struct view *
check_view(lua_State *L, int index)
{
    const struct view *view = lua_touserdata(L, index);
    if (!view || !lua_getmetatable(L, index))
        luaL_typeerror(L, index, "row");
    lua_getfield(L, -1, "row"); /* metatable query */
    const struct query *query = lua_touserdata(L, -1);
    lua_pop(L, 2);
    if (!query || lua_rawlen(L, index) != sizeof *view)
        luaL_typeerror(L, index, "row");
    if (view->epoch != script_of(L)->row_epoch)
        luaL_error(L, "this row has expired: it was valid during the activation that "
                      "received it; keep gw.copy(row)");
    return view;
}

/* The field that says a code in words; the field itself when none does. */
static const struct field *
word_of(const struct query *query, size_t code)
{
    for (size_t i = 0; i < query->field_count; i++)
        if (query->fields[i].kind == FIELD_WORD && query->fields[i].over == code)
            return &query->fields[i];
    return &query->fields[code];
}

/* Raises: names the wire's word or the nearest field. */
static int
unknown_field(lua_State *L, const struct query *query, int index)
{
    if (lua_type(L, index) != LUA_TSTRING)
        return luaL_error(L, "fields of %s have names, got a %s", query->row_name,
                          luaL_typename(L, index));
    const char *word = lua_tostring(L, index);
    const char *names[QUERY_FIELDS_MAX + 1] = {NULL};
    for (size_t i = 0; i < query->field_count; i++) {
        const struct field *field = &query->fields[i];
        names[i] = field->name;
        if (field->wire && !strcmp(field->wire, word))
            return luaL_error(L, "'%s' is '%s' here", word, word_of(query, i)->name);
    }
    const char *near = text_nearest(word, names);
    if (!near)
        return luaL_error(L, "%s has no field '%s'", query->row_name, word);
    return luaL_error(L, "%s has no field '%s' (did you mean '%s'?)", query->row_name,
                      word, near);
}

/* Upvalues: the metatable, the positions of fields by name. */
static int
l_index(lua_State *L)
{
    const struct view *view = lua_touserdata(L, 1);
    if (!view || !lua_getmetatable(L, 1) || !lua_rawequal(L, -1, lua_upvalueindex(1)) ||
        view->epoch != script_of(L)->row_epoch)
        view = check_view(L, 1);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNUMBER)
        return unknown_field(L, view->query, 2);
    push_value(L, view->query, view->center, view->row, (size_t)lua_tointeger(L, -1));
    return 1;
}

static int
l_newindex(lua_State *L)
{
    const struct view *view = check_view(L, 1);
    return luaL_error(L,
                      "a row of %s is read-only; gw.copy(row) is a table of your own",
                      view->query->row_name);
}

/* Upvalues: the view, the next field. */
static int
l_next(lua_State *L)
{
    const struct view *view = check_view(L, lua_upvalueindex(1));
    size_t field = (size_t)lua_tointeger(L, lua_upvalueindex(2));
    for (; field < view->query->field_count; field++) {
        push_value(L, view->query, view->center, view->row, field);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            continue;
        }
        lua_pushinteger(L, (lua_Integer)field + 1);
        lua_replace(L, lua_upvalueindex(2));
        lua_pushstring(L, view->query->fields[field].name);
        lua_insert(L, -2); /* … name value */
        return 2;
    }
    lua_pushnil(L);
    return 1;
}

static int
l_pairs(lua_State *L)
{
    check_view(L, 1);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, l_next, 2);
    return 1;
}

static int
l_tostring(lua_State *L)
{
    const struct view *view = check_view(L, 1);
    lua_pushfstring(L, "%s ", view->query->row_name);
    push_value(L, view->query, view->center, view->row, view->query->key);
    lua_concat(L, 2);
    return 1;
}

void
rows_make(lua_State *L, const struct query *query)
{
    lua_newtable(L);
    lua_pushstring(L, query->row_name);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__name");
    lua_setfield(L, -2, "__metatable");
    lua_pushlightuserdata(L, (void *)query);
    lua_setfield(L, -2, "row");
    lua_pushvalue(L, -1);
    lua_createtable(L, 0, (int)query->field_count); /* metatable metatable fields */
    for (size_t i = 0; i < query->field_count; i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_setfield(L, -2, query->fields[i].name);
    }
    lua_pushcclosure(L, l_index, 2);
    lua_setfield(L, -2, "__index");
    static const luaL_Reg methods[] = {
        {"__newindex", l_newindex},
        {"__pairs", l_pairs},
        {"__tostring", l_tostring},
        {NULL, NULL},
    };
    luaL_setfuncs(L, methods, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, query);
}

/* ---- plain forms ---- */

void
rows_push_copy(lua_State *L, const struct query *query, uint32_t center, struct row row)
{
    lua_createtable(L, 0, (int)query->field_count);
    for (size_t i = 0; i < query->field_count; i++) {
        push_value(L, query, center, row, i);
        lua_setfield(L, -2, query->fields[i].name);
    }
}

void
rows_push_expected(lua_State *L, const struct query *query, uint32_t center, int64_t id)
{
    int64_t cells[1 + QUERY_FIELDS_MAX] = {0};
    struct buf *text = &script_of(L)->scratch; /* a raise below loses nothing */
    buf_clear(text);
    row_expect(query, id, cells, text);
    rows_push_copy(L, query, center, (struct row){cells, text->data});
}

static int
l_copy(lua_State *L)
{
    if (lua_istable(L, 1)) {
        lua_settop(L, 1);
        lua_newtable(L);
        for (lua_pushnil(L); lua_next(L, 1);) { /* row copy key value */
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, 2);
        }
        return 1;
    }
    const struct view *view = check_view(L, 1);
    rows_push_copy(L, view->query, view->center, view->row);
    return 1;
}

/* JSON of the number or boolean at the top of the stack, or of nil. */
static void
add_scalar(lua_State *L, struct buf *out)
{
    char number[TEXT_NUMBER_MAX];
    switch (lua_type(L, -1)) {
    case LUA_TNIL: buf_add_text(out, "null"); return;
    case LUA_TBOOLEAN:
        buf_add_text(out, lua_toboolean(L, -1) ? "true" : "false");
        return;
    default:
        if (lua_isinteger(L, -1))
            buf_add_integer(out, lua_tointeger(L, -1));
        else
            buf_add(out, number, text_format_number(lua_tonumber(L, -1), number));
    }
}

static void
add_media(struct buf *out, int64_t bits)
{
    const char *before = "{";
    for (const struct code *media = codes_media; media->word; media++, before = ",")
        buf_format(out, "%s\"%s\":%s", before, media->word,
                   bits & media->code ? "true" : "false");
    buf_add_text(out, "}");
}

/* A text that is known; skills are JSON as they lie in the heap. */
static void
add_text(struct buf *out, const struct field *field, const struct buf *text)
{
    if (field->kind == FIELD_SKILLS)
        buf_add(out, text->data, text->size);
    else
        buf_add_json(out, text->data, text->size);
}

static void
add_value(lua_State *L, struct buf *out, const struct view *view, size_t index)
{
    const struct field *field = &view->query->fields[index];
    const struct buf *text;
    size_t size;
    if (field->kind == FIELD_NAME) {
        push_name(L, view->query, view->center, view->row, index);
        const char *name = lua_tolstring(L, -1, &size);
        buf_add_json(out, name, size);
        lua_pop(L, 1);
    } else if (field_is_text(field) &&
               (text = text_of(L, view->query, view->row, index))) {
        add_text(out, field, text);
    } else if (field->kind == FIELD_MEDIA && row_has(view->row.cells, index)) {
        add_media(out, view->row.cells[1 + index]);
    } else {
        push_value(L, view->query, view->center, view->row, index);
        add_scalar(L, out);
        lua_pop(L, 1);
    }
}

static int
l_row_json(lua_State *L)
{
    const struct view *view = check_view(L, 1);
    /* The script's own buffer: a raise below loses nothing. */
    struct buf *out = &script_of(L)->scratch;
    buf_clear(out);
    for (size_t i = 0; i < view->query->field_count; i++) {
        const char *name = view->query->fields[i].name;
        buf_add_text(out, i ? "," : "{");
        buf_add_json(out, name, strlen(name));
        buf_add_text(out, ":");
        add_value(L, out, view, i);
    }
    buf_add_text(out, "}");
    lua_pushlstring(L, out->data, out->size);
    return 1;
}

const luaL_Reg rows_functions[] = {
    {"copy", l_copy},
    {"row_json", l_row_json},
    {NULL, NULL},
};

/* ---- set-up ---- */

/* Pushes id → name of the queues of the centre at the top of the stack. */
static void
push_names(lua_State *L)
{
    lua_newtable(L);
    lua_getfield(L, -2, "queues"); /* center names queues */
    size_t count = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        lua_getfield(L, -1, "id");
        lua_getfield(L, -2, "name"); /* center names queues queue id name */
        lua_rawseti(L, -5, lua_tointeger(L, -2));
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
}

void
rows_open(lua_State *L, int setup)
{
    for (const struct query *const *query = queries; *query; query++)
        rows_make(L, *query);
    lua_newtable(L);
    lua_getfield(L, setup, "centers"); /* … lists centers */
    size_t count = lua_rawlen(L, -1);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        push_names(L);
        lua_rawseti(L, -4, (lua_Integer)i);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, NAMES);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "gateway.json");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "decode");
    lua_setfield(L, LUA_REGISTRYINDEX, DECODE);
    lua_pop(L, 1);
}
