--- One poll, one webhook: from the centre's answer to the receiver, through everything.
local harness = require "e2e.harness"

local RULE <const> = [[
local gw = require "gateway"
gw.rule "queue-wait" {
  from    = gw.queues { 1, "support" },
  every   = "1s",
  when    = gw.above("calls_waiting", 4),
  clear   = gw.below("calls_waiting", 2),
  summary = "{name}: {calls_waiting} waiting",
  send    = "floor-chat",
}
]]

local function of_kind(kind)
  return function (request) return request.event and request.event.data.kind == kind end
end

describe("the spine", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate()
    world:sink()
    world:conf()
    world:script("queue_wait", RULE)
    world:queue(1, { callWaitNums = 0 })
    world:queue(2, { callWaitNums = 0 })
  end)
  after_each(function () world:close() end)

  it("raises, delivers and clears, with the event of the contract", function ()
    world:queue(1, { callWaitNums = 7, agentLoginNums = 3 })
    world:run()
    local raise = world:wait_received(1)[1]
    local data = raise.event.data
    assert.equal("alert.raise", raise.event.type)
    assert.truthy(raise.event.timestamp:match("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$"))
    assert.equal("raise", data.kind)
    assert.equal("raised", data.status)
    assert.equal("queue-wait", data.rule)
    assert.equal("queue_wait", data.script)
    assert.equal("main", data.center)
    assert.equal("1", data.key)
    assert.equal("warning", data.severity)
    assert.equal("sales: 7 waiting", data.summary)
    assert.equal(7, data.row.calls_waiting)
    assert.equal(3, data.row.agents_signed_in)
    assert.equal("sales", data.row.name)
    assert.truthy(data.why:find("calls_waiting is 7 (above 4)", 1, true))
    assert.equal(data.fingerprint .. "-1", data.id)
    assert.truthy(raise.headers["webhook-id"]:match("^msg_%w+$"))
    assert.equal("application/json", raise.headers["content-type"])

    world:queue(1, { callWaitNums = 1 })
    local clear = world:wait_received(2)[2].event.data
    assert.equal("clear", clear.kind)
    assert.equal("cleared", clear.status)
    assert.equal("recovered", clear.reason)
    assert.equal(data.id, clear.id)
    assert.equal("sales: 7 waiting", clear.summary)
    assert.equal(1, clear.row.calls_waiting)
    assert.equal(clear.ended_at - clear.started_at, clear.duration)

    world:queue(1, { callWaitNums = 9 })
    assert.equal(data.fingerprint .. "-2", world:wait_received(3)[3].event.data.id)
    assert.equal(0, world.gateway:stop())
  end)

  it("does nothing between when and clear", function ()
    world:run()
    world:queue(1, { callWaitNums = 5 })
    world:wait_received(1)
    world:queue(1, { callWaitNums = 3 })
    local before = world:count().requests
    harness.wait(function () return world:count().requests >= before + 2 end)
    assert.equal(1, #world:received())
  end)

  it("asks once for the queues of all scripts", function ()
    for i = 1, 5 do
      world:script("again_" .. i, (RULE:gsub('"queue%-wait"', '"queue-wait-' .. i .. '"')))
    end
    world:queue(1, { callWaitNums = 7 })
    world:run()
    world:wait_received(6)
    local before = world:count().requests
    harness.pass(2000)
    local asked = world:count().requests - before
    assert.truthy(asked >= 1 and asked <= 3, "requests in two seconds: " .. asked)
  end)

  it("signs each attempt and keeps id and body over repeats", function ()
    world.receiver:stop()
    world:sink { "--fail-first", "1", "--secret", harness.secret }
    world:queue(1, { callWaitNums = 7 })
    world:run()
    local attempts = world:wait_received(2, 20)
    assert.equal(attempts[1].headers["webhook-id"], attempts[2].headers["webhook-id"])
    assert.equal(attempts[1].body, attempts[2].body)
    assert.truthy(attempts[1].headers["webhook-signature"]:match("^v1,"))
    assert.are_not.equal(attempts[1].headers["webhook-timestamp"], attempts[2].headers["webhook-timestamp"])
    assert.are_not.equal(attempts[1].headers["webhook-signature"], attempts[2].headers["webhook-signature"])
    world.gateway:wait_log("sent    raise of queue-wait/1 to floor-chat (200")
    -- The log is ahead of the disk.
    harness.wait(function () return #world:select("SELECT status FROM attempt") == 2 end, 5)
    assert.same({ "503", "200" }, world:select("SELECT status FROM attempt ORDER BY number"))
  end)

  it("delivers a clear after its raise, although the receiver was down for both", function ()
    world.receiver:stop()
    world:queue(1, { callWaitNums = 7 })
    world:run()
    world.gateway:wait_log("raised  queue-wait/1")
    world:queue(1, { callWaitNums = 0 })
    world.gateway:wait_log("cleared queue-wait/1")
    world:sink()
    local received = world:wait_received(2, 30)
    assert.equal("raise", received[1].event.data.kind)
    assert.equal("clear", received[2].event.data.kind)
  end)

  it("clears an alert whose queue has vanished, with the reason gone", function ()
    world:queue(2, { callWaitNums = 9 })
    world:run()
    world:wait_received(1)
    world:control("PUT", "/-/queue/2?gone")
    local clear = world:wait_received(1, 10, of_kind("clear"))[1].event.data
    assert.equal("gone", clear.reason)
    assert.equal("2", clear.key)
    local before = world:count().requests
    harness.wait(function () return world:count().requests >= before + 2 end)
    assert.equal(1, world.gateway:count_log("center main: queue 2 is not in the answer"))
  end)

  it("leaves no core behind, in which its secrets would be", function ()
    local here = io.popen("pwd"):read("l")
    world.gateway = world:spawn("prlimit",
      { "--core=unlimited", here .. "/" .. harness.ccgate, "run", "-c", world:path("gateway.conf") },
      { cwd = world.folder })
    world.gateway:wait_log("live: rule queue-wait")
    world.gateway:stop("sigabrt")
    assert.equal("", io.popen("ls " .. world.folder .. " | grep '^core'"):read("a"))
  end)

  it("writes to its own log for destinations of kind log", function ()
    world:conf("[destination own-log]\nkind = log\n")
    world:script("queue_wait", (RULE:gsub('"floor%-chat"', '"own-log"')))
    world:queue(1, { callWaitNums = 7 })
    world:run()
    world.gateway:wait_log("raise queue-wait/1 (warning): sales: 7 waiting")
  end)
end)
