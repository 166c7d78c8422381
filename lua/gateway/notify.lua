--- Who is told of an alert, and when: pure functions over what the core hands in.
--
-- The host of a script judged a transition and gave this event (JSON):
--   { "severity": "warning", "rose": true | null (a level above the one before),
--     "labels": {…}, "summary": text, "details": null | text, "link": null | text,
--     "mention": null | [ name of [people], … ], "why": text,
--     "reason": null | "recovered" | "gone" | …, "row": {…}, "query": "queues",
--     "remind": null | seconds,
--     "cleared": null | of a clear [ text | [ "summary" ] | [ "age" ], … ],
--     "send": [ { "to": "floor-chat", "after": seconds | null, "unless": "acked" | null,
--                 "only": [ severity, … ] | null, "clears": false | null }, … ],
--     "handlers": null | [ "raise", "level", "remind", "clear" ] (which the rule has) }
--
-- The state of an alert (JSON) has the plan as it was at the raise, what was said last,
-- and who was told what:
--   { started_at, ended_at, severity, was, labels, summary, details, link, why, row,
--     remind, reminded_at, acked = { by, at, note }, entries = [ as in send ],
--     mention, told = [ { to, severity, clears } ], sent = { destination: { kind: count } },
--     handlers = as in the event, handled = { kind: count } }
--
-- A clear says what was told last: its summary is that of the raise or the last level.
-- What people read instead, "… — over after 12m", is `cleared` of its message. The host
-- knows the row and fills its fields in; the summary that was told and the age of the
-- alert are filled in here, and a clear that no host judged has a text of its own.

local json = require("gateway.json")

local notify = {}

-- Field, type, whether null is a value for it.
local EVENT <const> = {
  { "severity", "string" },
  { "rose", "boolean", true },
  { "labels", "table" },
  { "summary", "string" },
  { "details", "string", true },
  { "link", "string", true },
  { "mention", "table", true },
  { "cleared", "table", true },
  { "why", "string" },
  { "reason", "string", true },
  { "row", "table" },
  { "query", "string" },
  { "remind", "number", true },
  { "send", "table" },
  { "handlers", "table", true },
}

local ENTRY <const> = {
  { "to", "string" },
  { "after", "number", true },
  { "unless", "string", true },
  { "only", "table", true },
  { "clears", "boolean", true },
}

-- What a raise and a level bring, and later messages say again.
local SAID <const> = { "severity", "labels", "summary", "details", "link", "mention", "why", "row" }

-- ---- reading ----

local function check(what, value, fields)
  if type(value) ~= "table" then
    error(what .. " is not an object", 0)
  end
  for _, field in ipairs(fields) do
    local name, kind, optional = table.unpack(field)
    if value[name] == json.null then
      value[name] = nil
    end
    local is = type(value[name])
    if is ~= kind and not (optional and is == "nil") then
      error(("%s's %s is %s, not %s"):format(what, name, is, kind), 0)
    end
  end
  return value
end

local function read_event(text)
  local event = check("the event", json.decode(text), EVENT)
  for _, entry in ipairs(event.send) do
    check("an entry of the event's send", entry, ENTRY)
  end
  return event
end

local function without_null(value)
  for key, inner in pairs(value) do
    if inner == json.null then
      value[key] = nil
    elseif type(inner) == "table" and key ~= "labels" and key ~= "row" then
      without_null(inner)
    end
  end
  return value
end

local function read_state(text)
  local state = without_null(json.decode(text))
  state.entries = state.entries or {}
  state.sent = state.sent or {}
  state.row = state.row or {}
  state.why = state.why or ""
  for index, told in ipairs(state.told) do
    -- The form before entries had conditions.
    if type(told) == "string" then
      state.told[index] = { to = told, severity = state.severity, clears = true }
    end
  end
  return state
end

local function entry_of(entry)
  return json.object {
    { "to", entry.to },
    { "after", entry.after },
    { "unless", entry.unless },
    { "only", entry.only and json.array(entry.only) },
    { "clears", entry.clears },
  }
end

