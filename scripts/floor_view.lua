--- Every few seconds, one line in the log: how many wait in each queue.
local gw = require "gateway"

gw.job "floor-view" {
  every = "3s",
  run = function ()
    local rows, err = gw.queues():fetch { max_age = "2s" }
    if not rows then return gw.log.warn("no view of the floor: " .. tostring(err)) end
    local views = {}
    for _, queue in ipairs(rows) do
      views[#views + 1] = gw.template("{name} {calls_waiting} waiting", queue)
    end
    gw.log.info(table.concat(views, ", "))
  end,
}
