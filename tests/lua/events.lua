--- Events as kinds of destinations are given them, and what they make of them.
local json = require "gateway.json"

local events = {}

local function merge(base, changes)
  local merged = {}
  for key, value in pairs(base) do
    merged[key] = value
  end
  for key, value in pairs(changes or {}) do
    merged[key] = value
  end
  return merged
end

local RAISE <const> = {
  id = "f00-1", fingerprint = "f00", kind = "raise", status = "raised", severity = "critical",
  was = json.null, rule = "queue-wait", script = "queue_wait", center = "main", key = "7",
  labels = { queue = "sales", ["skill-group"] = 3 }, summary = "sales: 9 waiting",
  details = json.null, link = json.null, why = "calls_waiting is 9 (above 5)",
  reason = json.null, started_at = 1763661900, ended_at = json.null, duration = 0, n = 1,
  row = { id = 7, calls_waiting = 9 },
}

local CLEAR <const> = merge(RAISE, {
  kind = "clear", status = "cleared", reason = "recovered", ended_at = 1763662035, duration = 135,
})

function events.raise(changes)
  return { type = "alert.raise", timestamp = "2025-11-20T18:05:00Z", data = merge(RAISE, changes) }
end

function events.clear(changes)
  return { type = "alert.clear", timestamp = "2025-11-20T18:07:15Z", data = merge(CLEAR, changes) }
end

function events.message(message)
  return {
    type = "message", timestamp = "2025-11-20T18:05:00Z",
    data = { kind = "message", script = "digest", message = message },
  }
end

--- The body that a kind renders, decoded, and its text.
function events.body(kind, event, options)
  local request = kind.render(event, merge({
    name = "floor", id = "msg_1", method = "POST", shape = "event", people = {}, message = "{}",
  }, options))
  return json.decode((request.body:gsub("\1", '"'))), request.body
end

return events
