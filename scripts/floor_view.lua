--- Every minute, how many wait in each queue: to a wallboard, or whatever else takes JSON.
local gw = require "gateway"

gw.job "floor-view" {
  every = "1m",
  run = function ()
    local rows, err = gw.queues():fetch { max_age = "30s" }
    if not rows then return gw.log.warn("no view of the floor: " .. tostring(err)) end
    local queues = gw.array {}
    for _, queue in ipairs(rows) do
      queues[#queues + 1] = { name = queue.name, waiting = queue.calls_waiting, available = queue.agents_available }
    end
    gw.destination "wallboard":send({ queues = queues })
  end,
}
