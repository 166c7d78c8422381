--- Which alerts a script asks for: gw.alerts and gw.raises, over what the core knows.
---
--- alert_search.new(word, question, now) gives { wants = function(rule, key, center,
--- is_raised) → boolean: whether it is worth reading, add = function(record), finish =
--- function() → JSON }. A record is { fingerprint, opening, center, rule, key, script,
--- raised, state = JSON (alert_state.lua), refs = JSON }. The question (JSON) is what the
--- library has checked: any of { rule, key, severity, status, acked, center, queue, agent,
--- ref, since = seconds }.

local alert_state = require("gateway.alert_state")
local json = require("gateway.json")

local alert_search = {}

-- A frame has its limit, and the core has other things to do.
local ALERTS_MOST <const> = 1000

local OF_RECORD <const> = { "rule", "key", "center" }
local OF_LABELS <const> = { "queue", "agent" }

local function has_ref(refs, id)
  for _, memo in pairs(refs) do
    if tostring(memo.id) == id then
      return true
    end
  end
  return false
end

-- What stands in the state: `asked` has no key that differs.
local function fits(asked, state, refs)
  for _, name in ipairs(OF_LABELS) do
    if asked[name] and tostring(state.labels[name]) ~= asked[name] then
      return false
    end
  end
  return (not asked.severity or state.severity == asked.severity)
    and (asked.acked == nil or asked.acked == (state.acked ~= nil))
    and (not asked.ref or has_ref(refs, asked.ref))
end

local function alert_of(record, state, refs, now)
  local over_at = not record.raised and state.ended_at or now
  return json.object {
    { "id", ("%s-%d"):format(record.fingerprint, record.opening) },
    { "fingerprint", record.fingerprint },
    { "status", record.raised and "raised" or "cleared" },
    { "severity", state.severity },
    { "was", state.was },
    { "key", record.key },
    { "rule", record.rule },
    { "script", record.script },
    { "center", record.center },
    { "labels", state.labels },
    { "summary", state.summary },
    { "details", state.details },
    { "link", state.link },
    { "why", state.why },
    { "raised_at", state.started_at },
    { "ended_at", not record.raised and state.ended_at or nil },
    { "age", over_at - state.started_at },
    { "acked", state.acked },
    { "refs", refs },
  }
end

local collect = {}

function collect.alerts(asked, now)
  local found = {}
  return function(record, state, refs)
    if not asked.since or state.started_at >= asked.since then
      found[#found + 1] = { at = state.started_at, id = record.fingerprint, record, state, refs }
    end
    if #found > ALERTS_MOST then
      error(("more than %d alerts: ask for fewer, by rule, key, queue or since"):format(ALERTS_MOST), 0)
    end
  end, function()
    table.sort(found, function(a, b)
      return a.at > b.at or a.at == b.at and a.id < b.id
    end)
    for index, one in ipairs(found) do
      found[index] = alert_of(one[1], one[2], one[3], now)
    end
    return json.array(found)
  end
end

function collect.raises(asked)
  local count = 0
  return function(_, state)
    for _, at in ipairs(state.raises or { state.started_at }) do
      count = count + (at >= (asked.since or 0) and 1 or 0)
    end
  end, function()
    return count
  end
end

-- Those that are raised, unless somebody asks for others; of raises, all.
local DEFAULT_STATUS <const> = { alerts = "raised" }

function alert_search.new(word, question, now)
  local asked = alert_state.without_null(json.decode(question))
  local status = asked.status or DEFAULT_STATUS[word]
  local add, finish = collect[word](asked, now)
  return {
    wants = function(rule, key, center, is_raised)
      local facts = { rule = rule, key = key, center = center }
      for _, name in ipairs(OF_RECORD) do
        if asked[name] and asked[name] ~= facts[name] then
          return false
        end
      end
      return not status or (status == "raised") == is_raised
    end,
    add = function(record)
      local state, refs = alert_state.read(record.state), json.decode(record.refs)
      if fits(asked, state, refs) then
        add(record, state, refs)
      end
    end,
    finish = function()
      return json.encode(finish())
    end,
  }
end

return alert_search
