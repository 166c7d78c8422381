--- Scripts on a clock that moves only when a test says so: require "gateway.sim".
---
---   local s = sim.load("scripts/queue_wait.lua", { at = "2026-03-03 10:00" })
---   s:queues { { id = 7, calls_waiting = 7 } }
---   s:advance "40s"
---   s.sent[1].summary
---
--- The engine is that of `ccgate run`; played are the clock, the contact centre and
--- whoever is sent to. Misuse raises at the line of the test.
local core = require "gateway.core"
local duration = require "gateway.duration"
local field = require "gateway.field"
local json = require "gateway.json"
local shape = require "gateway.shape"
local sim_answer = require "gateway.sim_answer"
local sim_module = require "gateway.sim_module"
local sim_rows = require "gateway.sim_rows"
local sim_sent = require "gateway.sim_sent"
local wording = require "gateway.wording"

local sim = {}

sim_module.offer()

--- The configuration that sim.load takes when a test names none (`ccgate test -c FILE`).
sim.conf = nil

-- When a test names no time: a Tuesday morning.
local START <const> = "2026-03-03 10:00"

-- Of a rehearsal and of its centres: what their methods work with.
local insides = setmetatable({}, { __mode = "k" })

-- ---- misuse ----

local function fail(text, ...)
  error(string.format(text, ...), 0)
end

-- A function whose sentences get its name and the place of the caller; a table of one
-- text is raised as that.
local function placed(name, fn)
  return function(...)
    local results = table.pack(pcall(fn, ...))
    if results[1] then
      return table.unpack(results, 2, results.n)
    elseif type(results[2]) == "table" then
      error(results[2][1], 0)
    end
    error(name .. ": " .. tostring(results[2]), 2)
  end
end

-- Methods that are strict about their names.
local function class(name, methods)
  local placed_methods = {}
  for key, method in pairs(methods) do
    placed_methods[key] = placed("s:" .. key, function(s, ...)
      return method(insides[s] or fail("call it with a colon, s:%s(…)", key), ...) or s
    end)
  end
  return {
    __name = name,
    __index = function(_, key)
      return placed_methods[key] or error(string.format("%s has no %s%s", name, wording.show(key),
        type(key) == "string" and wording.guess_or_list(key, wording.keys(placed_methods)) or ""), 2)
    end,
  }
end

local function check(described, given)
  return shape.check(described, given, function(text)
    error(text, 0)
  end)
end

local function milliseconds(given)
  local ms, mistake = duration.read(given)
  return ms or fail("%s", mistake)
end

-- ---- what the engine did ----

-- Of a message that nobody has taken so far another attempt may have left.
local function update_sent(inside, list)
  for index in pairs(inside.open) do
    local message, is_done = inside.handle:sent(index)
    list[index].body, list[index].requests = message.body, message.requests
    inside.open[index] = not is_done or nil
  end
end

