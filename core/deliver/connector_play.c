/* What a receiver would answer, by the kind's own account. */
#include <lua.h>

#include "base/log.h"
#include "base/mem.h"
#include "deliver/connector_inside.h"

#define PLAYED 200
#define FAILED 500

static bool
play(lua_State *L, const char *kind, const struct connector_request *request,
     size_t number, struct error *error)
{
    if (!connector_push_kind(L, kind, "played", error))
        return false;
    if (lua_isnil(L, -1)) {
        lua_pushinteger(L, PLAYED);
        lua_pushliteral(L, "");
        return true;
    }
    lua_createtable(L, 0, 5);
    connector_set_text(L, "step", request->step);
    connector_set_text(L, "method", request->method);
    connector_set_text(L, "path", request->path);
    connector_set_text(L, "body", request->body);
    connector_set_integer(L, "number", (int64_t)number);
    if (!connector_call(L, 1, 2, error)) /* … status body */
        return false;
    if (lua_isinteger(L, -2) && lua_isstring(L, -1))
        return true;
    error_set(error, ERROR_DECODE, "", "a status and a body are needed");
    return false;
}

char *
connector_play(struct connector *connector, const char *kind,
               const struct connector_request *request, size_t number, long *status)
{
    lua_State *L = connector->L;
    struct error error = {0};
    char *body = NULL;
    if (play(L, kind, request, number, &error)) {
        *status = (long)lua_tointeger(L, -2);
        body = mem_text(lua_tostring(L, -1));
    } else {
        log_error("deliver", "kind %s: played: %s", kind, error.message);
        *status = FAILED;
        body = mem_text("");
    }
    lua_settop(L, AT_END);
    return body;
}
