--- A double of "gateway.core" in plain Lua: what the host's C gives to the library
--- (core/script/bind.h), with the world in tables that a test fills and reads.
---
---   local host = fake_core.load(source, { setup = …, now = ms })
---   host.problems  { { line, text } … }    host.rules, host.jobs  by name
---   host.alerts    { { rule, center, key, kind, event } … }    host.sends, host.logs
---   host:sample(rows, center, query)  judges every rule of the query (queues) on these
---                              rows of a centre (from 0)
---   host:run(job)              runs a job
---   host:look(rule)            runs the function that finds a rule's rows
local cjson = require "cjson"
local fake_condition = require "lua.fake_condition"
local fake_host = require "lua.fake_host"
local fake_model = require "lua.fake_model"
local fake_row = require "lua.fake_row"
local fake_words = require "lua.fake_words"

local fake_core = { row = fake_row.new }

local QUERIES <const> = fake_model.QUERIES

fake_core.SETUP = {
  file = "scripts/queue_wait.lua",
  gateway = "ccgate", zone = "Europe/Istanbul",
  calendars = { { name = "office", zone = "Europe/Istanbul", text = "days=mon-fri\nhours=09:00-18:00\n" } },
  centers = { {
    name = "main", zone = "Europe/Istanbul", default = true, edition = 2023, agent_gateway = true,
    queues = {
      { id = 1, name = "sales", tags = { "voice" } },
      { id = 2, name = "support", tags = { "voice", "night" } },
      { id = 7, name = "chat", tags = {} },
    },
  } },
  destinations = { { name = "floor-chat", kind = "webhook" }, { name = "book", kind = "log" } },
  people = { "ayse", "mehmet" }, notify = { "book" }, secrets = { "crm" },
}

-- ---- the module ----

local condition_meta = {
  __tostring = function(condition)
    return fake_condition.describe(condition.query, condition.tree)
  end,
}

-- The closed quarters of an hour, as model/span.h picks them.
local function read_span(given, now)
  local finish = (now - 60) // 900 * 900
  if given.today then
    local begin = now // 86400 * 86400
    if finish <= begin then
      return nil, "no quarter of an hour has passed since midnight UTC"
    end
    return begin, finish
  elseif given.last_ms then
    assert(given.last_ms % 900000 == 0)
    return finish - given.last_ms // 1000, finish
  elseif given.to <= now - 86400 then
    return nil, "is older than 24 hours, which is as long as the centre keeps it"
  end
  return given.from, given.to
end

local WANT <const> = {
  center = "integer", query = "string", every_ms = "integer", ids = "table", last_ms = "integer",
  expect = "table", type = "integer", line = "integer",
}

local RULE <const> = {
  name = "string", wants = "table", levels = "table", about = "string", on_transition = "function",
  hold_ms = "integer", linger_ms = "integer", cooldown_ms = "integer", stale_after_ms = "integer",
  stale = "string", gone = "string", open = "function", make = "function",
  look = "function", every_ms = "integer",
}

local function check_members(given, known)
  for key, value in pairs(given) do
    assert((math.type(value) or type(value)) == known[key], key)
  end
end

