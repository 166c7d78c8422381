--- Limits that follow the clock: gw.by_hour { ["08:00"] = 20, ["12:00"] = 35 }.
---
--- From each time of day on the limit beside it counts, and before the first one the last;
--- in the zone of the rule's calendar, or else of its centre.
local source = require "gateway.source"
local value = require "gateway.value"
local wording = require "gateway.wording"

local by_hour = {}

local DAY_MINUTES <const> = 1440
local EXAMPLE <const> = 'gw.by_hour { ["08:00"] = 20, ["12:00"] = 35 }'

local new_limit = value.kind("by_hour", {}, function()
  return "limits by hour"
end)

--- gw.by_hour { … }: remembers what it was given, and where.
function by_hour.new(given)
  return new_limit { given = given, line = source.caller() }
end

--- The inside of what gw.by_hour gives; nil for anything else.
function by_hour.inside(object)
  return value.inside(object, "by_hour")
end

local function minute_of(key)
  local hour, minute = string.match(key, "^(%d%d):(%d%d)$")
  local at = hour and tonumber(hour) * 60 + tonumber(minute)
  return at and tonumber(minute) < 60 and at < DAY_MINUTES and math.tointeger(at) or nil
end

-- Mistakes are told in the order of the day.
local function ordered(given)
  local keys = {}
  for key in next, given do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  return keys
end

-- Reads one entry; fail(text, key) hears what is wrong.
local function read_entry(key, given, read, fail)
  local at = type(key) == "string" and minute_of(key)
  if not at then
    return fail(string.format('gw.by_hour: %s is no time of day; write ["08:00"] = …',
      wording.show(key)), key)
  end
  local number, mistake = read(given)
  if not number then
    return fail(string.format('gw.by_hour: ["%s"]: %s', key, mistake), key)
  end
  return { at, number }
end

--- The limit of a tree for core.condition; `minute(now_s)` says which minute of the day it
--- is (nil: there are several clocks to read), `read(given)` reads one limit. Mistakes go to
--- fail(text, line), and then nil.
function by_hour.bind(inside, minute, read, fail)
  local given, is_good = inside.given, true
  local function refuse(text, key)
    is_good = false
    fail(text, inside.line and source.line(inside.line, "by_hour", { key }))
  end
  if value.kind_of(given) ~= "table" or next(given) == nil then
    refuse("gw.by_hour needs a table of limits, such as " .. EXAMPLE)
    return nil
  elseif not minute then
    refuse "gw.by_hour: the centres are in several time zones; a calendar in during says which counts"
  end
  local limits = { minute = minute }
  for _, key in ipairs(ordered(given)) do
    limits[#limits + 1] = read_entry(key, given[key], read, refuse)
  end
  table.sort(limits, function(a, b)
    return a[1] < b[1]
  end)
  return is_good and limits or nil
end

return by_hour
