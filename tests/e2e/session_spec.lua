--- The session at the agent gateway: the real gateway and the simulated one. The simulator's
--- time runs twenty times as fast: its events come after half a second, and a GUID that is
--- renewed every minute of it lives six seconds.
local harness = require "e2e.harness"

local SCRIPT <const> = [[
local gw = require "gateway"
gw.rule "seen" {
  from    = gw.agent { agent = { 101, 102, 103 } },
  every   = "1s",
  when    = gw.at_least("state_age", "0s"),
  summary = "agent {id}",
  send    = "floor-chat",
}
]]

describe("the session", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:script("agents", SCRIPT)
  end)
  after_each(function () world:close() end)

  local function simulate(more)
    local arguments = { "--speed", "20", "--password", "right", "--guid-interval", "30s", "--guid-timeout", "60s" }
    for _, argument in ipairs(more or {}) do arguments[#arguments + 1] = argument end
    world:simulate(arguments)
  end

  -- The keys of [center main], the destination after them.
  local function configure(options)
    options = options or {}
    world:conf(nil, { queues = table.concat({
      "queue.1 = sales",
      "agent_gateway = " .. world.center_url,
      "operator = " .. (options.operator or 1099),
      "password = " .. (options.password or "right"),
      "sign_in = " .. (options.sign_in or "normal"),
    }, "\n") })
  end

  -- How often the centre has been called by this name.
  local function calls(name) return world:count().calls[name] or 0 end

  local function wait_calls(name, count)
    return harness.wait(function () return calls(name) >= count end, 15,
      function () return count .. " times " .. name .. ":\n" .. world.gateway:errors() end)
  end

  local function wait_more(name, count) return wait_calls(name, calls(name) + count) end

  it("signs in once for all polls, tells what it sees and signs out", function ()
    simulate()
    world:sink()
    configure()
    world:run()
    local raises = world:wait_received(3, 15, harness.is_alert("raise", "seen"))
    assert.equal("main", raises[1].event.data.center)
    wait_more("agent", 6)
    assert.equal(1, calls "sign-in")
    assert.equal(0, calls "sign-out")
    assert.equal(0, world.gateway:stop())
    assert.equal(1, calls "sign-out")
    assert.truthy(world.gateway:errors():find("agent 1099 has signed in, busy", 1, true))
    assert.truthy(world.gateway:errors():find("agent 1099 has signed out", 1, true))
    assert.equal(0, world:count().refused)
  end)

  it("outlives its GUIDs", function ()
    simulate()
    configure()
    world:run()
    wait_calls("agent", 3)
    -- Twelve events take three times as long as a GUID lives.
    wait_calls("event", 14)
    wait_more("agent", 3)
    assert.equal(1, calls "sign-in")
    assert.equal(0, world:count().refused)
  end)

  it("signs in again after the system has signed the agent out", function ()
    simulate()
    configure()
    world:run()
    wait_calls("agent", 3)
    world:fault("signed-out:count=1:on=agentevent")
    wait_calls("sign-in", 2)
    wait_more("agent", 4)
    assert.equal(2, calls "sign-in")
    assert.truthy(world.gateway:errors():find("the system has signed the agent out", 1, true))
  end)

  it("waits when somebody else has taken the session", function ()
    simulate()
    configure()
    world:run()
    wait_calls("agent", 3)
    world:fault("stolen-session:count=1")
    world.gateway:wait_log("100-002", 15)
    world.gateway:wait_log("2m10s")
    local before = world:count().requests
    harness.pass(2500)
    assert.equal(before, world:count().requests)
    assert.equal(2, calls "sign-in")
    assert.equal(0, world.gateway:stop())
  end)

  it("takes the session back where it may", function ()
    simulate()
    configure { sign_in = "force" }
    world:run()
    wait_calls("agent", 3)
    world:fault("stolen-session:count=1")
    world.gateway:wait_log("has lost the session", 15)
    wait_more("agent", 6)
    assert.equal(2, world.gateway:count_log("has signed in, busy"))
  end)

  it("tries a wrong password once, and a new one at once", function ()
    simulate()
    configure { password = "wrong" }
    world:run()
    world.gateway:wait_log("100-004")
    world.gateway:wait_log("circuit open")
    harness.pass(2500)
    assert.equal(1, world:count().requests)
    configure()
    world:reload("reloaded")
    wait_calls("agent", 3)
    assert.equal(2, calls "sign-in")
  end)

  it("stays over a reload, and changes with its operator", function ()
    simulate()
    configure()
    world:run()
    wait_calls("agent", 3)
    world:reload("reloaded")
    wait_more("agent", 3)
    assert.equal(1, calls "sign-in")
    configure { operator = 2099 }
    world:reload("reloaded")
    world.gateway:wait_log("agent 2099 has signed in, busy")
    wait_more("agent", 3)
    assert.equal(2, calls "sign-in")
    assert.equal(1, calls "sign-out")
    local log = world.gateway:errors()
    assert.is_true(log:find("1099 has signed out", 1, true) < log:find("2099 has signed in", 1, true))
  end)

  it("is not signed out for ever: a second signal ends the gateway at once", function ()
    simulate()
    configure()
    world:run()
    wait_calls("agent", 3)
    world:fault("slow=10m:on=logout")
    world.gateway:kill("sigterm")
    wait_calls("sign-out", 1)
    harness.pass(200)
    assert.is_true(world.gateway:is_alive())
    assert.equal(0, world.gateway:stop())
    world.gateway:wait_log("stopping at once")
  end)

  it("does not begin while nobody asks", function ()
    simulate()
    configure()
    world:script("agents", "local gw = require 'gateway'\n")
    world:run()
    world.gateway:wait_log("live")
    harness.pass(300)
    assert.equal(0, world:count().requests)
    assert.equal(0, world.gateway:stop())
  end)
end)
