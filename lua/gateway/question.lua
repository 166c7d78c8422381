--- The five questions: what each reads of what a script gives, and how people say it.
---
---   read(place, given, fail)  gives { ids, expect = ids | nil, span = … | nil } for the
---                             centre `place`; mistakes go to fail(text, …), whose
---                             further arguments lead to an element
---   describe(inside, where)   the words for it; `where` is " of north" or ""
---   example                   how it is written
local selection = require "gateway.selection"
local shape = require "gateway.shape"
local span = require "gateway.span"
local value = require "gateway.value"
local wording = require "gateway.wording"

local question = {}

-- ---- words ----

local function counted(noun, words)
  return noun .. (#words == 1 and " " or "s ") .. wording.list(words)
end

local function queue_words(inside)
  local words = {}
  for index, id in ipairs(inside.ids) do
    local name = inside.center.names[id]
    words[index] = name and string.format("%d (%s)", id, name) or tostring(id)
  end
  return counted("queue", words)
end

--- "agent 1099", "agents 1099 and 1100".
function question.agent_words(ids)
  local words = {}
  for index, id in ipairs(ids) do
    words[index] = tostring(id)
  end
  return counted("agent", words)
end

-- ---- reading ----

-- Whether `given` is a table that a shape can check; else says how it is written.
local function is_keyed(name, given, fail)
  local example = question[name].example
  if value.kind_of(given) == "module" then
    fail(string.format('%s is called with a dot: %s, gw.center "main".%s', name, example,
      string.sub(example, 4)))
  elseif value.kind_of(given) ~= "table" or next(given) == nil then
    fail(string.format("a table is needed, such as %s, not %s", example,
      value.kind_of(given) == "table" and "an empty one" or wording.show(given)))
  elseif #wording.keys(given) == 0 then
    fail("a list stands here without its key; write " .. example)
  else
    return true
  end
  return false
end

-- ---- queues ----

question.queues = { example = "gw.queues { 7 }" }

function question.queues.read(place, given, fail)
  if given == nil then
    return { ids = selection.every_queue(place, fail, "gw.queues { 7 }") }
  elseif value.kind_of(given) == "module" then
    fail 'queues is called with a dot: gw.queues { 7 }, gw.center "main".queues { 7 }'
  elseif value.kind_of(given) ~= "table" then
    fail("a list is needed, such as gw.queues { 7 }, not " .. wording.show(given))
  elseif next(given) == nil then
    fail "an empty list asks for nothing; gw.queues() is every queue named in gateway.conf"
  else
    return { ids = selection.queues(place, given, fail) }
  end
  return { ids = {} }
end

function question.queues.describe(inside, where)
  return queue_words(inside) .. where
end

-- ---- agents of queues ----

question.agents = { example = "gw.agents { queue = 7 }" }

-- The contact centre's own word for a queue is a skill.
local QUEUE_KEYS <const> = { "queues", "queue", "skills", "skill" }

-- The key that says which queues; a second one is a mistake.
local function queue_key(given, fail)
  local found
  for _, key in ipairs(QUEUE_KEYS) do
    if given[key] ~= nil and found then
      fail(string.format("'%s' and '%s' both say which queues; one of them is enough", found, key),
        key)
    end
    found = found or given[key] ~= nil and key or nil
  end
  return found
end

local function agents_shape(place, key)
  local described = {}
  for index, name in ipairs(QUEUE_KEYS) do
    described[index] = {
      name, required = not key and index == 1,
      needs = 'write queue = 7, queues = { 7, "sales" } or queues = "all"',
      check = function(given, fail)
        return selection.queues_of_key(place, given, fail)
      end,
    }
  end
  described[#described + 1] = { "expect", check = function(given, fail)
    return selection.expected(place, given, fail)
  end }
  return described
end

function question.agents.read(place, given, fail)
  if not is_keyed("agents", given, fail) then
    return { ids = {} }
  end
  local key = queue_key(given, fail)
  local checked = shape.check(agents_shape(place, key), given, fail)
  return {
    ids = key and checked[key] or {},
    expect = checked.expect and selection.in_order(checked.expect),
  }
end

function question.agents.describe(inside, where)
  return "agents of " .. queue_words(inside) .. where
end

-- ---- what is asked of one agent after the other ----

local function agent_shape(place, name, more)
  return {
    {
      "agent", required = true, needs = "the number of an agent, or a list of them",
      check = function(given, fail)
        return selection.agents(place, name, given, fail)
      end,
    },
    table.unpack(more),
  }
end

local function of_agents(name, more, finish)
  return function(place, given, fail)
    if not is_keyed(name, given, fail) then
      return { ids = {} }
    end
    local checked = shape.check(agent_shape(place, name, more), given, fail)
    return { ids = checked.agent or {}, span = finish and finish(given, checked, fail) }
  end
end

-- It is not the centre that knows single agents, but its agent gateway.
local function check_gateway(place, fail)
  if not place.agent_gateway then
    fail(string.format("[center %s] in gateway.conf has no agent_gateway, which gw.agent asks; "
      .. "give its address, operator and password there", place.name))
  end
end

local read_agent <const> = of_agents("agent", {})

question.agent = {
  example = "gw.agent { agent = 1099 }",
  read = function(place, given, fail)
    check_gateway(place, fail)
    return read_agent(place, given, fail)
  end,
  describe = function(inside, where)
    return question.agent_words(inside.ids) .. where
  end,
}

question.agent_calls = {
  example = "gw.agent_calls { agent = 1099 }",
  read = of_agents("agent_calls", {}),
  describe = function(inside, where)
    return "the calls of " .. question.agent_words(inside.ids) .. where
  end,
}

question.agent_operations = {
  example = 'gw.agent_operations { agent = 1099, last = "15m" }',
  read = of_agents("agent_operations", span.KEYS, span.read),
  describe = function(inside, where)
    local kind = inside.span.type and string.format(" (%s)", inside.span.type.word) or ""
    return "what " .. question.agent_words(inside.ids) .. where .. " did" .. kind
  end,
}

return question
