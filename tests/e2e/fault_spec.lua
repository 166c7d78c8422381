--- What a contact centre can do wrong: alerts are held, never cleared, and nobody is stormed.
local harness = require "e2e.harness"

local RULE <const> = [[
local gw = require "gateway"
gw.rule "queue-wait" {
  from = gw.queues { 1, 2 }, every = "1s", send = "floor-chat",
  when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 2),
}
]]

describe("a centre that fails", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate()
    world:sink()
    world:conf()
    world:script("queue_wait", RULE)
    world:queue(1, { callWaitNums = 7 })
    world:queue(2, { callWaitNums = 0 })
  end)
  after_each(function () world:close() end)

  --- The alert is raised, then every answer is spoilt while the queue is empty: no clear
  --- until the centre answers well again.
  local function holds(spec, log)
    world:run()
    world:wait_received(1)
    world:fault(spec)
    world:queue(1, { callWaitNums = 0 })
    world.gateway:wait_log(log, 15)
    local before = world:count().requests
    harness.wait(function () return world:count().requests >= before + 2 end, 20, "two more polls")
    assert.equal(1, #world:received())
    assert.equal(0, world.gateway:count_log("cleared queue-wait/1"))
    assert.same({ "1" }, world:select("SELECT raised FROM alert WHERE key = '1'"))
    world:fault(nil)
    local received = world:wait_received(2, 20)
    assert.equal("clear", received[2].event.data.kind)
    assert.equal("recovered", received[2].event.data.reason)
  end

  it("holds alerts over a 503", function () holds("status=503", "http: HTTP 503") end)
  it("holds alerts over an error in the body", function () holds("api=0100002", "api 0100002") end)
  it("holds alerts over a truncated body", function () holds("truncate", "network: ") end)
  it("holds alerts over a reset connection", function () holds("reset", "network: ") end)
  it("holds alerts over an HTML page", function () holds("html", "decode") end)
  it("holds alerts over an answer that does not come", function () holds("slow=4s", "timeout: ") end)

  it("tries a wrong key once: an auth error, an open circuit", function ()
    world:conf(nil, { secret_key = "wrong" })
    world:run()
    world.gateway:wait_log("circuit open")
    assert.truthy(world.gateway:errors():find("center main: auth: HTTP 401", 1, true))
    harness.pass(3000)
    assert.same({ requests = 1, refused = 1 }, {
      requests = world:count().requests, refused = world:count().refused,
    })
    assert.equal(1, world.gateway:count_log("circuit open"))

    -- The key is mended: SIGHUP probes at once.
    world:conf()
    world.gateway:kill("sighup")
    world:wait_received(1)
    assert.equal(1, world:count().refused)
  end)

  it("backs off from a centre that is down, and comes back", function ()
    world.center:stop()
    world:run()
    world.gateway:wait_log("center main: network: ")
    assert.truthy(world.gateway:errors():find("alerts are held, next try in", 1, true))
    world:simulate()
    world:queue(1, { callWaitNums = 7 })
    world:wait_received(1, 20)
    world.gateway:wait_log("center main: answers again")
  end)

  it("refuses a certificate of an unknown authority", function ()
    world:write("ca.pem", "")
    os.execute("cp /etc/ssl/certs/ca-certificates.crt " .. world:path("ca.pem") .. " 2>/dev/null")
    world:run()
    world.gateway:wait_log("center main: tls: ")
    assert.equal(0, #world:received())
  end)
end)
