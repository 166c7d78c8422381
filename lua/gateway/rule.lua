--- gw.rule "name" { … }: watches rows and keeps one alert per row key.
local alert = require "gateway.alert"
local condition = require "gateway.condition"
local core = require "gateway.core"
local destination = require "gateway.destination"
local duration = require "gateway.duration"
local entry = require "gateway.entry"
local query = require "gateway.query"
local shape = require "gateway.shape"
local template = require "gateway.template"
local wording = require "gateway.wording"

local rule = {}

local CONDITION <const> = 'a condition such as gw.above("calls_waiting", 5) or a function'

local SHAPE <const> = {
  { "from", needs = query.needs, required = true, check = query.check },
  {
    "every", needs = 'a duration such as "15s"', default = "30s",
    check = duration.check "1s",
  },
  { "when", kinds = { "condition", "function" }, needs = CONDITION, required = true },
  { "clear", kinds = { "condition", "function" }, needs = CONDITION },
  {
    "summary", kinds = { "string", "function" },
    needs = 'a text such as "{name}: {calls_waiting} waiting" or a function',
  },
  { "send", needs = 'a destination such as "floor-chat"', check = destination.check },
}

local function bind(checked, key, query_name, reports)
  if checked[key] ~= nil then
    return condition.bind(checked[key], query_name, reports.at, function(text)
      reports.key(key .. ": " .. text, key)
    end)
  end
end

-- What is known only together: conditions and texts against the fields of the query.
local function bind_all(checked, query_name, reports)
  for _, from in ipairs(checked.from) do
    query.claim(from, function(text, line)
      reports.at("from: " .. text, line)
    end)
  end
  local bound = {
    when = bind(checked, "when", query_name, reports),
    clear = bind(checked, "clear", query_name, reports),
  }
  if bound.when and bound.clear then
    local overlap = condition.overlap(query_name, checked.when, checked.clear, bound.when,
      bound.clear)
    if overlap then
      reports.key(overlap, "clear")
    end
  end
  if type(checked.summary) == "string" then
    bound.parts = template.compile(checked.summary, query_name, function(text)
      reports.key("summary: " .. text, "summary")
    end)
  else
    bound.summary = checked.summary
  end
  return bound
end

local function names_of(send)
  local names = {}
  for index, to in ipairs(send) do
    names[index] = to.to
  end
  return #names > 0 and wording.list(names) or "nobody, for it has no send"
end

local function words_of(given, made)
  return type(given) == "function" and "its function says so" or tostring(made)
end

-- What was understood, in one paragraph, for `ccgate check`.
local function describe(checked, asked, when, clear)
  local words = {}
  for index, one in ipairs(asked) do
    words[index] = query.describe(one)
  end
  return string.format("Asks for %s every %s. Raises when %s; clears when %s. Tells %s.",
    wording.list(words), core.format_duration(checked.every), words_of(checked.when, when),
    clear and words_of(checked.clear, clear) or "that is no longer true",
    names_of(checked.send or {}))
end

local function wants_of(asked, every)
  local wants = {}
  for index, one in ipairs(asked) do
    wants[index] = {
      center = one.center.index, query = one.name, every_ms = every, ids = one.ids,
    }
  end
  return wants
end

local function register(name, checked, asked, bound)
  local query_name = asked[1].name
  local when = core.condition(query_name, bound.when)
  local clear = bound.clear and core.condition(query_name, bound.clear)
  core.rule {
    name = name,
    wants = wants_of(asked, checked.every),
    when = when,
    clear = clear,
    about = describe(checked, asked, when, clear),
    on_transition = alert.handler {
      name = name,
      query = query_name,
      parts = bound.parts,
      summary = bound.summary,
      send = checked.send or {},
    },
  }
end

rule.declare, rule.finish = entry.kind("rule", function(name, given, reports)
  local checked = shape.check(SHAPE, given, reports.key)
  local bound = checked.from and bind_all(checked, checked.from[1].name, reports)
  local asked = checked.from and query.merge(checked.from)
  return asked and function()
    register(name, checked, asked, bound)
  end
end)

return rule
