--- Every minute, how full the queues are: JSON for a wallboard.
local gw = require "gateway"
local wallboard = gw.destination "wallboard"

gw.job "floor-view" {
  every = "1m",
  run = function ()
    local rows = gw.queues():fetch { max_age = "30s" }
    if not rows then return end -- the centre did not answer: that has been counted
    local queues, views = gw.array {}, {}
    for i, queue in ipairs(rows) do
      queues[i] = { name = queue.name, waiting = queue.calls_waiting, available = queue.agents_available }
      views[i] = gw.template("{name} {calls_waiting} waiting, {agents_available} free", queue)
    end
    wallboard:send { text = table.concat(views, " · "), queues = queues }
  end,
}
