--- A double of the rows that scripts see: strict and read-only.
local cjson = require "cjson"
local fake_model = require "lua.fake_model"

local fake_row = {}

local ROW_QUERY <const>, ROW_VALUES <const> = {}, {}

local function field_of(query, name)
  for _, described in ipairs(query.fields) do
    if described.name == name or described.wire == name then
      return described
    end
  end
end

local row_meta = { __name = "row" }

function row_meta.__index(row, name)
  local query = rawget(row, ROW_QUERY)
  local described = field_of(query, name)
  if not described then
    error(string.format("%s has no field '%s'", query.row, name), 2)
  elseif described.name ~= name then
    error(string.format("'%s' is '%s' here", name, described.name), 2)
  end
  return rawget(row, ROW_VALUES)[name]
end

function row_meta.__newindex()
  error("rows are read-only", 2)
end

function row_meta.__pairs(row)
  local index, fields = 0, rawget(row, ROW_QUERY).fields
  return function()
    index = index + 1
    if fields[index] then
      return fields[index].name, row[fields[index].name]
    end
  end
end

--- A strict, read-only row of these values, of queues unless a query is named or given.
function fake_row.new(values, query)
  query = type(query) == "table" and query or fake_model.QUERIES[query or "queues"]
  local row = { [ROW_QUERY] = query, [ROW_VALUES] = values }
  for name in pairs(values) do
    assert(field_of(row[ROW_QUERY], name), name)
  end
  return setmetatable(row, row_meta)
end

--- Its values as a plain table.
function fake_row.copy(row)
  assert(type(row) == "table")
  local plain = {}
  for name, value in pairs(row) do
    plain[name] = value
  end
  return plain
end

--- Them as JSON.
function fake_row.json(row)
  local parts = {}
  for name, value in pairs(row) do
    local text = math.type(value) == "integer" and string.format("%d", value) or cjson.encode(value)
    parts[#parts + 1] = string.format('"%s":%s', name, text)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

--- The key of its query: a number or a text.
function fake_row.key(row)
  return row[rawget(row, ROW_QUERY).key]
end

return fake_row
