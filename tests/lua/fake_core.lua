--- A double of "gateway.core" in plain Lua: what the host's C gives to the library
--- (core/script/bind.h), with the world in tables that a test fills and reads.
---
---   local host = fake_core.load(source, { setup = …, now = ms })
---   host.problems  { { line, text } … }    host.rules, host.jobs  by name
---   host.alerts    { { rule, center, key, kind, event } … }    host.sends, host.logs
---   host:sample(rows, center)  judges every rule on these rows of a centre (from 0)
---   host:run(job)              runs a job
local cjson = require "cjson"

local fake_core = {}

local function field(name, wire, unit, kind)
  return {
    name = name, wire = wire, unit = unit or "count", kind = kind or "integer",
    window = string.find(name, "_5m$") ~= nil, doc = "",
  }
end

local FIELDS <const> = {
  field("id", "skillId", ""),
  field("name", nil, "", "name"),
  field("agents_signed_in", "agentLoginNums"),
  field("agents_talking", "agentTalkingNums"),
  field("agents_idle", "agentIdleNums"),
  field("agents_available", "agentAvailableNums"),
  field("agents_busy", "agentSetBusyNums"),
  field("agents_resting", "agentRestNums"),
  field("agents_after_call", "agentWorkNums"),
  field("agents_studying", "agentStudyNums"),
  field("agents_occupied", "agentOccupyNums"),
  field("agents_preoccupied", "agentPreOccupyNums"),
  field("longest_idle_5m", "agentMaxIdleTimeIn5", "seconds"),
  field("calls_total", "totalCallNums"),
  field("calls_in_progress", "processingCallNums"),
  field("calls_waiting", "callWaitNums"),
  field("longest_wait_5m", "maxCallWaitTimesIn5", "seconds"),
  field("mean_call_5m", "evenCallTimeIn5", "seconds"),
  field("mean_wait_5m", "evenWaitTimeIn5", "seconds"),
  field("calls_offered_5m", "allCallCount"),
  field("answered_20s_5m", "cnnedIn20sCallCount"),
  field("service_level_5m", nil, "ratio", "ratio"),
}

local QUEUES <const> = {
  name = "queues", row = "Queue", argument = "queue", key = "id",
  source = "skill/stateinfo", fields = FIELDS,
}

local RANGES <const> = { [2023] = { 1, 2000 }, [2025] = { 1, 10000 } }

fake_core.SETUP = {
  file = "scripts/queue_wait.lua",
  gateway = "ccgate",
  centers = { {
    name = "main", default = true, edition = 2023,
    queues = {
      { id = 1, name = "sales", tags = { "voice" } },
      { id = 2, name = "support", tags = { "voice", "night" } },
      { id = 7, name = "chat", tags = {} },
    },
  } },
  destinations = { { name = "floor-chat", kind = "webhook" }, { name = "book", kind = "log" } },
}

-- ---- what people write ----

local UNITS <const> = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } }

local function read_duration(text)
  local ms, at, unit = 0, 1, 0
  while at <= #text do
    local number, word, stop = string.match(text, "^(%d+)(%a+)()", at)
    repeat
      unit = unit + 1
    until not UNITS[unit] or UNITS[unit][1] == word
    if not number or not UNITS[unit] then
      return nil
    end
    ms, at = ms + tonumber(number) * UNITS[unit][2], stop
  end
  return text ~= "" and ms or nil
end

