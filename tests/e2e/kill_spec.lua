--- kill -9 at random moments: what was committed arrives, in order, repeats with equal ids.
--- CCGATE_KILLS=500 for a long run (`make nightly`); CCGATE_SEED=N repeats one.
local crossing = require "e2e.crossing"
local harness = require "e2e.harness"

local KILLS <const> = tonumber(os.getenv("CCGATE_KILLS") or 50)
local SEED <const> = tonumber(os.getenv("CCGATE_SEED") or os.time())

-- Most lives end as they begin, where most is done; some see reminders and escalation.
local function lifetime_ms()
  return math.random(10) == 1 and math.random(400, 1600) or math.random(20, 400)
end

describe("kill -9 (seed " .. SEED .. ")", function ()
  local world

  before_each(function ()
    math.randomseed(SEED)
    world = crossing.world(40, crossing.waves)
  end)
  after_each(function () world:close() end)

  it(("of the core, %d times: every committed alert arrives, in order, once or with its id"):format(KILLS), function ()
    for _ = 1, KILLS do
      local gateway = world:run()
      harness.pass(lifetime_ms())
      gateway:kill("sigkill")
      gateway:join()
    end
    world:run()
    world.gateway:wait_log("live: rule crossing")
    local count = crossing.finish(world)
    assert.truthy(count > KILLS, "only " .. count .. " messages: nothing crossed")
  end)

  it("of a script host: the same promise, and alerts on time", function ()
    world:run()
    world.gateway:wait_log("live: rule crossing")
    for _ = 1, 20 do
      harness.pass(math.random(50, 400))
      for _, pid in ipairs(world:hosts()) do os.execute("kill -9 " .. pid .. " 2>/dev/null") end
    end
    world:queue(1, { callWaitNums = 0 })
    -- A host that starts again is given the newest sample: that must be one of the calm queue.
    local before = world:count().requests
    harness.wait(function () return world:count().requests >= before + 2 end, 10, "two more polls")
    harness.wait(function ()
      return world:select("SELECT raised FROM alert WHERE key = '1'")[1] ~= "1"
    end, 10, "a clear of queue 1")
    world:queue(1, { callWaitNums = 99 })
    world:wait_received(1, 10, function (request)
      local data = request.event and request.event.data
      return data and data.key == "1" and data.row.calls_waiting == 99
    end)
    assert.truthy(crossing.finish(world) > 20, "nothing crossed")
  end)
end)
