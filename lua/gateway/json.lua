--- JSON that keeps what lua-cjson loses: integers, key order, empty lists, null.
--
-- Plain tables are written with sorted keys, so that equal values give equal bytes.
-- Reading is lua-cjson's, with whole numbers made integers again; an empty list that was
-- read is an empty table and is written as {}: document.lua reads more exactly.

local cjson = require("cjson").new()

local DEPTH_MAX <const> = 64
local INTEGER_MAX <const> = 2 ^ 53 -- a double beyond is not exact: it stays a float

cjson.decode_invalid_numbers(false)
cjson.decode_max_depth(DEPTH_MAX)

--- What is nested deeper is neither read nor written.
local json = { null = cjson.null, DEPTH_MAX = DEPTH_MAX }

--- Tables that stand for texts: by the one that is seen.
json.texts = setmetatable({}, { __mode = "k" })

--- Tables that stand for others, which are written in their place: by the one that is
--- seen. Both sides are the library's own.
json.views = setmetatable({}, { __mode = "k" })

-- Plain tables that are lists, also when they are empty. No metatable: scripts have them.
local lists = setmetatable({}, { __mode = "k" })

local Object = { __name = "json.object" }
local Array = { __name = "json.array" }
local Raw = { __name = "json.raw" }

--- An object whose keys keep this order: json.object { { "k", v }, … }. A nil is null.
function json.object(pairs_in_order)
  return setmetatable(pairs_in_order, Object)
end

--- A list, also when it is empty.
function json.array(list)
  return setmetatable(list, Array)
end

--- The plain table itself, which is from now on written as a list, also when it is empty.
function json.list(plain)
  lists[plain] = true
  return plain
end

--- Whether it is such a table.
function json.is_list(plain)
  return lists[plain] == true
end

--- JSON text that is put in as it is; raises when it is not JSON.
function json.raw(text)
  json.decode(text)
  return setmetatable({ text }, Raw)
end

--- A value that is written in several places, and encoded here once.
function json.once(value)
  return setmetatable({ json.encode(value) }, Raw)
end

--- The place of a secret of the destination, which the core fills in as the request
--- leaves. No text can look like it: their control characters are escaped.
function json.secret(name)
  return setmetatable({ "\1" .. name .. "\1" }, Raw)
end

local ESCAPES <const> = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f",
  ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

local function escape(character)
  return ESCAPES[character] or ("\\u%04x"):format(character:byte())
end

