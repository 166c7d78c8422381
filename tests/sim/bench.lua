--- Rehearsals of scripts that a test writes on the spot.
local sim = require "gateway.sim"
local uv = require "luv"

local bench = {}

local CONF <const> = [[
[gateway]
zone = %s
[center main]
url        = https://centre.example.com
cc_id      = 1
vdn        = 1
access_key = a
secret_key = b
queue.1    = sales
queue.2    = support
[destination chat]
kind = webhook
url  = https://chat.example.com/hook
[destination pager]
kind = webhook
url  = https://pager.example.com/hook
[calendar office]
hours = 09:00-18:00
]]

local folder

--- Makes a folder for the files of a test; afterwards remove().
function bench.begin()
  folder = assert(uv.fs_mkdtemp("/tmp/ccgate-sim-XXXXXX"))
end

function bench.remove()
  os.execute("rm -rf '" .. folder .. "'")
end

--- The path of a file with this text; "lib/x.lua" makes the folder lib.
function bench.write(name, text)
  local path = folder .. "/" .. name
  uv.fs_mkdir(path:match "^(.*)/", tonumber("700", 8))
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
  return path
end

--- A rehearsal of a script with this text, which begins with `gw` at hand; `more` are
--- further sections of gateway.conf.
function bench.load(text, at, zone, more)
  return sim.load(bench.write("rule.lua", 'local gw = require "gateway"\n' .. text),
    { at = at, conf = bench.write("gateway.conf", CONF:format(zone or "Europe/Istanbul") .. (more or "")) })
end

--- Another text of the script, from the next reload or restart on.
function bench.change(text)
  bench.write("rule.lua", 'local gw = require "gateway"\n' .. text)
end

--- "raise chat", "clear chat", …: what was sent, in order.
function bench.told(s)
  local list = {}
  for index, message in ipairs(s.sent) do
    list[index] = message.kind .. " " .. message.to
  end
  return list
end

--- When it was sent, in UTC.
function bench.times(s)
  local list = {}
  for index, message in ipairs(s.sent) do
    list[index] = os.date("!%Y-%m-%d %H:%M", message.at)
  end
  return list
end

return bench
