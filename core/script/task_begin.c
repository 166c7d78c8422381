/* What tasks begin with: a coroutine, its function and their arguments. */
#include "script/task_inside.h"

#include <lauxlib.h>

#include "script/crew.h"

/* What a coroutine is made of. */
struct preparation {
    struct task *task;
    const struct message_handle *handle; /* of a handler alone */
};

/* function now_s due_s */
static int
push_job(lua_State *L, const struct task *task)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, task->entry);
    lua_getiuservalue(L, -1, 1);
    lua_pushinteger(L, script_of(L)->effects.now_ms / 1000);
    lua_pushinteger(L, task->scheduled_ms / 1000);
    return 2;
}

/* function now_s */
static int
push_look(lua_State *L, const struct task *task)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &task->entry->has_look);
    lua_pushinteger(L, script_of(L)->effects.now_ms / 1000);
    return 1;
}

/* function kind alert attempt note refs */
static int
push_handler(lua_State *L, const struct task *task, const struct message_handle *handle)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &task->entry->has_handler);
    lua_pushstring(L, handle->kind);
    lua_pushlstring(L, handle->alert, handle->alert_size);
    lua_pushinteger(L, handle->attempt);
    lua_pushlstring(L, handle->note, handle->note_size);
    lua_pushlstring(L, handle->refs, handle->refs_size);
    return 5;
}

/* Makes the coroutine, with the function and its arguments on its stack. */
static int
l_prepare(lua_State *L)
{
    const struct preparation *preparation = lua_touserdata(L, 1);
    struct task *task = preparation->task;
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, -1);
    task->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    int arguments = task->member_of      ? crew_push(L, task->member_of, task->position)
                    : task->job          ? push_job(L, task)
                    : task_is_look(task) ? push_look(L, task)
                                         : push_handler(L, task, preparation->handle);
    lua_xmove(L, co, arguments + 1);
    task->co = co;
    return 0;
}

bool
task_prepare(struct script *script, struct task *task,
             const struct message_handle *handle)
{
    struct preparation preparation = {task, handle};
    return script_protect(script, l_prepare, &preparation);
}
