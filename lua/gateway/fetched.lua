--- Rows that were fetched: tables of the script's own, which may be changed and kept. As
--- in a rule, reading a word that is no field raises, so that no misspelt one is unknown
--- for ever. gw.copy of one is a plain table.
local core = require "gateway.core"
local field = require "gateway.field"
local problem = require "gateway.problem"

local fetched = {}

local metas, known_metas = {}, {}

local function new_meta(query_name)
  local names = {}
  for _, known in ipairs(core.query(query_name).fields) do
    names[known.name] = true
  end
  return {
    __metatable = "row",
    __index = function(_, word)
      if type(word) == "string" and not names[word] then
        problem.raise(select(2, field.find(query_name, word)))
      end
    end,
  }
end

--- Makes each of the list such a row; gives the list, or what there is instead of one.
function fetched.rows(query_name, list, ...)
  if list and #list > 0 then
    local meta = metas[query_name] or new_meta(query_name)
    metas[query_name], known_metas[meta] = meta, true
    for _, row in ipairs(list) do
      setmetatable(row, meta)
    end
  end
  return list, ...
end

--- Whether a table is as plain as it looks: it has no metatable, or that of such a row.
function fetched.is_plain(given)
  local meta = debug.getmetatable(given)
  return meta == nil or known_metas[meta] == true
end

return fetched
