--- What others get wrong, each by its name.
local bench = require "sim.bench"
local cjson = require "cjson"

before_each(bench.begin)
after_each(bench.remove)

local BUSY <const> = { { id = 1, calls_waiting = 9, longest_wait_5m = 200 } }
local CALM <const> = { { id = 1, calls_waiting = 0, longest_wait_5m = 200 } }

local function rule(keys)
  return ('gw.rule "wait" { from = gw.queues { 1 }, every = "10s", %s }'):format(keys)
end

local PLAIN <const> = rule [[when = gw.above("calls_waiting", 5), send = "chat"]]

describe("a hold", function ()
  local HELD <const> = rule [[when = gw.above("calls_waiting", 5), hold = "1m", send = "chat"]]

  it("goes on over a restart", function ()
    local s = bench.load(HELD)
    s:queues(BUSY):advance "50s":restart():advance "20s"
    assert.same({ "raise chat" }, bench.told(s))
  end)

  it("begins anew after an outage", function ()
    local s = bench.load(HELD)
    s:queues(BUSY):advance "50s":fail("queues", "network"):advance "1m":queues(BUSY):advance "50s"
    assert.same({}, bench.told(s))
    s:advance "30s"
    assert.same({ "raise chat" }, bench.told(s))
  end)
end)

describe("reminders", function ()
  it("go on over a restart, at the times they would have had", function ()
    local s = bench.load(rule [[when = gw.above("calls_waiting", 5), remind = "10m", send = "chat"]])
    s:queues(BUSY):advance "15m":restart():advance "6m"
    assert.same({ "raise chat", "remind chat", "remind chat" }, bench.told(s))
    assert.equal(600, s.sent[2].at - s.sent[1].at)
    assert.equal(600, s.sent[3].at - s.sent[2].at)
  end)
end)

describe("a failed poll", function ()
  it("never resolves", function ()
    local s = bench.load(PLAIN)
    s:queues(BUSY):advance "15s":fail("queues", "timeout"):advance "2h"
    assert.same({ "raise chat" }, bench.told(s))
    s:queues(CALM):advance "2m"
    assert.same({ "raise chat", "clear chat" }, bench.told(s))
  end)

  it("that goes on is told by the gateway itself, until it is over", function ()
    local s = bench.load(PLAIN)
    s:queues(CALM):advance "15s":fail("queues", "timeout"):advance "50s"
    assert.same({}, s.alerts)
    s:advance "10s"
    assert.same({ "ccgate-center", "main/queues", 1 }, { s.alerts[1].rule, s.alerts[1].key, #s.alerts })
    s:restart():advance "2m"
    assert.equal(1, #s.alerts)
    s:queues(CALM):advance "2m"
    assert.same({}, s.alerts)
  end)
end)

describe("the five-minute edge", function ()
  local TWO <const> = rule [[when = gw.above("longest_wait_5m", "2m"), send = "chat"]]

  it("clears nothing for two minutes", function ()
    local s = bench.load(TWO)
    s:queues(BUSY):advance "15s":window():advance "1m50s"
    assert.same({ "raise chat" }, bench.told(s))
    s:advance "30s"
    assert.same({ "raise chat", "clear chat" }, bench.told(s))
  end)

  it("breaks no hold", function ()
    local s = bench.load(rule [[when = gw.above("longest_wait_5m", "2m"), hold = "1m", send = "chat"]])
    s:queues(BUSY):advance "40s":window():advance "10s":queues(BUSY):advance "25s"
    assert.same({ "raise chat" }, bench.told(s))
  end)
end)

describe("unknown", function ()
  it("is what a guard that is not true makes", function ()
    local s = bench.load(rule [[
      when = gw.above("calls_waiting", 5):given(gw.above("agents_signed_in", 0)), send = "chat"]])
    s:queues { { id = 1, calls_waiting = 9, agents_signed_in = 3 } }:advance "15s"
    s:queues { { id = 1, calls_waiting = 0, agents_signed_in = 0 } }:advance "1h"
    assert.same({ "raise chat" }, bench.told(s))
  end)

  it("is what a function means by nil", function ()
    local s = bench.load(rule [[send = "chat", when = function (row)
      if row.agents_signed_in == 0 then return nil end
      return row.calls_waiting > 5
    end]])
    s:queues { { id = 1, calls_waiting = 9, agents_signed_in = 3 } }:advance "15s"
    s:queues { { id = 1, calls_waiting = 0, agents_signed_in = 0 } }:advance "1h"
    assert.same({ "raise chat" }, bench.told(s))
  end)
end)

describe("a clear reaches everyone who was told", function ()
  local BOTH <const> = [[send = { "chat", { to = "pager", after = "1m" } }, ]]

  local function sorted(s)
    local list = bench.told(s)
    table.sort(list)
    return list
  end

  local function raised(keys)
    local s = bench.load(rule(BOTH .. (keys or "") .. [[when = gw.above("calls_waiting", 5)]]), "2026-03-03 17:50")
    s:queues(BUSY):advance "2m"
    assert.same({ "raise chat", "raise pager" }, bench.told(s))
    return s
  end

  local function expect_all(s)
    assert.same({ "clear chat", "clear pager", "raise chat", "raise pager" }, sorted(s))
    for index = 1, 2 do assert.equal("raise", s.sent[index].kind) end
  end

  it("in order", function () expect_all(raised():queues(CALM):advance "1m") end)

  it("after a silence began", function ()
    expect_all(raised():silence { rule = "wait", lasts = "2h" }:queues(CALM):advance "1m")
  end)

  it("at closing time, and says why", function ()
    local s = raised [[during = "office", ]]
    s:at "18:01"
    expect_all(s)
    assert.equal("hours", cjson.decode(s.sent[3].body).data.reason)
  end)

  it("after the rule was deleted", function ()
    local s = raised()
    bench.change [[gw.log.info("nothing left")]]
    expect_all(s:reload():advance "1m")
    assert.equal("rule removed", cjson.decode(s.sent[3].body).data.reason)
  end)

  it("after its send was edited", function ()
    local s = raised()
    bench.change(rule [[when = gw.above("calls_waiting", 5), send = "chat"]])
    expect_all(s:reload():advance "1m":queues(CALM):advance "1m")
  end)

  it("after a restart", function ()
    expect_all(raised():restart():queues(CALM):advance "1m")
  end)
end)

describe("a late clear", function ()
  it("never resolves the next incident", function ()
    local s = bench.load(PLAIN)
    s:queues(BUSY):advance "15s":answer("chat", 503):queues(CALM):advance "20s":queues(BUSY):advance "20s"
    assert.same({ "raise chat", "clear chat" }, bench.told(s))
    s:answer("chat", 200):advance "20m"
    assert.same({ "raise chat", "clear chat", "raise chat" }, bench.told(s))
    local function id(index) return cjson.decode(s.sent[index].body).data.id end
    assert.equal(id(1), id(2))
    assert.not_equal(id(2), id(3))
  end)
end)

describe("an escalation", function ()
  it("fires while its script is down", function ()
    local s = bench.load(rule [[
      when = gw.above("calls_waiting", 5), send = { "chat", { to = "pager", after = "10m" } }]])
    s:queues(BUSY):advance "1m"
    bench.change "this is no Lua"
    s:restart():advance "11m"
    assert.same({ "raise chat", "raise pager" }, bench.told(s))
  end)
end)
