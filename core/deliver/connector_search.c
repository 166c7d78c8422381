/* Lets lua/gateway/alert_search.lua see one alert after the other. */
#include <stdlib.h>

#include <lua.h>

#include "base/mem.h"
#include "deliver/connector_inside.h"

enum { AT_FOUND = AT_END + 1 };

/* Whether it is worth its decoding. */
static bool
is_wanted(lua_State *L, const struct alert_record *record, struct error *error)
{
    lua_getfield(L, AT_FOUND, "wants");
    lua_pushstring(L, record->rule);
    lua_pushstring(L, record->key);
    lua_pushstring(L, record->center);
    lua_pushboolean(L, record->raised);
    bool is = connector_call(L, 4, 1, error) && lua_toboolean(L, -1);
    lua_settop(L, AT_FOUND);
    return is;
}

static bool
add(lua_State *L, const struct alert_record *record, const char *refs,
    struct error *error)
{
    lua_getfield(L, AT_FOUND, "add");
    lua_createtable(L, 0, 9);
    connector_set_text(L, "fingerprint", record->fingerprint);
    connector_set_integer(L, "opening", record->opening);
    connector_set_text(L, "center", record->center);
    connector_set_text(L, "rule", record->rule);
    connector_set_text(L, "key", record->key);
    connector_set_text(L, "script", record->script);
    connector_set_text(L, "state", record->state);
    connector_set_text(L, "refs", refs);
    lua_pushboolean(L, record->raised);
    lua_setfield(L, -2, "raised");
    return connector_call(L, 1, 0, error);
}

static bool
search(lua_State *L, const struct connector_source *source, struct error *error)
{
    const struct alert_record *record;
    while (!error->kind && (record = source->next(source->arg)))
        if (is_wanted(L, record, error)) {
            char *refs = source->refs(source->arg, record);
            add(L, record, refs, error);
            free(refs);
        }
    if (error->kind)
        return false;
    lua_getfield(L, AT_FOUND, "finish");
    return connector_call(L, 0, 1, error);
}

char *
connector_search(struct connector *connector, const char *word, const char *question,
                 int64_t now_ms, const struct connector_source *source,
                 struct error *error)
{
    lua_State *L = connector->L;
    char *answer = NULL;
    lua_getfield(L, AT_SEARCH, "new");
    lua_pushstring(L, word);
    lua_pushstring(L, question);
    lua_pushinteger(L, now_ms / 1000);
    if (connector_call(L, 3, 1, error) && search(L, source, error))
        answer = mem_text(lua_tostring(L, -1));
    lua_settop(L, AT_END);
    return answer;
}
