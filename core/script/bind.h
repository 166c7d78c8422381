/* What the host's C gives to the library in lua/gateway: the module "gateway.core".
 *
 * The library reaches it by require; scripts cannot. Times are milliseconds of the wall
 * clock that came with the frame, centers are numbered from 0 as in setup.centers.
 * Misuse raises.
 *
 * Constants
 *
 * setup: the decoded setup JSON of LOAD. script: the name of the script. files: what it
 * is made of, by the numbers of spots (frame.h): [0] = { file, source } is its own, the
 * others are its modules { name, file, source | trouble }. module_names: of all modules
 * that there are, a line each. token: of the marks of secrets (script/secrets.h). json:
 * the cjson module.
 *
 * Words and times
 *
 * now() → ms: the time of the frame that is being worked off.
 * duration(text) → ms | nil. format_duration(ms) → text.
 * nearest(word, list) → text | nil.
 *
 * Zones and calendars; times are seconds since the epoch
 *
 * zone_offset(zone, t) → seconds by which the zone's clock is ahead of UTC | nil, guess
 * | nil: a zone that the script may not use (script/zones.h).
 * is_days(text), is_hours(text), is_date(text) → boolean (base/hours.h).
 * calendar(text, zone) → userdata; text as in base/calendar.h. What cannot be read
 * raises.
 * calendar_next(calendar, t) → whether it is open at t, when that changes | nil.
 * cron(text) → what is wrong with it | nil.
 * next_run { every_ms | cron, zone | nil, during = calendar | nil } → the first time
 * after now | nil: never.
 *
 * Queries
 *
 * query(name) → { name, row = "Queue", argument, key = "id", source, list = true | nil
 * (an id that is asked for has any number of rows), span = true | nil (asks for a time
 * from … to), named = true | nil (its ids have names in gateway.conf), fields } | nil.
 * fields is a list of { name, wire | nil, kind, unit = "count" | "seconds" | "ratio" |
 * "", window = boolean, doc, of kind "word" also words = list of texts and codes =
 * list of their numbers }; the position in it is the field's index + 1. kind, and what
 * Lua gets: "integer", "time" (seconds since the epoch), "duration" (seconds): an
 * integer; "ratio": a number; "text", "word", "name": a string; "boolean"; "media": {
 * cti =, web =, mail = } of booleans; "skills": a list of { id, name, media_type };
 * "absent": always nil. A word that is not in `words` is "code 11". The state of
 * `agents` is "signed_out" only of those whom `expect` names.
 * Of a query that was derived also base: the name of the one that it comes from; and
 * the kind "number" is a number that need not be whole.
 * derive(name, base | nil, { { name, unit }, … }, keyed): while the script loads, a
 * query of a rule's own (derived.h): the rows of base with these fields, nil: rows
 * with an id, a text; keyed: and the field "key", by which they are told apart. unit is
 * "count" | "seconds" | "ratio" | "text" | "boolean". For query(), condition() and
 * rules with make or look.
 * range(name, edition) → list of { low, high }, in pairs by position; empty when the
 * query or the edition is unknown.
 * span { last_ms } | { today = true } | { from, to } (seconds since the epoch) → begin,
 * finish | nil, problem (the end of a sentence: "is more than 23h45m"). Only the closed
 * quarters of an hour; a begin that is no longer kept moves to the next quarter.
 *
 * Registering, while the script loads
 *
 * problem(spot, text): a mistake of the script. A spot is that of frame.h.
 *
 * condition(query_name, tree) → userdata; tostring() describes it. A tree is one of
 *   { op = "all" | "any" | "none", tree, … }
 *   { op = "given", tree, guard }: unknown unless the guard, a tree, is true.
 *   { op = "call", fn }: fn(row, now_s) says true, false or nil.
 *   { op = "above" | "below" | "at_least" | "at_most", field = index from 0, limit }:
 *     limit is a number; { fn }, fn(now_s) → number | nil; or { minute = fn, { minute,
 *     number }, … }, of which the last entry at or before the minute of the day
 *     counts, before the first one the last: fn(now_s) → minute of the day, 0 to 1439.
 *   { op = "equal", field, limit }, of booleans limit = boolean, of words and texts
 *     text = "rest"
 *   { op = "one_of", field, limits = { number | boolean, … } | texts = { text, … } }
 *   { op = "within" | "outside", field, low = number, high = number }: both ends are
 *     within.
 *   { op = "changed", field, from = value | nil, to = value | nil }, a value as in
 *     one_of.
 *   { op = "times", tree, count = 1 to 100, ms }: it became true so often within `ms`.
 * Comparisons of numbers may have, in place of field, window = { kind = "average" |
 * "maximum" | "minimum" | "total" | "rate", field, ms } or { kind = "ratio", field,
 * under = field, ms }: over the rule's own samples of the key in the last `ms`
 * (window.h says what each is, also of fields whose name ends in _5m). A window is 1 s
 * to 31 days. A word that the field cannot give raises, and a field of kind "name",
 * "media", "skills" or "absent".
 *
 * rule { name, wants, levels, about = text, on_transition = fn } and, all of them nil
 * by default, hold_ms, linger_ms, cooldown_ms, stale_after_ms (nil or 0: three times
 * the longest every_ms of the wants), stale = "hold" | "raise" | "clear", gone =
 * "clear" | "hold" | "raise", open = fn, make = fn, look = fn and every_ms.
 * Meanings: latch_step.h, stale.h. levels is a list of 1 to 8 { when = condition,
 * clear = condition | nil }, from the least to the worst; a rule without levels has
 * one. wants is a list of { center, query = name, every_ms, ids, line | nil (of the
 * script), last_ms | nil (of a query with a span: how far back the first request
 * reaches; nil is a quarter of an hour), expect = list of agent ids | nil (of
 * agents), type = number | nil (of agent_operations: operateType; rows of other types
 * are not judged) }; all of the query of the levels. The ids are those of the rows,
 * of a query that is a list those that the request names.
 * make(rows, now_s) → list of flat tables: the rule judges these in place of the rows
 * that come; its levels are then of a derived query. rows are views of the newest rows
 * of a centre, of a list those that are expected and not there, too; it is called with
 * each answer, once all that the rule wants of the centre has been answered within
 * stale_after_ms. A table has values by the names of fields (of kind "skills" JSON); no
 * two have the same key. A row that was made before and is not any more is gone. When
 * it raises, nothing is judged.
 * look(now_s), of a rule without wants and over a derived query, runs as a task every
 * every_ms, never twice at a time, and leaves what it finds by found(list), tables as
 * those of make; they are judged as rows of the first centre once it suspends or ends.
 * One that does not call it has no sample.
 * open(now_s) → boolean: false while the rule's calendar is closed; asked once a
 * sample. on_transition(kind, reason, row, key, center, why, plain, facts): kind
 * "raise" | "level" | "clear", reason nil | "recovered" | "gone" | "hours", row a view
 * (of one that is gone or stale the key alone; of one that was expected the key and the
 * state; nil of the source), key text, why text, facts = { level = its place in levels
 * (of a clear: the one that it had), was = that before | nil, since = seconds for which
 * it had been true | nil (of a clear and of a level that goes down) }. With stale =
 * "raise" the alert of a centre that gives nothing has the key "source", level 1. It
 * hands the alert over with alert(). Each transition is protected on its own: one that
 * raises or meets a limit is called once more with plain = true, and must then run
 * nothing of the script's. A row's text that cannot be the key of an alert (over 255
 * bytes, not printable) is "#" and its hash in `key`.
 *
 * job { name, every_ms | cron, zone | nil, during = calendar | nil, missed = "skip" |
 * "once" | "all", about, run = function(now_s, due_s) }: as in next_run; due_s is when
 * it was due, which of a run that is caught up is long ago.
 *
 * handler(rule_name, fn): the handlers of a rule that is registered. fn(kind, alert,
 * attempt, note, refs) runs as a task: kind "raise" | "level" | "remind" | "clear";
 * alert JSON (lua/gateway/notify.lua); attempt from 1; note a text of bytes, refs JSON
 * (what destinations called the alert), "" for none.
 *
 * Acting
 *
 * alert(rule_name, center_name, key, kind, event_json): kind as on_transition was given
 * it; inside on_transition only.
 * note(text): the note of the alert from now on, in a handler only; at most 16 KB.
 * in_task() → boolean: a job or a handler runs. Only then:
 * send(destination, key | nil, message_json) → the message's id | nil, error of kind
 * "limit".
 * may_send() → boolean: takes one from the rate of sends, for what leaves at once.
 * sleep(ms): suspends the task.
 * fetch(center, query_name, ids, max_age_ms, span | nil, expect | nil) → list of copies
 * | nil, error. Suspends the task. Rows that are unknown to the centre are not in the
 * list. span, of a query that has one and only then: { begin =, finish =, type = number
 * | nil }, as span() gives them. Of a list, the rows of all ids, a key once; agents
 * whom `expect` names and who are not in the answer are at its end, signed out.
 * ask(word, question_json, what | nil) → answer_json | nil, error. Suspends the task:
 * something else of the core, by a word that script/resident_ask.h knows; `what` is how
 * messages name the call.
 * crew(list, fn | nil, at_once, what) → results, errors. Suspends the task until others
 * have ended (script/crew.h): one that calls each function of the list, or fn(element,
 * position) for each element; their first results by position, and their second ones.
 * `what` is how messages name the call. Raises what the first of them raises.
 * Errors are plain tables { kind, code, message }. What suspends raises inside a
 * coroutine of the script's own: they suspend the whole task.
 * metric("counter" | "gauge", name, help, labels, value) → nil | why it is not counted:
 * adds to a counter, sets a gauge, at once and whatever becomes of the activation.
 * labels is a list of names, in their order, and values by turns. log(level, text):
 * "debug" "info" "warn" "error"; what is over the rate is counted.
 *
 * What gw.store() has
 *
 * store_max: bytes of it at most, keys, values and 32 for each.
 * keep(key, value | nil) → number, is_first: changes it as the activation commits; key
 * printable, value a text of any bytes. number counts the changes; is_first: the first
 * that is not committed yet. nil: more than one commit takes. Raises outside of
 * activations.
 * dropped() → number | nil: changes after this one were dropped since it was asked
 * last, because their activation raised. boot.restore(key, value, written_s) is called
 * for each after the script has loaded.
 *
 * Rows
 *
 * A row that a function is given is a view (userdata): read-only, strict, pairs() walks
 * the known fields in the documented order, expired after the activation.
 * copy(row) → a plain table, which stays; a table is copied, too.
 * row_json(row) → text with every field, null where it is unknown. */
