--- Conditions: what a script says about a row, and their check against a query.
---
--- gw.above and its kin only remember what they were given and where; the rule that uses
--- a condition binds it to the fields of its query, and then mistakes are told.
local core = require "gateway.core"
local limit = require "gateway.limit"
local problem = require "gateway.problem"
local query = require "gateway.query"
local shape = require "gateway.shape"
local source = require "gateway.source"
local value = require "gateway.value"
local wording = require "gateway.wording"

local condition = {}

local new_condition = value.kind("condition", {}, function(inside)
  return "condition " .. inside.op
end)

local function comparison(op)
  return function(field, given)
    return new_condition { op = op, field = field, given = given, line = source.caller() }
  end
end

local function combination(op)
  return function(parts)
    return new_condition { op = op, parts = parts, line = source.caller() }
  end
end

--- What gw offers.
condition.members = {
  above = comparison "above",
  below = comparison "below",
  at_least = comparison "at_least",
  at_most = comparison "at_most",
  equal = comparison "equal",
  all = combination "all",
  any = combination "any",
  none = combination "none",
}

local own_functions = {}
for name, make in next, condition.members do
  own_functions[make] = name
end

-- ---- binding ----

local function written(inside)
  local given = inside.given
  local text = type(given) == "string" and '"' .. given .. '"' or wording.show(given)
  return string.format('%s("%s", %s)', inside.op, inside.field, text)
end

local function bind_comparison(inside, query_name, report)
  if type(inside.field) ~= "string" then
    return report(string.format(
      'gw.%s needs a field and a limit, such as gw.%s("calls_waiting", 5)', inside.op, inside.op),
      inside.line)
  end
  local field, found = query.field(query_name, inside.field)
  if not field then
    return report(found, inside.line)
  elseif field.kind == "name" then
    return report(string.format("'%s' is text and cannot be compared here; a function can",
      inside.field), inside.line)
  end
  local number, mistake = limit.read(field, inside.given)
  if not number then
    return report(string.format("%s: '%s' %s", written(inside), inside.field, mistake), inside.line)
  end
  return { op = inside.op, field = found, limit = number }
end

local bind

local function bind_combination(inside, query_name, report)
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
    tree[index] = bind(parts[index], query_name, report, function(text)
      fail(text, index)
    end) or false
  end
  return tree
end

local BINDERS <const> = { all = bind_combination, any = bind_combination, none = bind_combination }

--- The tree for core.condition of a condition or function; mistakes go to report(text,
--- line), and then the tree is not whole. `wrong_kind(text)` hears of anything else.
function bind(given, query_name, report, wrong_kind)
  local inside = value.inside(given, "condition")
  if inside then
    return (BINDERS[inside.op] or bind_comparison)(inside, query_name, report)
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
  local field = core.query(query_name).fields[when_tree.field + 1]
  local common = limit.common(field, when_tree, clear_tree)
  if not common then
    return nil
  end
  local function word(given)
    local inside = value.inside(given, "condition")
    return string.format("%s %s", string.gsub(inside.op, "_", " "), inside.given)
  end
  return string.format(
    "clear (%s) overlaps when (%s): at %s the alert would raise and clear in turn",
    word(clear), word(when), limit.format(field, common))
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
