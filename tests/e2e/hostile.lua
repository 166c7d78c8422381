--- Worlds in which scripts do what scripts must not, beside a good one that must not notice.
local harness = require "e2e.harness"

local hostile = {}

local GOOD <const> = [[
local gw = require "gateway"
gw.rule "good" {
  from = gw.queues { 1 }, every = "1s", send = "floor-chat",
  when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 2),
}
]]

-- A poll a second, and what a machine with two processors needs for twenty hosts at once.
hostile.ON_TIME = 8

--- A world with these scripts, by name, a good one beside them, and two calm queues.
function hostile.world(scripts, more)
  local world = harness.world()
  world:simulate()
  world:sink()
  world:conf(more)
  world:script("good", GOOD)
  for name, text in pairs(scripts) do world:script(name, text) end
  world:queue(1, { callWaitNums = 0 })
  world:queue(2, { callWaitNums = 0 })
  return world
end

--- The good script's alert comes and goes within the time that its rule promises.
function hostile.expect_good(world)
  for _, step in ipairs { { "raise", 9 }, { "clear", 0 } } do
    local kind, waiting = step[1], step[2]
    local came = harness.is_alert(kind, "good")
    local before = #world:received(came)
    world:queue(1, { callWaitNums = waiting })
    world:wait_received(before + 1, hostile.ON_TIME, came)
  end
end

--- How often the log says that the entry ("rule 'bad'") was stopped.
function hostile.strikes_of(world, script, entry)
  return world.gateway:count_log(("script %s %s stopped: "):format(script, entry))
end

--- Whether it was switched off after its third strike.
function hostile.is_off(world, script, entry)
  local begins = ("script %s %s stopped: "):format(script, entry)
  for line in world.gateway:errors():gmatch "[^\n]+" do
    if line:find(begins, 1, true) and line:find("switched off after 3 strikes", 1, true) then
      return true
    end
  end
  return false
end

--- Waits until it is.
function hostile.wait_off(world, script, entry)
  harness.wait(function () return hostile.is_off(world, script, entry) end, 30, function ()
    return ("%s of %s to be switched off:\n%s"):format(entry, script, world.gateway:errors())
  end)
end

return hostile
