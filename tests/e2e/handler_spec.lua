--- Handlers of rules: after the transition, in order, over deaths of host and gateway.
local harness = require "e2e.harness"

local HANDLES <const> = [[
local gw = require "gateway"
local chat = gw.destination "floor-chat"
gw.rule "wait" {
  from = gw.queues { 1 }, every = "1s",
  when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 2),
  on_raise = function (row, alert)
    %s
  end,
  on_clear = function (row, alert)
    chat:send(("clear %%s note %%s"):format(alert.reason, alert.note.ticket))
  end,
}
]]

local RAISES <const> = [[
    alert.note.ticket = "T" .. row.calls_waiting
    gw.sleep "%s"
    chat:send(("%s %%s attempt %%d"):format(alert.id:match "%%-(%%d+)$", alert.attempt))
]]

describe("a handler", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate()
    world:sink()
    world:conf()
    world:queue(1, { callWaitNums = 0 })
  end)
  after_each(function () world:close() end)

  local function script(wait, word)
    world:script("wait", HANDLES:format(RAISES:format(wait, word)))
  end

  local function said()
    local lines = {}
    for index, one in ipairs(world:received()) do
      lines[index] = one.body:match '"message":"([^"]*)"'
    end
    return lines
  end

  local function wait_said(count)
    harness.wait(function () return #said() >= count end, 20, count .. " messages")
    return said()
  end

  local function wait_begun()
    harness.wait(function ()
      return world:select("SELECT count(*) FROM alert WHERE note IS NOT NULL")[1] == "1"
    end, 20, "a note")
  end

  it("runs after the transition, in order, and hands its note on", function ()
    script("2s", "raised")
    world:run()
    world.gateway:wait_log "live: rule wait"
    world:queue(1, { callWaitNums = 9 })
    world.gateway:wait_log "raised  wait/1"
    world:queue(1, { callWaitNums = 0 })
    world.gateway:wait_log "cleared wait/1"
    assert.same({ "raised 1 attempt 1", "clear recovered note T9" }, wait_said(2))
    harness.wait(function () return world:select("SELECT count(*) FROM handler")[1] == "0" end, 10, "the end")
  end)

  it("begins again when its host or the gateway died, three times at most", function ()
    script("60s", "never")
    world:run()
    world.gateway:wait_log "live: rule wait"
    world:queue(1, { callWaitNums = 9 })
    wait_begun()
    os.execute("kill -9 " .. world:wait_host "wait")
    harness.wait(function () return world:select("SELECT attempts FROM handler")[1] == "2" end, 20, "attempt 2")
    world.gateway:kill "sigkill"
    world.gateway:join(5)
    world:run()
    harness.wait(function () return world:select("SELECT attempts FROM handler")[1] == "3" end, 20, "attempt 3")
    world.gateway:kill "sigkill"
    world.gateway:join(5)
    world:run()
    world.gateway:wait_log "on_raise was begun 3 times and never ended: given up"
    world:queue(1, { callWaitNums = 0 })
    assert.same({ "clear recovered note T9" }, wait_said(1))
  end)

  it("that is due goes to the new script", function ()
    script("60s", "old")
    world:run()
    world.gateway:wait_log "live: rule wait"
    world:queue(1, { callWaitNums = 9 })
    wait_begun()
    script("0s", "new")
    world:reload "gateway  reloaded"
    assert.same({ "new 1 attempt 2" }, wait_said(1))
  end)
end)
