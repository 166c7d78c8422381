--- A plain webhook: the event itself, with the headers of Standard Webhooks.

local classify = require("gateway.classify")

return {
  doc = "POSTs the event as JSON; signed when the destination has a secret.",

  options = {
    url = "required",
    method = "optional",
    ["header.*"] = "optional",
    secret = "optional",
    ca_file = "optional",
    timeout = "optional",
  },

  -- The text as it was committed, not encoded again: equal id, equal bytes.
  render = function(_, options)
    return {
      method = options.method,
      headers = { ["content-type"] = "application/json" },
      body = options.message,
      sign = true,
    }
  end,

  classify = classify,
}
