--- Rows that a rule makes: what map gives or from finds, with the fields that fields names,
--- told apart by key.
---
--- They are rows of a query of the rule's own (core.derive), whose fields are those of the
--- query that it watches, and those that it declares. What is computed there (a word of a
--- code, a ratio) is a value like any other here: a row says what it says, and what it does
--- not say is unknown.
local core = require "gateway.core"
local json = require "gateway.json"
local shape = require "gateway.shape"
local source = require "gateway.source"
local value = require "gateway.value"
local wording = require "gateway.wording"

local made = {}

local UNITS <const> = { "count", "seconds", "ratio", "text", "boolean" }
local MOST <const> = 62
local NAME_MAX <const> = 60
local KEY_MAX <const> = 255

--- What a message asks for.
made.FIELDS = 'a table such as { load = "ratio" }'
made.MAP = "a function such as function(rows, now) return rows end"
made.KEY = 'a function such as function(row) return row.name end'

-- ---- fields ----

local IS_UNIT <const> = {}
for _, unit in ipairs(UNITS) do
  IS_UNIT[unit] = true
end

local function mistake_of(name, unit)
  if type(name) ~= "string" then
    return string.format("%s stands without a name; write load = \"ratio\"", wording.show(unit))
  elseif not string.find(name, "^[%a_][%w_]*$") or #name > NAME_MAX then
    return string.format("%s is no name; it has letters, digits and _", wording.show(name))
  elseif name == "key" or name == "id" then
    return string.format("'%s' is always there", name)
  elseif type(unit) ~= "string" then
    return string.format("a unit is one of %s, not %s", wording.list(UNITS), wording.show(unit))
  elseif not IS_UNIT[unit] then
    return string.format("no unit '%s'%s", unit, wording.guess_or_list(unit, UNITS))
  end
end

