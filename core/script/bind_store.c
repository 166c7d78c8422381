#include "script/bind.h"

#include <string.h>

#include "base/text.h"
#include "script/script.h"

static int
l_keep(lua_State *L)
{
    size_t key_size;
    struct script *script = script_of(L);
    struct message_stored kept = {.key = luaL_checklstring(L, 1, &key_size)};
    kept.value = luaL_optlstring(L, 2, "", &kept.value_size);
    luaL_argcheck(L,
                  key_size && key_size <= MESSAGE_KEY_MAX &&
                      strlen(kept.key) == key_size && text_is_printable(kept.key),
                  1, "no key");
    luaL_argcheck(L, lua_isnoneornil(L, 2) || kept.value_size, 2, "no value");
    if (!script->entry)
        return luaL_error(L, "only rules and jobs that run change what is kept");
    uint64_t number = effect_keep(&script->effects, &kept);
    if (!number)
        return 0;
    lua_pushinteger(L, (lua_Integer)number);
    lua_pushboolean(L, number == script->effects.committed + 1);
    return 2;
}

static int
l_dropped(lua_State *L)
{
    uint64_t from = effect_take_dropped(&script_of(L)->effects);
    if (from == UINT64_MAX)
        return 0;
    lua_pushinteger(L, (lua_Integer)from);
    return 1;
}

static int
l_restore(lua_State *L)
{
    const struct message_store *store = lua_touserdata(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, "ccgate.boot");
    lua_getfield(L, -1, "restore"); /* store boot restore */
    for (uint32_t i = 0; i < store->count; i++) {
        const struct message_stored *kept = &store->kept[i];
        lua_pushvalue(L, -1);
        lua_pushstring(L, kept->key);
        lua_pushlstring(L, kept->value, kept->value_size);
        lua_pushinteger(L, kept->written_ms / 1000);
        lua_call(L, 3, 0); /* restore(key, value, written_s) */
    }
    return 0;
}

bool
bind_store(struct script *script, const struct message_store *store)
{
    budget_begin(&script->budget, script->limits.cpu_load_ms);
    return script_protect(script, l_restore, (void *)(uintptr_t)store);
}

static int
l_shift(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "ccgate.boot");
    lua_getfield(L, -1, "shift"); /* by boot shift */
    lua_pushinteger(L, *(const int64_t *)lua_touserdata(L, 1) / 1000);
    lua_call(L, 1, 0);
    return 0;
}

bool
bind_store_shift(struct script *script, int64_t by_ms)
{
    budget_begin(&script->budget, script->limits.cpu_load_ms);
    return script_protect(script, l_shift, &by_ms);
}

const luaL_Reg bind_store_functions[] = {
    {"keep", l_keep},
    {"dropped", l_dropped},
    {NULL, NULL},
};
