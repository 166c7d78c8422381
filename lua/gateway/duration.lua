--- Durations as people write them.
local core = require "gateway.core"
local wording = require "gateway.wording"

local duration = {}

-- Spellings that are not ours but can be read, so that a message can say what to write.
local UNITS <const> = {
  ms = 1, msec = 1, millisecond = 1, milliseconds = 1,
  [""] = 1000, s = 1000, sec = 1000, secs = 1000, second = 1000, seconds = 1000,
  m = 60000, min = 60000, mins = 60000, minute = 60000, minutes = 60000,
  h = 3600000, hr = 3600000, hrs = 3600000, hour = 3600000, hours = 3600000,
  d = 86400000, day = 86400000, days = 86400000,
}

local function guess(text)
  local sum, count = 0, 0
  local rest = string.gsub(string.lower(text), "(%d+%.?%d*)%s*(%a*)", function(number, unit)
    local factor = UNITS[unit]
    if factor then
      sum, count = sum + tonumber(number) * factor, count + 1
      return ""
    end
  end)
  local whole = math.tointeger(sum)
  if count > 0 and whole and not string.find(rest, "[^%s,]") then
    return core.format_duration(whole)
  end
end

--- What to write instead: 'write "15s"'.
function duration.advice(given)
  local written = type(given) == "number" and string.format("%.14g", given) or given
  local right = type(written) == "string" and guess(written)
  return right and string.format('write "%s"', right) or 'write "15s", "2m" or "1h30m"'
end

--- Milliseconds; nil and a sentence for what is not a duration.
function duration.read(given)
  local ms = type(given) == "string" and core.duration(given)
  if ms then
    return ms
  end
  return nil, wording.show(given) .. " is not a duration; " .. duration.advice(given)
end

--- A check for shapes: at least as long as `least`, at most as long as `most`, if given.
function duration.check(least, most)
  local least_ms, most_ms = core.duration(least), most and core.duration(most) or math.huge
  return function(given, fail)
    local ms, mistake = duration.read(given)
    if not ms then
      return fail(mistake)
    elseif ms < least_ms then
      return fail(string.format('%s is too short; the least is "%s"', wording.show(given), least))
    elseif ms > most_ms then
      return fail(string.format('%s is too long; the most is "%s"', wording.show(given), most))
    end
    return ms
  end
end

return duration
