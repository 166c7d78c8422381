--- Who is told of an alert, and what: pure functions over what the core hands in.
--
-- The host of a script judged a transition and gave this event (JSON):
--   { "severity": "warning", "labels": {…}, "summary": text, "details": null | text,
--     "link": null | text, "why": text, "reason": null | "recovered" | "gone",
--     "row": {…}, "query": "queues", "send": [ { "to": "floor-chat" }, … ] }
-- The state of an alert (JSON) keeps what was told and to whom, for the clear.

local json = require("gateway.json")

local notify = {}

-- Field, type, whether null is a value for it.
local EVENT <const> = {
  { "severity", "string" },
  { "labels", "table" },
  { "summary", "string" },
  { "details", "string", true },
  { "link", "string", true },
  { "why", "string" },
  { "reason", "string", true },
  { "row", "table" },
  { "query", "string" },
  { "send", "table" },
}

local TOLD_AGAIN <const> = { "severity", "labels", "summary", "details", "link" }

local function read_event(text)
  local event = json.decode(text)
  if type(event) ~= "table" then
    error("the event is not an object", 0)
  end
  for _, field in ipairs(EVENT) do
    local name, kind, optional = table.unpack(field)
    if event[name] == json.null then
      event[name] = nil
    end
    local is = type(event[name])
    if is ~= kind and not (optional and is == "nil") then
      error(("the event's %s is %s, not %s"):format(name, is, kind), 0)
    end
  end
  return event
end

-- The destinations of a plan, each once, in order.
local function destinations(send)
  local list, seen = {}, {}
  for _, entry in ipairs(send) do
    local name = type(entry) == "table" and entry.to
    if type(name) ~= "string" then
      error("an entry of the event's send has no 'to'", 0)
    end
    if not seen[name] then
      seen[name] = true
      list[#list + 1] = name
    end
  end
  return list
end

-- The event of lifecycle.md §5; `told` has the texts, `event` the row and the reason.
local function message(transition, told, event, n)
  local kind = transition.kind
  return json.encode(json.object {
    { "type", "alert." .. kind },
    { "timestamp", transition.timestamp },
    { "data", json.object {
      { "id", ("%s-%d"):format(transition.fingerprint, transition.opening) },
      { "fingerprint", transition.fingerprint },
      { "kind", kind },
      { "status", kind == "clear" and "cleared" or "raised" },
      { "severity", told.severity },
      { "was", nil },
      { "rule", transition.rule },
      { "script", transition.script },
      { "center", transition.center },
      { "key", transition.key },
      { "labels", told.labels },
      { "summary", told.summary },
      { "details", told.details },
      { "link", told.link },
      { "why", event.why },
      { "reason", event.reason },
      { "started_at", told.started_at },
      { "ended_at", told.ended_at },
      { "duration", (told.ended_at or transition.now) - told.started_at },
      { "n", n },
      { "row", event.row },
    } },
  })
end

local function tell(transition, state, event)
  local messages = {}
  local text = message(transition, state, event, 1)
  for i, name in ipairs(state.told) do
    messages[i] = { destination = name, kind = transition.kind, n = 1, message = text }
  end
  return messages
end

local UNITS <const> = { { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 } }

--- 135 → "2m15s", 0 → "0s".
function notify.duration(seconds)
  local parts = {}
  for _, unit in ipairs(UNITS) do
    local count = seconds // unit[2]
    seconds = seconds % unit[2]
    if count > 0 then
      parts[#parts + 1] = ("%d%s"):format(count, unit[1])
    end
  end
  return #parts > 0 and table.concat(parts) or "0s"
end

local transitions = {}

function transitions.raise(transition, event)
  local state = { started_at = transition.now, told = json.array(destinations(event.send)) }
  for _, name in ipairs(TOLD_AGAIN) do
    state[name] = event[name]
  end
  local log = ("raised  %s/%s (%s): %s"):format(
    transition.rule, transition.key, state.severity, state.summary)
  return state, log
end

-- A clear goes to all who were told, whatever the script says by now.
function transitions.clear(transition, event)
  local state = json.decode(transition.state)
  for _, name in ipairs(TOLD_AGAIN) do
    state[name] = state[name] ~= json.null and state[name] or nil
  end
  state.told = json.array(state.told)
  state.ended_at = math.max(transition.now, state.started_at)
  event.reason = event.reason or "recovered"
  local log = ("cleared %s/%s after %s (%s)"):format(transition.rule, transition.key,
    notify.duration(state.ended_at - state.started_at), event.reason)
  return state, log
end

--- What a transition { fingerprint, opening, center, rule, key, script, kind, event =
--- JSON, state = JSON | nil, now = seconds, timestamp = text } leads to: { state = JSON,
--- log = text, messages = { { destination, kind, n, message = JSON }, … } }. Raises when
--- the event is not what it must be.
function notify.transition(transition)
  local apply = transitions[transition.kind]
  if not apply then
    error(("an alert has no transition '%s'"):format(transition.kind), 0)
  end
  local event = read_event(transition.event)
  local state, log = apply(transition, event)
  return { state = json.encode(state), log = log, messages = tell(transition, state, event) }
end

--- A script's own message, any JSON value, as an event.
function notify.message(text, script, timestamp)
  return json.encode(json.object {
    { "type", "message" },
    { "timestamp", timestamp },
    { "data", json.object {
      { "kind", "message" },
      { "script", script },
      { "message", json.raw(text) },
    } },
  })
end

--- How the log names an event: "raise of queue-wait/7", "message of queue_wait".
function notify.about(event)
  local data = event.data
  if data.rule then
    return ("%s of %s/%s"):format(data.kind, data.rule, data.key)
  end
  return ("%s of %s"):format(data.kind, data.script)
end

return notify
