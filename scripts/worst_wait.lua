--- Each evening, the worst moment of every queue.
local gw = require "gateway"

local chat = gw.destination "floor-chat"
local day = gw.store() -- a table that survives a restart

gw.job "sample" {
  every = "1m",
  run = function ()
    local rows = gw.queues():fetch { max_age = "30s" }
    for _, queue in ipairs(rows or {}) do
      day[queue.name] = math.max(day[queue.name] or 0, queue.longest_wait_5m or 0)
    end
  end,
}

gw.job "digest" {
  at = "18:05",
  run = function (now)
    local lines = {}
    for name, wait in pairs(day) do
      lines[#lines + 1] = gw.template("{name}: {wait:duration}", { name = name, wait = wait })
    end
    chat:send({ title = "Longest waits today", text = table.concat(lines, "\n") },
      { key = "digest-" .. gw.day(now) })
    for name in pairs(day) do day[name] = nil end
  end,
}
