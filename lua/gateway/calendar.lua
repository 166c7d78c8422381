--- Opening hours: gw.calendar { … }, and those that gateway.conf names.
---
--- The inside of a calendar is { core = core.calendar's, zone, hours = how people are
--- told of it }.
local core = require "gateway.core"
local problem = require "gateway.problem"
local shape = require "gateway.shape"
local source = require "gateway.source"
local value = require "gateway.value"
local wording = require "gateway.wording"
local zone = require "gateway.zone"

local calendar = {}

local HOURS <const> = 'write "09:00-18:00" or "09:00-12:00,13:00-18:00"'

-- ---- what is given ----

local function check_days(given, fail)
  if not core.is_days(given) then
    return fail(string.format('%s are no days of the week; write "mon-fri" or "mon,wed-fri"',
      wording.show(given)))
  end
  return given
end

local function check_hours(given, fail, ...)
  if type(given) ~= "string" or not core.is_hours(given) then
    return fail(string.format("%s are no hours of a day, one after the other; %s",
      wording.show(given), HOURS), ...)
  end
  return given
end

local function check_date(given, fail, ...)
  if type(given) ~= "string" or not core.is_date(given) then
    return fail(string.format('%s is no date; write "2026-10-29"', wording.show(given)), ...)
  end
  return given
end

local function check_holidays(given, fail)
  local dates = {}
  for _, key in ipairs(wording.keys(given)) do
    fail(string.format('a list of dates such as { "2026-10-29" } is needed, without keys; '
      .. "hours of one day stand in except, not %s", wording.show(key)), key)
  end
  for index = 1, shape.length(given) do
    dates[#dates + 1] = check_date(given[index], fail, index)
  end
  return dates
end

-- Every member, also of a list: that one has no date.
local function check_except(given, fail)
  local lines = {}
  if shape.length(given) > 0 then
    fail 'each day stands as ["2026-10-28"] = "09:00-13:00"'
  end
  for _, day in ipairs(wording.keys(given)) do
    if check_date(day, fail, day) and check_hours(given[day], fail, day) then
      lines[#lines + 1] = string.format("except.%s=%s\n", day, given[day])
    end
  end
  return table.concat(lines)
end

local SHAPE <const> = {
  {
    "zone", needs = 'a time zone such as zone = "Europe/Istanbul"', default = zone.DEFAULT,
    check = zone.check,
  },
  {
    "days", kinds = { "string" }, needs = 'days of the week such as days = "mon-fri"',
    default = "mon-sun", check = check_days,
  },
  {
    "hours", kinds = { "string" }, needs = 'hours of a day such as hours = "09:00-18:00"',
    check = check_hours,
  },
  {
    "holidays", kinds = { "table" }, needs = 'a list of dates such as { "2026-10-29" }',
    default = {}, check = check_holidays,
  },
  {
    "except", kinds = { "table" }, needs = 'days such as { ["2026-10-28"] = "09:00-13:00" }',
    default = {}, check = check_except,
  },
}

-- ---- making one ----

local methods = {}

local new_calendar = value.kind("calendar", methods, function(inside)
  return string.format("calendar %s (%s)", inside.hours, inside.zone)
end)

--- The text that core.calendar reads (core/base/calendar.h).
local function text_of(checked)
  local holidays = #checked.holidays > 0
    and "holidays=" .. table.concat(checked.holidays, ",") .. "\n" or ""
  return string.format("days=%s\n%s%s%s", checked.days,
    checked.hours and "hours=" .. checked.hours .. "\n" or "", holidays, checked.except)
end

-- "mon-fri 09:00-18:00"; single days are left out.
local function hours_of(text)
  local days, hours = string.match(text, "days=([^\n]*)"), string.match(text, "\nhours=([^\n]*)")
  return string.format("%s %s", days, hours or "all day")
end

local function make(text, name, label)
  return new_calendar {
    core = core.calendar(text, name), zone = name,
    hours = label and string.format("%s: %s", label, hours_of(text)) or hours_of(text),
  }
end

-- ---- by name ----

local named, names, made = {}, {}, {}
for index, described in ipairs(core.setup.calendars) do
  names[index] = described.name
  named[described.name] = described
end

-- Made when it is first asked for.
-- "mon-fri 09:00-18:00" is no name: how to write it. nil: it may be one.
local function advice(name)
  local days, hours = name:match "^(%a*[%a,%-]*)%s*(%d+:%d+%s*%-.*)$"
  if hours then
    local first = days ~= "" and string.format("days = %q, ", days) or ""
    return string.format("'%s' is no name of a calendar; hours stand in one: gw.calendar { %shours = %q }",
      name, first, hours)
  end
end

local function find(name, fail)
  local described = named[name]
  if not described and advice(name) then
    return fail(advice(name))
  elseif not described then
    return fail(string.format("no calendar '%s' in gateway.conf%s", name, #names > 0
      and wording.guess_or_list(name, names)
      or "; there is none at all: add a section [calendar NAME]"))
  end
  made[name] = made[name] or make(described.text, described.zone, name)
  return made[name]
end

--- A check for shapes: a calendar, or the name of one.
function calendar.check(given, fail)
  if type(given) == "string" then
    return find(given, fail)
  elseif value.kind_of(given) == "calendar" then
    return given
  end
  return fail('a calendar is needed, such as "office" of gateway.conf or gw.calendar { … }, not '
    .. wording.show(given))
end

--- gw.calendar { days = …, hours = … }, gw.calendar "office".
function calendar.declare(given)
  local mistakes, line = 0, source.caller()
  local function report(text, ...)
    mistakes = mistakes + 1
    problem.report("gw.calendar: " .. text, line and source.line(line, "calendar", { ... }))
  end
  if type(given) == "string" then
    return find(given, report) or make("", zone.DEFAULT)
  end
  local checked = shape.check(SHAPE, given, report)
  if mistakes > 0 then
    return new_calendar { core = core.calendar("", "UTC"), zone = "UTC", hours = "all day" }
  end
  return make(text_of(checked), checked.zone)
end

-- ---- asking ----

--- What core.job and core.next_run take.
function calendar.core(self)
  return value.inside(self, "calendar").core
end

function calendar.is_open(self, now)
  return (core.calendar_next(calendar.core(self), now))
end

--- The zone that it is in.
function calendar.zone(self)
  return value.inside(self, "calendar").zone
end

--- calendar:open(now); now is seconds since the epoch, by default those of now.
function methods.open(self, now)
  if not value.inside(self, "calendar") then
    problem.raise "calendar:open: open is called with a colon: office:open(now)"
  end
  now = now == nil and core.now() // 1000 or now
  if not math.type(now) then
    problem.raise("calendar:open: a time in seconds is needed, not " .. wording.show(now))
  end
  return calendar.is_open(self, now // 1 | 0)
end

--- Its hours: "mon-fri 09:00-18:00 (Europe/Istanbul)".
function calendar.hours(self)
  local inside = value.inside(self, "calendar")
  return string.format("%s (%s)", inside.hours, inside.zone)
end

--- That and what comes next, for what `check` prints: "…, closed now, opens 2026-11-23
--- 09:00".
function calendar.describe(self)
  local inside = value.inside(self, "calendar")
  local open, at = core.calendar_next(inside.core, core.now() // 1000)
  if not at then
    return string.format("%s, always %s", calendar.hours(self), open and "open" or "closed")
  end
  return string.format("%s, %s %s", calendar.hours(self), open and "open now, closes" or "closed now, opens",
    zone.moment(at, inside.zone))
end

return calendar
