--- Queries: immutable descriptions of what is asked, for rules to watch and tasks to fetch.
local center = require "gateway.center"
local core = require "gateway.core"
local duration = require "gateway.duration"
local failure = require "gateway.failure"
local problem = require "gateway.problem"
local shape = require "gateway.shape"
local source = require "gateway.source"
local value = require "gateway.value"
local wording = require "gateway.wording"

local query = {}

local FETCH <const> = {
  { "max_age", needs = 'a duration such as "5s"', default = "0s", check = duration.check "0s" },
}

local SELECTION <const> = {
  { "tag", kinds = { "string" }, needs = 'a tag such as "voice"', required = true },
}

-- ---- which queues ----

local function named(place)
  local names, ids = {}, {}
  for index, queue in ipairs(place.queues) do
    names[index], ids[queue.name] = queue.name, queue.id
  end
  return names, ids
end

local function read_id(place, given, fail)
  local id, low, high = math.tointeger(given), core.range("queues", place.edition)
  if not id or id < low or id > high then
    return fail(string.format("%s is not a queue: in edition %d queues are %d to %d",
      wording.show(given), place.edition, low, high))
  end
  return id
end

local function read_name(place, given, fail)
  local names, ids = named(place)
  if ids[given] then
    return ids[given]
  end
  local number = math.tointeger(tonumber(given))
  local advice = number and string.format("; the number of a queue is written %d", number)
    or wording.guess_or_list(given, names)
  return fail(string.format("no queue '%s' in gateway.conf%s", given, advice))
end

local READERS <const> = { number = read_id, string = read_name }

local function every_named(place, fail)
  local ids = {}
  for index, queue in ipairs(place.queues) do
    ids[index] = queue.id
  end
  if #ids == 0 then
    fail(string.format("[center %s] in gateway.conf names no queue; name one there, such as "
      .. "queue.7 = sales, or write gw.queues { 7 }", place.name))
  end
  return ids
end

