#include "script/script.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua-cjson.h>
#include <lualib.h>

#include "base/mem.h"
#include "script/bind.h"
#include "script/library.h"
#include "script/limit.h"
#include "script/rows.h"
#include "script/tally.h"

/* Mistakes that are told; nobody reads more at a time. */
#define PROBLEMS_MAX 100

/* Where in the main thread's stack the message handler stays. */
#define HANDLER 1

struct script *
script_of(lua_State *L)
{
    /* A new coroutine is given a copy of the main thread's. */
    return *(struct script **)lua_getextraspace(L);
}

static int
on_panic(lua_State *L)
{
    (void)L;
    fputs("ccgate-script: error outside of an activation\n", stderr);
    return 0;
}

/* ---- activations ---- */

static void
begin(struct script *script, struct entry *entry, int64_t cpu_max_ms)
{
    script->entry = entry;
    script->effects.room = entry;
    script->seeded = false;
    budget_begin(&script->budget, cpu_max_ms);
    uint32_t place = entry ? entry->number + 1 : 0;
    atomic_store_explicit(&script->page->entry, place, memory_order_relaxed);
    atomic_fetch_add_explicit(&script->page->activation, 1, memory_order_relaxed);
}

void
script_begin(struct script *script, struct entry *entry)
{
    begin(script, entry, script->limits.cpu_ms);
}

void
script_end(struct script *script)
{
    script->entry = NULL;
    script->effects.room = NULL;
    script->budget.exceeded = NULL;
    atomic_store_explicit(&script->page->entry, 0, memory_order_relaxed);
}

/* ---- errors ---- */

/* Makes the error at the top of the stack a text. No address of an object gets out. */
static void
make_text(lua_State *L)
{
    int top = lua_gettop(L);
    if (lua_type(L, top) == LUA_TSTRING)
        return;
    bool described = !script_of(L)->budget.exceeded &&
                     luaL_callmeta(L, top, "__tostring") &&
                     lua_type(L, -1) == LUA_TSTRING;
    if (!described)
        lua_pushfstring(L, "the error is a %s", luaL_typename(L, top));
    lua_replace(L, top);
    lua_settop(L, top);
}

static int
l_on_error(lua_State *L)
{
    struct script *script = script_of(L);
    if (script->loading)
        script->error_spot = spots_running(&script->spots, L);
    lua_settop(L, 1);
    make_text(L);
    if (!script->loading)
        luaL_traceback(L, L, lua_tostring(L, 1), 1);
    return 1;
}

/* Keeps the text at the top of the stack and pops it. Lua's own word for a refused
 * allocation is the memory limit; it may have been caught and raised again. */
static void
keep_error(struct script *script, lua_State *L, int status)
{
    size_t size = 0;
    const char *text =
        lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &size) : "";
    if (!script->budget.exceeded &&
        (status == LUA_ERRMEM || !strncmp(text, "not enough memory", 17)))
        script->budget.exceeded = "memory limit";
    buf_clear(&script->error);
    if (script->budget.exceeded && !strstr(text, script->budget.exceeded))
        buf_format(&script->error, "%s: ", script->budget.exceeded);
    buf_add(&script->error, text, size < EFFECT_LINE_MAX ? size : EFFECT_LINE_MAX);
    buf_reserve(&script->error, 0); /* data is a text, if an empty one */
    lua_pop(L, 1);
}

bool
script_protect(struct script *script, lua_CFunction body, void *arg)
{
    lua_State *L = script->L;
    script->error_spot = 0;
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, arg);
    int status = lua_pcall(L, 1, 0, HANDLER);
    if (status == LUA_OK && !script->budget.exceeded)
        return true;
    /* A limit that was met in a coroutine and caught outside of it is met all the same.
     */
    if (status == LUA_OK)
        lua_pushnil(L);
    keep_error(script, L, status);
    return false;
}

/* In the main thread: the error of a coroutine that stopped, with its traceback. */
static int
l_describe(lua_State *L)
{
    lua_State *co = lua_touserdata(L, 1);
    lua_settop(L, 0);
    lua_xmove(co, L, 1);
    make_text(L);
    luaL_traceback(L, co, lua_tostring(L, 1), 0);
    struct script *script = script_of(L);
    buf_clear(&script->error);
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    buf_add(&script->error, text, size < EFFECT_LINE_MAX ? size : EFFECT_LINE_MAX);
    return 0;
}

void
script_take_error(struct script *script, lua_State *co, int status)
{
    if (status == LUA_ERRMEM || script->budget.exceeded) {
        keep_error(script, co, status);
        return;
    }
    if (script_protect(script, l_describe, co) &&
        !strncmp(script->error.data, "not enough memory", 17))
        script->budget.exceeded = "memory limit";
}