local function write_state(state)
  local entries, told = {}, {}
  for index, entry in ipairs(state.entries) do
    entries[index] = entry_of(entry)
  end
  for index, one in ipairs(state.told) do
    told[index] = json.object {
      { "to", one.to }, { "severity", one.severity }, { "clears", one.clears },
    }
  end
  return json.encode(json.object {
    { "started_at", state.started_at },
    { "ended_at", state.ended_at },
    { "severity", state.severity },
    { "was", state.was },
    { "labels", state.labels },
    { "summary", state.summary },
    { "details", state.details },
    { "link", state.link },
    { "mention", json.array(state.mention or {}) },
    { "why", state.why },
    { "row", state.row },
    { "remind", state.remind },
    { "reminded_at", state.reminded_at },
    { "acked", state.acked },
    { "entries", json.array(entries) },
    { "told", json.array(told) },
    { "sent", state.sent },
    { "handlers", state.handlers and json.array(state.handlers) },
    { "handled", state.handled },
  })
end

-- ---- messages ----

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

local CLEARED <const> = { { "summary" }, " — over after ", { "age" } }

-- What a clear says to people.
local function cleared_text(state, now)
  local known = {
    summary = state.summary,
    age = notify.duration((state.ended_at or now) - state.started_at),
  }
  local words = {}
  for index, part in ipairs(state.cleared or CLEARED) do
    words[index] = type(part) == "string" and part or known[part[1]]
  end
  return table.concat(words)
end

-- The event of lifecycle.md §5.
local function event_text(transition, state, kind, reason, n)
  return json.encode(json.object {
    { "type", "alert." .. kind },
    { "timestamp", transition.timestamp },
    { "data", json.object {
      { "id", ("%s-%d"):format(transition.fingerprint, transition.opening) },
      { "fingerprint", transition.fingerprint },
      { "kind", kind },
      { "status", kind == "clear" and "cleared" or "raised" },
      { "severity", state.severity },
      { "was", kind == "level" and state.was or nil },
      { "rule", transition.rule },
      { "script", transition.script },
      { "center", transition.center },
      { "key", transition.key },
      { "labels", state.labels },
      { "summary", state.summary },
      { "details", state.details },
      { "link", state.link },
      { "mention", json.array(state.mention or {}) },
      { "cleared", kind == "clear" and cleared_text(state, transition.now) or nil },
      { "why", state.why },
      { "reason", reason },
      { "started_at", state.started_at },
      { "ended_at", state.ended_at },
      { "duration", (state.ended_at or transition.now) - state.started_at },
      { "n", n },
      { "row", state.row },
    } },
  })
end

-- The alert as a handler of the rule gets it (scripting.md §2), with its row.
local function alert_text(transition, state, kind, reason)
  return json.encode(json.object {
    { "id", ("%s-%d"):format(transition.fingerprint, transition.opening) },
    { "fingerprint", transition.fingerprint },
    { "status", kind == "clear" and "cleared" or "raised" },
    { "severity", state.severity },
    { "was", kind == "level" and state.was or nil },
    { "key", transition.key },
    { "rule", transition.rule },
    { "script", transition.script },
    { "center", transition.center },
    { "labels", state.labels },
    { "summary", state.summary },
    { "details", state.details },
    { "link", state.link },
    { "why", state.why },
    { "reason", reason },
    { "raised_at", state.started_at },
    { "ended_at", state.ended_at },
    { "age", (state.ended_at or transition.now) - state.started_at },
    { "acked", state.acked },
    { "row", state.row },
  })
end

-- What a step of one alert leads to. Messages that differ in nothing but their
-- destination share their text.
local function new_step(transition, state)
  return { transition = transition, state = state, messages = {}, texts = {}, lines = {},
    runs = {} }
end

local function send(step, to, kind, reason)
  local sent = step.state.sent[to] or {}
  step.state.sent[to] = sent
  sent[kind] = (sent[kind] or 0) + 1
  local name = ("%s %s %d"):format(kind, reason, sent[kind])
  step.texts[name] = step.texts[name]
    or event_text(step.transition, step.state, kind, reason, sent[kind])
  step.messages[#step.messages + 1] = {
    destination = to, kind = kind, n = sent[kind], message = step.texts[name],
  }
end

