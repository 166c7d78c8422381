--- The gateway's own alerts: from what it found wrong with itself to the event that the
--- core tells (lua/gateway/notify.lua).

local json = require("gateway.json")

local own = {}

local TEXT_MAX <const> = 1000

local SEVERITIES <const> = { ["ccgate-rule"] = "warning" }
local SEVERITY <const> = "critical"

-- Not in the middle of a character.
local function shorten(text)
  if #text <= TEXT_MAX then
    return text
  end
  return text:sub(1, (utf8.offset(text, 0, TEXT_MAX) or TEXT_MAX) - 1) .. "…"
end

local function labels_of(trouble, severity)
  local labels = {
    { "rule", trouble.rule },
    { "script", trouble.script },
    { "key", trouble.name },
    { "severity", severity },
  }
  if trouble.center ~= "" then
    labels[#labels + 1] = { "center", trouble.center }
  end
  return json.object(labels)
end

--- Of { rule, name, center = text | "", script, text, to = { destination, … } }. Of a clear
--- `text` is why; its summary is that of the raise.
function own.event(trouble)
  local severity = SEVERITIES[trouble.rule] or SEVERITY
  local entries = json.array {}
  for index, name in ipairs(trouble.to) do
    entries[index] = json.object { { "to", name } }
  end
  local text = shorten(trouble.text)
  return json.encode(json.object {
    { "severity", severity },
    { "labels", labels_of(trouble, severity) },
    { "summary", text },
    { "why", text },
    { "row", json.object {} },
    { "query", "" },
    { "send", entries },
  })
end

return own
