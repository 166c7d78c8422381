--- What the world did: the second result of fetch and send, a table with kind, code and
--- message that prints as one sentence.
local failure = {}

local meta = { __name = "failure", __metatable = false }

function meta.__tostring(err)
  local code = err.code and err.code ~= "" and " " .. err.code or ""
  return string.format("%s%s: %s", err.kind, code, err.message)
end

function meta.__concat(a, b)
  return tostring(a) .. tostring(b)
end

--- An error of the world: for what raises.
function failure.new(kind, code, message)
  return setmetatable({ kind = kind, code = code, message = message }, meta)
end

--- Makes the results of the core (a value, or nil and what went wrong) those of a call.
function failure.results(value, err)
  if err then
    return value, failure.new(err.kind, err.code, err.message)
  end
  return value
end

return failure
