/* What a script may use: memory of its Lua state, processor time of an activation.
 *
 * Both meet honest mistakes with an error from inside. What they cannot stop (C
 * functions that do not return, finalizers, error handlers) the core kills. */
#ifndef CCGATE_SCRIPT_BUDGET_H
#define CCGATE_SCRIPT_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include <lua.h>

struct budget {
    size_t memory_used, memory_max; /* bytes */
    int64_t cpu_began_us; /* of the activation; -1 until the hook has looked */
    int64_t cpu_max_us;
    const char *exceeded; /* the limit it has met: "cpu limit", "memory limit" */
};

/* The allocator of a state, for lua_newstate() with the budget: over the cap Lua is
 * refused, collects garbage, and raises when that was not enough. */
void *budget_alloc(void *budget, void *old, size_t old_size, size_t size);

/* Watches the time of this state and of all coroutines that will be made in it. */
void budget_watch(lua_State *L);

/* A new activation. No system call is made before it has run for a while. */
void budget_begin(struct budget *budget, int64_t cpu_max_ms);

#endif
