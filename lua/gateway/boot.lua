--- The host's two calls: environment() before the script runs, finish() after it.
local core = require "gateway.core"
local gateway = require "gateway"
local job = require "gateway.job"
local log = require "gateway.log"
local problem = require "gateway.problem"
local query = require "gateway.query"
local rule = require "gateway.rule"
local sandbox = require "gateway.sandbox"

local boot = {}

--- The globals of the script. Its cjson is an instance of its own, so that settings it
--- changes are not the library's.
function boot.environment()
  sandbox.protect_strings()
  return sandbox.new({ gateway = gateway, cjson = core.json.new() }, log.print)
end

--- The script ran, to its end or until it raised: tells the last mistakes and registers
--- what has none.
function boot.finish()
  query.finish()
  rule.finish()
  job.finish()
  problem.finish()
end

return boot
