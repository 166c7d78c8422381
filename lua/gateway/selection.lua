--- Which queues and agents a query asks for: what people write, made into ids.
---
--- Mistakes go to fail(text, …), whose further arguments lead to an element.
local center = require "gateway.center"
local core = require "gateway.core"
local shape = require "gateway.shape"
local value = require "gateway.value"
local wording = require "gateway.wording"

local selection = {}

local TAG <const> = {
  { "tag", kinds = { "string" }, needs = 'a tag such as "voice"', required = true },
}

-- ---- ids ----

local function in_one(ranges, id)
  for _, range in ipairs(ranges) do
    local low, high = table.unpack(range)
    if id >= low and id <= high then
      return true
    end
  end
  return false
end

local function range_words(ranges)
  local words = {}
  for index, range in ipairs(ranges) do
    words[index] = string.format("%d to %d", table.unpack(range))
  end
  return wording.list(words)
end

-- `kind` { query, noun = "a queue", allowed = "queues are" } says whose ranges hold.
local function read_id(place, kind, given, fail)
  local id, ranges = math.tointeger(given), core.range(kind.query, place.edition)
  if id and in_one(ranges, id) then
    return id
  end
  return fail(string.format("%s is not %s: in edition %d %s %s", wording.show(given), kind.noun,
    place.edition, kind.allowed, range_words(ranges)))
end

-- The ids of a list whose elements read(given, fail) understands.
local function each(list, fail, read)
  local ids = {}
  for index = 1, shape.length(list) do
    ids[#ids + 1] = read(list[index], function(text)
      fail(text, index)
    end)
  end
  return ids
end

local function check_bare(list, fail)
  for _, key in ipairs(wording.keys(list)) do
    fail(string.format("unknown key '%s'; a list stands without keys", key), key)
  end
end

-- ---- queues ----

local QUEUE <const> = { query = "queues", noun = "a queue", allowed = "queues are" }

-- What to do about a name that no queue of the centre has.
local function name_advice(given, names)
  local number, other = math.tointeger(tonumber(given)), center.of_queue(given)
  if number then
    return string.format("; the number of a queue is written %d", number)
  elseif other then
    return string.format('; [center %s] has it: gw.center "%s"', other.name, other.name)
  end
  return wording.guess_or_list(given, names)
end

local function read_name(place, given, fail)
  local names = {}
  for index, queue in ipairs(place.queues) do
    if queue.name == given then
      return queue.id
    end
    names[index] = queue.name
  end
  return fail(string.format("no queue '%s' in %sgateway.conf%s", given,
    center.are_several() and string.format("[center %s] of ", place.name) or "",
    name_advice(given, names)))
end

local function read_queue(place, given, fail)
  if type(given) == "string" then
    return read_name(place, given, fail)
  elseif math.type(given) then
    return read_id(place, QUEUE, given, fail)
  end
  return fail("a queue is a number or a name, not " .. wording.show(given))
end

--- Every queue that gateway.conf names; `instead` is what to write when there is none.
function selection.every_queue(place, fail, instead)
  local ids = {}
  for index, queue in ipairs(place.queues) do
    ids[index] = queue.id
  end
  if #ids == 0 then
    fail(string.format("[center %s] in gateway.conf names no queue; name one there, such as "
      .. "queue.7 = sales, or write %s", place.name, instead))
  end
  return ids
end

local function tagged(place, given, fail)
  local tag = shape.check(TAG, given, fail).tag
  local ids, known = {}, {}
  for _, queue in ipairs(place.queues) do
    for _, candidate in ipairs(queue.tags) do
      known[candidate] = true
      ids[#ids + 1] = candidate == tag and queue.id or nil
    end
  end
  if tag and #ids == 0 then
    fail(string.format("no queue in gateway.conf has the tag '%s'%s", tag,
      wording.guess_or_list(tag, wording.keys(known))), "tag")
  end
  return ids
end

--- The queues of a table that is not empty: { 1, "sales" } or { tag = "voice" }.
function selection.queues(place, given, fail)
  if #wording.keys(given) > 0 then
    return tagged(place, given, fail)
  end
  return each(given, fail, function(element, fail_at)
    return read_queue(place, element, fail_at)
  end)
end

--- The queues of a key: one, a table as above, or "all".
function selection.queues_of_key(place, given, fail)
  if given == "all" then
    return selection.every_queue(place, fail, "queue = 7")
  elseif value.kind_of(given) ~= "table" then
    return { read_queue(place, given, fail) }
  elseif next(given) == nil then
    return fail 'an empty list asks for nothing; queues = "all" is every queue named in gateway.conf'
  end
  return selection.queues(place, given, fail)
end

-- ---- agents ----

local function read_agent(place, kind, given, fail)
  local number = type(given) == "string" and math.tointeger(tonumber(given))
  if math.type(given) then
    return read_id(place, kind, given, fail)
  end
  return fail(string.format("an agent is a number%s, not %s",
    number and string.format(" such as %d", number) or "", wording.show(given)))
end

local function agents(place, kind, given, fail)
  if value.kind_of(given) ~= "table" then
    return { read_agent(place, kind, given, fail) }
  elseif next(given) == nil then
    return fail "an empty list asks for nothing"
  end
  check_bare(given, fail)
  return each(given, fail, function(element, fail_at)
    return read_agent(place, kind, element, fail_at)
  end)
end

--- The agents that gw.<query_name> is asked for: one or a list.
function selection.agents(place, query_name, given, fail)
  local kind = {
    query = query_name, noun = "an agent", allowed = "gw." .. query_name .. " takes agents",
  }
  return agents(place, kind, given, fail)
end

local ANY_AGENT <const> = { query = "agent", noun = "an agent", allowed = "agents are" }

--- The agents of a key that asks for nothing: one or a list.
function selection.expected(place, given, fail)
  return agents(place, ANY_AGENT, given, fail)
end

--- Ids in order, each once.
function selection.in_order(ids)
  local once, seen = {}, {}
  for _, id in ipairs(ids) do
    if not seen[id] then
      seen[id] = true
      once[#once + 1] = id
    end
  end
  table.sort(once)
  return once
end

return selection
