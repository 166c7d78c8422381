--- gw.job "name" { … }: runs at times, as a task.
local calendar = require "gateway.calendar"
local core = require "gateway.core"
local duration = require "gateway.duration"
local entry = require "gateway.entry"
local shape = require "gateway.shape"
local wording = require "gateway.wording"
local zone = require "gateway.zone"

local job = {}

local WHENS <const> = { "every", "at", "cron" }
local EXAMPLES <const> = 'every = "1m", at = "18:05" or cron = "0 9 * * 1-5"'
local MISSED <const> = { "skip", "once", "all" }
local CAUGHT_UP <const> = {
  skip = "",
  once = " After missed runs it runs once.",
  all = " Missed runs are made up for, one after the other.",
}

-- ---- keys ----

-- "9:30" → "09:30", when that is a time.
local function nearest_time(given)
  local hour, minute = string.match(given, "^%s*(%d?%d)[:.h](%d%d)%s*$")
  if hour and tonumber(hour) < 24 and tonumber(minute) < 60 then
    return string.format("%02d:%s", tonumber(hour), minute)
  end
end

local function check_at(given, fail)
  local right = nearest_time(given)
  if right ~= given then
    return fail(string.format('%s is no time of a day; write "%s"', wording.show(given), right or "18:05"))
  end
  return given
end

local function check_cron(given, fail)
  local mistake = core.cron(given)
  if mistake then
    return fail(string.format("%s: %s", wording.show(given), mistake))
  end
  return given
end

local function check_missed(given, fail)
  for _, word in ipairs(MISSED) do
    if given == word then
      return word
    end
  end
  return fail(string.format("%s is none of skip, once, all%s", wording.show(given),
    type(given) == "string" and wording.guess(given, MISSED) or ""))
end

local SHAPE <const> = {
  { "every", needs = 'a duration such as every = "1m"', check = duration.check "1s" },
  { "at", kinds = { "string" }, needs = 'a time of the day such as at = "18:05"', check = check_at },
  { "cron", kinds = { "string" }, needs = 'times such as cron = "0 9 * * 1-5"', check = check_cron },
  { "zone", needs = 'a time zone such as zone = "Europe/Istanbul"', check = zone.check },
  { "missed", needs = '"skip", "once" or "all"', default = "skip", check = check_missed },
  { "during", needs = 'a calendar such as during = "office"', check = calendar.check },
  {
    "run", kinds = { "function" }, needs = "a function such as function(now) … end",
    required = true,
  },
}

-- Which of the three ways it has; nothing where that is a mistake.
local function check_whens(given, reports, count)
  local when
  for _, key in ipairs(WHENS) do
    if given[key] ~= nil and when then
      reports.key(string.format("%s and %s stand together: a job has one of every, at and cron",
        when, key), key)
    end
    when = when or given[key] ~= nil and key or nil
  end
  if not when and reports.count == count then
    reports.key("when it runs is missing: one of " .. EXAMPLES)
  elseif when == "every" and given.zone ~= nil then
    reports.key("zone: an interval is the same in every zone; zone belongs to at and cron", "zone")
  end
  return when
end

-- ---- times ----

-- What core.job and core.next_run take.
local function schedule_of(checked)
  local hour, minute = string.match(checked.at or "", "(%d+):(%d+)")
  return {
    every_ms = checked.every, zone = checked.zone or zone.DEFAULT, missed = checked.missed,
    cron = checked.cron or hour and string.format("%d %d * * *", minute, hour) or nil,
    during = checked.during and calendar.core(checked.during) or nil,
  }
end

local function times_of(checked)
  if checked.every then
    return "every " .. core.format_duration(checked.every)
  end
  return string.format(checked.at and "at %s (%s)" or "at '%s' (%s)", checked.at or checked.cron,
    checked.zone or zone.DEFAULT)
end

local function about_of(checked, next_s)
  local text = "Runs " .. times_of(checked)
  if checked.during then
    text = text .. " during " .. calendar.hours(checked.during)
  end
  if not checked.every or checked.during then
    text = string.format("%s, next %s", text, zone.moment(next_s, checked.zone or zone.DEFAULT))
  end
  return text .. "." .. CAUGHT_UP[checked.missed]
end

local function check_next(checked, when, reports)
  local next_s = core.next_run(schedule_of(checked))
  if not next_s and core.next_run(schedule_of { every = checked.every, at = checked.at, cron = checked.cron,
    zone = checked.zone, missed = "skip" }) then
    reports.key(string.format("during: it would never run: %s is never within %s", times_of(checked),
      calendar.hours(checked.during)), "during")
  elseif not next_s then
    reports.key(string.format("%s: %s never comes", when, wording.show(checked[when])), when)
  end
  return next_s
end

job.declare, job.finish = entry.kind("job", function(name, given, reports)
  local count = reports.count
  local checked = shape.check(SHAPE, given, reports.key)
  local when = type(given) == "table" and check_whens(given, reports, count)
  local next_s = reports.count == count and check_next(checked, when, reports)
  return function()
    local registered = schedule_of(checked)
    registered.name, registered.run = name, checked.run
    registered.about = about_of(checked, next_s)
    core.job(registered)
  end
end)

return job