--- A check for shapes: { load = "ratio" }. Gives a list of { name, unit }, in order.
function made.check_fields(given, fail)
  local names, list = {}, {}
  for name in next, given do
    names[#names + 1] = name
  end
  table.sort(names, function(a, b)
    return tostring(a) < tostring(b)
  end)
  for _, name in ipairs(names) do
    local mistake = mistake_of(name, given[name])
    if mistake then
      fail(mistake, name)
    else
      list[#list + 1] = { name, given[name] }
    end
  end
  return list
end

-- ---- the query ----

--- Whether a rule, as it was checked, judges other rows than those that come.
function made.is_needed(checked)
  return checked.look ~= nil or checked.map ~= nil or checked.key ~= nil or checked.fields ~= nil
end

-- Those that the query (nil: none) has not, and that there is room for; of others fail(text,
-- name) hears.
local function fitting(declared, base, fail)
  local fields = base and base.fields or {}
  local known, room, list = {}, MOST - #fields - 2, {}
  for _, field in ipairs(fields) do
    known[field.name] = true
  end
  for _, one in ipairs(declared) do
    if known[one[1]] then
      fail(string.format("'%s' is a field of %s already; map may change it", one[1], base.row), one[1])
    elseif #list < room then
      list[#list + 1] = one
    else
      fail(string.format("there is room for %d", room), one[1])
    end
  end
  return list
end

--- Makes the query of the rule's rows from that which it watches (nil: it finds them), and
--- gives its name.
--- fail(text, …), whose further arguments lead to the key, hears what is wrong.
function made.derive(rule_name, checked, base_name, fail)
  local name = "rule " .. rule_name
  if checked.fields and not checked.map and not checked.look then
    fail("fields: nothing adds them; map = function(rows, now) does", "fields")
  end
  local list = fitting(checked.fields or {}, base_name and core.query(base_name), function(text, field)
    fail("fields: " .. text, "fields", field)
  end)
  core.derive(name, base_name, list, checked.key ~= nil)
  return name
end

-- ---- values: what the core takes, or nil and the end of a sentence ----

local readers = {}

function readers.integer(given)
  return math.tointeger(given), "is a whole number"
end

readers.time = readers.integer

function readers.number(given)
  local is_finite = math.type(given) and given == given and math.abs(given) ~= math.huge
  return is_finite and given or nil, "is a number"
end

function readers.text(given)
  return type(given) == "string" and given or nil, "is a text"
end

readers.word = readers.text

function readers.boolean(given)
  if type(given) == "boolean" then
    return given
  end
  return nil, "is true or false"
end

function readers.media(given)
  return type(given) == "table" and given or nil, "is a table of booleans"
end

function readers.skills(given)
  if type(given) ~= "table" then
    return nil, "is a list"
  end
  return json.encode(json.list(given))
end

function readers.absent()
  return nil, "is not known here"
end

-- What a row says that has no such field: of map a mistake. What a function finds was
-- fetched, perhaps, and has more than the rule declares.
local function check_unknown(name, fields, is_found)
  if not is_found then
    error(string.format("there is no field %s; fields declares what is new%s", wording.show(name),
      type(name) == "string" and wording.guess(name, wording.keys(fields)) or ""), 0)
  end
end

-- Ids of what a function finds may be numbers.
local function read_value(field, one)
  if field.name == "id" and field.kind == "text" and math.type(one) == "integer" then
    return tostring(one)
  end
  return readers[field.kind](one)
end

-- A row or table as a flat table for the core; raises what is wrong with it.
local function flatten(given, fields, is_found)
  if type(given) ~= "table" and type(given) ~= "userdata" or value.kind_of(given) ~= type(given) then
    error(string.format("is %s; a row or a table is needed", wording.show(given)), 0)
  end
  local flat = {}
  for name, one in next, core.copy(given) do
    local field = fields[name]
    if not field then
      check_unknown(name, fields, is_found)
    elseif one ~= json.null then
      local read, kind = read_value(field, one)
      if read == nil then
        error(string.format("'%s' %s, not %s", name, kind, wording.show(one)), 0)
      end
      flat[name] = read
    end
  end
  return flat
end

-- ---- making ----

-- What tells the row apart, as the core takes it and as people are told of it.
local function read_key(given)
  local key = math.type(given) == "integer" and tostring(given) or given
  if type(key) ~= "string" then
    error(string.format("gave %s; a text is needed", wording.show(given)), 0)
  elseif key == "" or #key > KEY_MAX or string.find(key, "%c") or not utf8.len(key) then
    error(string.format("gave %s; a key is a printable text of up to %d bytes", wording.show(key),
      KEY_MAX), 0)
  end
  return key
end

-- What is raised by map or key themselves has its place; what they give, that of the key.
local function placer(rule)
  return function(key, text)
    local spot = source.line(rule.line, "rule", { key }, rule.name)
    error(string.format("%s: %s: %s", source.place(spot), key, text), 0)
  end
end

local function fields_of(query)
  local fields = {}
  for _, field in ipairs(query.fields) do
    fields[field.name] = field
  end
  return fields
end

-- Two rows that are told apart by nothing would be one alert.
local function check_once(seen, key, index, fail, by)
  if seen[key] then
    fail(by, string.format("rows %d and %d both have the %s %s", seen[key], index,
      by == "key" and "key" or "id", wording.show(key)))
  end
  seen[key] = index
end

-- A table by names would be an answer without rows, which clears everything.
local function check_list(list, fail, by)
  if value.kind_of(list) ~= "table" then
    fail(by, string.format("it gave %s; a list of rows is needed", wording.show(list)))
  end
  for key in next, list do
    if not math.tointeger(key) then
      fail(by, string.format("it gave a table with the key %s; a list of rows is needed: "
        .. "{ { id = …, … } }", wording.show(key)))
    end
  end
end

-- Reads a list that `by` ("map" or "from") gave as flat tables; raises at the key of the
-- rule what is wrong with it.
local function reader(rule, by)
  local query, fail = core.query(rule.query), placer(rule)
  local fields = fields_of(query)
  local function read_row(given, index)
    local ok, flat = pcall(flatten, given, fields, by == "from")
    if not ok then
      fail(by, string.format("row %d: %s", index, flat))
    end
    if rule.key then
      local key_ok, key = pcall(read_key, rule.key(given))
      flat.key = key_ok and key or fail("key", string.format("row %d: it %s", index, key))
    elseif flat[query.key] == nil then
      fail(by, string.format("row %d: it has no %s", index, query.key))
    end
    return flat
  end
  return function(list)
    check_list(list, fail, by)
    local flats, seen = {}, {}
    for index = 1, shape.length(list) do
      flats[index] = read_row(list[index], index)
      check_once(seen, flats[index][query.key], index, fail, rule.key and "key" or by)
    end
    return flats
  end
end

--- What core.rule takes as make, of a rule { name, line, query = name of the derived one,
--- map | nil, key | nil }: function(rows, now) → flat tables. Raises, placed at the key of
--- the rule, when they cannot be used.
function made.maker(rule)
  local read = reader(rule, "map")
  return function(rows, now)
    if rule.map then
      rows = rule.map(rows, now)
    end
    return read(rows)
  end
end

--- What core.rule takes as look, of such a rule with look = its from: function(now), a task
--- that leaves what it finds. That it finds nothing, for a reason, is told once.
function made.looker(rule)
  local read, told = reader(rule, rule.map and "map" or "from"), nil
  return function(now)
    local rows, err = rule.look(now)
    if rows == nil then
      local why = err == nil and "it gave nothing" or tostring(err)
      if why ~= told then
        told = why
        core.log("warn", "from: no sample: " .. why)
      end
      return
    end
    told = nil
    if rule.map then
      rows = rule.map(rows, now)
    end
    core.found(read(rows))
  end
end

return made
