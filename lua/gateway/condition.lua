--- Conditions: what a script says about a row, and their check against a query.
---
--- gw.above and its kin only remember what they were given and where; the rule that uses
--- a condition binds it to the fields of its query, and then mistakes are told.
local by_hour = require "gateway.by_hour"
local comparison = require "gateway.comparison"
local core = require "gateway.core"
local duration = require "gateway.duration"
local problem = require "gateway.problem"
local shape = require "gateway.shape"
local source = require "gateway.source"
local value = require "gateway.value"
local window = require "gateway.window"
local wording = require "gateway.wording"

local condition = {}

local methods = {}

local new_condition = value.kind("condition", methods, function(inside)
  return "condition " .. inside.op
end)

--- condition:given(guard): unknown unless the guard is true.
function methods.given(self, guard)
  return new_condition { op = "given", parts = { self, guard }, line = source.caller() }
end

local function compare(op)
  return function(field, ...)
    return new_condition {
      op = op, field = field, values = table.pack(...), line = source.caller(),
    }
  end
end

local function combination(op)
  return function(parts)
    return new_condition { op = op, parts = parts, line = source.caller() }
  end
end

-- By the server's own count of how long the agent has been in it.
local function in_state(state, age)
  return new_condition { op = "in_state", state = state, age = age, line = source.caller() }
end

local function changed(field, ends)
  return new_condition { op = "changed", field = field, ends = ends, line = source.caller() }
end

local function times(part, count, lasts)
  return new_condition {
    op = "times", part = part, count = count, lasts = lasts, line = source.caller(),
  }
end

-- ---- windows: gw.average("calls_waiting", "5m"):above(3) ----

local window_methods = {}

for _, op in ipairs { "above", "below", "at_least", "at_most", "equal", "within", "outside" } do
  window_methods[op] = function(self, ...)
    local of = value.inside(self, "window")
    if not of then
      problem.raise(string.format(
        'gw.average and its kin are compared with a colon: gw.average("calls_waiting", "5m"):%s(5)',
        op))
    end
    return new_condition {
      op = op, window = of, values = table.pack(...), line = source.caller(),
    }
  end
end

local new_window = value.kind("window", window_methods, function(of)
  return "window " .. of.kind
end)

local function over_time(kind)
  return function(...)
    return new_window(window.new(kind, ...))
  end
end

-- ---- members ----

--- What gw offers.
condition.members = {
  above = compare "above",
  below = compare "below",
  at_least = compare "at_least",
  at_most = compare "at_most",
  equal = compare "equal",
  one_of = compare "one_of",
  within = compare "within",
  outside = compare "outside",
  in_state = in_state,
  changed = changed,
  times = times,
  by_hour = by_hour.new,
  all = combination "all",
  any = combination "any",
  none = combination "none",
}

for _, kind in ipairs(window.NAMES) do
  condition.members[kind] = over_time(kind)
end

local own_functions = {}
for name, make in next, condition.members do
  own_functions[make] = name
end

-- ---- binding ----

local function bind_comparison(inside, subject, report)
  return comparison.bind(inside, subject, function(text, line)
    report(text, line or inside.line)
  end)
end

-- What is wrong with gw.in_state by itself; nil when nothing is.
local function misused(inside, subject)
  if type(inside.state) ~= "string" then
    return 'a state and a duration are needed, such as gw.in_state("rest", "15m")'
  elseif subject.expects and inside.state == "signed_out" then
    return "nobody knows how long an agent has been signed out; "
      .. 'write gw.equal("state", "signed_out")'
  end
  local ms, mistake = duration.read(inside.age)
  return not ms and mistake or nil
end

local function bind_in_state(inside, subject, report)
  local mistake = misused(inside, subject)
  if mistake then
    return report("gw.in_state: " .. mistake, inside.line)
  end
  local shown = string.format('in_state("%s", "%s")', inside.state, inside.age)
  local function part(op, field, given)
    local compared = { op = op, field = field, values = { n = 1, given }, shown = shown }
    return comparison.bind(compared, subject, function(text)
      report(text, inside.line)
    end)
  end
  local state = part("equal", "state", inside.state)
  local age = state and part("above", "state_age", inside.age)
  return age and { op = "all", state, age }
end

local bind

local function bind_combination(inside, subject, report)
  local parts = inside.parts
  local function fail(text, ...)
    report(string.format("gw.%s: %s", inside.op, text),
      inside.line and source.line(inside.line, inside.op, { ... }))
  end
  if value.kind_of(parts) ~= "table" or next(parts) == nil then
    return fail(string.format(
      'a list of conditions is needed, such as gw.%s { gw.above("calls_waiting", 5) }', inside.op))
  end
  for _, key in ipairs(wording.keys(parts)) do
    fail(string.format("unknown key '%s'; conditions stand without keys", key), key)
  end
  local tree = { op = inside.op }
  for index = 1, shape.length(parts) do
    tree[index] = bind(parts[index], subject, report, function(text)
      fail(text, index)
    end) or false
  end
  return tree
end

local ENDS <const> = { { "from" }, { "to" } }

