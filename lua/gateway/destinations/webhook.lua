--- A plain webhook: the event itself, with the headers of Standard Webhooks; or the same
--- in the shape of another sender.

local alertmanager = require("gateway.alertmanager")
local classify = require("gateway.classify")
local networked = require("gateway.networked")

local SHAPES <const> = {
  -- The text as it was committed, not encoded again: equal id, equal bytes.
  event = function(_, options)
    return options.message
  end,
  alertmanager = alertmanager.body,
}

return {
  doc = "POSTs the event as JSON; signed when the destination has a secret.",

  options = networked {
    url = "required",
    method = "optional",
    ["header.*"] = "optional",
    secret = "optional",
    shape = "optional",
  },

  render = function(event, options)
    return {
      method = options.method,
      headers = { ["content-type"] = "application/json" },
      body = SHAPES[options.shape](event, options),
      sign = "standard-webhooks",
    }
  end,

  classify = classify,
}
