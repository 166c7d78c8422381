--- The fields of rows, by the names that people write.
local core = require "gateway.core"
local wording = require "gateway.wording"

local field = {}

--- Every query there is, as it is called in gw.
field.QUERIES = { "queues", "agents", "agent_calls", "agent_operations", "agent" }

-- Two queries give rows of one kind: what one of them never says, the other may.
local SIBLINGS <const> = { agents = "agent", agent = "agents" }

--- The query whose rows are of the same kind, nil when there is none.
function field.sibling(query_name)
  return SIBLINGS[query_name]
end

--- The field `word` of a query's rows and its index from 0; nil and a sentence when the
--- query does not give it.
function field.find(query_name, word)
  local described = core.query(query_name)
  local names = {}
  for index, known in ipairs(described.fields) do
    if known.name == word and known.kind == "absent" then
      return nil, string.format("'%s' comes from gw.%s only", word, SIBLINGS[query_name])
    elseif known.name == word then
      return known, index - 1
    elseif known.wire == word then
      return nil, string.format("'%s' is '%s' here", word, known.name)
    elseif known.kind ~= "absent" then
      names[#names + 1] = known.name
    end
  end
  return nil, string.format("%s has no field '%s'%s", described.row, word,
    wording.guess_or_list(word, names))
end

return field
