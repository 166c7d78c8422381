--- A name server that does not answer costs those who ask it, and nobody else.
local harness = require "e2e.harness"

-- A name server takes three times as long.
local SOON_S <const> = 10

local SLOW <const> = [[
[center slow]
url = https://slow.example.com:4433
cc_id = 1
vdn = 1
access_key = key
secret_key = secret
timeout = 1s
queue.1 = sales
]]

local RULES <const> = [[
local gw = require "gateway"
for _, name in ipairs { "main", "slow" } do
  gw.rule(name) {
    from = gw.center(name).queues { 1 }, every = "1s", when = gw.above("calls_waiting", 5), send = "floor-chat",
  }
end
]]

describe("a name server that takes half a minute", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate { "--seed", "1" }
    world:sink()
    world:conf(SLOW)
    world:script("rules", RULES)
    world:queue(1, { callWaitNums = 0 })
    world:run(nil, { env = harness.preload "dns" })
  end)
  after_each(function () world:close() end)

  it("is given up in time, holds up no other centre, and no end of the gateway", function ()
    world.gateway:wait_log("center slow: timeout: slow.example.com:4433: ", SOON_S)
    local polls = world:count().requests
    harness.wait(function () return world:count().requests > polls + 2 end, SOON_S, "polls of the other centre")
    world:queue(1, { callWaitNums = 9 })
    assert.equal("main", world:wait_received(1, SOON_S)[1].event.data.rule)
    world.gateway:kill "sigterm"
    assert.equal(0, world.gateway:join(SOON_S))
  end)
end)
