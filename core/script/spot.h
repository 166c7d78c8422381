/* The files of a script, its own and its modules, and where in them something is: spots
 * (frame.h). */
#ifndef CCGATE_SCRIPT_SPOT_H
#define CCGATE_SCRIPT_SPOT_H

#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "script/message.h"

/* By number; a zeroed one has none. */
struct spots {
    struct spots_file {
        char *chunk;            /* "@scripts/a.lua" */
        char place[LUA_IDSIZE]; /* as Lua's messages name it */
    } * files;
    size_t count;
};

/* The files of `load`; the script's own is called `file`. Pushes what the library gets
 * to know of them (bind.h, files). Raises when the memory is not enough. */
void spots_open(lua_State *L, struct spots *spots, const char *file,
                const struct message_load *load);

/* The spot that is being run, also when the library raised: that of the innermost
 * function of the script's own; 0: none. */
uint32_t spots_running(const struct spots *spots, lua_State *L);

/* The spot in front of a message of Lua's, and *text moved behind it; `otherwise` when
 * it has none. */
uint32_t spots_take(const struct spots *spots, const char **text, uint32_t otherwise);

#endif
