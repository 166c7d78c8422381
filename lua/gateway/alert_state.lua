--- The event and the state of an alert, as JSON: read and checked, and written.
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
--     handlers = as in the event, handled = { kind: count }, raises = [ when, … ] (of all
--     alerts of this key in the last 35 days, the newest 200) }

local json = require("gateway.json")

local alert_state = {}

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

local SHIFT <const> = { { "by", "number" } }

local TIMES <const> = { "started_at", "reminded_at" }

local ACK <const> = { { "by", "string" }, { "note", "string", true } }

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

--- The event; raises when it is not what it must be. Its row is raw: nobody looks into it
--- here.
function alert_state.read_event(text)
  local event = check("the event", json.decode(text, "row"), EVENT)
  for _, entry in ipairs(event.send) do
    check("an entry of the event's send", entry, ENTRY)
  end
  return event
end

--- The value, without the nulls in it; those of labels and of a row stay.
function alert_state.without_null(value)
  for key, inner in pairs(value) do
    if inner == json.null then
      value[key] = nil
    elseif type(inner) == "table" and key ~= "labels" and key ~= "row" then
      alert_state.without_null(inner)
    end
  end
  return value
end

--- The state of an alert, with a raw row; `told` has the present form, whatever form was written.
function alert_state.read(text)
  local state = alert_state.without_null(json.decode(text, "row"))
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

local RAISES_SECONDS <const> = 35 * 86400
local RAISES_MOST <const> = 200

--- When alerts of this key were raised, this one included; `text` is the state of the one
--- before, nil when there was none.
function alert_state.raises(text, now)
  local known = text and json.decode(text, "row").raises or {}
  local from = math.max(1, #known + 2 - RAISES_MOST)
  while known[from] and known[from] < now - RAISES_SECONDS do
    from = from + 1
  end
  local raises = table.move(known, from, #known, 1, {})
  raises[#raises + 1] = now
  return raises
end

--- By how many seconds the clock was put forward; raises when it is not that.
function alert_state.read_shift(text)
  return check("the shift", json.decode(text), SHIFT).by
end

--- Moves all times of a state.
function alert_state.shift(state, by)
  for _, name in ipairs(TIMES) do
    state[name] = state[name] and state[name] + by
  end
  for index, at in ipairs(state.raises or {}) do
    state.raises[index] = at + by
  end
  if state.acked then
    state.acked.at = state.acked.at + by
  end
end

--- What somebody says who acknowledges: { by, note }; raises when it is not that.
function alert_state.read_ack(text)
  return check("the ack", json.decode(text), ACK)
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

--- The text of a state; its row may be json.once().
function alert_state.write(state)
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
    { "raises", state.raises and json.array(state.raises) },
  })
end

return alert_state
