--- The host's calls: environment() before the script runs, finish() after it; syntax()
--- when it is not Lua; restore(key, bytes, written_s) for what gw.store() has; shift(by_s)
--- of it when the clock was put forward by so much.
local advice = require "gateway.advice"
local condition = require "gateway.condition"
local document = require "gateway.document"
local gateway = require "gateway"
local job = require "gateway.job"
local log = require "gateway.log"
local missing = require "gateway.missing"
local module = require "gateway.module"
local problem = require "gateway.problem"
local query = require "gateway.query"
local rule = require "gateway.rule"
local sandbox = require "gateway.sandbox"
local store = require "gateway.store"

local boot = { syntax = advice.syntax, restore = store.restore, shift = store.shift }

local members = {}
for name in pairs(gateway) do
  members[name] = true
end

-- The first mistakes of many a first script.
local function on_missing(_, name)
  local text = missing.global(name, members)
  if text then
    problem.raise(text)
  end
end

--- The globals of the script. Its cjson is a table of its own: what it changes in there is
--- not the library's.
function boot.environment()
  sandbox.protect_strings()
  local environment = sandbox.new(log.print)
  local known = { gateway = gateway, cjson = document.as_cjson() }
  environment.require = module.requirer(known, environment)
  return setmetatable(environment, { __index = on_missing })
end

--- The script ran, to its end or until it raised: tells the last mistakes and registers
--- what has none.
function boot.finish()
  condition.finish()
  query.finish()
  rule.finish()
  job.finish()
  problem.finish()
end

return boot
