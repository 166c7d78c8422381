--- A machine that fails under a gateway: its disk, its memory, its time. What was
--- committed arrives, and what was told is not told again.
--- CCGATE_KILLS=500 for a long run (`make nightly`); CCGATE_SEED=N repeats one.
local crossing = require "e2e.crossing"
local harness = require "e2e.harness"

local RULE <const> = [[
local gw = require "gateway"
gw.rule "waiting" {
  from = gw.queues { 1 }, every = "1s", send = "floor-chat",
  when = gw.above("calls_waiting", 8), clear = gw.below("calls_waiting", 2),
}
]]

-- What stands in the file that tells a shim what to do.
local function switch(world, ...)
  world:write("switch", string.pack(("<i8"):rep(select("#", ...)), ...))
end

local function put(world, at, number)
  local file = assert(io.open(world:path "switch", "r+b"))
  file:seek("set", 8 * (at - 1))
  file:write(string.pack("<i8", number))
  file:close()
end

local function run(world, shim, variable)
  return world:run(nil, { env = harness.preload(shim, variable .. "=" .. world:path "switch") })
end

local function calm_world()
  local world = harness.world()
  world:simulate()
  world:sink()
  world:conf()
  world:script("waiting", RULE)
  world:queue(1, { callWaitNums = 0 })
  return world
end

-- ---- the disk ----

describe("a disk", function ()
  -- errno of what is refused, and what the log says.
  local TROUBLES <const> = {
    { "does not keep what is written", 5, "disk I/O error" },
    { "is full", 28, "database or disk is full" },
    { "is read-only", 30, "disk I/O error" },
  }
  local worlds = {}
  local raised <const> = harness.is_alert("raise", "waiting")

  -- All fail at a time, and are mended at a time: a retry takes its five seconds.
  setup(function ()
    for index, trouble in ipairs(TROUBLES) do
      local world = calm_world()
      worlds[index] = world
      switch(world, 0)
      run(world, "disk", "CCGATE_DISK")
      world.gateway:wait_log "live: rule waiting"
      put(world, 1, trouble[2])
      world:queue(1, { callWaitNums = 9 })
    end
    for index, trouble in ipairs(TROUBLES) do
      local world = worlds[index]
      world.gateway:wait_log("cannot write: " .. trouble[3] .. "; nothing is lost, trying every 5s")
      local polls = world:count().requests
      harness.wait(function () return world:count().requests > polls + 1 end, 10, "polls")
      assert.equal(0, #world:received(raised))
    end
    for _, world in ipairs(worlds) do put(world, 1, 0) end
  end)
  teardown(function ()
    for _, world in ipairs(worlds) do world:close() end
  end)

  for index, trouble in ipairs(TROUBLES) do
    it("that " .. trouble[1] .. " is named, and nothing is lost", function ()
      local world <const> = worlds[index]
      world:wait_received(1, 15, raised)
      world.gateway:wait_log "writing again"
      world:queue(1, { callWaitNums = 0 })
      world:wait_received(1, 15, harness.is_alert("clear", "waiting"))
      assert.equal(0, world.gateway:stop())
      assert.equal(1, #world:received(raised))
      assert.same({ "ok" }, world:select "PRAGMA integrity_check")
    end)
  end

  it("that cannot be written from the start ends the gateway, which names it", function ()
    local world = calm_world()
    worlds[#worlds + 1] = world
    switch(world, 30)
    run(world, "disk", "CCGATE_DISK")
    assert.equal(1, world.gateway:join())
    assert.truthy(world.gateway:errors():find("/var/state.db: disk I/O error", 1, true), world.gateway:errors())
  end)
end)

-- ---- time ----

describe("a gateway that is stopped for a minute", function ()
  local STOPPED_MS <const> = 60000
  local world

  before_each(function ()
    world = calm_world()
    switch(world, 0, 0)
  end)
  after_each(function () world:close() end)

  it("goes on as if nothing had been: its alerts stay, its hosts live, its polls come", function ()
    run(world, "wall", "CCGATE_WALL")
    world:queue(1, { callWaitNums = 9 })
    world:wait_received(1)
    local host = world:wait_host "waiting"
    world.gateway:kill "sigstop"
    put(world, 2, STOPPED_MS)
    local polls = world:count().requests
    world.gateway:kill "sigcont"
    harness.wait(function () return world:count().requests > polls + 2 end, 10, "polls")
    assert.equal(1, #world:received())
    assert.equal(host, world:wait_host "waiting")
    world:queue(1, { callWaitNums = 0 })
    local all = world:wait_received(2)
    assert.equal("recovered", all[2].event.data.reason)
    assert.is_true(all[2].event.data.duration >= STOPPED_MS // 1000, all[2].event.data.duration)
    assert.equal(0, world.gateway:stop())
    assert.equal(2, #world:received())
  end)
end)

-- ---- memory ----

local REFUSALS <const> = tonumber(os.getenv("CCGATE_KILLS") or 50) // 5
local SEED <const> = tonumber(os.getenv("CCGATE_SEED") or os.time())
-- Requests for memory until the one that is refused: those of a start, and of a second at work.
local OF_A_START <const> = 8000
local OF_WORK <const> = 1500
local ABORTED <const> = 6

-- A sanitizer has an allocator of its own.
local when_plain <const> = harness.is_sanitized and function () end or describe

when_plain("memory that is refused once (seed " .. SEED .. ")", function ()
  local world

  local function is_refused()
    local file = assert(io.open(world:path "switch", "rb"))
    local left = string.unpack("<i8", file:read(8))
    file:close()
    return left <= 0
  end

  -- One that ended said why: that there was none (lua-cjson does it in its own way), or at
  -- its start what it could not do. No other end is allowed.
  local function has_ended(gateway)
    if gateway:is_alive() then return false end
    gateway:join()
    local last = gateway:errors():match "([^\n]*)\n$" or ""
    local is_named = (gateway.signal == ABORTED or gateway.code == 255) and last:lower():find("memory", 1, true)
      or gateway.code == 1 and last:find(" error gateway ", 1, true) and not last:find("damaged", 1, true)
    assert.truthy(is_named, ("signal %d, code %d: %s"):format(gateway.signal, gateway.code, last))
    return true
  end

  before_each(function ()
    math.randomseed(SEED)
    world = crossing.world(40, crossing.waves)
    switch(world, 0)
  end)
  after_each(function () world:close() end)

  it("is done without, or ends the gateway, which says so; a restart loses nothing", function ()
    local gateway
    for _ = 1, REFUSALS do
      if gateway then
        put(world, 1, math.random(OF_WORK))
      else
        put(world, 1, math.random(OF_A_START))
        gateway = run(world, "memory", "CCGATE_MEMORY")
      end
      harness.wait(function () return is_refused() or not gateway:is_alive() end, 20, "the refusal")
      harness.pass(50)
      if has_ended(gateway) then gateway = nil end
    end
    put(world, 1, 0)
    if not gateway then world:run() end
    world.gateway:wait_log("live: rule crossing")
    assert.truthy(crossing.finish(world) > REFUSALS, "nothing crossed")
  end)
end)
