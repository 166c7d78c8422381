/* The Lua library (lua/gateway) inside the binaries, compiled at build time.
 *
 * CCGATE_LUA_DIR=DIR reads DIR/gateway/….lua instead, for working on the library. */
#ifndef CCGATE_SCRIPT_LIBRARY_H
#define CCGATE_SCRIPT_LIBRARY_H

#include <lua.h>

/* Installs a require() for "gateway…" modules as a global of this state: it loads each
 * once, raises for other names that are not in `preloaded` modules (set them with
 * library_preload). For trusted states; a script gets a require() of its own. */
void library_install(lua_State *L);

/* Lets the require() that Lua itself has (package.preload) find these modules, too,
 * with `open` in the place of "gateway.core". For states that see the whole machine. */
void library_offer(lua_State *L, lua_CFunction open);

/* The same for the modules that are C alone (script/decode.h, script/encode.h): what
 * core.so has besides "gateway.core". */
void library_offer_parts(lua_State *L);

/* Makes require(name) return what `open` pushes. */
void library_preload(lua_State *L, const char *name, lua_CFunction open);

/* The names of all embedded modules ("gateway.rule", …), ends with NULL. */
const char *const *library_names(void);

#endif