local function bind_changed(inside, subject, report)
  local is_good = true
  local function fail(text, ...)
    is_good = false
    report(text, inside.line and source.line(inside.line, "changed", { ... }, inside.field))
  end
  local ends = inside.ends == nil and {} or inside.ends
  if type(inside.field) ~= "string" or value.kind_of(ends) ~= "table" then
    return fail('gw.changed needs a field and may say from and to, such as '
      .. 'gw.changed("state", { from = "talking", to = "rest" })')
  end
  shape.check(ENDS, ends, function(text, ...)
    fail("gw.changed: " .. text, ...)
  end)
  local tree = comparison.bind_changed({ field = inside.field, given = ends }, subject, fail)
  return is_good and tree or nil
end

local TIMES_MOST <const> = 100
local TIMES <const> = "a condition, a number and a duration are needed, such as "
  .. 'gw.times(gw.above("calls_waiting", 5), 3, "10m")'

-- What is wrong with the number and the duration of gw.times; nil when nothing is.
local function wrong_times(inside, subject)
  local ms, mistake = duration.read(inside.lasts)
  if not math.type(inside.count) or inside.lasts == nil then
    return TIMES
  elseif not math.tointeger(inside.count) or inside.count < 1 or inside.count > TIMES_MOST then
    return string.format("it counts from 1 to %d times, not %s", TIMES_MOST,
      wording.show(inside.count))
  elseif not ms then
    return mistake
  elseif ms < inside.count * subject.every_ms then
    return string.format("within %s it cannot become true %d times: it is judged every %s",
      wording.show(inside.lasts), inside.count, core.format_duration(subject.every_ms))
  end
end

local function bind_times(inside, subject, report)
  local function fail(text)
    report("gw.times: " .. text, inside.line)
  end
  local mistake = wrong_times(inside, subject)
  local part = bind(inside.part, subject, report, fail)
  if mistake then
    return fail(mistake)
  end
  return part and {
    op = "times", part, count = math.tointeger(inside.count), ms = duration.read(inside.lasts),
  }
end

local function bind_given(inside, subject, report)
  local tree = { op = "given" }
  for index = 1, 2 do
    tree[index] = bind(inside.parts[index], subject, report, function(text)
      report("condition:given: " .. text, inside.line)
    end)
  end
  return tree[1] and tree[2] and tree
end

local BINDERS <const> = {
  all = bind_combination, any = bind_combination, none = bind_combination,
  in_state = bind_in_state, changed = bind_changed, times = bind_times, given = bind_given,
}

--- The tree for core.condition of a condition or function over the rows of `subject`, which
--- is that of comparison.bind; mistakes go to report(text, line), and then the tree is not
--- whole. `wrong_kind(text)` hears of anything else.
function bind(given, subject, report, wrong_kind)
  local inside = value.inside(given, "condition")
  if inside then
    return (BINDERS[inside.op] or bind_comparison)(inside, subject, report)
  elseif value.kind_of(given) == "window" then
    local of = value.inside(given, "window")
    return wrong_kind(string.format('gw.%s stands here without a limit; write gw.%s(…):above(5)',
      of.kind, of.kind))
  elseif own_functions[given] then
    return wrong_kind(string.format("gw.%s stands here without what it compares",
      own_functions[given]))
  elseif type(given) == "function" then
    return { op = "call", given }
  end
  wrong_kind("a condition or a function is needed, not " .. wording.show(given))
end

condition.bind = bind

--- Whether a tree is true for single samples only: it depends on gw.changed. How often
--- something changed lasts.
function condition.is_moment(tree)
  if tree.op == "changed" or tree.op == "times" then
    return tree.op == "changed"
  end
  for _, part in ipairs(tree) do
    if type(part) == "table" and condition.is_moment(part) then
      return true
    end
  end
  return false
end

--- What `when` and `clear` have in common when both are single comparisons of one field:
--- a sentence, nil when nothing.
function condition.overlap(query_name, when, clear, when_tree, clear_tree)
  if not when_tree.field or when_tree.field ~= clear_tree.field then
    return nil
  end
  local common = comparison.common(query_name, when_tree, clear_tree)
  if not common then
    return nil
  end
  local function phrase(given)
    return comparison.phrase(value.inside(given, "condition"))
  end
  return string.format(
    "clear (%s) overlaps when (%s): at %s the alert would raise and clear in turn",
    phrase(clear), phrase(when), common)
end

-- What gw.in_state is made of, as the core says it, whole or as a part.
local IN_STATE <const> = "state is ([%w_]+) and state_age above (%w+)"
local LONGER <const> = "state is %1 longer than %2"

--- What a condition says, in words; `made` is what core.condition made of it.
function condition.describe(given, made)
  if type(given) == "function" then
    return "its function says so"
  end
  local text = string.gsub(tostring(made), "%(" .. IN_STATE .. "%)", "(" .. LONGER .. ")")
  return (string.gsub(text, "^" .. IN_STATE .. "$", LONGER))
end

-- To Lua every condition is true: "and" drops the first, "or" all others.
local JOINTS <const> = {
  ["and"] = { "last", "all" },
  ["or"] = { "first", "any" },
}

--- Reports conditions that are joined with Lua's own words.
function condition.finish()
  for _, place in ipairs(source.joined(condition.members)) do
    local kept, word = table.unpack(JOINTS[place.joint])
    problem.report(string.format(
      "gw.%s: '%s' does not join conditions, it keeps the %s one alone; write gw.%s { …, … }",
      place.word, place.joint, kept, word), place.line)
  end
end

return condition
