--- The fields of rows, by the names that people write.
local core = require "gateway.core"
local wording = require "gateway.wording"

local field = {}

--- Every query there is, as it is called in gw.
field.QUERIES = { "queues", "agents", "agent_calls", "agent_operations", "agent" }

-- Two queries give rows of one kind: what one of them never says, the other may.
local SIBLINGS <const> = { agents = "agent", agent = "agents" }

--- The query that is asked for rows: of rows that a rule makes, the one that it watches.
function field.asked(query_name)
  return core.query(query_name).base or query_name
end

--- The query whose rows are of the same kind, nil when there is none.
function field.sibling(query_name)
  return SIBLINGS[field.asked(query_name)]
end

-- "gw.agents and gw.agent": whose rows have such a field; nil when none have.
local function askers(word)
  local names = {}
  for _, query_name in ipairs(field.QUERIES) do
    for _, known in ipairs(core.query(query_name).fields) do
      if known.name == word and known.kind ~= "absent" then
        names[#names + 1] = "gw." .. query_name
      end
    end
  end
  return #names > 0 and wording.list(names) or nil
end

local function unknown(described, word)
  local names, others = {}, askers(word)
  for _, known in ipairs(described.fields) do
    names[#names + 1] = known.kind ~= "absent" and known.name or nil
  end
  return string.format("%s has no field '%s'%s", described.row, word,
    others and "; it comes from " .. others or wording.guess_or_list(word, names))
end

-- What the contact centre calls `known`; a code has a word beside it, which is what most
-- people look for.
local function translated(known, word)
  local stem = string.match(known.name, "^(.+)_code$")
  if stem then
    return string.format("'%s' is '%s' here, and as a number '%s'", word, stem, known.name)
  end
  return string.format("'%s' is '%s' here", word, known.name)
end

--- The field `word` of a query's rows and its index from 0; nil and a sentence when the
--- query does not give it.
function field.find(query_name, word)
  local described = core.query(query_name)
  for index, known in ipairs(described.fields) do
    if known.name == word and known.kind == "absent" then
      return nil, string.format("'%s' comes from gw.%s only", word, field.sibling(query_name))
    elseif known.name == word then
      return known, index - 1
    elseif known.wire == word then
      return nil, translated(known, word)
    end
  end
  return nil, unknown(described, word)
end

return field
