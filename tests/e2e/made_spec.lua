--- Rules that make their rows, and name themselves whom they tell.
local harness = require "e2e.harness"

local RULES <const> = [[
local gw = require "gateway"

gw.rule "load" {
  from = gw.queues { 1, 2 }, every = "1s",
  fields = { load = "ratio" },
  map = function(rows)
    local list = {}
    for _, row in ipairs(rows) do
      if row.calls_waiting > 0 then
        list[#list + 1] = gw.with(row, { load = row.calls_waiting / 10 })
      end
    end
    return list
  end,
  key = function(row) return "queue " .. row.id end,
  when = gw.above("load", "50%"),
  severity = function(row) return row.load > 0.8 and "disaster" or "info" end,
  send = function(event) return event.row.calls_waiting > 8 and { { to = "floor-chat" } } or {} end,
  summary = "{key}: {load:percent}",
}

gw.rule "all" {
  from = function()
    local rows, err = gw.queues { 1, 2 }:fetch { max_age = "1s" }
    if not rows then
      return nil, err
    end
    local sum = 0
    for _, row in ipairs(rows) do
      sum = sum + row.calls_waiting
    end
    return { { id = "all", waiting = sum } }
  end,
  every = "1s",
  fields = { waiting = "count" },
  when = gw.above("waiting", 10),
  send = "floor-chat",
  summary = "{waiting} wait",
}
]]

describe("rows that a rule makes", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate { "--seed", "1" }
    world:sink()
  end)

  after_each(function () world:close() end)

  local function summaries(kind, rule)
    local list = {}
    for index, request in ipairs(world:wait_received(1, 20, harness.is_alert(kind, rule))) do
      local data = request.event.data
      list[index] = data.severity .. ": " .. data.summary .. (kind == "clear" and ", " .. data.reason or "")
    end
    return list
  end

  it("raise, and clear when they are made no more, over a restart, too", function ()
    world:queue(1, { callWaitNums = 9 })
    world:queue(2, { callWaitNums = 5 })
    world:conf("", { gateway = "severities = info, warning, critical, disaster" })
    world:script("rules", RULES)
    world:run()
    assert.same({ "disaster: queue 1: 90%" }, summaries("raise", "load"))
    assert.same({ "warning: 14 wait" }, summaries("raise", "all"))
    world.gateway:kill "sigkill"
    world.gateway:join()
    world:queue(1, { callWaitNums = 0 })
    world:run()
    assert.same({ "disaster: queue 1: 90%, gone" }, summaries("clear", "load"))
    assert.same({ "warning: 14 wait, recovered" }, summaries("clear", "all"))
  end)
end)
