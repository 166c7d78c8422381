--- Rows of a played centre as a test writes them: { id = 7, calls_waiting = 3 }, read
--- into what the core takes: plain values, words as their codes. What is wrong raises a
--- sentence without a place.
---
--- What a test leaves out is neutral: a count or a time in seconds is 0, an agent idle,
--- anything else unknown.
local core = require "gateway.core"
local duration = require "gateway.duration"
local json = require "gateway.json"
local wording = require "gateway.wording"

local sim_rows = {}

local function fail(text, ...)
  error(string.format(text, ...), 0)
end

-- ---- values ----

local function wrong(known, given, needs)
  fail("%s: %s is needed, not %s", known.name, needs, wording.show(given))
end

local function read_whole(known, given)
  local whole = type(given) == "number" and math.tointeger(given)
  return whole or wrong(known, given, "a whole number")
end

local function read_seconds(known, given)
  if type(given) ~= "string" then
    return read_whole(known, given)
  end
  local ms, mistake = duration.read(given)
  if not ms then
    fail("%s: %s", known.name, mistake)
  end
  return ms // 1000
end

local function read_text(known, given)
  return type(given) == "string" and given or wrong(known, given, "a text")
end

local function read_boolean(known, given)
  if type(given) ~= "boolean" then
    wrong(known, given, "true or false")
  end
  return given
end

-- A list of { id, name, media_type }, or { cti = true, … }: the core knows how.
local function read_table(known, given)
  return type(given) == "table" and given or wrong(known, given, "a table")
end

local function read_integer(known, given)
  return known.unit == "seconds" and read_seconds(known, given) or read_whole(known, given)
end

local READERS <const> = {
  integer = read_integer, time = read_whole, text = read_text, name = read_text,
  boolean = read_boolean, media = read_table, skills = read_table,
}

-- ---- fields ----

local function known_names(query)
  local names = {}
  for _, known in ipairs(query.fields) do
    names[#names + 1] = known.kind ~= "absent" and known.name or nil
  end
  return names
end

local function find(query, name)
  for _, known in ipairs(query.fields) do
    if known.name == name and known.kind ~= "absent" then
      return known
    elseif known.wire == name then
      fail("'%s' is '%s' here", name, known.name)
    end
  end
  fail("unknown field %s%s", wording.show(name),
    type(name) == "string" and wording.guess_or_list(name, known_names(query)) or "")
end

-- The names of the fields that one is worked out of.
local function names_of(query, known)
  local names = {}
  for place, index in ipairs(known.of) do
    names[place] = query.fields[index + 1].name
  end
  return names
end

local function code_of(known, given)
  for index, word in ipairs(known.words) do
    if word == read_text(known, given) then
      return known.codes[index]
    end
  end
  fail("%s: no word '%s'%s", known.name, given, wording.guess_or_list(given, known.words))
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

-- The field that is set, and its value: a word is put down as its code.
local function read_field(query, name, given, center)
  local known = find(query, name)
  if known.kind == "word" then
    return names_of(query, known)[1], code_of(known, given)
  elseif query.named and name == query.key and type(given) == "string" then
    return name, number_of(center, given)
  elseif known.of then
    fail("%s is worked out of %s; say what these are", name, wording.list(names_of(query, known)))
  end
  return name, READERS[known.kind](known, given)
end

-- ---- rows ----

local NEUTRAL <const> = { count = 0, seconds = 0 }
local IDLE <const> = { agents = true, agent = true }

local function neutral(query)
  local row = {}
  for _, known in ipairs(query.fields) do
    row[known.name] = not known.of and known.kind == "integer" and NEUTRAL[known.unit] or nil
  end
  if IDLE[query.name] then
    local name, code = read_field(query, "state", "idle")
    row[name] = code
  end
  return row
end

local function read_row(query, given, center)
  if type(given) ~= "table" then
    fail("a list of rows { { %s = …, … } } is needed, not %s in it", query.key, wording.show(given))
  elseif given[query.key] == nil then
    fail("a row needs its %s: { %s = …, … }", query.key, query.key)
  end
  local row = neutral(query)
  for name, value in pairs(given) do
    local set, read = read_field(query, name, value, center)
    row[set] = read
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
