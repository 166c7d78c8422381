--- Conditions: what a script says about a row, and their check against a query.
---
--- gw.above and its kin only remember what they were given and where; the rule that uses
--- a condition binds it to the fields of its query, and then mistakes are told.
local comparison = require "gateway.comparison"
local duration = require "gateway.duration"
local problem = require "gateway.problem"
local shape = require "gateway.shape"
local source = require "gateway.source"
local value = require "gateway.value"
local wording = require "gateway.wording"

local condition = {}

local new_condition = value.kind("condition", {}, function(inside)
  return "condition " .. inside.op
end)

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
  all = combination "all",
  any = combination "any",
  none = combination "none",
}

local own_functions = {}
for name, make in next, condition.members do
  own_functions[make] = name
end

-- ---- binding ----

local function bind_comparison(inside, subject, report)
  return comparison.bind(inside, subject, function(text)
    report(text, inside.line)
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

local BINDERS <const> = {
  all = bind_combination, any = bind_combination, none = bind_combination,
  in_state = bind_in_state,
}

--- The tree for core.condition of a condition or function over the rows of `subject` {
--- name, expects }, a query and whether it expects agents; mistakes go to report(text,
--- line), and then the tree is not whole. `wrong_kind(text)` hears of anything else.
function bind(given, subject, report, wrong_kind)
  local inside = value.inside(given, "condition")
  if inside then
    return (BINDERS[inside.op] or bind_comparison)(inside, subject, report)
  elseif own_functions[given] then
    return wrong_kind(string.format("gw.%s stands here without what it compares",
      own_functions[given]))
  elseif type(given) == "function" then
    return { op = "call", given }
  end
  wrong_kind("a condition or a function is needed, not " .. wording.show(given))
end

condition.bind = bind

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
