--- gw.top(rows, n, field): a list of at most n of them, those with the largest values
--- first. Where the field is unknown they come last; equal ones come in the order of
--- their id, and without one in the order of the list, which is left as it is.
local json = require "gateway.json"
local problem = require "gateway.problem"
local value = require "gateway.value"
local wording = require "gateway.wording"

local function fail(format, ...)
  problem.raise("gw.top: " .. string.format(format, ...))
end

local function check(rows, count, field)
  if value.kind_of(rows) ~= "table" then
    fail("a list of rows is needed, not %s", wording.show(rows))
  elseif not math.type(count) or not math.tointeger(count) or count < 1 then
    fail("the number of rows to give is a whole one from 1 on, not %s", wording.show(count))
  elseif type(field) ~= "string" then
    fail("the name of a field is needed, not %s", wording.show(field))
  end
end

local function get(row, field)
  return row[field]
end

-- What a row has there; nil when it is unknown. A name that its rows do not have raises.
local function read(row, index, field)
  if type(row) ~= "table" and type(row) ~= "userdata" or row == json.null then
    fail("entry %d of the list is %s, not a row", index, wording.show(row))
  end
  local ok, given = pcall(get, row, field)
  if not ok then
    fail("%s", problem.bare(given))
  elseif given == nil or given == json.null or given ~= given then
    return nil
  elseif not math.type(given) then
    fail("'%s' of entry %d is %s, not a number", field, index, wording.show(given))
  end
  return given
end

local function id_of(row)
  local ok, id = pcall(get, row, "id")
  return ok and (math.type(id) or type(id) == "string") and id == id and id or nil
end

-- Numbers before texts, and those before none.
local function rank(id)
  return id == nil and 3 or type(id) == "string" and 2 or 1
end

local function is_before(a, b)
  if a.given ~= b.given then
    return b.given == nil or a.given ~= nil and a.given > b.given
  elseif rank(a.id) ~= rank(b.id) then
    return rank(a.id) < rank(b.id)
  elseif a.id ~= b.id then
    return a.id < b.id
  end
  return a.index < b.index
end

local function top(rows, count, field)
  check(rows, count, field)
  local entries = {}
  for index, row in ipairs(rows) do
    entries[index] = { row = row, index = index, given = read(row, index, field), id = id_of(row) }
  end
  table.sort(entries, is_before)
  local best = {}
  for index = 1, math.min(#entries, count) do
    best[index] = entries[index].row
  end
  return best
end

return top
