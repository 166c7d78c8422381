--- Times as texts, without a clock.

local moment = {}

local DAY <const> = 86400

-- The Gregorian date of a day since 1970-01-01; years begin in March, so that the leap
-- day is the last, and 400 of them are an era.
local function date_of(days)
  days = days + 719468
  local era, day = days // 146097, days % 146097
  local year = (day - day // 1460 + day // 36524 - day // 146096) // 365
  local rest = day - (365 * year + year // 4 - year // 100)
  local month = (5 * rest + 2) // 153
  local is_next = month >= 10
  return era * 400 + year + (is_next and 1 or 0), is_next and month - 9 or month + 3,
    rest - (153 * month + 2) // 5 + 1
end

--- Seconds since the epoch → "2026-11-20T18:05:00Z" (RFC 3339).
function moment.text(seconds)
  local year, month, day = date_of(seconds // DAY)
  local rest = seconds % DAY
  return ("%04d-%02d-%02dT%02d:%02d:%02dZ"):format(
    year, month, day, rest // 3600, rest % 3600 // 60, rest % 60)
end

return moment
