#include "script/spot.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/mem.h"

/* ---- which files there are ---- */

static void
add_file(lua_State *L, struct spots *spots, const char *name)
{
    lua_Debug ar;
    spots->files = mem_grow(spots->files, spots->count + 1, sizeof *spots->files);
    struct spots_file *file = &spots->files[spots->count++];
    file->chunk = mem_format("@%s", name);
    if (luaL_loadbufferx(L, "", 0, file->chunk, "t") != LUA_OK)
        lua_error(L);
    lua_getinfo(L, ">S", &ar);
    memcpy(file->place, ar.short_src, sizeof ar.short_src);
}

static void
set_text(lua_State *L, const char *key, const char *text, size_t size)
{
    lua_pushlstring(L, text, size);
    lua_setfield(L, -2, key);
}

static void
push_module(lua_State *L, const struct message_module *module)
{
    lua_newtable(L);
    set_text(L, "name", module->name, strlen(module->name));
    set_text(L, "file", module->file, strlen(module->file));
    if (*module->trouble)
        set_text(L, "trouble", module->trouble, strlen(module->trouble));
    else
        set_text(L, "source", module->source, module->source_size);
}

void
spots_open(lua_State *L, struct spots *spots, const char *file,
           const struct message_load *load)
{
    lua_createtable(L, (int)load->module_count, 1); /* files */
    lua_newtable(L);
    set_text(L, "file", file, strlen(file));
    set_text(L, "source", load->source, load->source_size);
    lua_rawseti(L, -2, 0);
    add_file(L, spots, file);
    for (uint32_t i = 0; i < load->module_count; i++) {
        push_module(L, &load->modules[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
        add_file(L, spots, load->modules[i].file);
    }
}

/* ---- where something is ---- */

static uint32_t
spot_of(size_t number, int64_t line)
{
    uint32_t place = line > 0 && line < SPOT_LINES ? (uint32_t)line : 0;
    return (uint32_t)number * SPOT_LINES + place;
}

/* The number of a chunk's file; spots->count: it is none of the script's. */
static size_t
number_of(const struct spots *spots, const char *chunk)
{
    size_t number = 0;
    while (number < spots->count && strcmp(spots->files[number].chunk, chunk) != 0)
        number++;
    return number;
}

uint32_t
spots_running(const struct spots *spots, lua_State *L)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        size_t number =
            lua_getinfo(L, "Sl", &ar) ? number_of(spots, ar.source) : spots->count;
        if (number < spots->count)
            return spot_of(number, ar.currentline);
    }
    return 0;
}

/* What follows "place:line: ", NULL when the text does not begin so. */
static const char *
behind_place(const char *text, const char *place, int64_t *line)
{
    size_t size = strlen(place);
    if (strncmp(text, place, size) != 0 || text[size] != ':')
        return NULL;
    char *end;
    *line = strtoll(text + size + 1, &end, 10);
    return end > text + size + 1 && !strncmp(end, ": ", 2) ? end + 2 : NULL;
}

uint32_t
spots_take(const struct spots *spots, const char **text, uint32_t otherwise)
{
    for (size_t i = 0; i < spots->count; i++) {
        int64_t line;
        const char *rest = behind_place(*text, spots->files[i].place, &line);
        if (!rest)
            continue;
        *text = rest;
        return spot_of(i, line);
    }
    return otherwise;
}
