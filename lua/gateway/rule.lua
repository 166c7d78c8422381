--- gw.rule "name" { … }: watches rows and keeps one alert per row key.
local alert = require "gateway.alert"
local calendar = require "gateway.calendar"
local condition = require "gateway.condition"
local core = require "gateway.core"
local duration = require "gateway.duration"
local entry = require "gateway.entry"
local field = require "gateway.field"
local handler = require "gateway.handler"
local labels = require "gateway.labels"
local levels = require "gateway.levels"
local made = require "gateway.made"
local mention = require "gateway.mention"
local paragraph = require "gateway.paragraph"
local query = require "gateway.query"
local send = require "gateway.send"
local severity = require "gateway.severity"
local shape = require "gateway.shape"
local span = require "gateway.span"
local template = require "gateway.template"
local value = require "gateway.value"
local wording = require "gateway.wording"
local zone = require "gateway.zone"

local rule = {}

local EVERY_MS <const> = 30000
local LONGEST <const> = "31d"
local DOC_MAX <const> = 200

-- ---- the keys ----

local function choice(...)
  local words = { ... }
  return function(given, fail)
    for _, word in ipairs(words) do
      if word == given then
        return word
      end
    end
    return fail(string.format("%s is not known%s", wording.show(given),
      type(given) == "string" and wording.guess_or_list(given, words)
        or "; known: " .. wording.list(words)))
  end
end

local function check_severity(given, fail)
  return type(given) == "function" and given or severity.check(given, fail)
end

local function check_doc(given, fail)
  if given == "" or #given > DOC_MAX or string.find(given, "%c") then
    return fail(string.format("one sentence of up to %d bytes is needed", DOC_MAX))
  end
  return given
end

local TEXT <const> = 'a text such as "{name}: {calls_waiting} waiting" or a function'

local ASKERS <const> = {}
for _, word in ipairs(field.QUERIES) do
  ASKERS[query.members[word]] = word
end

-- A function that finds rows is taken as it is, unless it is one of ours.
local function check_source(given, fail)
  if ASKERS[given] then
    return fail(string.format("gw.%s stands here without what it asks for; write gw.%s { … }",
      ASKERS[given], ASKERS[given]))
  end
  return type(given) == "function" and given or query.check(given, fail)
end

local SHAPE <const> = {
  { "from", needs = query.needs, required = true, check = check_source },
  { "every", needs = 'a duration such as "15s"', check = duration.check "1s" },
  { "map", kinds = { "function" }, needs = made.MAP },
  { "fields", kinds = { "table" }, needs = made.FIELDS, check = made.check_fields },
  { "key", kinds = { "function" }, needs = made.KEY },
  levels.WHEN,
  levels.CLEAR,
  { "levels", check = levels.check },
  { "hold", check = duration.check("0s", LONGEST) },
  { "linger", check = duration.check("0s", LONGEST) },
  { "cooldown", check = duration.check("0s", LONGEST) },
  { "remind", check = duration.check("1s", LONGEST) },
  { "stale_after", check = duration.check("1s", LONGEST) },
  { "stale", check = choice("hold", "raise", "clear") },
  { "gone", check = choice("clear", "hold", "raise") },
  { "during", needs = 'a calendar such as during = "office"', check = calendar.check },
  { "severity", check = check_severity },
  {
    "labels", kinds = { "table", "function" }, check = labels.check,
    needs = 'a table such as { team = "voice" } or a function',
  },
  { "summary", kinds = { "string", "function" }, needs = TEXT },
  { "details", kinds = { "string", "function" }, needs = TEXT },
  {
    "link", kinds = { "string", "function" },
    needs = 'a text such as "https://wall.example.com/{id}" or a function',
  },
  { "cleared", kinds = { "string" }, needs = 'a text such as "{summary}, over after {age:duration}"' },
  {
    "mention", kinds = { "string", "table", "function" }, check = mention.check,
    needs = "a name of [people] in gateway.conf, a list of names or a function",
  },
  { "send", needs = 'a destination such as "floor-chat"', check = send.check },
  { "doc", kinds = { "string" }, needs = "a sentence", check = check_doc },
}

