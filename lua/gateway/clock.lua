--- Calendar arithmetic, and with it the os of scripts, in UTC: the time is the one that
--- came with the activation, and neither the machine's clock nor its zone is read.
local core = require "gateway.core"

local clock = {}

local DAY <const> = 86400
local WEEKDAYS <const> = {
  "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
}
local MONTHS <const> = {
  "January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December",
}

-- Days since 1970-01-01 of a date in the Gregorian calendar. Years are counted from
-- March, so that the leap day is the last of its year; an era has 400 of them.
local function days_of(year, month, day)
  year = year + (month - 1) // 12
  month = (month - 1) % 12 + 1
  local shifted = month <= 2 and year - 1 or year
  local era = shifted // 400
  local year_of_era = shifted - era * 400
  local day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  local day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
  return era * 146097 + day_of_era - 719468
end

local function date_of(days)
  days = days + 719468
  local era = days // 146097
  local day_of_era = days - era * 146097
  local year_of_era =
    (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
  local day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
  local shifted = (5 * day_of_year + 2) // 153
  local month = shifted < 10 and shifted + 3 or shifted - 9
  local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
  return year, month, day_of_year - (153 * shifted + 2) // 5 + 1
end

--- The fields of os.date("*t") for seconds since the epoch.
function clock.fields(seconds)
  local days, rest = seconds // DAY, seconds % DAY
  local year, month, day = date_of(days)
  return {
    year = year, month = month, day = day,
    hour = rest // 3600, min = rest % 3600 // 60, sec = rest % 60,
    wday = (days + 4) % 7 + 1, yday = days - days_of(year, 1, 1) + 1, isdst = false,
  }
end

-- The ISO year and week: those of the week's Thursday.
local function iso_week(t)
  local thursday = days_of(t.year, t.month, t.day) - (t.wday + 5) % 7 + 3
  local year = date_of(thursday)
  return year, (thursday - days_of(year, 1, 1)) // 7 + 1
end

local function padded(format, get)
  return function(t, where)
    return string.format(format, get(t, where))
  end
end

local function hour12(t)
  return (t.hour + 11) % 12 + 1
end

local CONVERSIONS <const> = {
  a = function(t) return string.sub(WEEKDAYS[t.wday], 1, 3) end,
  A = function(t) return WEEKDAYS[t.wday] end,
  b = function(t) return string.sub(MONTHS[t.month], 1, 3) end,
  B = function(t) return MONTHS[t.month] end,
  c = "%a %b %e %H:%M:%S %Y",
  C = padded("%02d", function(t) return t.year // 100 end),
  d = padded("%02d", function(t) return t.day end),
  D = "%m/%d/%y",
  e = padded("%2d", function(t) return t.day end),
  F = "%Y-%m-%d",
  g = padded("%02d", function(t) return iso_week(t) % 100 end),
  G = padded("%d", function(t) return (iso_week(t)) end),
  h = "%b",
  H = padded("%02d", function(t) return t.hour end),
  I = padded("%02d", hour12),
  j = padded("%03d", function(t) return t.yday end),
  m = padded("%02d", function(t) return t.month end),
  M = padded("%02d", function(t) return t.min end),
  n = function() return "\n" end,
  p = function(t) return t.hour < 12 and "AM" or "PM" end,
  r = "%I:%M:%S %p",
  R = "%H:%M",
  s = padded("%d", function(_, where) return where.seconds end),
  S = padded("%02d", function(t) return t.sec end),
  t = function() return "\t" end,
  T = "%H:%M:%S",
  u = padded("%d", function(t) return (t.wday + 5) % 7 + 1 end),
  U = padded("%02d", function(t) return (t.yday + 7 - t.wday) // 7 end),
  V = padded("%02d", function(t) return select(2, iso_week(t)) end),
  w = padded("%d", function(t) return t.wday - 1 end),
  W = padded("%02d", function(t) return (t.yday + 6 - (t.wday + 5) % 7) // 7 end),
  x = "%m/%d/%y",
  X = "%H:%M:%S",
  y = padded("%02d", function(t) return t.year % 100 end),
  Y = padded("%d", function(t) return t.year end),
  z = function(_, where)
    local minutes = math.abs(where.offset) // 60
    return string.format("%s%02d%02d", where.offset < 0 and "-" or "+", minutes // 60, minutes % 60)
  end,
  Z = function(_, where) return where.zone end,
  ["%"] = function() return "%" end,
}

-- `where` is { seconds = of the epoch, offset =, zone = } of the time that t has the
-- fields of.
local function convert(format, t, where)
  return (string.gsub(format, "%%(.?)", function(letter)
    local conversion = CONVERSIONS[letter]
    if not conversion then
      error(string.format("bad argument #1 to 'date' (invalid conversion specifier '%%%s')",
        letter), 0)
    end
    return type(conversion) == "string" and convert(conversion, t, where) or conversion(t, where)
  end))
end

local function whole(name, given)
  local number = math.tointeger(tonumber(given))
  if not number then
    error(string.format("field '%s' is not an integer", name), 0)
  end
  return number
end

--- As os.time, in UTC: now, or the seconds of a table, whose fields may be out of range
--- and are put right.
function clock.time(t)
  if t == nil then
    return core.now() // 1000
  end
  local function field(name, default)
    local given = t[name]
    if given == nil and not default then
      error(string.format("field '%s' missing in date table", name), 0)
    end
    return whole(name, given == nil and default or given)
  end
  local days = days_of(field "year", field "month", field "day")
  local seconds = days * DAY + field("hour", 12) * 3600 + field("min", 0) * 60 + field("sec", 0)
  for name, right in next, clock.fields(seconds) do
    t[name] = right
  end
  return seconds
end

--- As os.date, in UTC whether or not the format begins with "!"; or on the clock of a
--- zone that is so many seconds ahead of UTC.
function clock.date(format, seconds, offset, zone)
  format = string.gsub(format or "%c", "^!", "")
  local where = {
    seconds = seconds and whole("time", seconds) or clock.time(),
    offset = offset or 0, zone = zone or "UTC",
  }
  local t = clock.fields(where.seconds + where.offset)
  if string.sub(format, 1, 2) == "*t" then
    return t
  end
  return convert(format, t, where)
end

function clock.difference(later, earlier)
  return (later - earlier) * 1.0
end

return clock
