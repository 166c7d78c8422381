--- The part of Lua's library that a script gets: an allow-list, and in the place of what
--- would tell addresses or read clocks, functions that do not.
local clock = require "gateway.clock"

local sandbox = {}

local BASE <const> = {
  "_VERSION", "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall",
  "rawequal", "rawget", "rawlen", "rawset", "select", "setmetatable", "tonumber", "type",
  "xpcall",
}

local LIBRARIES <const> = {
  coroutine = {
    "close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield",
  },
  math = {
    "abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge",
    "log", "max", "maxinteger", "min", "mininteger", "modf", "pi", "rad", "random",
    "randomseed", "sin", "sqrt", "tan", "tointeger", "type", "ult",
  },
  string = {
    "byte", "char", "find", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize",
    "rep", "reverse", "sub", "unpack", "upper",
  },
  table = { "concat", "insert", "move", "pack", "remove", "sort", "unpack" },
  utf8 = { "char", "charpattern", "codepoint", "codes", "len", "offset" },
}

local function pick(from, names)
  local picked = {}
  for _, name in ipairs(names) do
    picked[name] = from[name]
  end
  return picked
end

local HAS_ADDRESS <const> = {
  ["function"] = true, table = true, thread = true, userdata = true,
}

--- tostring that shows "table" where Lua shows "table: 0x55…".
function sandbox.tostring(value)
  if not HAS_ADDRESS[type(value)] then
    return tostring(value)
  end
  local meta = debug.getmetatable(value)
  if meta and rawget(meta, "__tostring") then
    return tostring(value)
  end
  local name = meta and rawget(meta, "__name")
  return type(name) == "string" and name or type(value)
end

local plain_format <const> = string.format

local function format(text, ...)
  if type(text) == "string" and string.find(string.gsub(text, "%%%%", ""), "%%[^%a]*p") then
    error("string.format has no '%p' here", 2)
  end
  local given = table.pack(...)
  for index = 1, given.n do
    if HAS_ADDRESS[type(given[index])] then
      given[index] = sandbox.tostring(given[index])
    end
  end
  return plain_format(text, table.unpack(given, 1, given.n))
end

--- A new environment, without require; `print` is print.
function sandbox.new(print)
  local environment = pick(_G, BASE)
  for name, members in next, LIBRARIES do
    environment[name] = pick(_G[name], members)
  end
  environment._G = environment
  environment.tostring = sandbox.tostring
  environment.print = print
  environment.string.format = format
  environment.os = { time = clock.time, date = clock.date, difftime = clock.difference }
  return environment
end

--- What methods of texts, ("x"):rep(3), mean from now on. A table of its own, so that no
--- script can take away from the library what it needs to tell an alert.
function sandbox.protect_strings()
  local methods = pick(string, LIBRARIES.string)
  methods.format = format
  local meta = debug.getmetatable ""
  meta.__index = methods
  meta.__metatable = false
end

return sandbox
