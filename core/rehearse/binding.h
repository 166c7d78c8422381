/* What C gives to tests of scripts: the module "gateway.core" of lua/gateway/sim.lua,
 * in any state of Lua 5.4 that has its whole library (busted's, that of `ccgate test`).
 *
 * The functions of bind_model_functions and query() (core/script/bind.h), and
 *
 * rehearse { scripts = list of paths, conf = path | nil, at = time, program = path |
 * nil } → a rehearsal, a userdata | nil, the lines of `ccgate check`.
 *
 * Its methods are the functions of rehearsal.h. Centers and destinations go by name,
 * nil being the default one or all; what rehearsal.h answers with an error raises its
 * sentence, without a place.
 *
 * centers() → list of { name, default = boolean, queues = list of { id, name } }.
 * destinations() → list of names | nil: whatever a script names.
 * rows(center, query, json), fail(center, query, word | nil), window()
 * now() → ms. time(text) → ms. advance(ms). clock(ms) → "2026-03-03 10:00:20", where
 * the gateway is.
 * answer(destination | origin, status | word | nil, body | nil),
 * answer_next(destination | origin, list of { status | word, body | nil }),
 * ack(alert, by),
 * silence(matcher_json, lasts_ms, by), job(name)
 * restart(), reload() → nil | the lines of `ccgate check`, kill_script(name) → boolean
 * sent(i) → { to, kind, rule, key, severity, summary, body, id, at = seconds,
 *     requests = list of { method, path, body } }, whether it is done | nil
 * line(i) → { room, level = "info", text, at } | nil
 * alerts() → JSON
 * close(): ends it; also when it is collected. Then all else raises. */
#ifndef CCGATE_REHEARSE_BINDING_H
#define CCGATE_REHEARSE_BINDING_H

#include <lua.h>

/* The one name that build/lua/gateway/core.so shows. The library's modules that are C
 * are offered to require() with it (lua/part.lua). */
__attribute__((visibility("default"))) int luaopen_gateway_core(lua_State *L);

#endif
