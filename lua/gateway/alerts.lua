--- gw.alerts, gw.raises, gw.ack and gw.silence: what is raised, and what people say of it,
--- asked of the core by tasks.
local ask = require "gateway.ask"
local core = require "gateway.core"
local duration = require "gateway.duration"
local failure = require "gateway.failure"
local json = require "gateway.json"
local problem = require "gateway.problem"
local shape = require "gateway.shape"
local wording = require "gateway.wording"

local alerts = {}

local SILENCE_MOST <const> = 366 * 86400
local STATUSES <const> = { "raised", "cleared" }

local function text(given, fail)
  if type(given) == "string" and given ~= "" then
    return given
  end
  return fail("a text is needed, not " .. wording.show(given))
end

-- Ids of queues and agents are numbers for people.
local function name(given, fail)
  return text(math.type(given) == "integer" and tostring(given) or given, fail)
end

local function status(given, fail)
  for _, word in ipairs(STATUSES) do
    if given == word then
      return given
    end
  end
  return fail(wording.show(given) .. " is not known" .. wording.guess_or_list(tostring(given), STATUSES))
end

-- "2h" is two hours ago; a number is a time.
local function since(given, fail)
  if math.type(given) then
    return given // 1 | 0
  end
  local ms, mistake = duration.read(given)
  if not ms then
    return fail(mistake)
  end
  return (core.now() - ms) // 1000
end

local function lasts(given, fail)
  local ms, mistake = duration.read(given)
  if not ms then
    return fail(mistake)
  elseif ms < 1000 or ms > SILENCE_MOST * 1000 then
    return fail("1s to 366d are possible, not " .. wording.show(given))
  end
  return ms
end

local function labels(given, fail)
  local checked, nameless = {}, wording.nameless(given)
  if nameless then
    return fail(nameless)
  end
  for _, key in ipairs(wording.keys(given)) do
    checked[key] = name(given[key], function(mistake)
      return fail(mistake, key)
    end)
  end
  return checked
end

local FILTER <const> = {
  { "rule", check = text },
  { "key", check = name },
  { "severity", check = text },
  { "status", check = status },
  { "acked", kinds = { "boolean" }, needs = "true or false" },
  { "center", check = text },
  { "queue", check = name },
  { "agent", check = name },
  { "ref", check = name },
  { "since", check = since },
}

local ACK <const> = {
  { "id", check = text },
  { "ref", check = name },
  { "by", check = text },
  { "note", check = text },
}

local SILENCE <const> = {
  { "rule", check = text },
  { "key", check = name },
  { "labels", kinds = { "table" }, needs = 'a table such as { queue = "sales" }', check = labels },
  { "lasts", check = lasts, required = true, needs = 'a duration such as lasts = "2h"' },
  { "by", check = text },
  { "note", check = text },
}

local function without_null(given)
  for key, inner in pairs(given) do
    if inner == json.null then
      given[key] = nil
    elseif type(inner) == "table" then
      without_null(inner)
    end
  end
  return given
end

local function answer_to(what, word, question)
  local answer, err = ask.core(word, what, question)
  if type(answer) == "table" then
    return without_null(answer)
  end
  return answer, err
end

local function read(what, described, given)
  problem.only_task(what)
  return shape.check(described, given == nil and {} or given, function(mistake)
    problem.raise(what .. ": " .. mistake)
  end)
end

--- The alerts that fit, the newest first: raised ones, unless status = "cleared".
function alerts.alerts(filter)
  return answer_to("gw.alerts", "alerts", read("gw.alerts", FILTER, filter))
end

--- How often an alert that fits was raised, within 35 days and since `since`.
function alerts.raises(filter)
  return answer_to("gw.raises", "raises", read("gw.raises", FILTER, filter))
end

local function acknowledge(id, given)
  return answer_to("gw.ack", "ack", { id = id, by = given.by, note = given.note })
end

--- Somebody takes care of the alert: true, or nil and what went wrong.
function alerts.ack(given)
  local checked = read("gw.ack", ACK, given)
  if (checked.id == nil) == (checked.ref == nil) then
    problem.raise 'gw.ack: id = alert.id or ref = "OPS-7" says which alert'
  elseif checked.id then
    return acknowledge(checked.id, checked)
  end
  local found, err = answer_to("gw.ack", "alerts", { ref = checked.ref })
  if not found then
    return nil, err
  elseif not found[1] then
    return nil, failure.new("api", "", ("no raised alert has the ref %s"):format(checked.ref))
  end
  return acknowledge(found[1].id, checked)
end

--- Nobody hears of what fits for a while: { id, until_at }, or nil and what went wrong.
function alerts.silence(given)
  local checked = read("gw.silence", SILENCE, given)
  if not (checked.rule or checked.key or checked.labels and next(checked.labels)) then
    problem.raise "gw.silence: rule, key or labels say what; there is no silence for all"
  end
  return answer_to("gw.silence", "silence", {
    rule = checked.rule, key = checked.key, labels = checked.labels, lasts_ms = checked.lasts,
    by = checked.by, note = checked.note,
  })
end

return alerts
