--- Plain trees (booleans, numbers, texts, and tables of them) as bytes, and as values
--- that can be read and not written.
---
--- Bytes keep what JSON loses: integers of 64 bits, floats exactly, texts of any bytes,
--- integers and texts as keys of one table, empty lists (gw.array). Equal trees give equal
--- bytes.
local fetched = require "gateway.fetched"
local json = require "gateway.json"
local problem = require "gateway.problem"
local wording = require "gateway.wording"

local tree = {}

local DEPTH_MAX <const> = 64

--- What encode raises when the bytes would be more than allowed.
tree.TOO_LARGE = setmetatable({}, { __name = "too large" })

-- ---- values that are read only ----

-- The tables inside, which no script reaches. They can be written as JSON.
local insides = json.views

local function in_order(a, b)
  if math.type(a) == math.type(b) then
    return a < b
  end
  return math.type(a) == "integer"
end

--- The keys of a table, integers first, each kind in order.
function tree.keys(plain)
  local keys = {}
  for key in next, plain do
    keys[#keys + 1] = key
  end
  table.sort(keys, in_order)
  return keys
end

--- An iterator as pairs() gives it: over the keys as they are now, with what get(key)
--- gives as they are reached. Values may be set on the way.
function tree.walk(keys, get)
  local index = 0
  return function()
    local key, value
    repeat
      index = index + 1
      key = keys[index]
      if key ~= nil then
        value = get(key)
      end
    until value ~= nil or key == nil
    return key, value
  end
end

local frozen = { __name = "kept table", __metatable = false }

function frozen.__index(view, key)
  return insides[view][key]
end

function frozen.__newindex()
  problem.raise "what is kept is read-only inside: take gw.copy(…) of it, change the copy and keep that"
end

function frozen.__len(view)
  return #insides[view]
end

function frozen.__pairs(view)
  local inside = insides[view]
  return tree.walk(tree.keys(inside), function(key)
    return inside[key]
  end)
end

local function freeze(plain)
  local view = setmetatable({}, frozen)
  insides[view] = plain
  return view
end

--- Whether a value is such a table.
function tree.is_frozen(given)
  return insides[given] ~= nil
end

--- A plain tree, which can be changed.
function tree.thaw(given)
  local inside = insides[given]
  if not inside then
    return given
  end
  local plain = {}
  for key, value in next, inside do
    plain[key] = tree.thaw(value)
  end
  return json.is_list(inside) and json.list(plain) or plain
end

-- ---- to bytes ----

local write

local function add(out, bytes)
  out.size = out.size + #bytes
  if out.size > out.most then
    error(tree.TOO_LARGE, 0)
  end
  out[#out + 1] = bytes
end

local function write_number(out, number)
  if math.type(number) == "integer" then
    return add(out, string.pack("<c1i8", "i", number))
  elseif number ~= number or number == math.huge or number == -math.huge then
    error(tostring(number) .. " cannot be kept: it is no number that can be compared or shown", 0)
  end
  add(out, string.pack("<c1d", "d", number))
end

local function check_key(key)
  if math.type(key) ~= "integer" and type(key) ~= "string" then
    error(string.format("a table with the key %s cannot be kept: keys are texts and integers",
      wording.show(key)), 0)
  end
end

local PAIR_LEAST <const> = 6 -- bytes

local function write_table(out, given, depth)
  local plain = insides[given] or given
  if plain == given and not fetched.is_plain(given) then
    error(wording.show(given) .. " cannot be kept: plain tables are", 0)
  elseif depth == DEPTH_MAX then
    error(string.format("a table nested deeper than %d, or in a circle, cannot be kept", DEPTH_MAX), 0)
  end
  local count = 0
  for key in next, plain do
    check_key(key)
    count = count + 1
    if out.size + count * PAIR_LEAST > out.most then
      error(tree.TOO_LARGE, 0)
    end
  end
  add(out, string.pack("<c1I4", json.is_list(plain) and "[" or "{", count))
  for _, key in ipairs(tree.keys(plain)) do
    write(out, key, depth + 1)
    write(out, plain[key], depth + 1)
  end
end

local WRITERS <const> = {
  boolean = function(out, given)
    add(out, given and "t" or "f")
  end,
  number = write_number,
  string = function(out, given)
    add(out, string.pack("<c1s4", "s", given))
  end,
  table = write_table,
}

function write(out, given, depth)
  local writer = WRITERS[type(given)]
  if not writer then
    error(wording.show(given) .. " cannot be kept: booleans, numbers, texts and plain tables are", 0)
  end
  writer(out, given, depth)
end

--- The bytes of a tree, at most so many. Raises a text for what cannot be kept, or
--- tree.TOO_LARGE.
function tree.encode(given, most)
  local out = { size = 0, most = most }
  write(out, given, 0)
  return table.concat(out)
end

-- ---- from bytes ----

local read

-- A table, and the position behind it.
local function read_table(bytes, at)
  local plain = {}
  local count, after = string.unpack("<I4", bytes, at)
  for _ = 1, count do
    local key, value_at = read(bytes, after)
    plain[key], after = read(bytes, value_at)
  end
  return plain, after
end

local READERS <const> = {
  t = function(_, at)
    return true, at
  end,
  f = function(_, at)
    return false, at
  end,
  i = function(bytes, at)
    return string.unpack("<i8", bytes, at)
  end,
  d = function(bytes, at)
    return string.unpack("<d", bytes, at)
  end,
  s = function(bytes, at)
    return string.unpack("<s4", bytes, at)
  end,
  ["{"] = function(bytes, at)
    local plain, after = read_table(bytes, at)
    return freeze(plain), after
  end,
  -- A list even when it is empty: gw.array.
  ["["] = function(bytes, at)
    local plain, after = read_table(bytes, at)
    return freeze(json.list(plain)), after
  end,
}

function read(bytes, at)
  return READERS[string.sub(bytes, at, at)](bytes, at + 1)
end

--- The value of bytes that encode made; tables in it are read-only.
function tree.decode(bytes)
  return (read(bytes, 1))
end

return tree