local function format_duration(ms)
  local parts = {}
  for _, unit in ipairs(UNITS) do
    local count = ms // unit[2]
    ms = ms % unit[2]
    parts[#parts + 1] = count > 0 and string.format("%d%s", count, unit[1]) or nil
  end
  return #parts > 0 and table.concat(parts) or "0s"
end

local function distance(a, b)
  local rows = { [0] = {} }
  for j = 0, #b do
    rows[0][j] = j
  end
  for i = 1, #a do
    rows[i] = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j) and 0 or 1
      rows[i][j] = math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + same)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        rows[i][j] = math.min(rows[i][j], rows[i - 2][j - 2] + 1)
      end
    end
  end
  return rows[#a][#b]
end

local function nearest(word, list)
  local best, best_distance
  for _, candidate in ipairs(list) do
    local d = distance(word:lower(), candidate:lower())
    if d <= math.max(2, math.max(#word, #candidate) // 3) and (not best or d < best_distance) then
      best, best_distance = candidate, d
    end
  end
  return best
end

-- ---- rows ----

local function index_of(name)
  for index, described in ipairs(FIELDS) do
    if described.name == name or described.wire == name then
      return index, described
    end
  end
end

local row_meta = { __name = "Queue" }

function row_meta.__index(row, name)
  local _, described = index_of(name)
  if not described then
    error(string.format("Queue has no field '%s'", name), 2)
  elseif described.name ~= name then
    error(string.format("'%s' is '%s' here", name, described.name), 2)
  end
  return rawget(row, row_meta)[name]
end

function row_meta.__newindex()
  error("rows are read-only", 2)
end

function row_meta.__pairs(row)
  local index = 0
  return function()
    index = index + 1
    if FIELDS[index] then
      return FIELDS[index].name, row[FIELDS[index].name]
    end
  end
end

--- A strict, read-only row of these values.
function fake_core.row(values)
  return setmetatable({ [row_meta] = values }, row_meta)
end

local function copy(row)
  local plain = {}
  for name, value in pairs(row) do
    plain[name] = value
  end
  return plain
end

local function row_json(row)
  local parts = {}
  for name, value in pairs(row) do
    local text = math.type(value) == "integer" and string.format("%d", value) or cjson.encode(value)
    parts[#parts + 1] = string.format('"%s":%s', name, text)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- ---- conditions: true, false, nil for unknown ----

local compare = {
  above = function(a, b) return a > b end,
  below = function(a, b) return a < b end,
  at_least = function(a, b) return a >= b end,
  at_most = function(a, b) return a <= b end,
  equal = function(a, b) return a == b end,
}

local evaluate

local function evaluate_any(tree, row, wanted)
  local unknown = false
  for _, part in ipairs(tree) do
    local truth = evaluate(part, row)
    if truth == wanted then
      return wanted
    end
    unknown = unknown or truth == nil
  end
  if not unknown then
    return not wanted
  end
end

function evaluate(tree, row)
  if tree.op == "call" then
    return tree[1](row, 0)
  elseif tree.op == "all" then
    return evaluate_any(tree, row, false)
  elseif tree.op == "any" then
    return evaluate_any(tree, row, true)
  elseif tree.op == "none" then
    local any = evaluate_any(tree, row, true)
    if any ~= nil then
      return not any
    end
    return nil
  end
  local value = row[FIELDS[tree.field + 1].name]
  if value ~= nil then
    return compare[tree.op](value, tree.limit)
  end
end

local JOINTS <const> = { all = " and ", any = " or ", none = " nor " }

local function describe(tree)
  if tree.op == "call" then
    return "a function"
  elseif not JOINTS[tree.op] then
    local described = FIELDS[tree.field + 1]
    local limit = described.unit == "seconds" and format_duration(math.floor(tree.limit * 1000))
      or string.format("%.14g", tree.limit)
    return string.format("%s %s %s", described.name, (tree.op:gsub("_", " ")), limit)
  end
  local words = {}
  for index, part in ipairs(tree) do
    words[index] = describe(part)
  end
  return table.concat(words, JOINTS[tree.op])
end

local condition_meta = {
  __tostring = function(condition)
    return describe(condition.tree)
  end,
}

-- ---- the module ----

local function check_tree(tree)
  if tree.op == "call" then
    assert(type(tree[1]) == "function")
  elseif JOINTS[tree.op] then
    assert(#tree > 0)
    for _, part in ipairs(tree) do
      check_tree(part)
    end
  else
    assert(compare[tree.op] and FIELDS[tree.field + 1] and math.type(tree.limit))
  end
end

local function core_of(host)
  local core = {
    setup = host.setup, script = "queue_wait", source = host.source, json = cjson,
    format_duration = format_duration, nearest = nearest, copy = copy, row_json = row_json,
  }
  function core.now()
    return host.now
  end
  function core.duration(text)
    return read_duration(text)
  end
  function core.query(name)
    return name == "queues" and QUEUES or nil
  end
  function core.range(_, edition)
    return table.unpack(RANGES[edition])
  end
  function core.condition(query, tree)
    assert(query == "queues")
    check_tree(tree)
    return setmetatable({ tree = tree }, condition_meta)
  end
  function core.rule(rule)
    host.rules[rule.name] = rule
  end
  function core.job(job)
    host.jobs[job.name] = job
  end
  function core.alert(rule, center, key, kind, event)
    table.insert(host.alerts, { rule = rule, center = center, key = key, kind = kind, event = event })
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
    return #host.sends - 1
  end
  function core.sleep(ms)
    coroutine.yield(ms)
  end
  function core.fetch(center, query, ids, max_age_ms)
    host.fetched = { center = center, query = query, ids = ids, max_age_ms = max_age_ms }
    return host.answer, host.failure
  end
  function core.log(level, text)
    table.insert(host.logs, { level = level, text = text })
  end
  function core.problem(line, text)
    assert(math.type(line) == "integer")
    table.insert(host.problems, { line = line, text = text })
  end
  return core
end

local Host = {}
Host.__index = Host

--- A row with the name that gateway.conf gives to its queue in this centre (from 0).
function Host:row(values, center)
  local named = { name = "skill " .. tostring(values.id) }
  for _, queue in ipairs(self.setup.centers[(center or 0) + 1].queues) do
    named.name = queue.id == values.id and queue.name or named.name
  end
  for name, value in pairs(values) do
    named[name] = value
  end
  return fake_core.row(named)
end

--- Judges every rule on rows (tables of values), as the host does without hold.
function Host:sample(rows, center)
  center = center or 0
  for _, rule in pairs(self.rules) do
    for _, values in ipairs(rows) do
      local row, key = self:row(values, center), tostring(values.id)
      local slot = string.format("%s/%d/%s", rule.name, center, key)
      local when = evaluate(rule.when.tree, row)
      local over = when == false
      if rule.clear then
        over = evaluate(rule.clear.tree, row) == true and when ~= true
      end
      if when and not self.raised[slot] then
        self.raised[slot] = true
        rule.on_transition("raise", nil, row, key, center, tostring(rule.when), false)
      elseif over and self.raised[slot] then
        self.raised[slot] = nil
        rule.on_transition("clear", "recovered", row, key, center, tostring(rule.clear or rule.when), false)
      end
    end
  end
end

--- Runs a job's task to its end; gives the milliseconds it slept.
function Host:run(name)
  local slept = {}
  self.task = coroutine.create(self.jobs[name].run)
  local ok, ms = coroutine.resume(self.task, self.now // 1000)
  while ok and ms do
    slept[#slept + 1] = ms
    ok, ms = coroutine.resume(self.task)
  end
  self.task = nil
  if not ok then
    error(ms, 0)
  end
  return slept
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
    problems = {}, rules = {}, jobs = {}, alerts = {}, sends = {}, logs = {}, raised = {},
  }, Host)
  forget()
  package.loaded["gateway.core"] = core_of(host)
  return host
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
    local line, text = string.match(tostring(mistake), "^[^:]+:(%d+): (.*)$")
    table.insert(host.problems, { line = tonumber(line) or 0, text = text or tostring(mistake) })
  end
  boot.finish()
  return host
end

--- The problems as "6: text", in order of line.
function fake_core.lines(host)
  local lines = {}
  table.sort(host.problems, function(a, b)
    return a.line < b.line
  end)
  for index, problem in ipairs(host.problems) do
    lines[index] = string.format("%d: %s", problem.line, problem.text)
  end
  return lines
end

return fake_core
