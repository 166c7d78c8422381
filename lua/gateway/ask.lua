--- Asks the core for something by a word (core/script/resident_ask.h), in a task.
local core = require "gateway.core"
local failure = require "gateway.failure"
local json = require "gateway.json"
local problem = require "gateway.problem"

local ask = {}

--- The decoded answer, or nil and what went wrong. `what` is the call as messages name it.
function ask.core(word, what, question)
  problem.only_task(what)
  local text, err = core.ask(word, json.encode(question), what)
  return failure.results(text and json.decode(text), err)
end

return ask
