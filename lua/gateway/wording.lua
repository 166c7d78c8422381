--- The pieces that messages to people are made of.
local core = require "gateway.core"

local wording = {}

local SHOWN <const> = 60

-- What a value calls itself, so that a message says "a query" and not "a table".
local function kind_of(value)
  local meta = debug.getmetatable(value)
  local name = type(meta) == "table" and rawget(meta, "__name")
  return type(name) == "string" and name or type(value)
end

--- A value as a message shows it: 'text', 5, true, a table, a query.
function wording.show(value)
  local kind = math.type(value) or type(value)
  if kind == "string" then
    return "'" .. (#value > SHOWN and string.sub(value, 1, SHOWN) .. "…" or value) .. "'"
  elseif kind == "float" then
    return string.format("%.14g", value)
  elseif kind == "integer" or kind == "boolean" then
    return tostring(value)
  end
  return kind == "nil" and "nothing" or "a " .. kind_of(value)
end

--- "a", "a and b", "a, b and c".
function wording.list(words)
  local count = #words
  if count < 2 then
    return words[1] or ""
  end
  return table.concat(words, ", ", 1, count - 1) .. " and " .. words[count]
end

--- " (did you mean 'every'?)", or "" when nothing is near.
function wording.guess(word, known)
  local nearest = core.nearest(word, known)
  return nearest and string.format(" (did you mean '%s'?)", nearest) or ""
end

--- As guess(), but names what there is when nothing is near.
function wording.guess_or_list(word, known)
  local guess = wording.guess(word, known)
  if guess == "" and #known > 0 then
    return "; known: " .. wording.list(known)
  end
  return guess
end

--- The keys of a table that are text, in order.
function wording.keys(of)
  local keys = {}
  for key in next, of do
    if type(key) == "string" then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys)
  return keys
end

--- Why a table is none of names and values: something in it has no name. nil: nothing.
function wording.nameless(of)
  for key, one in next, of do
    if type(key) ~= "string" then
      return wording.show(one) .. ' stands without a name; write name = "…"'
    end
  end
end

return wording
