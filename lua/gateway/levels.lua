--- The levels of a rule: { { "warning", when =, clear = }, { "critical", when = } }, several
--- severities in one alert.
local severity = require "gateway.severity"
local shape = require "gateway.shape"
local value = require "gateway.value"
local wording = require "gateway.wording"

local levels = {}

local EXAMPLE <const> = '{ "warning", when = gw.above("calls_waiting", 5) }'

--- What a message asks for where a condition is missing.
levels.CONDITION = 'a condition such as gw.above("calls_waiting", 5) or a function'

local KINDS <const> = { "condition", "window", "function" }

--- What a shape needs for when and clear.
levels.WHEN = { "when", kinds = KINDS, needs = levels.CONDITION, required = true }
levels.CLEAR = { "clear", kinds = KINDS, needs = levels.CONDITION }

local SHAPE <const> = { levels.WHEN, levels.CLEAR }

local function read_level(given, index, fail)
  local function fail_here(text, ...)
    fail(text, index, ...)
  end
  if value.kind_of(given) ~= "table" then
    return fail_here(string.format("a level such as %s is needed, not %s", EXAMPLE,
      wording.show(given)))
  end
  local rest = {}
  for key, one in next, given do
    rest[key] = key ~= 1 and one or nil
  end
  local level = shape.check(SHAPE, rest, fail_here)
  level.severity = severity.check(given[1], fail_here)
  level.path = { "levels", index }
  return level
end

-- The last that is true wins, so what is worse stands behind.
local function check_order(list, fail)
  for index = 2, #list do
    local word, before = list[index].severity, list[index - 1].severity
    if word and before and severity.rank(word) <= severity.rank(before) then
      fail(string.format(word == before and "'%s' stands there twice; gw.any joins conditions"
        or "'%s' stands behind '%s': levels go from the least to the worst", word, before), index)
    end
  end
end

--- A check for shapes: a list of { severity, when, clear | nil, path }.
function levels.check(given, fail)
  if value.kind_of(given) ~= "table" or shape.length(given) == 0 then
    return fail(string.format("a list is needed, such as { %s }, not %s", EXAMPLE,
      value.kind_of(given) == "table" and "an empty one" or wording.show(given)))
  end
  for _, key in ipairs(wording.keys(given)) do
    fail(string.format("unknown key '%s'; levels stand without keys", key), key)
  end
  local list = {}
  for index = 1, shape.length(given) do
    list[#list + 1] = read_level(given[index], index, fail)
  end
  check_order(list, fail)
  return list
end

return levels