local function check_rule(rule)
  check_members(rule, RULE)
  for _, want in ipairs(rule.wants) do
    local query = QUERIES[want.query]
    check_members(want, WANT)
    for _, level in ipairs(rule.levels) do
      assert(query == level.when.query or rule.make and query.name == level.when.query.base)
    end
    assert(#want.ids > 0)
    assert(not want.last_ms or query.span)
    assert(not want.expect or want.query == "agents")
    assert(not want.type or want.query == "agent_operations")
    -- All of a rule have its line, which specs of what is wanted need not say.
    rule.line, want.line = want.line, nil
  end
  assert(#rule.levels >= 1 and #rule.levels <= 8)
end

-- Zones without summer time; a calendar is what it was made of, with what a test says of
-- it: host.opening = { is_open, next_s }, host.next_run = s | false.
local ZONES <const> = { UTC = 0, ["Europe/Istanbul"] = 10800, ["America/New_York"] = -18000 }

local function add_times(core, host)
  function core.zone_offset(name)
    return ZONES[name], name == "Europe/Istambul" and "Europe/Istanbul" or nil
  end
  function core.is_days(text)
    return not string.find(text, "[^montuewdhfrisa,-]")
  end
  function core.is_hours(text)
    return string.find(text, "^%d%d:%d%d%-%d%d:%d%d") ~= nil
  end
  function core.is_date(text)
    return string.find(text, "^%d%d%d%d%-%d%d%-%d%d$") ~= nil
  end
  function core.cron(text)
    return select(2, string.gsub(text, "%S+", "")) ~= 5
      and "has 2 of five fields: minute hour day month weekday" or nil
  end
  function core.calendar(text, name)
    return { text = text, zone = name }
  end
  function core.calendar_next(_, now)
    host.asked = now
    return table.unpack(host.opening or { true }, 1, 2)
  end
  function core.next_run(schedule)
    assert((schedule.every_ms == nil) ~= (schedule.cron == nil) and ZONES[schedule.zone])
    if schedule.during and host.never or host.next_run == false then
      return nil
    end
    return host.next_run or host.now // 1000
  end
end

-- What a script is made of, as core/script/bind.h says.
local function files_of(host)
  local files = table.move(host.modules, 1, #host.modules, 1, {})
  files[0] = { file = host.setup.file, source = host.source }
  return files
end

local function core_of(host)
  local core = {
    setup = host.setup, script = "queue_wait", json = cjson,
    files = files_of(host), module_names = host.module_names,
    format_duration = fake_words.format_duration, nearest = fake_words.nearest,
    copy = fake_row.copy, row_json = fake_row.json,
    store_max = host.store_max or 1048576, token = "f00d",
  }
  function core.now()
    return host.now
  end
  function core.duration(text)
    return fake_words.duration(text)
  end
  function core.query(name)
    return QUERIES[name] or host.derived[name]
  end
  function core.derive(name, base, fields, keyed)
    assert(not core.query(name))
    host.derived[name] = fake_model.derive(name, base, fields, keyed)
  end
  function core.range(name, edition)
    return fake_model.RANGES[name] and fake_model.RANGES[name][edition] or {}
  end
  function core.span(given)
    return read_span(given, host.now // 1000)
  end
  function core.condition(name, tree)
    fake_condition.check(core.query(name), tree)
    return setmetatable({ query = core.query(name), tree = tree }, condition_meta)
  end
  function core.rule(rule)
    check_rule(rule)
    host.rules[rule.name] = rule
  end
  function core.job(job)
    host.jobs[job.name] = job
  end
  function core.found(flats)
    assert(host.task, "found outside a task")
    host.found = flats
  end
  function core.alert(rule, center, key, kind, event)
    table.insert(host.alerts, { rule = rule, center = center, key = key, kind = kind, event = event })
  end
  function core.keep(key, value)
    host.keeps = host.keeps + 1
    local is_first = host.keeps == host.committed + 1
    table.insert(host.kept, { key = key, value = value })
    return host.keeps, is_first
  end
  function core.dropped()
    local from = host.dropped_from
    host.dropped_from = nil
    return from
  end
  function core.handler(name, fn)
    assert(host.rules[name])
    host.handlers[name] = fn
  end
  function core.note(bytes)
    assert(host.task, "note outside a task")
    host.note = bytes
  end
  function core.in_task()
    return host.task ~= nil
  end
  function core.send(destination, key, message)
    assert(host.task, "send outside a task")
    if host.limited then
      return nil, { kind = "limit", code = "", message = "more than 100 messages a minute" }
    end
    table.insert(host.sends, { to = destination, key = key, message = message })
    return "msg_" .. #host.sends
  end
  function core.metric(...)
    host.metrics = host.metrics or {}
    table.insert(host.metrics, { ... })
    return host.uncounted
  end
  function core.may_send()
    return not host.limited
  end
  function core.ask(word, question)
    host.asked = { word = word, question = cjson.decode(question) }
    return host.answer and cjson.encode(host.answer), host.failure
  end
  function core.sleep(ms)
    coroutine.yield(ms)
  end
  function core.fetch(center, query, ids, max_age_ms, span, expect)
    assert((span ~= nil) == (QUERIES[query].span == true))
    host.fetched = {
      center = center, query = query, ids = ids, max_age_ms = max_age_ms, span = span,
      expect = expect,
    }
    return host.answer, host.failure
  end
  -- One after the other: who waits for what is the host's.
  function core.crew(list, fn, at_once, what)
    local results, errs = {}, {}
    host.crew = { count = #list, at_once = at_once, what = what }
    for position, element in ipairs(list) do
      if fn then
        results[position], errs[position] = fn(element, position)
      else
        results[position], errs[position] = element()
      end
    end
    return results, errs
  end
  function core.log(level, text)
    table.insert(host.logs, { level = level, text = text })
  end
  function core.problem(line, text)
    assert(math.type(line) == "integer")
    table.insert(host.problems, { line = line, text = text })
  end
  add_times(core, host)
  return core
end

local function forget()
  for name in pairs(package.loaded) do
    if name == "gateway" or string.find(name, "^gateway%.") then
      package.loaded[name] = nil
    end
  end
end

--- Gives the texts of this process their methods back.
function fake_core.restore()
  local meta = debug.getmetatable ""
  meta.__index, meta.__metatable = string, nil
end

--- A host before its script: modules of the library can be required on their own.
function fake_core.host(source, options)
  options = options or {}
  local host = setmetatable({
    setup = options.setup or fake_core.SETUP, source = source or "", now = options.now or 1763661900000,
    modules = options.modules or {}, module_names = options.module_names or "",
    never = options.never, next_run = options.next_run, opening = options.opening,
    problems = {}, rules = {}, jobs = {}, alerts = {}, sends = {}, logs = {}, raised = {},
    derived = {}, handlers = {}, note = "", refs = "", kept = {}, keeps = 0, committed = 0,
    store_max = options.store_max,
  }, fake_host)
  host.setup.zone = host.setup.zone or fake_core.SETUP.zone
  host.setup.calendars = host.setup.calendars or fake_core.SETUP.calendars
  host.setup.secrets = host.setup.secrets or fake_core.SETUP.secrets
  forget()
  package.loaded["gateway.core"] = core_of(host)
  return host
end

-- The place in front of a message becomes the spot.
local function problem_of(host, mistake)
  local file, line, text = string.match(mistake, "^([^:]+):(%d+): (.*)$")
  local number = 0
  for index, module in ipairs(host.modules) do
    number = module.file == file and index or number
  end
  return { line = number * (1 << 24) + (tonumber(line) or 0), text = text or mistake }
end

--- Loads a script as the host does: what it raises is a problem at its line.
function fake_core.load(source, options)
  local host = fake_core.host(source, options)
  local boot = require "gateway.boot"
  host.environment = boot.environment()
  local chunk, mistake = load(source, "@" .. host.setup.file, "t", host.environment)
  local ok = chunk ~= nil
  if chunk then
    ok, mistake = pcall(chunk)
  end
  fake_core.restore()
  if not ok then
    table.insert(host.problems, problem_of(host, tostring(mistake)))
  end
  boot.finish()
  return host
end

--- A host whose job "it" has this body, from line 3 on; `head` is behind the require.
function fake_core.job(body, head)
  local host = fake_core.load(string.format(
    'local gw = require "gateway" %s\ngw.job "it" { every = "1m", run = function(now) now = now\n%s\nend }',
    head or "", body))
  assert(not host.problems[1], host.problems[1] and host.problems[1].text)
  return host
end

--- What such a job raises.
function fake_core.mistake_of(body)
  local host = fake_core.job(body)
  local ok, mistake = pcall(host.run, host, "it")
  assert(not ok)
  return mistake
end

--- The problems as "6: text", in order of line.
function fake_core.lines(host)
  local lines, place = {}, {}
  for index, problem in ipairs(host.problems) do
    place[problem] = index
  end
  table.sort(host.problems, function(a, b)
    return a.line < b.line or a.line == b.line and place[a] < place[b]
  end)
  for index, problem in ipairs(host.problems) do
    lines[index] = string.format("%d: %s", problem.line, problem.text)
  end
  return lines
end

return fake_core
