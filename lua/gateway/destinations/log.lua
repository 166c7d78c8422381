--- The gateway's own log: one line per event, nothing leaves the machine.

local alert_text = require("gateway.alert_text")
local json = require("gateway.json")

local LINES <const> = {
  clear = function(data)
    return ("clear %s/%s (%s) after %s: %s"):format(data.rule, data.key, data.reason,
      alert_text.duration(data.duration), data.summary)
  end,
  message = function(data)
    local message = data.message
    return type(message) == "string" and message or json.encode(message)
  end,
}

-- A raise, and whatever is told while it lasts.
local function line_of(data)
  return ("%s %s/%s (%s): %s"):format(data.kind, data.rule, data.key, data.severity, data.summary)
end

return {
  doc = "Writes a line to the gateway's log.",
  options = {},

  render = function(event)
    return { log = (LINES[event.data.kind] or line_of)(event.data) }
  end,

  classify = function()
    return "done"
  end,
}
