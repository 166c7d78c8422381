--- The wall clock of the gateway's machine is put forward and back under a gateway that
--- runs; its centre and receivers have a clock of their own.
local harness = require "e2e.harness"

local RULE <const> = [[
local gw = require "gateway"
gw.rule "x" {
  from = gw.queues { 1 }, every = "1s", hold = "3s", stale_after = "1m",
  when = gw.above("calls_waiting", 5),
  remind = "5s", send = { "floor-chat", { to = "second", after = "3s" } },
}
]]

describe("a wall clock that is put", function ()
  local world

  -- Times are whole milliseconds of eight bytes.
  local function put(by_ms)
    local file = assert(io.open(world:path "wall", "r+b"))
    file:write(string.pack("<i8", by_ms))
    file:close()
  end

  before_each(function ()
    world = harness.world()
    world:simulate { "--seed", "1" }
    world:sink()
    world:conf(("[destination second]\nkind = webhook\nurl = %s/second\nallow_private = yes\n"):format(world.sink_url))
    world:script("rules", RULE)
    world:write("wall", string.pack("<i8", 0))
    world:queue(1, { callWaitNums = 9 })
    world:run(nil, { env = harness.preload("wall", "CCGATE_WALL=" .. world:path "wall") })
  end)
  after_each(function () world:close() end)

  -- When each message came, in seconds after the key began to wait.
  local function told()
    local list = world:wait_received(4, 40, function (request) return request.event ~= nil end)
    local kinds, ages = {}, {}
    for index = 1, 4 do
      local data = list[index].event.data
      kinds[index] = data.kind .. " " .. list[index].path
      ages[index] = data.duration
    end
    return kinds, ages
  end

  local EXPECTED <const> = { "raise /", "raise /second", "remind /", "remind /second" }

  local function steps(before, after, word)
    world.gateway:wait_log "script rules live"
    harness.wait(function () return #world:select "SELECT * FROM key_state WHERE rule = 'x'" == 1 end, 10, "pending")
    put(before)
    -- By ten minutes, more or less the time of a look at the clock.
    world.gateway:wait_log("the wall clock was put " .. word .. " by ")
    local polls = world:count().requests
    world:wait_received(1, 20)
    assert.is_true(world:count().requests > polls)
    put(after)
    local list, ages = told()
    assert.same(EXPECTED, list)
    -- As old as they are, whatever the clock did: seconds, with room for a busy machine.
    assert.is_true(ages[2] >= 3 and ages[2] < 60, ages[2])
    assert.is_true(ages[3] >= 5 and ages[3] < 60, ages[3])
    assert.equal(2, world.gateway:count_log "the wall clock was put")
    assert.equal(0, world.gateway:stop())
  end

  it("forward, and back again, shortens no wait", function () steps(600000, 0, "forward") end)
  it("back, and forward again, lengthens no wait", function () steps(-600000, 0, "back") end)
end)
