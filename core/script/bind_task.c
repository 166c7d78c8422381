#include "script/bind.h"

#include <string.h>

#include "base/text.h"
#include "script/rows.h"
#include "script/script.h"
#include "script/task.h"

/* ---- jobs ---- */

static int
l_job(lua_State *L)
{
    bind_check_loading(L, "job");
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "name");
    lua_getfield(L, 1, "every_ms");
    lua_getfield(L, 1, "about");
    lua_getfield(L, 1, "run"); /* job name every_ms about run */
    struct message_entry described = {.kind = ENTRY_JOB,
                                      .name = luaL_checkstring(L, 2)};
    described.every_ms = luaL_checkinteger(L, 3);
    described.about = luaL_checklstring(L, 4, &described.about_size);
    luaL_checktype(L, 5, LUA_TFUNCTION);
    if (described.every_ms < MESSAGE_PERIOD_MIN_MS ||
        described.every_ms > MESSAGE_PERIOD_MAX_MS)
        return luaL_error(L, "a period that cannot be");
    struct job *job = lua_newuserdatauv(L, sizeof *job, 1);
    memset(job, 0, sizeof *job);
    job->every_ms = described.every_ms;
    lua_pushvalue(L, 5);
    lua_setiuservalue(L, -2, 1);
    script_register(L, lua_gettop(L), &job->entry, &described);
    return 0;
}

static int
l_in_task(lua_State *L)
{
    lua_pushboolean(L, script_of(L)->task != NULL);
    return 1;
}

static struct task *
check_task(lua_State *L, const char *what)
{
    struct task *task = script_of(L)->task;
    if (!task)
        luaL_error(L, "%s belongs into a job", what);
    return task;
}

/* ---- sending ---- */

/* Pushes nil and the error. */
static int
push_error(lua_State *L, enum error_kind kind, const char *code, const char *message)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, error_word(kind));
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    return 2;
}

static bool
is_printable(const char *text, size_t size, size_t most)
{
    return size <= most && strlen(text) == size && text_is_printable(text);
}

static int
l_send(lua_State *L)
{
    size_t name_size, key_size;
    struct task *task = check_task(L, "send");
    struct message_send send = {.destination = luaL_checklstring(L, 1, &name_size)};
    send.key = luaL_optlstring(L, 2, "", &key_size);
    send.message = luaL_checklstring(L, 3, &send.message_size);
    luaL_argcheck(
        L, name_size && is_printable(send.destination, name_size, MESSAGE_NAME_MAX), 1,
        "no name of a destination");
    luaL_argcheck(L, is_printable(send.key, key_size, MESSAGE_KEY_MAX), 2,
                  "no key: printable text of at most 255 bytes");
    if (send.message_size > EFFECT_TEXT_MAX)
        return push_error(L, ERROR_LIMIT, "", "the message is larger than 256 KB");
    send.ordinal = task->ordinal + 1;
    if (!effect_send(&script_of(L)->effects, &send))
        return push_error(L, ERROR_LIMIT, "", "more sends than the script may make");
    task->ordinal = send.ordinal;
    lua_pushinteger(L, send.ordinal);
    return 1;
}

/* ---- waiting ---- */

/* Only the job's own coroutine can suspend the task, and only where nothing in C is in
 * between. */
static struct task *
check_may_wait(lua_State *L, const char *what)
{
    struct task *task = check_task(L, what);
    if (task->co != L)
        luaL_error(L,
                   "%s suspends the whole job: it cannot be called in a coroutine "
                   "of your own",
                   what);
    if (!lua_isyieldable(L))
        luaL_error(L,
                   "%s cannot be called in a function that table.sort, "
                   "string.gsub or a metamethod calls",
                   what);
    return task;
}

static int
l_sleep(lua_State *L)
{
    struct script *script = script_of(L);
    struct message_sleep sleep = {.ms = luaL_checkinteger(L, 1)};
    struct task *task = check_may_wait(L, "sleep");
    luaL_argcheck(L, sleep.ms >= 0 && sleep.ms <= MESSAGE_PERIOD_MAX_MS, 1,
                  "a time that cannot be");
    sleep.wait = task_start_wait(script, WAIT_SLEEP);
    message_write_sleep(&task->frame, script->effects.now_ms, &sleep);
    return lua_yield(L, 0);
}

/* The answer is still in the core's frame: what the script keeps is a copy. */
static int
k_fetched(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    const struct task *task = script_of(L)->task;
    if (!task || task->co != L)
        return luaL_error(L, "the gateway alone resumes a job that waits");
    const struct message_fetched *answer = task->answer;
    const struct message_rows *rows = &answer->rows;
    if (answer->error.kind != ERROR_NONE)
        return push_error(L, answer->error.kind, answer->error.code,
                          answer->error.message);
    size_t width = query_width(rows->query);
    lua_Integer count = 0;
    lua_createtable(L, (int)rows->row_count, 0);
    for (uint32_t i = 0; i < rows->row_count; i++) {
        const int64_t *row = rows->cells + i * width;
        if (row_is_gone(row))
            continue;
        rows_push_copy(L, rows->query, rows->center, row);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

static int
l_fetch(lua_State *L)
{
    struct script *script = script_of(L);
    lua_Integer center = luaL_checkinteger(L, 1);
    struct message_fetch fetch = {.query = query_find(luaL_checkstring(L, 2)),
                                  .span = {.type = OPERATION_ANY}};
    fetch.max_age_ms = luaL_checkinteger(L, 4);
    struct task *task = check_may_wait(L, "fetch");
    luaL_argcheck(L, center >= 0 && (size_t)center < script->center_count, 1,
                  "no such center");
    luaL_argcheck(L, fetch.query, 2, "no such query");
    luaL_argcheck(L, fetch.max_age_ms >= 0 && fetch.max_age_ms <= MESSAGE_PERIOD_MAX_MS,
                  4, "an age that cannot be");
    fetch.center = (uint32_t)center;
    fetch.ids = bind_check_ids(L, 3, fetch.query, &fetch.id_count);
    fetch.wait = task_start_wait(script, WAIT_FETCH);
    message_write_fetch(&task->frame, script->effects.now_ms, &fetch);
    return lua_yieldk(L, 0, 0, k_fetched);
}

const luaL_Reg bind_task_functions[] = {
    {"job", l_job},     {"in_task", l_in_task}, {"send", l_send},
    {"sleep", l_sleep}, {"fetch", l_fetch},     {NULL, NULL},
};
