--- What destination:send gives: the id of the message, and its end.
local answer = require "gateway.answer"
local duration = require "gateway.duration"
local problem = require "gateway.problem"
local value = require "gateway.value"

local receipt = {}

local WAIT <const> = "1m"

local methods = {}

--- The receiver's last answer { status, headers, body, json }, or nil and what went wrong:
--- of kind timeout when it is not over within that time, by default a minute; what the
--- receiver said of one that is given up. Of a message that was over before, the first KB
--- of the body and no headers; of a destination of kind log, no status.
function methods.wait(self, given)
  local inside = value.inside(self, "receipt")
  if not inside then
    problem.raise 'wait is called with a colon: receipt:wait "30s"'
  end
  local ms, mistake = duration.read(given == nil and WAIT or given)
  if not ms then
    problem.raise("receipt:wait: " .. mistake)
  end
  return answer.ask("receipt", "receipt:wait", { id = inside.id, ms = ms })
end

local make = value.kind("receipt", methods, function(inside)
  return string.format("message %s to %s", inside.id, inside.to)
end, { "id" })

--- A receipt. Its id is that of the outbox: ccgate outbox show ID.
function receipt.new(id, to)
  return make { id = id, to = to }
end

return receipt
