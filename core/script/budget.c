#include "script/budget.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include <lauxlib.h>

#include "script/script.h"

/* Instructions between two looks at the processor time: 10 µs of ordinary Lua, for
 * which the look adds a thirtieth. Every coroutine counts its own, so that a larger
 * step would let many short ones go a long way unseen. */
#define HOOK_STEP 1000

void *
budget_alloc(void *arg, void *old, size_t old_size, size_t size)
{
    struct budget *budget = arg;
    /* Without a block, old_size is the kind of object that is made. */
    size_t had = old ? old_size : 0;
    size_t others = budget->memory_used - had;
    if (!size) {
        free(old);
        budget->memory_used = others;
        return NULL;
    }
    if (size > had &&
        (others > budget->memory_max || size > budget->memory_max - others))
        return NULL;
    void *block = realloc(old, size);
    if (block)
        budget->memory_used = others + size;
    return block;
}

/* The use of the processor by this process, which is no time of day: a script cannot
 * see it, and nothing but a limit depends on it. */
static int64_t
cpu_us(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000000LL + used.tv_nsec / 1000;
}

static bool
is_over(struct budget *budget)
{
    int64_t now = cpu_us();
    if (budget->cpu_began_us < 0)
        budget->cpu_began_us = now;
    return now - budget->cpu_began_us > budget->cpu_max_us;
}

/* A limit that is met stays met: the hook comes with every instruction from then on, so
 * that no pcall() of the script's gets further than one. Every coroutine finds its own
 * way back to the slow step when its hook comes in a later activation. */
static void
on_count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct budget *budget = &script_of(L)->budget;
    if (!budget->exceeded && is_over(budget))
        budget->exceeded = "cpu limit";
    int step = budget->exceeded ? 1 : HOOK_STEP;
    if (lua_gethookcount(L) != step)
        lua_sethook(L, on_count, LUA_MASKCOUNT, step);
    if (!budget->exceeded)
        return;
    luaL_where(L, 0);
    lua_pushstring(L, budget->exceeded);
    lua_concat(L, 2);
    lua_error(L);
}

void
budget_watch(lua_State *L)
{
    lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_STEP);
}

void
budget_begin(struct budget *budget, int64_t cpu_max_ms)
{
    budget->exceeded = NULL;
    budget->cpu_began_us = -1;
    budget->cpu_max_us = cpu_max_ms * 1000;
}
