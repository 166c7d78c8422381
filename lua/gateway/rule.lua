--- gw.rule "name" { … }: watches rows and keeps one alert per row key.
local alert = require "gateway.alert"
local condition = require "gateway.condition"
local core = require "gateway.core"
local destination = require "gateway.destination"
local duration = require "gateway.duration"
local entry = require "gateway.entry"
local query = require "gateway.query"
local shape = require "gateway.shape"
local span = require "gateway.span"
local template = require "gateway.template"
local wording = require "gateway.wording"

local rule = {}

local EVERY_MS <const> = 30000

local CONDITION <const> = 'a condition such as gw.above("calls_waiting", 5) or a function'

local SHAPE <const> = {
  { "from", needs = query.needs, required = true, check = query.check },
  { "every", needs = 'a duration such as "15s"', check = duration.check "1s" },
  { "when", kinds = { "condition", "function" }, needs = CONDITION, required = true },
  { "clear", kinds = { "condition", "function" }, needs = CONDITION },
  {
    "summary", kinds = { "string", "function" },
    needs = 'a text such as "{name}: {calls_waiting} waiting" or a function',
  },
  { "send", needs = 'a destination such as "floor-chat"', check = destination.check },
}

local function bind(checked, key, subject, reports)
  if checked[key] ~= nil then
    return condition.bind(checked[key], subject, reports.at, function(text)
      reports.key(key .. ": " .. text, key)
    end)
  end
end

-- Whether all of what is asked for has a time, and is asked for as it passes.
local function is_of_spans(from)
  return from[1].span ~= nil
end

local function check_from(checked, reports)
  for _, from in ipairs(checked.from) do
    local function report(text, line)
      reports.at("from: " .. text, line)
    end
    query.claim(from, report)
    query.check_watched(from, report)
  end
  if is_of_spans(checked.from) and checked.every and checked.every ~= span.EVERY_MS then
    reports.key(string.format("every: gw.%s is asked once per closed quarter of an hour; "
      .. "leave every out", checked.from[1].name), "every")
  end
end

-- What is known only together: conditions and texts against the fields of the query.
local function bind_all(checked, query_name, reports)
  check_from(checked, reports)
  local subject = { name = query_name, expects = query.expects(checked.from) }
  local bound = {
    when = bind(checked, "when", subject, reports),
    clear = bind(checked, "clear", subject, reports),
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

-- "every 30s and expects agent 1099"; what has a time is asked for as it passes.
local function describe_rhythm(asked, every)
  local expected, reach = {}, 0
  for _, one in ipairs(asked) do
    expected[#expected + 1] = query.describe_expected(one)
    reach = math.max(reach, one.span and one.span.last_ms or 0)
  end
  if is_of_spans(asked) then
    return "once per closed quarter of an hour, beginning with the last "
      .. core.format_duration(reach)
  end
  return "every " .. core.format_duration(every)
    .. (#expected > 0 and " and expects " .. wording.list(expected) or "")
end

-- What was understood, in one paragraph, for `ccgate check`.
local function describe(checked, asked, when, clear)
  local words = {}
  for index, one in ipairs(asked) do
    words[index] = query.describe(one)
  end
  return string.format("Asks for %s %s. Raises when %s; clears when %s. Tells %s.",
    wording.list(words), describe_rhythm(asked, checked.every or EVERY_MS),
    condition.describe(checked.when, when),
    clear and condition.describe(checked.clear, clear) or "that is no longer true",
    names_of(checked.send or {}))
end

local function wants_of(asked, every)
  local wants = {}
  for index, one in ipairs(asked) do
    local of = one.span or {}
    wants[index] = {
      center = one.center.index, query = one.name, ids = one.ids,
      every_ms = one.span and span.EVERY_MS or every or EVERY_MS,
      last_ms = of.last_ms, type = of.type and of.type.code, expect = one.expect,
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
