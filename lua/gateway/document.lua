--- gw.json.encode(value), gw.json.decode(text), gw.null and gw.array { … }: JSON that a
--- script writes and reads.
---
--- Both ways integers of 64 bits stay integers, and an empty list stays one: it was read,
--- or made by gw.array {}, in a plain table that looks like any other; an empty table of
--- other origin is an object. Null is gw.null. Equal values give equal texts: keys are
--- sorted; bytes that are not UTF-8 are written as U+FFFD. What cannot be read or written
--- raises one sentence, at the script's line.
local core = require "gateway.core"
local json = require "gateway.json"
local problem = require "gateway.problem"
local value = require "gateway.value"
local wording = require "gateway.wording"

local document = { null = json.null }

-- What messages and print() show; scripts see no other light userdata.
debug.setmetatable(json.null, {
  __name = "null",
  __metatable = false,
  __tostring = function()
    return "null"
  end,
})

-- ---- what lua-cjson reads ----

local plain = core.json.new()
plain.decode_invalid_numbers(false)
plain.decode_max_depth(json.DEPTH_MAX)

local INTEGER_MAX <const> = 2 ^ 53 -- a double beyond is not exact: it stays a float

local function whole(given)
  if math.type(given) == "float" and given >= -INTEGER_MAX and given <= INTEGER_MAX then
    return math.tointeger(given) or given
  end
  return given
end

-- ---- and what it loses: whole numbers, empty lists, integers that no double holds ----

-- Reads [nan] and [nan,"123"], which stand for the two. Only what is JSON comes here,
-- and JSON has no nan, so that no text can look like them.
local marked = core.json.new()
marked.decode_invalid_numbers(true)
marked.decode_max_depth(json.DEPTH_MAX + 1)

local EMPTY <const> = "%[%s*%]"
local LONG <const> = string.rep("%d", 16) -- digits; what is shorter is exact in a double

local function after_text(text, at)
  repeat
    at = string.find(text, '["\\]', at + 1)
    local is_escaped = string.sub(text, at, at) == "\\"
    at = is_escaped and at + 1 or at
  until not is_escaped
  return at + 1
end

local function after_number(text, at)
  local _, last = string.find(text, "^[%d.eE+-]+", at)
  local word = string.sub(text, at, last)
  local is_long = string.find(word, LONG) and math.type(tonumber(word)) == "integer"
  return last + 1, is_long and string.format('[nan,"%s"]', word)
end

-- What follows the text, list or number that begins here, and its mark if it needs one.
local function read_token(text, at)
  local first = string.sub(text, at, at)
  if first == '"' then
    return after_text(text, at)
  elseif first ~= "[" then
    return after_number(text, at)
  end
  local _, last = string.find(text, "^" .. EMPTY, at)
  return (last or at) + 1, last and "[nan]"
end

local function mark(text)
  local parts, from, at = {}, 1, string.find(text, '["%[%d-]')
  while at do
    local after, instead = read_token(text, at)
    if instead then
      parts[#parts + 1] = string.sub(text, from, at - 1)
      parts[#parts + 1] = instead
      from = after
    end
    at = string.find(text, '["%[%d-]', after)
  end
  parts[#parts + 1] = string.sub(text, from)
  return table.concat(parts)
end

local function restore(given)
  if type(given) ~= "table" then
    return whole(given)
  elseif given[1] ~= given[1] then -- nan
    return given[2] and tonumber(given[2]) or json.list {}
  end
  for key, inner in next, given do
    given[key] = restore(inner)
  end
  return given
end

local function decode(text)
  local read = plain.decode(text)
  if string.find(text, EMPTY) or string.find(text, LONG) then
    read = marked.decode(mark(text))
  end
  return restore(read)
end

-- ---- sentences ----

-- As lua-cjson calls what it finds.
local TOKENS <const> = {
  T_OBJ_BEGIN = "'{'", T_OBJ_END = "'}'", T_ARR_BEGIN = "'['", T_ARR_END = "']'",
  T_STRING = "a text", T_NUMBER = "a number", T_BOOLEAN = "true or false", T_NULL = "null",
  T_COLON = "':'", T_COMMA = "','", T_END = "the end",
}

local function lower_first(text)
  return string.lower(string.sub(text, 1, 1)) .. string.sub(text, 2)
end

local function decoded(text)
  if type(text) ~= "string" then
    problem.raise("gw.json.decode: a text is needed, not " .. wording.show(text))
  end
  local ok, result = pcall(decode, text)
  if not ok then
    local why = string.gsub(lower_first(problem.bare(result)), "T_[%u_]+", TOKENS)
    problem.raise("gw.json.decode: no JSON: " .. why)
  end
  return result
end

local function encoded(given)
  local ok, result = pcall(json.encode, given)
  if not ok then
    problem.raise("gw.json.encode: " .. problem.bare(result))
  end
  return result
end

--- What require "cjson" is in a script: gw.json under the names that people know, because
--- lua-cjson writes 100000000000000000 as 1e+17. It has no settings: there is nothing left
--- to set.
function document.as_cjson()
  return { encode = encoded, decode = decoded, null = json.null, new = document.as_cjson }
end

document.members = value.module("gw.json", { decode = decoded, encode = encoded })

-- ---- gw.array ----

--- gw.array { … }: the table itself, which is written as a list even when it is empty.
function document.array(given)
  if value.kind_of(given) ~= "table" or getmetatable(given) ~= nil then
    problem.raise("gw.array: a plain table such as {} is needed, not " .. wording.show(given))
  end
  local count = #given
  for key in next, given do
    if math.type(key) ~= "integer" or key < 1 or key > count then
      problem.raise("gw.array: a list has the keys 1, 2, 3 …, not " .. wording.show(key))
    end
  end
  return json.list(given)
end

return document
