--- Limits of comparisons: what people write after a field, in the unit of that field.
local by_hour = require "gateway.by_hour"
local core = require "gateway.core"
local duration = require "gateway.duration"
local wording = require "gateway.wording"

local limit = {}

local HUGE <const> = math.huge

-- Comparisons whose limit may change with time.
local MOVING <const> = { above = true, below = true, at_least = true, at_most = true }

local function plain(number)
  return string.format("%.14g", number)
end

-- ---- reading ----

local readers = {}

function readers.seconds(given)
  local ms = type(given) == "string" and core.duration(given)
  if ms then
    return math.tointeger(ms / 1000) or ms / 1000
  end
  return nil, "is in seconds and is compared with a duration; " .. duration.advice(given)
end

function readers.ratio(given)
  local percent = type(given) == "string" and tonumber(string.match(given, "^(%d+%.?%d*)%%$"))
  if percent and percent <= 100 then
    return percent / 100
  end
  local number = tonumber(given)
  local right = number and number >= 0 and number <= 100
    and plain(number <= 1 and number * 100 or number) .. "%" or "80%"
  return nil, string.format('is a ratio and is compared with a percentage up to 100; write "%s"',
    right)
end

function readers.count(given)
  if math.type(given) and given == given and math.abs(given) ~= HUGE then
    return given
  end
  local number = type(given) == "string" and tonumber(string.match(given, "^%-?%d+"))
  return nil, "is a number and is compared with one; write " .. plain(number or 5)
end

local function read_fixed(field, given)
  return (readers[field.unit] or readers.count)(given)
end

-- What a function computes is a number in the unit of the field, or is written like any
-- limit; nothing is unknown.
local function moving(field, fn)
  return { function(now)
    local given = fn(now)
    if given == nil or math.type(given) then
      return given
    end
    local number, mistake = read_fixed(field, given)
    return number or error(string.format("the limit's function gave %s, but '%s' %s",
      wording.show(given), field.name, mistake), 0)
  end }
end

--- The limit of `op` in the field's unit, as core.condition takes it: a number, or what
--- changes with time. nil and a sentence about the field that says what to write; nil
--- alone when fail(text, line) has been told. `minute` is what by_hour.bind wants.
function limit.read(field, given, op, minute, fail)
  local hours = by_hour.inside(given)
  if type(given) ~= "function" and not hours then
    return read_fixed(field, given)
  elseif not MOVING[op] then
    return nil, string.format(
      "is compared by gw.%s, whose limits stand still; gw.above and gw.below take functions", op)
  elseif hours then
    return by_hour.bind(hours, minute, function(one)
      local number, mistake = read_fixed(field, one)
      return number, number == nil and string.format("'%s' %s", field.name, mistake) or nil
    end, fail)
  end
  return moving(field, given)
end

-- ---- overlaps ----

local function step(field)
  return field.unit ~= "ratio" and field.kind ~= "number" and 1 or 0
end

-- What each comparison is true for, as a closed range; for whole numbers an open end is
-- the next whole number, so that "above 4" and "below 5" share nothing.
local ranges = {}

function ranges.above(field, number)
  return step(field) == 1 and math.floor(number) + 1 or number, HUGE, step(field) == 0
end

function ranges.at_least(field, number)
  return step(field) == 1 and math.ceil(number) or number, HUGE, false
end

function ranges.below(field, number)
  return 0, step(field) == 1 and math.ceil(number) - 1 or number, step(field) == 0
end

function ranges.at_most(field, number)
  return 0, step(field) == 1 and math.floor(number) or number, false
end

function ranges.equal(_, number)
  return number, number, false
end

-- The range of a tree of one comparison; nothing for what is not one range.
local function range_of(field, tree)
  if tree.op == "within" then
    return tree.low, tree.high, false
  end
  local range = ranges[tree.op]
  if range and type(tree.limit) == "number" then
    return range(field, tree.limit)
  end
end

--- A value for which both comparisons (trees for core.condition) of one field are true,
--- nil when there is none, or when one of them is true for several ranges.
function limit.common(field, a, b)
  local a_low, a_high, a_open = range_of(field, a)
  local b_low, b_high, b_open = range_of(field, b)
  if not a_low or not b_low then
    return nil
  end
  local low, high = math.max(a_low, b_low), math.min(a_high, b_high)
  if low > high or low == high and (a_open or b_open) then
    return nil
  elseif high == HUGE then
    return field.unit == "ratio" and (low + 1) / 2 or low
  end
  return step(field) == 1 and (low + high) // 2 or (low + high) / 2
end

--- A value in the unit of its field: "75s", "12m30s", "80%", "5".
function limit.format(field, number)
  if field.unit == "seconds" then
    return number < 120 and plain(number) .. "s"
      or core.format_duration(math.tointeger(number * 1000 // 1))
  elseif field.unit == "ratio" then
    return string.format("%.4g%%", number * 100)
  end
  return plain(number)
end

return limit