/* ---- what it has registered ---- */

struct entry *
script_entry(const struct script *script, uint8_t kind, const char *name)
{
    for (size_t i = 0; i < script->entry_count; i++)
        if (script->entries[i]->kind == kind && !strcmp(script->entries[i]->name, name))
            return script->entries[i];
    return NULL;
}

static bool
is_entry_name(const char *name, size_t size)
{
    return size && size <= MESSAGE_NAME_MAX && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

void
script_register(lua_State *L, int index, struct entry *entry,
                const struct message_entry *described)
{
    struct script *script = script_of(L);
    size_t size = strlen(described->name);
    if (!is_entry_name(described->name, size))
        luaL_error(L, "'%s' is no name for a rule or a job", described->name);
    if (script_entry(script, described->kind, described->name))
        luaL_error(L, "'%s' is registered twice", described->name);
    if (script->entry_count >= MESSAGE_ENTRIES_MAX)
        luaL_error(L, "a script has at most %d rules and jobs", MESSAGE_ENTRIES_MAX);
    lua_pushvalue(L, index);
    lua_rawsetp(L, LUA_REGISTRYINDEX, entry);
    entry->kind = described->kind;
    entry->number = (uint32_t)script->entry_count;
    memcpy(entry->name, described->name, size + 1);
    script->entries =
        mem_grow(script->entries, script->entry_count + 1, sizeof *script->entries);
    script->called =
        mem_grow(script->called, script->entry_count + 1, sizeof *script->called);
    script->entries[script->entry_count++] = entry;
    message_put_entry(&script->registered, described);
}

void
script_problem(struct script *script, uint32_t spot, const char *text, size_t size)
{
    script->failed = true;
    if (script->problems.count >= PROBLEMS_MAX)
        return;
    struct message_problem problem = {
        .spot = spot,
        .level = LEVEL_ERROR,
        .text = text,
        .text_size = size < EFFECT_LINE_MAX ? size : EFFECT_LINE_MAX,
    };
    message_put_problem(&script->problems, &problem);
}

int
script_center(const struct script *script, const char *name)
{
    for (size_t i = 0; i < script->center_count; i++)
        if (!strcmp(script->centers[i], name))
            return (int)i;
    return -1;
}

/* ---- making it ---- */

static int
l_open_core(lua_State *L)
{
    return bind_core(L, script_of(L));
}

static void
open_libraries(lua_State *L)
{
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},       {LUA_STRLIBNAME, luaopen_string},
        {LUA_TABLIBNAME, luaopen_table}, {LUA_MATHLIBNAME, luaopen_math},
        {LUA_UTF8LIBNAME, luaopen_utf8}, {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_DBLIBNAME, luaopen_debug},  {NULL, NULL},
    };
    for (const luaL_Reg *library = libraries; library->name; library++) {
        luaL_requiref(L, library->name, library->func, 1);
        lua_pop(L, 1);
    }
    library_install(L);
    library_preload(L, "cjson", luaopen_cjson);
    library_preload(L, "gateway.core", l_open_core);
    bind_math(L);
}

/* Pushes what require(name) gives. */
static void
push_module(lua_State *L, const char *name)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}

static void
read_centers(lua_State *L, struct script *script, int setup)
{
    lua_getfield(L, setup, "centers");
    size_t count = lua_rawlen(L, -1);
    script->centers = mem_zero((count + 1) * sizeof *script->centers);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        lua_getfield(L, -1, "name"); /* centers center name */
        script->centers[script->center_count++] = mem_text(lua_tostring(L, -1));
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
}

/* The trusted part: all of it is read here, because the fence lets no file be opened.
 * What a script finds in its environment is decided by gateway.boot alone. */
static int
l_open(lua_State *L)
{
    const struct message_load *load = lua_touserdata(L, 1);
    struct script *script = script_of(L);
    open_libraries(L);
    push_module(L, "gateway.json");
    lua_getfield(L, -1, "decode");
    lua_pushlstring(L, load->setup, load->setup_size);
    lua_call(L, 1, 1);           /* load json setup */
    lua_getfield(L, -1, "file"); /* load json setup file */
    spots_open(L, &script->spots, lua_tostring(L, -1), load);
    lua_setfield(L, LUA_REGISTRYINDEX, "ccgate.files");
    lua_pop(L, 1);
    read_centers(L, script, lua_gettop(L));
    rows_open(L, lua_gettop(L));
    lua_setfield(L, LUA_REGISTRYINDEX, "ccgate.setup");
    lua_pushstring(L, load->module_names);
    lua_setfield(L, LUA_REGISTRYINDEX, "ccgate.modules");
    push_module(L, "gateway.boot");
    lua_setfield(L, LUA_REGISTRYINDEX, "ccgate.boot");
    return 0;
}

