local sim = require "gateway.sim"

describe("queue-wait", function ()
  local s

  before_each(function ()
    s = sim.load("scripts/queue_wait.lua", { at = "2026-03-03 10:00", conf = "gateway.conf" })
    s:queues { { id = "sales", calls_waiting = 7, longest_wait_5m = "2m15s" } }
  end)

  it("waits out the hold, then tells the floor once", function ()
    s:advance "20s"
    assert.equal(0, #s.sent)
    s:advance "5m"
    assert.equal(1, #s.sent)
    assert.equal("floor-chat", s.sent[1].to)
    assert.equal("critical", s.sent[1].severity)
    assert.equal("sales: 7 waiting, longest 2m15s", s.sent[1].summary)
  end)

  it("tells it again every 15 minutes, until somebody takes care", function ()
    s:advance "31m"
    assert.equal("remind", s.sent[3].kind)
    s:ack("7", "ayse")
    s:advance "1h"
    assert.equal(3, #s.sent)
  end)

  it("does not take a new five-minute window for a recovery", function ()
    s:advance "1m"
    s:queues { { id = "sales", calls_waiting = 7, longest_wait_5m = "10s" } }
    s:advance "1m"
    assert.equal(1, #s.sent)
    s:advance "2m"
    assert.equal("clear", s.sent[2].kind)
  end)
end)