local function has_handler(state, kind)
  for _, known in ipairs(state.handlers or {}) do
    if known == kind then
      return true
    end
  end
  return false
end

-- The rule's own action, due together with what is told.
local function handle(step, kind, reason)
  local state = step.state
  if not has_handler(state, kind) then
    return
  end
  state.handled = state.handled or {}
  state.handled[kind] = (state.handled[kind] or 0) + 1
  step.runs[#step.runs + 1] = {
    kind = kind, n = state.handled[kind],
    alert = alert_text(step.transition, state, kind, reason),
  }
end

local function say(step, format, ...)
  step.lines[#step.lines + 1] = format:format(...)
end

local function name_of(step)
  return ("%s/%s"):format(step.transition.rule, step.transition.key)
end

-- ---- silences ----

local silences = {}

local MATCHED <const> = { "center", "rule", "key" }

local function is_silenced_by(matcher, facts, labels)
  for _, name in ipairs(MATCHED) do
    if matcher[name] and matcher[name] ~= facts[name] then
      return false
    end
  end
  for name, value in pairs(matcher.labels or {}) do
    if labels[name] ~= value then
      return false
    end
  end
  return true
end

local function quiet_until_of(transition, labels)
  local quiet_until = 0
  for _, silence in ipairs(silences) do
    if silence.until_at > quiet_until and is_silenced_by(silence.matcher, transition, labels) then
      quiet_until = silence.until_at
    end
  end
  return quiet_until
end

--- What is silenced from now on: { { matcher = JSON { center, rule, key, labels }, until_at
--- = seconds }, … }. A matcher names what all must be equal; what it leaves out is any.
function notify.silence(list)
  silences = {}
  for index, silence in ipairs(list) do
    silences[index] = {
      matcher = without_null(json.decode(silence.matcher)), until_at = silence.until_at,
    }
  end
end

-- ---- who is due ----

local function told_of(state, to)
  for index, told in ipairs(state.told) do
    if told.to == to then
      return told, index
    end
  end
end

local function allows(entry, severity)
  if not entry.only then
    return true
  end
  for _, word in ipairs(entry.only) do
    if word == severity then
      return true
    end
  end
  return false
end

-- Does an entry for this destination want this severity? One that is in no entry any
-- more, because the script was edited, is told as before.
local function wants(state, to)
  local is_known = false
  for _, entry in ipairs(state.entries) do
    if entry.to == to then
      if allows(entry, state.severity) then
        return true
      end
      is_known = true
    end
  end
  return not is_known
end

local function is_waiting(state, entry)
  return not told_of(state, entry.to) and allows(entry, state.severity)
    and not (entry.unless == "acked" and state.acked)
end

-- Those who know another severity hear of the one it is; for whom the alert is no longer
-- meant, it is over.
local function settle_levels(step)
  local state, kept = step.state, {}
  for _, told in ipairs(state.told) do
    if not wants(state, told.to) then
      if told.clears ~= false then
        send(step, told.to, "clear", "level")
      end
    else
      kept[#kept + 1] = told
      if told.severity ~= state.severity then
        told.severity = state.severity
        send(step, told.to, "level")
      end
    end
  end
  state.told = kept
end

-- Those whose time has come get a raise, which is always the first that a destination
-- hears. Gives when the next one's comes.
local function settle_entries(step)
  local state, now, next_at = step.state, step.transition.now, math.huge
  for _, entry in ipairs(state.entries) do
    if is_waiting(state, entry) then
      local at = state.started_at + (entry.after or 0)
      if at <= now then
        send(step, entry.to, "raise")
        table.insert(state.told,
          { to = entry.to, severity = state.severity, clears = entry.clears ~= false })
        state.reminded_at = state.reminded_at or now
        if at > state.started_at then
          say(step, "tells   %s: %s, %s after the raise", name_of(step), entry.to,
            notify.duration(now - state.started_at))
        end
      else
        next_at = math.min(next_at, at)
      end
    end
  end
  return next_at
end

local function settle_reminders(step)
  local state, now = step.state, step.transition.now
  if not state.remind or state.acked
    or #state.told == 0 and not has_handler(state, "remind") then
    return math.huge
  end
  state.reminded_at = state.reminded_at or state.started_at
  if state.reminded_at + state.remind <= now then
    for _, told in ipairs(state.told) do
      send(step, told.to, "remind")
    end
    handle(step, "remind")
    state.reminded_at = now
    say(step, "reminds %s (%s) after %s: %s", name_of(step), state.severity,
      notify.duration(now - state.started_at), state.summary)
  end
  return state.reminded_at + state.remind
end

-- Sends what is due now and gives when something will be, nil for never. A silence holds
-- back messages, not the alert: what is due when it ends goes out then.
local function settle(step)
  local quiet_until = quiet_until_of(step.transition, step.state.labels)
  if quiet_until > step.transition.now then
    return quiet_until
  end
  settle_levels(step)
  -- First those who wait: who is told now is not reminded in the same step.
  local next_at = settle_entries(step)
  next_at = math.min(next_at, settle_reminders(step))
  return next_at < math.huge and next_at or nil
end

-- ---- transitions ----

local function take_said(state, event)
  for _, name in ipairs(SAID) do
    state[name] = event[name]
  end
  -- In every message and in the state: encoded once.
  state.row = json.once(event.row)
end

local steps = {}

function steps.raise(step, event)
  local state = step.state
  take_said(state, event)
  state.started_at = step.transition.now
  state.entries = event.send
  state.remind = event.remind
  state.handlers = event.handlers
  handle(step, "raise")
  say(step, "raised  %s (%s): %s", name_of(step), state.severity, state.summary)
  return settle(step)
end

-- The plan stays as it was at the raise. An ack holds until the level rises.
function steps.level(step, event)
  local state = step.state
  state.was = state.severity
  take_said(state, event)
  if event.rose then
    state.acked = nil
  end
  handle(step, "level")
  say(step, "level   %s: %s, was %s: %s", name_of(step), state.severity, state.was, state.summary)
  return settle(step)
end

-- A clear goes to all who were told, whatever happened since: a silence, an ack, an
-- edited script. What it says is what was told last.
function steps.clear(step, event)
  local state = step.state
  local reason = event.reason or "recovered"
  state.row, state.why, state.cleared = event.row, event.why, event.cleared
  state.ended_at = math.max(step.transition.now, state.started_at)
  for _, told in ipairs(state.told) do
    if told.clears ~= false then
      send(step, told.to, "clear", reason)
    end
  end
  handle(step, "clear", reason)
  say(step, "cleared %s after %s (%s)", name_of(step),
    notify.duration(state.ended_at - state.started_at), reason)
end

-- Time has passed, or a silence began or ended.
function steps.tick(step)
  return settle(step)
end

local ACK <const> = { { "by", "string" }, { "note", "string", true } }

function steps.ack(step)
  local given = check("the ack", json.decode(step.transition.event), ACK)
  step.state.acked = json.object {
    { "by", given.by }, { "at", step.transition.now }, { "note", given.note },
  }
  say(step, "acked   %s by %s%s", name_of(step), given.by, given.note and ": " .. given.note or "")
  return settle(step)
end

local BRINGS_EVENT <const> = { raise = true, level = true, clear = true }

--- What a transition { fingerprint, opening, center, rule, key, script, kind = "raise" |
--- "level" | "clear" | "tick" | "ack", event = JSON (of "ack" { by, note }), state = JSON |
--- nil, now = seconds, timestamp = text } leads to: { state =
--- JSON, due = seconds | nil, log = text | nil, messages = { { destination, kind, n,
--- message = JSON }, … }, runs = { { kind, n, alert = JSON }, … } (of handlers) }. Raises when the event is not what it must be.
function notify.transition(transition)
  local apply = steps[transition.kind]
  if not apply then
    error(("an alert has no transition '%s'"):format(transition.kind), 0)
  end
  local state = transition.kind == "raise" and { told = {}, sent = {}, entries = {} }
    or read_state(transition.state)
  local step = new_step(transition, state)
  local due = apply(step, BRINGS_EVENT[transition.kind] and read_event(transition.event))
  return {
    state = write_state(state),
    due = due,
    log = #step.lines > 0 and table.concat(step.lines, "; ") or nil,
    messages = step.messages,
    runs = step.runs,
  }
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
