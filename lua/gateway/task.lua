--- What a task may do besides asking and sending: wait, read the time, shape values.
local core = require "gateway.core"
local duration = require "gateway.duration"
local json = require "gateway.json"
local problem = require "gateway.problem"
local store = require "gateway.store"
local template = require "gateway.template"
local value = require "gateway.value"
local wording = require "gateway.wording"
local zone = require "gateway.zone"

local task = {}

local SLEEP_MAX <const> = 3660 * 86400
local TIME_MAX <const> = 1 << 40

local function milliseconds(what, given)
  if math.type(given) and given >= 0 and given <= SLEEP_MAX then
    return math.tointeger(given * 1000 // 1)
  end
  local ms, mistake = duration.read(given)
  if not ms then
    problem.raise(what .. ": " .. mistake)
  end
  return ms
end

--- gw.sleep "30s"; a number is seconds, so that what gw.duration gives can be computed
--- with. A tail call, so that what the core raises is placed at the script's line.
function task.sleep(given)
  problem.only_task "gw.sleep"
  return core.sleep(milliseconds("gw.sleep", given))
end

--- Seconds since the epoch.
function task.now()
  return core.now() // 1000
end

local function seconds_of(what, given)
  if given == nil then
    return task.now()
  elseif not math.type(given) or given ~= given or math.abs(given) > TIME_MAX then
    problem.raise(what .. ": a time in seconds is needed, not " .. wording.show(given))
  end
  return given // 1 | 0
end

--- gw.date(format, t, zone): as os.date, on the clock of the zone, by default that of the
--- gateway.
function task.date(format, given, name)
  local function fail(text)
    problem.raise("gw.date: " .. text)
  end
  if format ~= nil and type(format) ~= "string" then
    fail('a format such as "%Y-%m-%d %H:%M" is needed, not ' .. wording.show(format))
  end
  local seconds = seconds_of("gw.date", given)
  name = name == nil and zone.DEFAULT or zone.check(name, fail)
  local ok, text = pcall(zone.date, format, seconds, name)
  return ok and text or fail(tostring(text))
end

--- gw.day(t) is "2026-11-21", in the zone of the gateway.
function task.day(given)
  return zone.date("%Y-%m-%d", seconds_of("gw.day", given), zone.DEFAULT)
end

--- gw.duration "1h30m" is 5400.
function task.duration(given)
  local ms, mistake = duration.read(given)
  if not ms then
    problem.report("gw.duration: " .. mistake)
    return 0
  end
  return math.tointeger(ms / 1000) or ms / 1000
end

--- A plain table with what is in a row, a table of the store or the store itself.
function task.copy(given)
  if store.holds(given) then
    return store.thaw(given)
  end
  local plain = core.copy(given)
  return json.is_list(given) and json.list(plain) or plain
end

--- gw.with(row, { load = 1.2 }): a copy as gw.copy makes it, with these changes.
function task.with(row, changes)
  if type(row) ~= "table" and type(row) ~= "userdata" then
    problem.raise("gw.with: a row or a table is needed, not " .. wording.show(row))
  elseif value.kind_of(changes) ~= "table" then
    problem.raise("gw.with: a table of changes such as { load = 1.2 } is needed, not "
      .. wording.show(changes))
  end
  local plain = task.copy(row)
  for key, given in next, changes do
    plain[key] = given
  end
  return plain
end

--- gw.template("{name}: {wait:duration}", row).
function task.template(text, row)
  if type(text) ~= "string" then
    problem.raise("gw.template: a text is needed, not " .. wording.show(text))
  elseif type(row) ~= "table" and type(row) ~= "userdata" then
    problem.raise("gw.template: a row or a table is needed, not " .. wording.show(row))
  end
  local parts = template.compile(text, nil, function(mistake)
    problem.raise("gw.template: " .. mistake)
  end)
  local ok, result = pcall(template.render, parts, row)
  if not ok then
    problem.raise("gw.template: " .. problem.bare(result))
  end
  return result
end

return task