local function listed(place, list, fail)
  local ids = {}
  for index = 1, shape.length(list) do
    local given = list[index]
    local read = READERS[type(given)]
    local function fail_at(text)
      fail(text, index)
    end
    if read then
      ids[#ids + 1] = read(place, given, fail_at)
    else
      fail_at("a queue is a number or a name, not " .. wording.show(given))
    end
  end
  return ids
end

local function tagged(place, selection, fail)
  local tag = shape.check(SELECTION, selection, fail).tag
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

local function select(place, selection, fail)
  if selection == nil then
    return every_named(place, fail)
  elseif value.kind_of(selection) == "module" then
    fail 'queues is called with a dot: gw.queues { 7 }, gw.center "main".queues { 7 }'
    return {}
  elseif value.kind_of(selection) ~= "table" then
    fail("a list is needed, such as gw.queues { 7 }, not " .. wording.show(selection))
    return {}
  elseif next(selection) == nil then
    fail "an empty list asks for nothing; gw.queues() is every queue named in gateway.conf"
    return {}
  end
  local read = #wording.keys(selection) == 0 and listed or tagged
  return read(place, selection, fail)
end

local function in_order(ids)
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

-- ---- the value ----

local methods = {}

--- "queues 1, 2 and 7 (sales)", "queue 7 of main" where there are several centres.
function query.describe(inside)
  local words = {}
  for index, id in ipairs(inside.ids) do
    local name = inside.center.names[id]
    words[index] = name and string.format("%d (%s)", id, name) or tostring(id)
  end
  return (#words == 1 and "queue " or "queues ") .. wording.list(words)
    .. (center.are_several() and inside.center and " of " .. inside.center.name or "")
end

local new_query = value.kind("query", methods, query.describe)

function methods.fetch(self, options)
  problem.only_task "query:fetch"
  local inside = value.inside(self, "query")
  if not inside then
    problem.raise "fetch is called with a colon: query:fetch { max_age = \"5s\" }"
  end
  local checked = shape.check(FETCH, options == nil and {} or options, function(text)
    problem.raise("query:fetch: " .. text)
  end)
  return failure.results(
    core.fetch(inside.center.index, inside.name, inside.ids, checked.max_age))
end

-- Mistakes of queries made while the script loads wait here for the rule that uses the
-- query, so that the message can name it.
local unclaimed = {}

-- A query of the centre `place`. Without one it asks nothing, and `mistake` says why, if
-- that has not been said yet.
local function queues_of(place, mistake, selection)
  local inside = { name = "queues", center = place, mistakes = {} }
  local line = source.caller()
  local function fail(text, ...)
    if not problem.is_loading() then
      problem.raise("gw.queues: " .. text)
    end
    local written = line and source.line(line, "queues", { ... })
    table.insert(inside.mistakes, { text = text, line = written })
  end
  inside.ids = place and in_order(select(place, selection, fail)) or {}
  if mistake then
    fail(mistake)
  end
  if #inside.mistakes > 0 then
    unclaimed[#unclaimed + 1] = inside
  end
  return new_query(inside)
end

--- gw.queues { 1, "sales" }, gw.queues { tag = "voice" }, gw.queues().
function query.queues(selection)
  local place, mistake = center.default()
  return queues_of(place, mistake, selection)
end

--- gw.center "north": the same questions to this centre.
function query.center(name)
  local place, mistake = center.named(name)
  if not place then
    problem.report("gw.center: " .. mistake)
  end
  return value.module("center " .. wording.show(name), {
    queues = function(selection)
      return queues_of(place, nil, selection)
    end,
  })
end

--- What a message asks for where a query is missing.
query.needs = "a query such as gw.queues { 7 }"

local function no_query(given, fail, ...)
  fail(string.format("%s is needed, not %s", query.needs, wording.show(given)), ...)
end

-- The insides of those elements that are queries like the first.
local function read_list(list, fail)
  local insides = {}
  for index = 1, shape.length(list) do
    local inside = value.inside(list[index], "query")
    local first = insides[1] or inside
    if not inside then
      no_query(list[index], fail, index)
    elseif inside.name ~= first.name then
      fail(string.format("'%s' does not go with '%s': a rule watches rows of one kind",
        inside.name, first.name), index)
    else
      insides[#insides + 1] = inside
    end
  end
  return insides[1] and insides
end

--- A check for shapes: a query, or a list of queries of one kind. Gives their insides.
function query.check(given, fail)
  local inside = value.inside(given, "query")
  if inside then
    return { inside }
  elseif value.kind_of(given) ~= "table" then
    return no_query(given, fail)
  elseif next(given) == nil then
    return fail("an empty list asks for nothing; write " .. query.needs)
  end
  for _, key in ipairs(wording.keys(given)) do
    fail(string.format("unknown key '%s'; queries stand without keys", key), key)
  end
  return read_list(given, fail)
end

--- What these queries ask together: { center, name, ids } for each centre; nil when one
--- of them has no centre, which has been told.
function query.merge(insides)
  local merged, by_center = {}, {}
  for _, inside in ipairs(insides) do
    if not inside.center then
      return nil
    end
    local index = inside.center.index
    local one = by_center[index] or { center = inside.center, name = inside.name, ids = {} }
    if not by_center[index] then
      by_center[index], merged[#merged + 1] = one, one
    end
    table.move(inside.ids, 1, #inside.ids, #one.ids + 1, one.ids)
  end
  for _, one in ipairs(merged) do
    one.ids = in_order(one.ids)
  end
  return merged
end

--- Gives the mistakes of a query to report(text, line), once.
function query.claim(inside, report)
  for _, mistake in ipairs(inside.mistakes) do
    report(mistake.text, mistake.line)
  end
  inside.mistakes = {}
end

--- Reports the mistakes of queries that no rule uses.
function query.finish()
  for _, inside in ipairs(unclaimed) do
    query.claim(inside, function(text, line)
      problem.report("gw.queues: " .. text, line)
    end)
  end
end

-- ---- fields ----

--- The field `name` of a query and its index from 0; nil and a sentence when it has none.
function query.field(name, word)
  local described = core.query(name)
  local names = {}
  for index, field in ipairs(described.fields) do
    if field.name == word then
      return field, index - 1
    elseif field.wire == word then
      return nil, string.format("'%s' is '%s' here", word, field.name)
    end
    names[index] = field.name
  end
  return nil, string.format("%s has no field '%s'%s", described.row, word,
    wording.guess_or_list(word, names))
end

return query
