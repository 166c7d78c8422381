--- gw.job "name" { … }: runs at a time, as a task.
local core = require "gateway.core"
local duration = require "gateway.duration"
local entry = require "gateway.entry"
local shape = require "gateway.shape"

local job = {}

local SHAPE <const> = {
  {
    "every", needs = 'a duration such as every = "1m"', required = true,
    check = duration.check "1s",
  },
  {
    "run", kinds = { "function" }, needs = "a function such as function(now) … end",
    required = true,
  },
}

job.declare, job.finish = entry.kind("job", function(name, given, reports)
  local checked = shape.check(SHAPE, given, reports.key)
  return function()
    core.job {
      name = name,
      every_ms = checked.every,
      about = string.format("Runs every %s.", core.format_duration(checked.every)),
      run = checked.run,
    }
  end
end)

return job
