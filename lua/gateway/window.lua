--- What is compared over time: gw.average("calls_waiting", "5m"):above(3).
---
--- The core keeps the rule's own samples of each key and says what they come to; a window
--- is the question. Compared like a field, with a unit of its own.
local core = require "gateway.core"
local duration = require "gateway.duration"
local field = require "gateway.field"
local source = require "gateway.source"
local wording = require "gateway.wording"

local window = {}

local EDGE_MS <const> = 300000
local LEAST_MS <const> = 1000
local MOST_MS <const> = 31 * 86400000

local NUMBERS <const> = { integer = true, duration = true, ratio = true }

-- What each is of, the unit of what it gives (nil: that of the field), and how it is written.
local KINDS <const> = {
  average = { example = 'gw.average("calls_waiting", "5m")' },
  maximum = { example = 'gw.maximum("calls_waiting", "5m")' },
  minimum = { example = 'gw.minimum("calls_waiting", "5m")' },
  total = { example = 'gw.total("calls_offered_5m", "30m")', adds = true },
  rate = { example = 'gw.rate("calls_total", "5m")', unit = "count", adds = true },
  ratio = {
    example = 'gw.ratio("answered_20s_5m", "calls_offered_5m", "30m")', unit = "ratio", adds = true,
  },
}

--- The kinds, in the order in which people are told of them.
window.NAMES = { "average", "maximum", "minimum", "total", "rate", "ratio" }

--- What gw.KIND remembers of its arguments.
function window.new(kind, ...)
  local given = table.pack(...)
  local is_ratio = kind == "ratio"
  return {
    kind = kind, count = given.n, field = given[1], under = is_ratio and given[2] or nil,
    lasts = given[is_ratio and 3 or 2], line = source.caller(),
  }
end

--- As the script says it: 'average("calls_waiting", "5m")'.
function window.written(of)
  local words = { string.format('"%s"', of.field) }
  if of.under then
    words[2] = string.format('"%s"', of.under)
  end
  words[#words + 1] = string.format('"%s"', of.lasts)
  return string.format("%s(%s)", of.kind, table.concat(words, ", "))
end

-- The index of a field that this kind can be of; nil and a sentence.
local function find(of, name, subject)
  local described, index = field.find(subject.name, name)
  if not described then
    return nil, index
  elseif not NUMBERS[described.kind] or described.unit == "" then
    return nil, string.format("gw.%s: '%s' is no quantity", of.kind, name)
  elseif KINDS[of.kind].adds and described.unit == "ratio" then
    return nil, string.format("gw.%s: '%s' is a ratio, and ratios do not add up; gw.average does",
      of.kind, name)
  end
  return { index = index, described = described }
end

-- A window over the server's own windows has at least one of them.
local function check_length(of, ms, is_window, subject)
  if ms > MOST_MS then
    return string.format('%s is too long; the most is "%s"', wording.show(of.lasts),
      core.format_duration(MOST_MS))
  elseif ms < LEAST_MS then
    return string.format('%s is too short; the least is "1s"', wording.show(of.lasts))
  elseif is_window and ms < EDGE_MS then
    return string.format("'%s' covers five minutes by itself; %s is too short, the least is \"5m\"",
      of.field, wording.show(of.lasts))
  elseif ms < subject.every_ms then
    return string.format("%s is shorter than every, %s: no two samples are in it",
      wording.show(of.lasts), core.format_duration(subject.every_ms))
  end
end

local function is_whole(of)
  return type(of.field) == "string" and of.count == (of.kind == "ratio" and 3 or 2)
    and (of.kind ~= "ratio" or type(of.under) == "string")
end

-- Both fields of a ratio cover the same time.
local function check_pair(over, under)
  if over.described.window ~= under.described.window then
    local windowed = over.described.window and over or under
    return string.format("gw.ratio: '%s' covers five minutes, '%s' does not",
      windowed.described.name, (windowed == over and under or over).described.name)
  end
end

--- The window of a tree for core.condition, and what it gives as a field { name, kind,
--- unit }; nil when something is wrong, which fail(sentence) hears.
function window.bind(of, subject, fail)
  local kind = KINDS[of.kind]
  if not is_whole(of) then
    return fail(string.format("gw.%s needs %s and a duration, such as %s", of.kind,
      of.kind == "ratio" and "two fields" or "a field", kind.example))
  end
  local over, mistake = find(of, of.field, subject)
  local under
  if over and of.under then
    under, mistake = find(of, of.under, subject)
    mistake = mistake or check_pair(over, under)
  end
  if mistake then
    return fail(mistake)
  end
  local ms, wrong = duration.read(of.lasts)
  wrong = wrong or check_length(of, ms, over.described.window, subject)
  if wrong then
    return fail(string.format("gw.%s: %s", of.kind, wrong))
  end
  local unit = kind.unit or over.described.unit
  return { kind = of.kind, field = over.index, under = under and under.index, ms = ms },
    { name = window.written(of), kind = "number", unit = unit }
end

return window
