--- What somebody else's server answered: { status, headers, body, json }.
local ask = require "gateway.ask"
local document = require "gateway.document"

local answer = {}

--- Asks the core; an answer, or nil and what went wrong. headers have names in small
--- letters; json is the body as gw.json.decode reads it, where it is JSON.
function answer.ask(word, what, question)
  local given, err = ask.core(word, what, question)
  if not given then
    return nil, err
  end
  local ok, decoded = pcall(document.members.decode, given.body)
  given.json = ok and decoded or nil
  return given
end

return answer