local function add_sent(inside, list)
  local message, is_done = inside.handle:sent(#list + 1)
  while message do
    sim_sent.add(list, message, inside.handle:clock(message.at * 1000))
    inside.open[#list] = not is_done or nil
    message, is_done = inside.handle:sent(#list + 1)
  end
end

-- What the log says of scripts, their own lines among it.
local function add_lines(inside, list)
  local line = inside.handle:line(inside.lines + 1)
  while line do
    inside.lines = inside.lines + 1
    local script = line.room:match "^script (.+)$"
    if script then
      list[#list + 1] = { script = script, level = line.level, text = line.text, at = line.at }
    end
    line = inside.handle:line(inside.lines + 1)
  end
end

local function refresh(inside)
  local s = inside.object
  update_sent(inside, s.sent)
  add_sent(inside, s.sent)
  add_lines(inside, s.log)
  s.alerts, s.now = json.decode(inside.handle:alerts()), inside.handle:now() // 1000
end

-- ---- a centre ----

local center_methods = {}

for _, query in ipairs(field.QUERIES) do
  center_methods[query] = function(inside, rows)
    inside.handle:rows(inside.center.name, query, sim_rows.read(query, rows, inside.center))
  end
end

function center_methods.fail(inside, query, kind)
  sim_answer.check_word(query, field.QUERIES, "query")
  inside.handle:fail(inside.center.name, query, kind and sim_answer.check_word(kind, sim_answer.FAILURES, "failure"))
end

local Center <const> = class("a center", center_methods)

-- ---- the whole ----

local methods = {}
for name, method in pairs(center_methods) do
  methods[name] = method
end

local function find_center(inside, name)
  local names = {}
  for index, center in ipairs(inside.handle:centers()) do
    if center.name == name then
      return center
    end
    names[index] = center.name
  end
  sim_answer.check_word(name, names, "center")
end

--- One of several: s:center "north":queues { … }.
function methods.center(inside, name)
  local center = setmetatable({}, Center)
  insides[center] = { handle = inside.handle, center = find_center(inside, name) }
  return center
end

function methods.window(inside)
  inside.handle:window()
end

function methods.advance(inside, lasts)
  inside.handle:advance(milliseconds(lasts))
  refresh(inside)
end

function methods.at(inside, time)
  if type(time) ~= "string" then
    fail('a time such as "18:30" is needed, not %s', wording.show(time))
  end
  inside.handle:advance(inside.handle:time(time) - inside.handle:now())
  refresh(inside)
end

function methods.ack(inside, key, who)
  if type(who) ~= "string" then
    fail('whoever takes care is needed: s:ack("7", "ayse")')
  end
  inside.handle:ack(tostring(key), who)
  refresh(inside)
end

local SILENCE <const> = {
  { "rule", kinds = { "string" }, needs = "the name of a rule" },
  { "center", kinds = { "string" }, needs = "the name of a center" },
  { "key", kinds = { "string", "number" }, needs = "the key of an alert" },
  { "labels", kinds = { "table" }, needs = 'labels such as { queue = "sales" }' },
  { "lasts", kinds = { "string" }, needs = 'a duration such as "2h"', required = true },
  { "by", kinds = { "string" }, needs = "a name", default = "test" },
}

function methods.silence(inside, given)
  local silence = check(SILENCE, given)
  local matcher = {
    rule = silence.rule, center = silence.center, labels = silence.labels,
    key = silence.key and tostring(silence.key),
  }
  inside.handle:silence(json.encode(matcher), milliseconds(silence.lasts), silence.by)
  refresh(inside)
end

function methods.answer(inside, who, status, body)
  sim_answer.say(inside.handle, inside.handle:destinations(), who, status, body)
end

function methods.job(inside, name)
  inside.handle:job(name)
  refresh(inside)
end

function methods.restart(inside)
  inside.handle:restart()
  refresh(inside)
end

function methods.reload(inside)
  local problems = inside.handle:reload()
  refresh(inside)
  if problems then
    error({ (problems:gsub("\n$", "")) })
  end
end

function methods.kill_script(inside, name)
  if not inside.handle:kill_script(name) then
    fail("no script %s runs", wording.show(name))
  end
end

local Rehearsal <const> = class("a rehearsal", methods)

-- ---- loading ----

local OPTIONS <const> = {
  { "at", kinds = { "string" }, needs = 'a time such as "2026-03-03 10:00"', default = START },
  { "conf", kinds = { "string" }, needs = "the path of a gateway.conf" },
}

local function check_files(files)
  local list = type(files) == "table" and files or { files }
  for _, file in ipairs(list) do
    if type(file) ~= "string" then
      fail('the path of a script is needed, such as "scripts/queue_wait.lua", not %s', wording.show(file))
    end
  end
  return #list > 0 and list or fail 'the path of a script is needed, such as "scripts/queue_wait.lua"'
end

-- ccgate-script where this module is a file of its own: as it is built and as it is
-- installed. In `ccgate test` it stands beside the program.
local PLACES <const> = { "/../ccgate-script", "/../../../bin/ccgate-script" }

local function find_program()
  local path = not package.preload["gateway.core"] and package.searchpath("gateway.core", package.cpath)
  local folder = path and path:match "^(.*)/gateway/[^/]+$"
  for _, place in ipairs(folder and PLACES or {}) do
    local file = io.open(folder .. place)
    if file then
      file:close()
      return folder .. place
    end
  end
end

local function default_center(handle)
  local centers = handle:centers()
  for _, center in ipairs(centers) do
    if center.default then
      return center
    end
  end
  return { queues = {} }
end

-- A rehearsal has processes and files of which the collector knows nothing: those that
-- tests have forgotten end at every so many.
local FORGOTTEN <const> = 16
local loads = 0

local function collect()
  loads = loads + 1
  if loads % FORGOTTEN == 0 then
    collectgarbage()
  end
end

--- A rehearsal of a script, or of several, from the time `at` on, with the configuration
--- `conf` or one that has whatever the scripts name. What is wrong with these raises as
--- `ccgate check` prints it.
sim.load = placed("sim.load", function(files, options)
  local given = check(OPTIONS, options or {})
  collect()
  local handle, problems = core.rehearse {
    scripts = check_files(files), conf = given.conf or sim.conf, at = given.at, program = find_program(),
  }
  if not handle then
    error({ (problems:gsub("\n$", "")) })
  end
  local s = { sent = sim_sent.list(), log = {} }
  local inside = { handle = handle, center = default_center(handle), object = s, lines = 0, open = {} }
  insides[s] = inside
  refresh(inside)
  return setmetatable(s, Rehearsal)
end)

return sim
