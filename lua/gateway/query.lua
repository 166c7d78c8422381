--- Queries: immutable descriptions of what is asked, for rules to watch and tasks to fetch.
local center = require "gateway.center"
local core = require "gateway.core"
local duration = require "gateway.duration"
local failure = require "gateway.failure"
local fetched = require "gateway.fetched"
local field = require "gateway.field"
local problem = require "gateway.problem"
local question = require "gateway.question"
local selection = require "gateway.selection"
local shape = require "gateway.shape"
local source = require "gateway.source"
local span = require "gateway.span"
local value = require "gateway.value"
local wording = require "gateway.wording"

local query = {}

local FETCH <const> = {
  { "max_age", needs = 'a duration such as "5s"', default = "0s", check = duration.check "0s" },
}

-- ---- the value ----

local methods = {}

local function where_of(inside)
  return center.are_several() and inside.center and " of " .. inside.center.name or ""
end

--- "queues 1, 2 and 7 (sales)", "agents of queue 7 of main" where there are several centres.
function query.describe(inside)
  return question[inside.name].describe(inside, where_of(inside))
end

--- "agents 1099 and 1100": those who are expected; nil when nobody is.
function query.describe_expected(inside)
  return inside.expect and question.agent_words(inside.expect) .. where_of(inside)
end

local new_query = value.kind("query", methods, query.describe)

local function fetch_now(inside, max_age)
  local asked, mistake
  if inside.span then
    asked, mistake = span.now(inside.span)
    if mistake then
      problem.raise("query:fetch: " .. mistake)
    elseif not asked then
      return {} -- nothing has passed of which anything could be told
    end
  end
  return fetched.rows(inside.name, failure.results(core.fetch(inside.center.index, inside.name,
    inside.ids, max_age, asked, inside.expect)))
end

function methods.fetch(self, options)
  problem.only_task "query:fetch"
  local inside = value.inside(self, "query")
  if not inside then
    problem.raise "fetch is called with a colon: query:fetch { max_age = \"5s\" }"
  end
  local checked = shape.check(FETCH, options == nil and {} or options, function(text)
    problem.raise("query:fetch: " .. text)
  end)
  return fetch_now(inside, checked.max_age)
end

-- Mistakes of queries made while the script loads wait here for the rule that uses the
-- query, so that the message can name it.
local unclaimed = {}

-- A query of the centre `place`. Without one it asks nothing, and `mistake` says why, if
-- that has not been said yet.
local function new(name, place, mistake, given)
  local inside = { name = name, center = place, ids = {}, mistakes = {} }
  local line = source.caller()
  function inside.line_of(...)
    return line and source.line(line, name, { ... })
  end
  local function fail(text, ...)
    if not problem.is_loading() then
      problem.raise(string.format("gw.%s: %s", name, text))
    end
    inside.is_broken = true
    table.insert(inside.mistakes, { text = text, line = inside.line_of(...) })
  end
  if place then
    local asked = question[name].read(place, given, fail)
    inside.ids = selection.in_order(asked.ids)
    inside.expect, inside.span = asked.expect, asked.span
  end
  if mistake then
    fail(mistake)
  end
  if #inside.mistakes > 0 then
    unclaimed[#unclaimed + 1] = inside
  end
  return new_query(inside)
end

-- The five questions to the centre that find() gives.
local function questions(find)
  local members = {}
  for _, name in ipairs(field.QUERIES) do
    members[name] = function(given)
      local place, mistake = find()
      return new(name, place, mistake, given)
    end
  end
  return members
end

--- What gw offers: gw.queues { 1, "sales" }, gw.agents { queue = 7 }, …, and
--- gw.center "north" with the same questions to that centre.
query.members = questions(center.default)

function query.members.center(name)
  local place, mistake = center.named(name)
  if not place then
    problem.report("gw.center: " .. mistake)
  end
  return value.module("center " .. wording.show(name), questions(function()
    return place
  end))
end

-- ---- what rules watch ----

--- What a message asks for where a query is missing.
query.needs = "a query such as gw.queues { 7 }"

local function no_query(given, fail, ...)
  fail(string.format("%s is needed, not %s", query.needs, wording.show(given)), ...)
end

local function type_of(inside)
  return inside.span and inside.span.type and inside.span.type.word or "every type"
end

-- Why an inside does not go with the first of its list; nil when it does.
local function mismatch(inside, first)
  if inside.name ~= first.name then
    return string.format("'%s' does not go with '%s': a rule watches rows of one kind",
      inside.name, first.name)
  elseif type_of(inside) ~= type_of(first) then
    return string.format("operations of %s do not go with those of %s; leave type out and "
      .. 'compare "operation" in when', type_of(inside), type_of(first))
  end
end

-- The insides of those elements that are queries like the first.
local function read_list(list, fail)
  local insides = {}
  for index = 1, shape.length(list) do
    local inside = value.inside(list[index], "query")
    local mistake = inside and mismatch(inside, insides[1] or inside)
    if not inside then
      no_query(list[index], fail, index)
    elseif mistake then
      fail(mistake, index)
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

local function add(to, ids)
  return selection.in_order(table.move(ids, 1, #ids, #to + 1, to))
end

local function join(one, inside)
  one.ids = add(one.ids, inside.ids)
  one.expect = inside.expect and add(one.expect or {}, inside.expect) or one.expect
  if inside.span then
    local reach = span.reach(inside.span)
    one.span = { type = inside.span.type, last_ms = reach and math.max(reach,
      one.span and one.span.last_ms or 0) }
  end
end

--- What these queries ask together: { center, name, ids, expect, span = { last_ms, type } }
--- for each centre; nil when one of them cannot be asked, which has been told.
function query.merge(insides)
  local merged, by_center = {}, {}
  for _, inside in ipairs(insides) do
    if not inside.center or inside.is_broken then
      return nil
    end
    local index = inside.center.index
    local one = by_center[index] or { center = inside.center, name = inside.name, ids = {} }
    if not by_center[index] then
      by_center[index], merged[#merged + 1] = one, one
    end
    join(one, inside)
  end
  return merged
end

--- Whether one of them names agents who are expected.
function query.expects(insides)
  for _, inside in ipairs(insides) do
    if inside.expect then
      return true
    end
  end
  return false
end

--- Gives the mistakes of a query to report(text, line), once.
function query.claim(inside, report)
  for _, mistake in ipairs(inside.mistakes) do
    report(mistake.text, mistake.line)
  end
  inside.mistakes = {}
end

--- Tells report(text, line) what of a query is not for rules: a rule is told what comes,
--- only a task asks for a time.
function query.check_watched(inside, report)
  for _, key in ipairs { "from", "to" } do
    if inside.span and inside.span[key] then
      report(string.format('%s: a rule is told what comes; say last = "1h" for what it begins with',
        key), inside.line_of(key))
    end
  end
end

--- Reports the mistakes of queries that no rule uses.
function query.finish()
  for _, inside in ipairs(unclaimed) do
    query.claim(inside, function(text, line)
      problem.report(string.format("gw.%s: %s", inside.name, text), line)
    end)
  end
end

return query
