--- gw.log.info(text, { key = value }): lines of the gateway's log.
local core = require "gateway.core"
local text_of = require "gateway.sandbox".tostring
local value = require "gateway.value"

local log = {}

local function shown(given)
  local text = text_of(given)
  if text == "" or string.find(text, "[%s\"=]") then
    return '"' .. string.gsub(text, '["\\]', "\\%0") .. '"'
  end
  return text
end

local function words(fields)
  local parts = {}
  for key, given in next, fields do
    parts[#parts + 1] = text_of(key) .. "=" .. shown(given)
  end
  table.sort(parts)
  return table.concat(parts, " ")
end

local function writer(level)
  return function(text, fields)
    text = text_of(text)
    if type(fields) == "table" and next(fields) ~= nil then
      text = text .. " " .. words(fields)
    end
    core.log(level, text)
  end
end

log.members = value.module("gw.log", {
  debug = writer "debug",
  info = writer "info",
  warn = writer "warn",
  error = writer "error",
})

--- print: the arguments as one line of level info.
function log.print(...)
  local parts = table.pack(...)
  for index = 1, parts.n do
    parts[index] = text_of(parts[index])
  end
  core.log("info", table.concat(parts, "\t", 1, parts.n))
end

return log
