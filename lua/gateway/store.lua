--- gw.store(): this script's table that survives restarts.
---
---   local day = gw.store()        gw.store { keep = "36h" } forgets what is older
---   day[q.name] = 5               texts and integers as keys, kept apart
---   for name, wait in pairs(day) do … end     integers, then texts, in order
---
--- Booleans, numbers, texts and plain trees of them are copied in; a table that is read
--- is read-only (gw.copy gives one that is not). A change commits with the activation
--- and is dropped when that raises. One table per script, at most `store` bytes
--- (gateway.conf) of keys and values and 32 for each; more raises an error of kind
--- "limit". While the script loads there is nothing to read or write yet.
local core = require "gateway.core"
local duration = require "gateway.duration"
local failure = require "gateway.failure"
local problem = require "gateway.problem"
local shape = require "gateway.shape"
local tree = require "gateway.tree"
local wording = require "gateway.wording"

local store = {}

local COST <const> = 32
local KEY_MAX <const> = 250
local SWEEPS <const> = 100 -- while a value grows old enough to be forgotten

local bytes, written, values = {}, {}, {} -- by key; values are made when they are read
local size = 0
local undo, undo_count = {}, 0 -- of what is not committed: { number, key, bytes, written }
local keep_s, next_sweep = nil, 0

-- ---- keys ----

local function escape(character)
  return string.format("%%%02X", string.byte(character))
end

local function unescape(digits)
  return string.char(tonumber(digits, 16))
end

local function text_of(key)
  if math.type(key) == "integer" then
    return string.format("i%d", key)
  end
  return "s" .. string.gsub(key, "[^ -$&-~]", escape)
end

local function key_of(text)
  local rest = string.sub(text, 2)
  if string.sub(text, 1, 1) == "i" then
    return math.tointeger(tonumber(rest))
  end
  return (string.gsub(rest, "%%(%x%x)", unescape))
end

-- The key as it is kept; raises for what is none.
local function check(key)
  local right = math.type(key) and math.tointeger(key) or key
  if math.type(right) ~= "integer" and type(right) ~= "string" then
    problem.raise(string.format("gw.store: a key is a text or an integer, not %s", wording.show(key)))
  end
  local text = text_of(right)
  if #text > KEY_MAX then
    problem.raise(string.format("gw.store: a key has at most %d bytes (three for each that is not ASCII)",
      KEY_MAX))
  end
  return right, text
end

-- ---- changes ----

local function set(key, text, new, at)
  size = size - (bytes[key] and #text + #bytes[key] + COST or 0)
  size = size + (new and #text + #new + COST or 0)
  bytes[key], written[key], values[key] = new, at, nil
end

-- Takes back what the core dropped because its activation raised.
local function sync()
  if problem.is_loading() then
    problem.raise "gw.store: it is read and written in functions: while the script loads nothing is there"
  end
  local from = core.dropped()
  while from and undo_count > 0 and undo[undo_count][1] > from do
    local _, key, old, at = table.unpack(undo[undo_count], 1, 4)
    undo[undo_count] = nil
    undo_count = undo_count - 1
    set(key, text_of(key), old, at)
  end
end

local function too_much(text)
  error(failure.new("limit", "", text), 0)
end

local function change(key, text, new)
  local number, is_first = core.keep(text, new)
  if not number then
    too_much "gw.store: more than one activation can change"
  elseif is_first then
    undo, undo_count = {}, 0
  end
  undo_count = undo_count + 1
  undo[undo_count] = { number, key, bytes[key], written[key] }
  set(key, text, new, new and core.now() // 1000)
end

local function is_old(key, now)
  return keep_s and written[key] and now - written[key] >= keep_s
end

local function sweep()
  local now = core.now() // 1000
  if not keep_s or now < next_sweep then
    return
  end
  next_sweep = now + math.max(keep_s // SWEEPS, 1)
  for _, key in ipairs(tree.keys(bytes)) do
    if is_old(key, now) then
      change(key, text_of(key), nil)
    end
  end
end

local function encode(given)
  local ok, result = pcall(tree.encode, given, core.store_max)
  if ok then
    return result
  elseif result == tree.TOO_LARGE then
    too_much(string.format("gw.store: one value has more than the %d bytes of all (store in gateway.conf)",
      core.store_max))
  end
  problem.raise("gw.store: " .. tostring(result))
end

local function put(key, given)
  local text
  key, text = check(key)
  sync()
  sweep()
  local new = given ~= nil and encode(given) or nil
  local old = bytes[key] and #text + #bytes[key] + COST or 0
  local cost = new and #text + #new + COST or 0
  if new == bytes[key] and not keep_s then
    return
  elseif cost > old and size - old + cost > core.store_max then
    too_much(string.format("gw.store: full, with %d of %d bytes (store in gateway.conf)", size,
      core.store_max))
  end
  change(key, text, new)
end

local function get(key)
  if is_old(key, core.now() // 1000) then
    return nil
  elseif values[key] == nil and bytes[key] then
    values[key] = tree.decode(bytes[key])
  end
  return values[key]
end

-- ---- the table ----

local meta = { __name = "store", __metatable = false }

function meta.__index(_, key)
  sync()
  local right = math.type(key) and math.tointeger(key) or key
  if right ~= nil and right == right then
    return get(right)
  end
end

function meta.__newindex(_, key, given)
  put(key, given)
end

function meta.__len()
  sync()
  return #bytes
end

function meta.__pairs()
  sync()
  return tree.walk(tree.keys(bytes), function(key)
    sync()
    return get(key)
  end)
end

local proxy = setmetatable({}, meta)

local OPTIONS <const> = {
  { "keep", needs = 'a duration such as keep = "36h"', check = duration.check "1s" },
}

--- The script's table; `keep` holds for all of it.
function store.open(given)
  local checked = shape.check(OPTIONS, given == nil and {} or given, function(text)
    problem.report("gw.store: " .. text)
  end)
  if checked and checked.keep then
    local seconds = math.max(checked.keep // 1000, 1)
    if keep_s and keep_s ~= seconds then
      problem.report "gw.store: a script has one table, and keep is said twice with different times"
    end
    keep_s = seconds
  end
  return proxy
end

--- A plain copy of what is kept, when this is it.
function store.thaw(given)
  if given ~= proxy then
    return tree.thaw(given)
  end
  local plain = {}
  for key, value in meta.__pairs() do
    plain[key] = tree.thaw(value)
  end
  return plain
end

--- Whether gw.copy is for this.
function store.holds(given)
  return given == proxy or tree.is_frozen(given)
end

--- What the core has kept: before anything of the script runs.
function store.restore(text, kept, at)
  set(key_of(text), text, kept, at)
end

--- The clock was put forward by so many seconds: what is kept is as old as before.
function store.shift(by)
  for key, at in pairs(written) do
    written[key] = at + by
  end
  for _, entry in ipairs(undo) do
    entry[4] = entry[4] and entry[4] + by
  end
  next_sweep = next_sweep + by
end

return store
