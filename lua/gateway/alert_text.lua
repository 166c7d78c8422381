--- What is said of an alert: the event for destinations, the alert for handlers.
--
-- A clear says what was told last: its summary is that of the raise or the last level.
-- What people read instead, "… — over after 12m", is `cleared` of its message. The host
-- knows the row and fills its fields in; the summary that was told and the age of the
-- alert are filled in here, and a clear that no host judged has a text of its own.

local json = require("gateway.json")

local alert_text = {}

local UNITS <const> = { { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 } }

--- 135 → "2m15s", 0 → "0s".
function alert_text.duration(seconds)
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
    age = alert_text.duration((state.ended_at or now) - state.started_at),
  }
  local words = {}
  for index, part in ipairs(state.cleared or CLEARED) do
    words[index] = type(part) == "string" and part or known[part[1]]
  end
  return table.concat(words)
end

--- The event of lifecycle.md §5, for the n-th message of its kind to a destination.
function alert_text.event(transition, state, kind, reason, n)
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

--- The alert as a handler of the rule gets it (scripting.md §2), with its row.
function alert_text.alert(transition, state, kind, reason)
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

return alert_text
