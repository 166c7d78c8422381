--- Time zones, and times on their clocks.
local clock = require "gateway.clock"
local core = require "gateway.core"
local wording = require "gateway.wording"

local zone = {}

--- That of the gateway.
zone.DEFAULT = core.setup.zone

--- A check for shapes: the name of a zone.
function zone.check(given, fail)
  if type(given) ~= "string" then
    return fail('a time zone such as "Europe/Istanbul" is needed, not ' .. wording.show(given))
  end
  local offset, guess = core.zone_offset(given, 0)
  if offset then
    return given
  elseif guess then
    return fail(string.format("%s is no time zone of this machine (did you mean '%s'?)",
      wording.show(given), guess))
  end
  return fail(string.format("%s is no time zone of this machine; write one such as "
    .. '"Europe/Istanbul", as a text of its own in the script', wording.show(given)))
end

--- As os.date on the clock of a zone; %z is its offset, %Z its name.
function zone.date(format, seconds, name)
  return clock.date(format, seconds, core.zone_offset(name, seconds), name)
end

--- "2026-11-21 18:05".
function zone.moment(seconds, name)
  return zone.date("%Y-%m-%d %H:%M", seconds, name)
end

--- The minute of the day there, 0 to 1439.
function zone.minute(seconds, name)
  return (seconds + core.zone_offset(name, seconds)) % 86400 // 60
end

return zone
