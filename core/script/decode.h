/* The reader of JSON as Lua values: json.decode of gateway.json, for what the library
 * itself reads (scripts read with lua/gateway/document.lua).
 *
 * The module "gateway.decode", which library_install() knows, has
 *   reader(raw, depth_max)  decode(text, kept) → value, where `raw` is the metatable of
 *                           what gateway.json calls raw text. `kept` is nil or a key of
 *                           the object that the text is: an object that stands there is
 *                           a raw text, too, and is not read (when it is not UTF-8 it
 *                           is, so that writing mends it)
 *   checker(depth_max)      check(text), which raises for what is no JSON
 *   null                    what null is
 *
 * Whole numbers are integers, when they are written as such or a double has them
 * exactly; null is a light userdata that is NULL; of equal keys the last one counts.
 * What is nested deeper than depth_max is not read. What is wrong raises "no JSON:
 * expected a value at byte 7", without a place. All memory is Lua's. */
#ifndef CCGATE_SCRIPT_DECODE_H
#define CCGATE_SCRIPT_DECODE_H

#include <lua.h>

/* Pushes the module. */
int luaopen_gateway_decode(lua_State *L);

#endif