struct script *
script_new(const struct message_load *load, int64_t now_ms, struct host_page *page,
           struct buf *out)
{
    struct script *script = mem_zero(sizeof *script);
    script->limits = load->limits;
    script->budget.memory_max = (size_t)load->limits.memory_bytes;
    script->name = mem_text(load->name);
    script->instance = mem_text(load->instance);
    script->token = mem_text(load->token);
    script->tally = tally_new();
    script->page = page;
    zones_read(&script->zones, load->setup, load->setup_size);
    zones_read(&script->zones, load->source, load->source_size);
    for (uint32_t i = 0; i < load->module_count; i++)
        zones_read(&script->zones, load->modules[i].source,
                   load->modules[i].source_size);
    effect_init(&script->effects, out, &load->limits, now_ms);
    lua_State *L = script->L = lua_newstate(budget_alloc, &script->budget);
    if (!L) {
        script_problem(script, 0, "memory limit", strlen("memory limit"));
        return script;
    }
    *(struct script **)lua_getextraspace(L) = script;
    lua_atpanic(L, on_panic);
    budget_watch(L);
    lua_pushcfunction(L, l_on_error);
    begin(script, NULL, INT64_MAX / 1000);
    if (!script_protect(script, l_open, (void *)load))
        script_problem(script, 0, script->error.data, script->error.size);
    script_end(script);
    return script;
}

/* ---- loading it ---- */

/* Raises the error of a chunk that is not Lua, with the advice of the library. */
static void
refuse_chunk(lua_State *L)
{
    if (lua_type(L, -1) == LUA_TSTRING) {
        lua_getfield(L, LUA_REGISTRYINDEX, "ccgate.boot");
        lua_getfield(L, -1, "syntax"); /* … error boot syntax */
        lua_pushvalue(L, -3);
        lua_call(L, 1, 1);
    }
    lua_error(L);
}

static int
l_run(lua_State *L)
{
    const struct message_load *load = lua_touserdata(L, 1);
    const char *chunk = script_of(L)->spots.files[0].chunk;
    if (luaL_loadbufferx(L, load->source, load->source_size, chunk, "t") != LUA_OK)
        refuse_chunk(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "ccgate.boot");
    lua_getfield(L, -1, "environment");
    lua_call(L, 0, 1);
    lua_replace(L, -2);       /* … chunk environment */
    lua_setupvalue(L, -2, 1); /* the chunk's only one: _ENV */
    lua_call(L, 0, 0);
    return 0;
}

static int
l_finish(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "ccgate.boot");
    lua_getfield(L, -1, "finish");
    lua_call(L, 0, 0);
    return 0;
}

/* How a limit that was met is moved. */
static void
add_advice(const struct script *script, struct buf *out)
{
    const char *exceeded = script->budget.exceeded;
    if (!exceeded)
        return;
    buf_add_text(out, "; ");
    limit_tell(strcmp(exceeded, "memory limit") == 0 ? LIMIT_MEMORY : LIMIT_CPU_LOAD,
               &script->limits, script->name, out);
}

/* The error of a chunk as a problem: the place in front of it becomes the spot. */
static void
problem_of_error(struct script *script)
{
    const char *text = script->error.data ? script->error.data : "";
    uint32_t spot = spots_take(&script->spots, &text, script->error_spot);
    struct buf whole = {0};
    buf_add_text(&whole, text);
    add_advice(script, &whole);
    script_problem(script, spot, whole.data, whole.size);
    buf_fini(&whole);
}

/* Problems alone when there are any: nobody runs what else there is. */
static void
write_loaded(struct script *script)
{
    static const char too_much[] =
        "registers more than the gateway takes of one script";
    const struct message_list none = {0};
    struct effects *effects = &script->effects;
    if (!script->failed && message_write_loaded(effects->out, effects->now_ms, &none,
                                                &script->registered, &script->wants))
        return;
    if (!script->failed)
        script_problem(script, 0, too_much, sizeof too_much - 1);
    message_write_loaded(effects->out, effects->now_ms, &script->problems, &none,
                         &none);
}

bool
script_load(struct script *script, const struct message_load *load)
{
    if (!script->failed) {
        begin(script, NULL, script->limits.cpu_load_ms);
        script->loading = true;
        if (!script_protect(script, l_run, (void *)load) ||
            !script_protect(script, l_finish, NULL))
            problem_of_error(script);
        script->loading = false;
        script_end(script);
    }
    write_loaded(script);
    message_list_fini(&script->problems);
    message_list_fini(&script->registered);
    message_list_fini(&script->wants);
    return !script->failed;
}
