#include "script/crew.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/mem.h"
#include "script/task_inside.h"

/* Places in the table. */
enum { AT_LIST = 1, AT_FUNCTION, AT_RESULTS, AT_ERRORS, AT_FAILURE };

struct crew *
crew_new(lua_State *L, int list, int fn, uint32_t at_once)
{
    struct script *script = script_of(L);
    struct task *task = script->task;
    if (strlen(task->path) > TASK_PATH_MAX - 24)
        luaL_error(L, "gw.parallel and gw.map are nested too deeply");
    lua_createtable(L, AT_FAILURE, 0);
    lua_pushvalue(L, list);
    lua_rawseti(L, -2, AT_LIST);
    lua_pushvalue(L, fn);
    lua_rawseti(L, -2, AT_FUNCTION);
    lua_newtable(L);
    lua_rawseti(L, -2, AT_RESULTS);
    lua_newtable(L);
    lua_rawseti(L, -2, AT_ERRORS);
    int ref = luaL_ref(L, LUA_REGISTRYINDEX);
    struct crew *crew = mem_zero(sizeof *crew);
    *crew = (struct crew){
        .parent = task,
        .ref = ref,
        .number = ++task->crews,
        .count = (uint32_t)lua_rawlen(L, list),
        .at_once = at_once,
    };
    return crew;
}

void
crew_delete(struct script *script, struct crew *crew)
{
    if (!crew)
        return;
    luaL_unref(script->L, LUA_REGISTRYINDEX, crew->ref);
    free(crew);
}

int
crew_push(lua_State *L, const struct crew *crew, uint32_t position)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, crew->ref);
    lua_rawgeti(L, -1, AT_FUNCTION);
    lua_rawgeti(L, -2, AT_LIST); /* table function|nil list */
    lua_rawgeti(L, -1, position);
    lua_remove(L, -2);
    lua_remove(L, -3); /* function|nil element */
    if (lua_isnil(L, -2)) {
        lua_remove(L, -2);
        return 0;
    }
    lua_pushinteger(L, position);
    return 2;
}

/* ---- its end ---- */

/* What a member leaves, on its way into the table. */
struct leaving {
    const struct crew *crew;
    struct task *task;
    int results; /* -1: an error */
};

/* Moves the value at the top of the member's stack to table[place][position], for
 * position 0 to table[place]. */
static void
put(lua_State *L, lua_State *from, int place, uint32_t position)
{
    if (position)
        lua_rawgeti(L, 1, place);
    lua_xmove(from, L, 1);
    if (position) {
        lua_rawseti(L, -2, position);
        lua_pop(L, 1);
    } else {
        lua_rawseti(L, 1, place);
    }
}

static void
put_failure(lua_State *L, lua_State *co)
{
    if (lua_gettop(co)) {
        put(L, co, AT_FAILURE, 0);
        return;
    }
    lua_pushliteral(L, TASK_BARE_YIELD);
    lua_rawseti(L, 1, AT_FAILURE);
}

static int
l_leave(lua_State *L)
{
    const struct leaving *leaving = lua_touserdata(L, 1);
    lua_State *co = leaving->task->co;
    lua_rawgeti(L, LUA_REGISTRYINDEX, leaving->crew->ref);
    lua_replace(L, 1);
    if (leaving->results < 0) {
        put_failure(L, co);
        return 0;
    }
    lua_settop(co, lua_gettop(co) - leaving->results + 2);
    put(L, co, AT_ERRORS, leaving->task->position);
    put(L, co, AT_RESULTS, leaving->task->position);
    return 0;
}

/* What cannot be kept is a failure of its own. */
static void
leave(struct script *script, struct task *task, int results)
{
    struct crew *crew = task->member_of;
    struct leaving leaving = {crew, task, results};
    if (!script_protect(script, l_leave, &leaving) || results < 0)
        crew->failed = true;
    crew->running--;
    task_delete(script, task);
}

static bool
is_over(const struct crew *crew)
{
    return crew->failed || (crew->started == crew->count && !crew->running);
}

void
crew_take(struct script *script, struct task *task, int results)
{
    struct crew *crew = task->member_of;
    leave(script, task, results);
    crew_go_on(script, crew);
}

void
crew_fail(struct script *script, struct task *task)
{
    struct crew *crew = task->member_of;
    leave(script, task, -1);
    task_end_members(script, crew);
    crew_go_on(script, crew);
}

int
crew_push_results(lua_State *L, const struct crew *crew)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, crew->ref);
    if (crew->failed) {
        lua_rawgeti(L, -1, AT_FAILURE);
        return -1;
    }
    lua_rawgeti(L, -1, AT_RESULTS);
    lua_rawgeti(L, -2, AT_ERRORS);
    return 2;
}

/* ---- its beginning ---- */

static int
l_refuse(lua_State *L)
{
    const struct crew *crew = lua_touserdata(L, 1);
    const struct script *script = script_of(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, crew->ref);
    lua_pushfstring(L, "%I tasks run already (limit tasks in [script %s])",
                    (LUAI_UACINT)script->task_count, script->name);
    lua_rawseti(L, -2, AT_FAILURE);
    return 0;
}

/* Full, and nobody of the crew is there whose end would make room. */
static void
refuse(struct script *script, struct crew *crew)
{
    script_protect(script, l_refuse, crew);
    crew->failed = true;
}

static void
begin_next(struct script *script, struct crew *crew)
{
    if (task_start_member(script, crew, crew->started + 1)) {
        crew->started++;
        crew->running++;
    } else {
        crew->failed = true; /* the memory is too small for it */
        task_end_members(script, crew);
    }
}

void
crew_go_on(struct script *script, struct crew *crew)
{
    while (!crew->failed && crew->started < crew->count &&
           crew->running < crew->at_once) {
        if (script->task_count < (size_t)script->limits.tasks)
            begin_next(script, crew);
        else if (crew->running)
            break;
        else
            refuse(script, crew);
    }
    if (is_over(crew))
        task_ready(script, crew->parent);
}