#ifndef CCGATE_SCRIPT_BIND_H
#define CCGATE_SCRIPT_BIND_H

#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

#include "model/schema.h"
#include "script/message.h"

struct script;

/* Pushes the module table. */
int bind_core(lua_State *L, struct script *script);

/* Lets math.random() begin anew, in the same way, with each activation (lifecycle.md
 * §6): what a script does depends on its inputs alone. */
void bind_math(lua_State *L);

/* Its parts, one per file. Those of bind_model need no script and serve any state. */
extern const luaL_Reg bind_model_functions[];
/* Pushes the table of a query that query() gives, without `base`. */
void bind_push_query(lua_State *L, const struct query *query);
extern const luaL_Reg bind_condition_functions[];
extern const luaL_Reg bind_derived_functions[];
extern const luaL_Reg bind_rule_functions[];
extern const luaL_Reg bind_task_functions[];
extern const luaL_Reg bind_time_functions[];
extern const luaL_Reg bind_store_functions[];
extern const luaL_Reg bind_metric_functions[];

/* Tells the core what the script has counted since the last time. */
void bind_flush_metrics(struct script *script);

/* Gives the library what gw.store() has. False: the memory is too small for it. */
bool bind_store(struct script *script, const struct message_store *store);
/* The clock was put forward by so much: what gw.store() has is as old as before. */
bool bind_store_shift(struct script *script, int64_t by_ms);

/* Raises unless the script is being loaded; `what` is said in the message. */
void bind_check_loading(lua_State *L, const char *what);

/* A query, or one that was derived; NULL for none. */
const struct query *bind_query(lua_State *L, const char *name);
/* The name of the query that it was derived from; NULL for none. */
const char *bind_query_base(const struct query *query);

/* The ids of the list at `index`, each in the range of some edition of the query, in a
 * userdata that is pushed. */
const int64_t *bind_check_ids(lua_State *L, int index, const struct query *query,
                              uint32_t *count);

/* The same of the agents that a query of agents expects, each in the range of
 * query_agent; raises for other queries. */
const int64_t *bind_check_expect(lua_State *L, int index, const struct query *query,
                                 uint32_t *count);

/* The condition userdata at `index`, or a raise. */
struct condition *bind_check_condition(lua_State *L, int index);

/* When a job runs, of the table at `index`, whose texts it borrows, or a raise. */
struct message_schedule;
struct timetable;
void bind_check_schedule(lua_State *L, int index, struct message_schedule *schedule,
                         struct timetable *timetable);

#endif
