--- gw.counter(name, help):add(n, labels) and gw.gauge(name, help):set(value, labels): numbers
--- in /metrics, each with the label script.
---
--- They are told at once, whatever becomes of the run, and live as long as the gateway: what
--- is to survive that is kept with gw.store().
local core = require "gateway.core"
local failure = require "gateway.failure"
local problem = require "gateway.problem"
local value = require "gateway.value"
local wording = require "gateway.wording"

local metric = {}

local LABELS_MOST <const>, NAME_MOST <const>, TEXT_MOST <const> = 10, 200, 255
local NAME <const> = "^[%a_][%w_]*$"

-- Prometheus reads all of /metrics or, for one label of its own, nothing.
local RESERVED <const> = { script = "the gateway's own", le = "a histogram's", quantile = "a summary's" }
-- Names with these ends are taken for samples of another type.
local GAUGE_ENDS <const> = { _total = "a counter's", _count = "a summary's", _sum = "a summary's",
  _bucket = "a histogram's" }

local function is_name(name)
  return type(name) == "string" and #name <= NAME_MOST and string.find(name, NAME) ~= nil
end

-- Who reads /metrics takes none of it, if one text is not UTF-8.
local function is_text(text)
  return #text <= TEXT_MOST and not string.find(text, "%c") and utf8.len(text) ~= nil
end

local function label_fault(name)
  if not is_name(name) then
    return "is no name of a label"
  elseif string.find(name, "^__") then
    return "begins with __, as labels of Prometheus's own do"
  elseif RESERVED[name] then
    return "is " .. RESERVED[name] .. " label"
  end
end

-- Names and values by turns, in the order of the names.
local function read_labels(what, given)
  if given == nil then
    return {}
  elseif value.kind_of(given) ~= "table" then
    problem.raise(what .. ': labels such as { queue = "sales" } are needed, not ' .. wording.show(given))
  end
  local list, nameless = {}, wording.nameless(given)
  if nameless then
    problem.raise(what .. ": labels: " .. nameless)
  end
  for _, name in ipairs(wording.keys(given)) do
    local text, fault = given[name], label_fault(name)
    if fault then
      problem.raise(string.format("%s: label %s %s", what, wording.show(name), fault))
    elseif type(text) ~= "string" and not math.type(text) and type(text) ~= "boolean"
      or not is_text(tostring(text)) then
      problem.raise(string.format("%s: label %s: a text is needed, not %s", what, name, wording.show(text)))
    end
    list[#list + 1], list[#list + 2] = name, tostring(text)
  end
  if #list > 2 * LABELS_MOST then
    problem.raise(string.format("%s: %d labels are the most", what, LABELS_MOST))
  end
  return list
end

local function is_finite(number)
  return math.type(number) and number == number and math.abs(number) < math.huge
end

-- True, or nil and why it is not counted.
local function tell(kind, inside, labels, number)
  local why = core.metric(kind, inside.name, inside.help, labels, number)
  if why then
    return nil, failure.new("limit", "", why)
  end
  return true
end

local counter_methods, gauge_methods = {}, {}

function counter_methods.add(self, count, labels)
  local inside = value.inside(self, "counter")
  count = count == nil and 1 or count
  if not inside then
    problem.raise "add is called with a colon: counter:add(1)"
  elseif not is_finite(count) or count < 0 then
    problem.raise("counter:add: a number from 0 is needed, not " .. wording.show(count))
  end
  return tell("counter", inside, read_labels("counter:add", labels), count)
end

function gauge_methods.set(self, number, labels)
  local inside = value.inside(self, "gauge")
  if not inside then
    problem.raise "set is called with a colon: gauge:set(5)"
  elseif not is_finite(number) then
    problem.raise("gauge:set: a number is needed, not " .. wording.show(number))
  end
  return tell("gauge", inside, read_labels("gauge:set", labels), number)
end

local function describe(inside)
  return "metric " .. tostring(inside.name)
end

-- A counter's samples end with _total, which need not be written.
local function read_name(what, name)
  if not is_name(name) then
    problem.report(what .. ': a name such as "calls_lost" is needed, not ' .. wording.show(name))
    return "none"
  elseif string.find(name, "^ccgate_") then
    problem.report(what .. ": names that begin with ccgate_ are the gateway's own")
  end
  local ending = what == "gw.gauge" and string.match(name, "_%l+$")
  if GAUGE_ENDS[ending] then
    problem.report(string.format("%s: a name that ends in %s is %s", what, ending, GAUGE_ENDS[ending]))
  end
  return (string.gsub(name, "_total$", ""))
end

local function maker(what, new)
  return function(name, help)
    if help ~= nil and (type(help) ~= "string" or not is_text(help)) then
      problem.report(what .. ": help is one line of text, not " .. wording.show(help))
      help = nil
    end
    return new { name = read_name(what, name), help = help or "" }
  end
end

metric.counter = maker("gw.counter", value.kind("counter", counter_methods, describe))
metric.gauge = maker("gw.gauge", value.kind("gauge", gauge_methods, describe))

return metric
