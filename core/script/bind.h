/* What the host's C gives to the library in lua/gateway: the module "gateway.core".
 *
 * The library reaches it by require; scripts cannot. All times are milliseconds of the
 * wall clock that came with the frame. Misuse raises.
 *
 *   core.setup                 the decoded setup JSON of LOAD (tables, read-only by
 * habit) core.script                name of the script, its source: core.source
 *   core.now() → ms            time of the frame that is being worked off
 *   core.duration(text) → ms | nil         core.format_duration(ms) → text
 *   core.nearest(word, list) → text | nil
 *   core.query(name) → { name, row, argument, key = "id", source, fields = { { name,
 * wire, kind = "integer" | "name" | "ratio", unit = "count" | "seconds" | "ratio" | "",
 *       window = bool, doc } … }, low, high for edition e: core.range(name, edition) →
 *       low, high }; nil for an unknown name. The position in `fields` is the field's
 * index
 *       + 1.
 *   core.condition(query_name, tree) → condition (userdata). tree: { op = "above",
 * field = index (from 0), limit = number } | { op = "all", tree, … } | { op = "call",
 * fn }. tostring(condition) describes it. core.rule { name, wants = { { center = index
 * from 0, query = name, every_ms, ids } }, when = condition, clear = condition | nil,
 * about = text, on_transition = function(kind, reason, row, key, center, why, plain) }
 *       registers; called in a protected activation: kind "raise" | "clear", reason nil
 * | "recovered" | "gone", row a view (valid during the call), key text, center index,
 *       why text. It hands the alert over with core.alert. If it raises or hits a limit
 * it is called once more with plain = true and must then run nothing of the script's.
 *   core.alert(rule, center_name, key, kind, event_json)   adds to this activation's
 * commit core.job { name, every_ms, about, run = function(now_s) }   registers
 *   core.send(destination, key | nil, message_json) → ordinal   only inside a task;
 * raises outside. Returns nil, { kind = "limit", … } over the rate. core.sleep(ms)
 * suspends the task core.fetch(center, query_name, ids, max_age_ms) → list of copies |
 * nil, error core.copy(row) → plain table, documented order is not kept;
 * core.row_json(row) → text core.in_task() → bool core.log(level, text)      "debug"
 * "info" "warn" "error"; rate-limited core.problem(line, text)   a mistake of the
 * script, while it loads only core.json                  the cjson module, for the
 * library's own json.lua
 *
 * Rows given to scripts are userdata: read-only, strict (unknown field: "Queue has no
 * field 'call_waiting' (did you mean 'calls_waiting'?)"; wire name: "'callWaitNums' is
 * 'calls_waiting' here"), pairs() walks the documented fields in order, expired after
 * the activation ("this row has expired: it was valid during the activation that
 * received it; keep gw.copy(row)"). Plain copies are ordinary tables. */
#ifndef CCGATE_SCRIPT_BIND_H
#define CCGATE_SCRIPT_BIND_H

#include <lua.h>

struct script;

/* Pushes the module table. */
int bind_core(lua_State *L, struct script *script);

#endif