-- Every byte that belongs to no valid sequence becomes U+FFFD.
local function repair(text)
  local parts, from = {}, 1
  while from <= #text do
    local _, bad = utf8.len(text, from)
    parts[#parts + 1] = text:sub(from, (bad or #text + 1) - 1)
    if bad then
      parts[#parts + 1] = "\u{FFFD}"
    end
    from = (bad or #text) + 1
  end
  return table.concat(parts)
end

local function encode_string(text)
  if text:find('[%c"\\\x80-\xff]') then
    text = (utf8.len(text) and text or repair(text)):gsub('[%c"\\]', escape)
  end
  return '"' .. text .. '"'
end

-- Rows have the same keys again and again: the short ones are kept as they are written.
local KEYS_MAX <const> = 256
local KEY_SIZE_MAX <const> = 32
local known_keys, key_count = {}, 0

local function encode_key(key)
  local known = known_keys[key]
  if known then
    return known
  end
  local text = encode_string(key) .. ":"
  if #key <= KEY_SIZE_MAX and key_count < KEYS_MAX then
    known_keys[key] = text
    key_count = key_count + 1
  end
  return text
end

-- The first of these that gives the same number again is the shortest.
local FLOATS <const> = { "%.15g", "%.16g", "%.17g" }

local function encode_float(number)
  if number ~= number or number == math.huge or number == -math.huge then
    error("JSON has no " .. tostring(number), 0)
  end
  local text
  for _, form in ipairs(FLOATS) do
    text = form:format(number)
    if tonumber(text) == number then
      break
    end
  end
  return text
end

-- An integer stays one: table.concat writes its digits.
local function encode_number(number)
  return math.type(number) == "integer" and number or encode_float(number)
end

-- What is written are parts, joined in the end. A writer puts its own behind the `n` that
-- are there and gives how many there are then: asking a table for its size costs more.
local write

local function write_list(parts, n, list, depth)
  n = n + 1
  parts[n] = "["
  for i = 1, #list do
    if i > 1 then
      n = n + 1
      parts[n] = ","
    end
    n = write(parts, n, list[i], depth)
  end
  parts[n + 1] = "]"
  return n + 1
end

local function write_pair(parts, n, first, key, value, depth)
  if type(key) ~= "string" then
    error(("a JSON object has text keys, not %s"):format(tostring(key)), 0)
  end
  if not first then
    n = n + 1
    parts[n] = ","
  end
  parts[n + 1] = encode_key(key)
  return write(parts, n + 1, value, depth)
end

local function write_object(parts, n, object, depth)
  n = n + 1
  parts[n] = "{"
  for i, pair in ipairs(object) do
    n = write_pair(parts, n, i == 1, pair[1], pair[2], depth)
  end
  parts[n + 1] = "}"
  return n + 1
end

-- A table is a list when its keys are 1…n and there is at least one, or json.list has
-- said so and it has none.
local function is_list(value)
  if value[1] == nil then
    return lists[value] and next(value) == nil
  end
  local count = 0
  for _ in pairs(value) do
    count = count + 1
  end
  return count == #value
end

-- The keys of the last object with so many, in order: that of the next is often the same,
-- and then it need not be sorted. Long keys are not worth their memory.
local ORDERS_MAX <const> = 64
local orders = {}

local function is_order_of(order, value)
  for i = 1, #order do
    if rawget(value, order[i]) == nil then
      return false
    end
  end
  return true
end

local function sort_keys(value)
  local keys, is_short = {}, true
  for key in pairs(value) do
    if type(key) ~= "string" then
      error(("a JSON object has text keys, not %s"):format(tostring(key)), 0)
    end
    keys[#keys + 1] = key
    is_short = is_short and #key <= KEY_SIZE_MAX
  end
  table.sort(keys)
  if is_short and #keys <= ORDERS_MAX then
    orders[#keys] = keys
  end
  return keys
end

local function keys_of(value)
  local count = 0
  for _ in pairs(value) do
    count = count + 1
  end
  local order = orders[count]
  return order and is_order_of(order, value) and order or sort_keys(value)
end

local function write_plain(parts, n, value, depth)
  if is_list(value) then
    return write_list(parts, n, value, depth)
  end
  n = n + 1
  parts[n] = "{"
  for i, key in ipairs(keys_of(value)) do
    n = write_pair(parts, n, i == 1, key, value[key], depth)
  end
  parts[n + 1] = "}"
  return n + 1
end

local function write_raw(parts, n, value)
  parts[n + 1] = value[1]
  return n + 1
end

local WRITERS <const> = { [Object] = write_object, [Array] = write_list, [Raw] = write_raw }

local function write_table(parts, n, value, depth)
  if depth == DEPTH_MAX then
    error(("nested deeper than %d, or in a circle"):format(DEPTH_MAX), 0)
  end
  value = json.views[value] or value
  local meta = getmetatable(value)
  if meta == false then
    error("a value of the gateway's own cannot be JSON: take gw.copy(…) of it", 0)
  end
  local writer = WRITERS[meta] or write_plain
  return writer(parts, n, value, depth + 1)
end

local UNKNOWN <const> = { userdata = "a row cannot be JSON: take gw.copy(…) of it" }

local SCALARS <const> = {
  ["nil"] = function()
    return "null"
  end,
  boolean = tostring,
  number = encode_number,
  string = encode_string,
}

function write(parts, n, value, depth)
  if type(value) == "table" then
    value = json.texts[value] or value
    if type(value) == "table" then
      return write_table(parts, n, value, depth)
    end
  elseif value == json.null then
    value = nil
  end
  local scalar = SCALARS[type(value)]
  if not scalar then
    error(UNKNOWN[type(value)] or ("a %s cannot be JSON"):format(type(value)), 0)
  end
  parts[n + 1] = scalar(value)
  return n + 1
end

--- The text of a value; raises for what JSON cannot say (NaN, functions, mixed keys).
function json.encode(value)
  local parts = {}
  write(parts, 0, value, 0)
  return table.concat(parts)
end

--- A number that lua-cjson read as it is meant: an integer when it is whole; any other
--- value as it is.
function json.whole(value)
  if math.type(value) == "float" and value >= -INTEGER_MAX and value <= INTEGER_MAX then
    return math.tointeger(value) or value
  end
  return value
end

local function restore(value)
  if type(value) ~= "table" then
    return json.whole(value)
  end
  for key, item in pairs(value) do
    value[key] = restore(item)
  end
  return value
end

--- The value of a text; raises when it is not JSON. Null is json.null.
function json.decode(text)
  return restore(cjson.decode(text))
end

return json
