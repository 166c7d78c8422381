/* The one writer of JSON from Lua values: json.encode of gateway.json, in script hosts
 * and in the core's own state.
 *
 * The module "gateway.encode", which library_install() knows, has
 *   writer(marks)  encode(value) → text. marks is a table of what gateway.json knows of
 *                  values: `texts`, `views` (tables by table: what is written in the
 *                  place of a table), `lists` (tables that are lists also when they are
 *                  empty), the metatables `object`, `array` and `raw`, and `sort`,
 *                  which is table.sort
 *   DEPTH_MAX      what is nested deeper is not written
 *
 * Written are, in this order of what is asked:
 *   a key of texts or views   what stands there
 *   an `object`               { { key, value }, … } with its keys in this order
 *   an `array`                a list
 *   a `raw`                   its first value, a text, as it is
 *   any other table           a list when its keys are 1…n and n > 0, or it is one of
 *                             `lists` and empty; otherwise an object with sorted keys
 * integers with all digits, floats as text_format_number() has them, texts as quote.h
 * has them, nil and null (a light userdata that is NULL) as null. Metamethods of a
 * script's tables (__index, __len, __pairs) are obeyed; they cannot suspend their task.
 *
 * What JSON cannot say raises a sentence without a place. All memory is Lua's, so that
 * the cap of a state holds, and nothing is lost when something raises. A hook that
 * counts instructions is called on the way: values may be shared, and __pairs may give
 * keys for ever, so that a small table can have an endless text. */
#ifndef CCGATE_SCRIPT_ENCODE_H
#define CCGATE_SCRIPT_ENCODE_H

#include <lua.h>

/* Pushes the module. */
int luaopen_gateway_encode(lua_State *L);

#endif
