--- JSON that keeps what lua-cjson loses: integers, key order, empty lists, null.
--
-- What is written is what core/script/encode.h says. Plain tables are written with sorted
-- keys, so that equal values give equal bytes.
-- What is read is what core/script/decode.h says; an empty list that was read is an empty
-- table and is written as {}: document.lua, for scripts, is more exact.

local decode = require("gateway.decode")
local encode = require("gateway.encode")

--- What is nested deeper is neither read nor written.
local json = { null = decode.null, DEPTH_MAX = encode.DEPTH_MAX }

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

--- The text of a value; raises for what JSON cannot say (NaN, functions, mixed keys).
json.encode = encode.writer {
  texts = json.texts, views = json.views, lists = lists,
  object = Object, array = Array, raw = Raw, sort = table.sort,
}

--- decode(text) → the value of a text; raises when it is not JSON. Null is json.null.
--- decode(text, key) → an object in which the object of this key is raw text, not read.
json.decode = decode.reader(Raw, json.DEPTH_MAX)

local check = decode.checker(json.DEPTH_MAX)

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
  check(text)
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

return json
