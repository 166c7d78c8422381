--- Who is told of an alert, and when: pure functions over what the core hands in. What
--- comes in and what is kept is in alert_state.lua, what is said in alert_text.lua.

local alert_state = require("gateway.alert_state")
local alert_text = require("gateway.alert_text")
local json = require("gateway.json")
local silence = require("gateway.silence")

local notify = {}

-- ---- what a step leads to ----

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
    or alert_text.event(step.transition, step.state, kind, reason, sent[kind])
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
    alert = alert_text.alert(step.transition, state, kind, reason),
  }
end

local function say(step, format, ...)
  step.lines[#step.lines + 1] = format:format(...)
end

local function name_of(step)
  return ("%s/%s"):format(step.transition.rule, step.transition.key)
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
            alert_text.duration(now - state.started_at))
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
      alert_text.duration(now - state.started_at), state.summary)
  end
  return state.reminded_at + state.remind
end

-- Sends what is due now and gives when something will be, nil for never. A silence holds
-- back messages, not the alert: what is due when it ends goes out then.
local function settle(step)
  local quiet_until = silence.until_of(step.transition, step.state.labels)
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

-- What a raise and a level bring, and later messages say again.
local SAID <const> = { "severity", "labels", "summary", "details", "link", "mention", "why", "row" }

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
  state.raises = alert_state.raises(step.transition.state, state.started_at)
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
local function clear(step, reason, by)
  local state = step.state
  state.ended_at = math.max(step.transition.now, state.started_at)
  for _, told in ipairs(state.told) do
    if told.clears ~= false then
      send(step, told.to, "clear", reason)
    end
  end
  handle(step, "clear", reason)
  say(step, "cleared %s after %s (%s%s)", name_of(step),
    alert_text.duration(state.ended_at - state.started_at), reason, by or "")
end

function steps.clear(step, event)
  local state = step.state
  state.row, state.why, state.cleared = event.row, event.why, event.cleared
  clear(step, event.reason or "recovered")
end

local function who(given)
  return (" by %s%s"):format(given.by, given.note and ": " .. given.note or "")
end

-- Somebody ends it by hand: nothing newer is known of its row.
function steps.close(step)
  local by = who(alert_state.read_ack(step.transition.event))
  step.state.why = "ended" .. by
  clear(step, "operator", by)
end

-- Time has passed, or a silence began or ended.
function steps.tick(step)
  return settle(step)
end

-- The clock was put forward or back: everything is as old as it was.
function steps.shift(step)
  alert_state.shift(step.state, alert_state.read_shift(step.transition.event))
  return settle(step)
end

function steps.ack(step)
  local given = alert_state.read_ack(step.transition.event)
  step.state.acked = json.object {
    { "by", given.by }, { "at", step.transition.now }, { "note", given.note },
  }
  say(step, "acked   %s%s", name_of(step), who(given))
  return settle(step)
end

local BRINGS_EVENT <const> = { raise = true, level = true, clear = true }

--- What a transition { fingerprint, opening, center, rule, key, script, kind = "raise" |
--- "level" | "clear" | "tick" | "ack" | "close" | "shift", event = JSON (of "ack" and
--- "close" { by, note }, of "shift" { by = seconds, of the clock }), state = JSON | nil,
--- now = seconds, timestamp = text } leads to: { state = JSON, due = seconds | nil, log = text | nil,
--- messages = { { destination, kind, n, message = JSON }, … }, runs = { { kind, n,
--- alert = JSON }, … } (of handlers) }. Raises when the event is not what it must be.
function notify.transition(transition)
  local apply = steps[transition.kind]
  if not apply then
    error(("an alert has no transition '%s'"):format(transition.kind), 0)
  end
  local state = transition.kind == "raise" and { told = {}, sent = {}, entries = {} }
    or alert_state.read(transition.state)
  local step = new_step(transition, state)
  local due = apply(step, BRINGS_EVENT[transition.kind] and alert_state.read_event(transition.event))
  return {
    state = alert_state.write(state),
    due = due,
    log = #step.lines > 0 and table.concat(step.lines, "; ") or nil,
    messages = step.messages,
    runs = step.runs,
  }
end

--- What is silenced from now on: as silence.set().
notify.silence = silence.set

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

--- How the log names an event: "raise of queue-wait/7", "message of queue_wait"; and the
--- id of the alert that it is about, nil for none.
function notify.about(event)
  local data = event.data
  if data.rule then
    return ("%s of %s/%s"):format(data.kind, data.rule, data.key), data.id
  end
  return ("%s of %s"):format(data.kind, data.script)
end

return notify