table.move(handler.SHAPE, 1, #handler.SHAPE, #SHAPE + 1, SHAPE)

-- The same for a rule with levels, which say what when would say.
local LEVELED <const> = table.move(SHAPE, 1, #SHAPE, 1, {})
for index, key in ipairs(LEVELED) do
  if key == levels.WHEN then
    LEVELED[index] = { "when", kinds = key.kinds, needs = key.needs }
  end
end

-- ---- what is known only together ----

-- Whether all of what is asked for has a time, and is asked for as it passes.
local function is_of_spans(from)
  return from[1] ~= nil and from[1].span ~= nil
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

local function every_of(checked)
  return is_of_spans(checked.from) and span.EVERY_MS or checked.every or EVERY_MS
end

-- The one zone in which the rule reads a clock: that of its calendar, else of its centres;
-- nil when those are in several.
local function zone_of(checked)
  if checked.during then
    return calendar.zone(checked.during)
  end
  local found
  for _, from in ipairs(checked.from) do
    local name = from.center and from.center.zone
    if found and name and name ~= found then
      return nil
    end
    found = found or name
  end
  return found or zone.DEFAULT
end

-- What by_hour.bind wants.
local function minute_in(name)
  return name and function(now)
    return zone.minute(now, name)
  end
end

local function check_leveled(checked, reports)
  for _, key in ipairs { "when", "clear", "severity" } do
    if checked.levels and checked[key] ~= nil then
      reports.key(string.format("%s: each of levels says its own; leave it out", key), key)
    end
  end
end

local function check_times(checked, reports)
  local every = every_of(checked)
  if checked.stale_after and checked.stale_after < every then
    reports.key(string.format("stale_after: %s is shorter than every, %s: every sample would be stale",
      core.format_duration(checked.stale_after), core.format_duration(every)), "stale_after")
  end
end

local function check_moment(level, checked, reports, at)
  if not level.clear then
    at("gw.changed is true for one sample: write clear, too", "when")
  end
  if checked.hold and checked.hold > 0 then
    reports.key("hold: gw.changed is true for one sample and cannot be held; leave hold out",
      "hold")
  end
end

-- The trees of a level { when, clear, path }; mistakes are told at their own lines.
local function bind_level(level, subject, checked, reports)
  local function at(text, key)
    local path = table.move(level.path, 1, #level.path, 1, {})
    path[#path + 1] = key
    reports.key(text, table.unpack(path))
  end
  local bound = {}
  for _, key in ipairs { "when", "clear" } do
    bound[key] = level[key] and condition.bind(level[key], subject, reports.at, function(text)
      at(key .. ": " .. text, key)
    end) or nil
  end
  local overlap = bound.when and bound.clear
    and condition.overlap(subject.name, level.when, level.clear, bound.when, bound.clear)
  if overlap then
    at(overlap, "clear")
  end
  if bound.when and condition.is_moment(bound.when) then
    check_moment(level, checked, reports, at)
  end
  return bound
end

-- A text of the rule: { parts }, { fn }, nil.
local function bind_text(key, checked, query_name, reports, extra)
  local given = checked[key]
  if type(given) == "function" then
    return { fn = given }
  end
  return given and { parts = template.compile(given, query_name, function(text)
    reports.key(string.format("%s: %s", key, text), key)
  end, extra, zone_of(checked)) }
end

local function check_link(checked, reports)
  if type(checked.link) == "string" and not alert.is_link(checked.link) then
    reports.key(string.format("link: %s does not begin with https:// or http://, or has blanks",
      wording.show(checked.link)), "link")
  end
end

-- The severities that there can be; nil when only a function knows.
local function possible_severities(of_levels, checked)
  if type(checked.severity) == "function" then
    return nil
  end
  local possible = {}
  for _, level in ipairs(of_levels) do
    possible[level.severity or checked.severity or severity.DEFAULT] = true
  end
  return possible
end

-- The query whose rows are judged.
local function judged(name, checked, reports)
  local asked = checked.from[1] and checked.from[1].name
  return made.is_needed(checked) and made.derive(name, checked, asked, reports.key) or asked
end

-- Conditions and texts against the fields of the query.
local function bind_all(name, checked, reports)
  local query_name = judged(name, checked, reports)
  check_from(checked, reports)
  check_leveled(checked, reports)
  check_times(checked, reports)
  check_link(checked, reports)
  local subject = {
    name = query_name, expects = query.expects(checked.from), every_ms = every_of(checked),
    minute = minute_in(zone_of(checked)),
  }
  local of_levels = checked.levels or { { when = checked.when, clear = checked.clear, path = {} } }
  local bound = { query = query_name, levels = of_levels, trees = {} }
  for index, level in ipairs(of_levels) do
    bound.trees[index] = bind_level(level, subject, checked, reports)
  end
  for _, key in ipairs { "summary", "details", "link" } do
    bound[key] = bind_text(key, checked, query_name, reports)
  end
  bound.cleared = bind_text("cleared", checked, query_name, reports, alert.LATER)
  send.check_all(checked.send or {}, possible_severities(of_levels, checked),
    function(text, path)
      reports.key(text, table.unpack(path))
    end)
  return bound
end

-- ---- registering ----

local function wants_of(asked, every_ms, line)
  local wants = {}
  for index, one in ipairs(asked) do
    local of = one.span or {}
    wants[index] = {
      center = one.center.index, query = one.name, ids = one.ids, every_ms = every_ms, line = line,
      last_ms = of.last_ms, type = of.type and of.type.code, expect = one.expect,
    }
  end
  return wants
end

local function make_levels(trees, query_name)
  local list = {}
  for index, tree in ipairs(trees) do
    list[index] = {
      when = core.condition(query_name, tree.when),
      clear = tree.clear and core.condition(query_name, tree.clear),
    }
  end
  return list
end

local function on_transition(name, checked, bound)
  return alert.handler {
    name = name, query = checked.look and "function" or field.asked(bound.query),
    makes_rows = made.is_needed(checked) or nil, fields = checked.fields,
    levels = bound.levels,
    severity = checked.severity or severity.DEFAULT,
    labels = checked.labels, mention = checked.mention,
    summary = bound.summary, details = bound.details, link = bound.link, cleared = bound.cleared,
    remind = checked.remind and (math.tointeger(checked.remind / 1000) or checked.remind / 1000),
    send = checked.send or {}, handlers = handler.kinds(checked),
  }
end

local function register(name, checked, asked, bound, line)
  local every_ms = every_of(checked)
  local judging = make_levels(bound.trees, bound.query)
  local making = made.is_needed(checked) and {
    name = name, line = line, query = bound.query, look = checked.look, map = checked.map,
    key = checked.key,
  }
  core.rule {
    name = name,
    wants = wants_of(asked, every_ms, line),
    levels = judging,
    hold_ms = checked.hold,
    linger_ms = checked.linger,
    cooldown_ms = checked.cooldown,
    stale_after_ms = checked.stale_after,
    stale = checked.stale,
    gone = checked.gone,
    open = checked.during and function(now)
      return calendar.is_open(checked.during, now)
    end,
    make = not checked.look and making and made.maker(making) or nil,
    look = checked.look and made.looker(making),
    every_ms = checked.look and every_ms,
    about = paragraph.of({
      asked = asked, every_ms = every_ms, levels = bound.levels, made = judging,
    }, checked),
    on_transition = on_transition(name, checked, bound),
  }
  handler.register(name, checked)
end

rule.declare, rule.finish = entry.kind("rule", function(name, given, reports)
  local is_leveled = value.kind_of(given) == "table" and given.levels ~= nil
  local checked = shape.check(is_leveled and LEVELED or SHAPE, given, reports.key)
  if type(checked.from) == "function" then
    checked.look, checked.from = checked.from, {}
  end
  local bound = checked.from and bind_all(name, checked, reports)
  local asked = checked.from and query.merge(checked.from)
  return asked and function()
    register(name, checked, asked, bound, reports.line)
  end
end)

return rule
