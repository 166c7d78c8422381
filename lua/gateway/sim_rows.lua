--- Rows of a played centre as a test writes them, { { id = 7, calls_waiting = 3 } }, read
--- into the JSON that the core takes, which looks at the values. What is wrong raises a
--- sentence without a place.
local core = require "gateway.core"
local json = require "gateway.json"
local wording = require "gateway.wording"

local sim_rows = {}

-- What a test leaves out and a real centre always says; counts are the core's matter.
local IDLE <const> = { state = "idle", state_age = 0 }
local NEUTRAL <const> = { agents = IDLE, agent = IDLE }

local function fail(text, ...)
  error(string.format(text, ...), 0)
end

local function check_field(query, name)
  local names = {}
  for _, known in ipairs(query.fields) do
    if known.name == name then
      return
    elseif known.wire == name then
      fail("'%s' is '%s' here", name, known.name)
    end
    names[#names + 1] = known.kind ~= "absent" and known.name or nil
  end
  if name ~= query.argument then
    fail("unknown field %s%s", wording.show(name),
      type(name) == "string" and wording.guess_or_list(name, names) or "")
  end
end

-- The number of a queue that gateway.conf names so.
local function number_of(center, given)
  local names = {}
  for index, queue in ipairs(center.queues) do
    if queue.name == given then
      return queue.id
    end
    names[index] = queue.name
  end
  fail("gateway.conf has no queue '%s'%s", given, wording.guess_or_list(given, names))
end

local function read_row(query, given, center)
  if type(given) ~= "table" then
    fail("a list of rows { { %s = …, … } } is needed, not %s in it", query.key, wording.show(given))
  elseif given[query.key] == nil then
    fail("a row needs its %s: { %s = …, … }", query.key, query.key)
  end
  local row = {}
  for name, value in pairs(given.state_code == nil and NEUTRAL[query.name] or {}) do
    row[name] = value
  end
  for name, value in pairs(given) do
    check_field(query, name)
    local is_name = query.named and name == query.key and type(value) == "string"
    row[name] = is_name and number_of(center, value) or value
  end
  return row
end

-- Not { id = 7 } in the place of { { id = 7 } }.
local function check_list(query, given)
  if type(given) ~= "table" then
    fail("a list of rows { { %s = …, … } } is needed, not %s", query.key, wording.show(given))
  elseif next(given) ~= nil and given[1] == nil then
    fail("a list of rows is needed: two braces { { %s = …, … } }", query.key)
  end
end

--- The rows of a query as JSON; an id may be the name of a queue of the center.
function sim_rows.read(query_name, given, center)
  local query, rows = core.query(query_name), json.list {}
  check_list(query, given)
  for index, row in ipairs(given) do
    rows[index] = read_row(query, row, center)
  end
  return json.encode(rows)
end

return sim_rows
