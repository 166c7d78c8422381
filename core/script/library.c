#include "script/library.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "script/decode.h"
#include "script/encode.h"
#include "script/library_data.h"

#define LOADED  "ccgate.loaded"
#define PRELOAD "ccgate.preload"

/* The modules that are C. */
static const luaL_Reg parts[] = {
    {"gateway.decode", luaopen_gateway_decode},
    {"gateway.encode", luaopen_gateway_encode},
    {NULL, NULL},
};

static const struct library_module *
find_embedded(const char *name)
{
    for (const struct library_module *module = library_data; module->name; module++)
        if (!strcmp(module->name, name))
            return module;
    return NULL;
}

static bool
is_module_name(const char *name)
{
    const char *allowed = "abcdefghijklmnopqrstuvwxyz0123456789_.";
    return !strncmp(name, "gateway", 7) && (!name[7] || name[7] == '.') &&
           !name[strspn(name, allowed)] && !strstr(name, "..");
}

/* Pushes the chunk of DIR/gateway/….lua, or raises. */
static void
load_file(lua_State *L, const char *dir, const char *name)
{
    const char *path = luaL_gsub(L, name, ".", "/");
    path = strcmp(name, "gateway") ? path : "gateway/init";
    const char *file = lua_pushfstring(L, "%s/%s.lua", dir, path);
    if (luaL_loadfilex(L, file, "t") != LUA_OK)
        lua_error(L);
}

/* Pushes the chunk of an embedded module, or raises. */
static void
load_embedded(lua_State *L, const char *name)
{
    const struct library_module *module = find_embedded(name);
    if (!module)
        luaL_error(L, "there is no module '%s'", name);
    /* The chunk name is in the bytes; this one is only for a damaged binary. */
    if (luaL_loadbufferx(L, (const char *)module->bytes, module->size, name, "b") !=
        LUA_OK)
        lua_error(L);
}

/* Pushes the function that makes the module. */
static void
push_loader(lua_State *L, const char *name)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, PRELOAD);
    if (lua_getfield(L, -1, name) == LUA_TFUNCTION)
        return;
    const char *dir = lua_tostring(L, lua_upvalueindex(1));
    if (dir && is_module_name(name))
        load_file(L, dir, name);
    else
        load_embedded(L, name);
}

static int
l_require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LOADED); /* name loaded */
    if (lua_getfield(L, 2, name) != LUA_TNIL)
        return 1;
    push_loader(L, name);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1); /* name loaded … module */
    if (lua_isnil(L, -1))
        lua_pushboolean(L, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

void
library_install(lua_State *L)
{
    /* Kept here, because a host clears its environment later. */
    lua_pushstring(L, getenv("CCGATE_LUA_DIR"));
    lua_pushcclosure(L, l_require, 1);
    lua_setglobal(L, "require");
    for (const luaL_Reg *part = parts; part->name; part++)
        library_preload(L, part->name, part->func);
}

/* What package.preload has for a module: upvalue 1 as of require(). */
static int
l_offered(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    push_loader(L, name);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

void
library_offer_parts(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    luaL_setfuncs(L, parts, 0);
    lua_pop(L, 1);
}

void
library_offer(lua_State *L, lua_CFunction open)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (const char *const *name = library_data_names; *name; name++) {
        lua_pushstring(L, getenv("CCGATE_LUA_DIR"));
        lua_pushcclosure(L, l_offered, 1);
        lua_setfield(L, -2, *name);
    }
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, "gateway.core");
    lua_pop(L, 1);
    library_offer_parts(L);
}

void
library_preload(lua_State *L, const char *name, lua_CFunction open)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, PRELOAD);
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

const char *const *
library_names(void)
{
    return library_data_names;
}
