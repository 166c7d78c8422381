--- What a double of a script's host does with its script (lua/fake_core.lua): judges rows,
--- runs jobs, handlers and the functions that find rows.
local fake_condition = require "lua.fake_condition"
local fake_row = require "lua.fake_row"

local Host = {}
Host.__index = Host

--- A row of a query, by default queues, whose rows have the name that gateway.conf gives
--- to the queue in this centre (from 0).
function Host:row(values, center, query_name)
  local named = {}
  if (query_name or "queues") == "queues" then
    named.name = "skill " .. tostring(values.id)
    for _, queue in ipairs(self.setup.centers[(center or 0) + 1].queues) do
      named.name = queue.id == values.id and queue.name or named.name
    end
  end
  for name, value in pairs(values) do
    named[name] = value
  end
  return fake_row.new(named, query_name)
end

-- The worst level that is true, and that which a raised one falls to: the worst that is
-- not over.
local function level_of(rule, row, raised, now)
  local level = 0
  for index, one in ipairs(rule.levels) do
    local when = fake_condition.evaluate(one.when.query, one.when.tree, row, now)
    local is_over = when == false
    if one.clear then
      is_over = when ~= true and fake_condition.evaluate(one.clear.query, one.clear.tree, row, now) == true
    end
    if when or index <= raised and not is_over then
      level = index
    end
  end
  return level
end

-- One row for one rule, as the host judges it without any times.
function Host:judge(rule, row, center)
  local key = tostring(fake_row.key(row))
  local slot = string.format("%s/%d/%s", rule.name, center, key)
  local was = self.raised[slot] or 0
  local level = level_of(rule, row, was, self.now // 1000)
  local told = rule.levels[math.max(level, 1)]
  if level ~= was then
    self.raised[slot] = level
    local kind = was == 0 and "raise" or level == 0 and "clear" or "level"
    rule.on_transition(kind, kind == "clear" and "recovered" or nil, row, key, center,
      tostring(level == 0 and told.clear or told.when), false, {
        level = level == 0 and was or level, was = was > 0 and level > 0 and was or nil,
        since = level > was and 0 or nil,
      })
  end
end

-- Rows that a rule made; what was raised and is none of them is gone.
function Host:judge_made(rule, flats, center)
  local query, there = rule.levels[1].when.query, {}
  for _, flat in ipairs(flats) do
    local row = fake_row.new(flat, query)
    there[tostring(flat[query.key])] = true
    self:judge(rule, row, center)
  end
  for slot, level in pairs(self.raised) do
    local key = string.match(slot, "^[^/]*/%d+/(.*)$")
    if level > 0 and not there[key] then
      self.raised[slot] = 0
      rule.on_transition("clear", "gone", fake_row.new({ [query.key] = key }, query), key, center,
        "gone", false, { level = level })
    end
  end
end

--- Judges rows (tables of values) of a query, by default queues, by every rule on it.
function Host:sample(rows, center, query_name)
  query_name, center = query_name or "queues", center or 0
  for _, rule in pairs(self.rules) do
    local views = {}
    local is_asked = rule.wants[1] and rule.wants[1].query == query_name
    for index, values in ipairs(is_asked and rows or {}) do
      views[index] = self:row(values, center, query_name)
    end
    if rule.make then
      self:judge_made(rule, rule.make(views, self.now // 1000), center)
    end
    for _, row in ipairs(rule.make and {} or views) do
      self:judge(rule, row, center)
    end
  end
end

--- Runs the function of a rule that finds its rows, and judges them; false: it found none.
function Host:look(name)
  local rule = self.rules[name]
  self.found, self.task = nil, coroutine.create(rule.look)
  local ok, mistake = coroutine.resume(self.task, self.now // 1000)
  while ok and coroutine.status(self.task) ~= "dead" do
    ok, mistake = coroutine.resume(self.task)
  end
  self.task = nil
  if not ok then
    error(mistake, 0)
  elseif self.found then
    self:judge_made(rule, self.found, 0)
  end
  return self.found ~= nil
end

--- Runs a job's task to its end; gives the milliseconds it slept.
function Host:run(name)
  local slept = {}
  self.task = coroutine.create(self.jobs[name].run)
  local ok, ms = coroutine.resume(self.task, self.now // 1000, self.now // 1000)
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

--- Runs a rule's handler on an alert (JSON) to its end.
function Host:handle(name, kind, alert, attempt)
  self.task = coroutine.create(self.handlers[name])
  local ok, mistake = coroutine.resume(self.task, kind, alert, attempt or 1, self.note, self.refs)
  while ok and coroutine.status(self.task) ~= "dead" do
    ok, mistake = coroutine.resume(self.task)
  end
  self.task = nil
  if not ok then
    error(mistake, 0)
  end
end

return Host
