--- Scripts that ask all five questions of a working centre: what they are told, and what
--- they fetch.
local harness = require "e2e.harness"

local SCRIPT <const> = [[
local gw = require "gateway"

gw.rule "missing" {
  from    = gw.agents { queues = "all", expect = { 101, 30001 } },
  every   = "1s",
  when    = gw.equal("state", "signed_out"),
  summary = "{id} is {state}, {name}",
  send    = "floor-chat",
}
gw.rule "call" {
  from    = gw.agent_calls { agent = { 101, 102, 103, 104 } },
  every   = "1s",
  when    = gw.within("agent", 101, 104),
  send    = "floor-chat",
}
gw.rule "long-talk" {
  from    = gw.agent_operations { agent = { 101, 102 }, last = "1h", type = "conversation" },
  when    = gw.all { gw.above("duration", "30s"), gw.equal("interim", false) },
  summary = "{agent}: {operation} of {duration:duration}",
  send    = "floor-chat",
}
gw.rule "one" {
  from    = gw.agent { agent = 101 },
  every   = "1s",
  when    = gw.above("state_code", -1),
  send    = "floor-chat",
}
gw.job "look" { every = "1s", run = function()
  local of_queue = assert(gw.agents { queue = 1, expect = 30001 }:fetch())
  local operations = assert(gw.agent_operations { agent = 101, last = "1h", type = "conversation" }:fetch())
  local calls = assert(gw.agent_calls { agent = { 101, 102, 103, 104 } }:fetch())
  local one = assert(gw.agent { agent = 101 }:fetch())
  gw.destination "floor-chat":send({
    last = of_queue[#of_queue].state, operation = operations[1].operation, calls = #calls,
    skill = one[1].skills[1].id, cti = one[1].media.cti,
  }, { key = "look" })
end }
]]

local world

-- The first event of this kind of a rule, as the receiver got it.
local function told(kind, rule, key)
  local is_alert = harness.is_alert(kind, rule)
  return world:wait_received(1, 20, function (request)
    return is_alert(request) and (not key or request.event.data.key == key)
  end)[1].event.data
end

describe("a script", function ()
  setup(function ()
    world = harness.world()
    world:simulate { "--skills", "2", "--agents", "20", "--speed", "20" }
    world:sink()
    world:conf(nil, { queues = "queue.1 = sales\nqueue.2 = support\noperator = 140\npassword = simulate\n"
      .. "agent_gateway = " .. world.center_url })
    world:script("floor", SCRIPT)
    world:run()
  end)
  teardown(function () world:close() end)

  it("is told of an agent who is expected and missing", function ()
    local data = told("raise", "missing")
    assert.equal("30001", data.key)
    assert.equal("30001 is signed_out, agent 30001", data.summary)
    assert.same({ "agents", "30001" }, { data.labels.query, data.labels.agent })
    assert.equal("signed_out", data.row.state)
  end)

  it("is told of calls, and when they are gone", function ()
    local raise = told("raise", "call")
    assert.equal(raise.row.id, raise.key)
    assert.truthy(raise.key:match("^%d+%-%d+$"))
    assert.equal(("%d"):format(raise.row.agent), raise.labels.agent)
    assert.equal(("call %s of agent %d: agent is %d (within 101 to 104)"):format(raise.key, raise.row.agent,
      raise.row.agent), raise.summary)
    local clear = told("clear", "call", raise.key)
    assert.equal("gone", clear.reason)
    assert.equal(raise.id, clear.id)
    assert.equal(raise.labels.agent, clear.labels.agent)
  end)

  it("is told of operations of one type", function ()
    local data = told("raise", "long-talk")
    assert.equal(data.row.id, data.key)
    assert.same({ "conversation", false }, { data.row.operation, data.row.interim })
    assert.equal(data.row.ended_at - data.row.began_at, data.row.duration)
    assert.truthy(data.summary:match("^10[12]: conversation of %d"))
  end)

  it("is told of one agent by the agent gateway", function ()
    local data = told("raise", "one")
    assert.same({ "101", "101" }, { data.key, data.labels.agent })
    assert.equal("boolean", type(data.row.media.cti))
    assert.truthy(data.row.skills[1].id)
  end)

  it("fetches them in a task", function ()
    local sent = world:wait_received(1, 20, function (request)
      return request.event and request.event.data.kind == "message"
    end)[1].event.data.message
    assert.same({ "signed_out", "conversation", "boolean" }, { sent.last, sent.operation, type(sent.cti) })
    assert.equal("number", type(sent.calls))
    assert.truthy(sent.skill == 1 or sent.skill == 2)
  end)
end)
