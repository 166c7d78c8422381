local sim = require "gateway.sim"

describe("worst-wait", function ()
  local s

  before_each(function ()
    s = sim.load("scripts/worst_wait.lua", { at = "2026-03-03 17:00", conf = "gateway.conf" })
    s:queues { { id = "sales", longest_wait_5m = "4m" }, { id = "billing", longest_wait_5m = "30s" } }
    s:advance "5m"
    s:queues { { id = "sales", longest_wait_5m = "20s" }, { id = "billing", longest_wait_5m = "1m" } }
  end)

  it("tells the worst moment of each queue in the evening", function ()
    s:at "18:06"
    assert.equal(1, #s.sent)
    assert.matches("billing: 1m", s.sent[1].body, 1, true)
    assert.matches("sales: 4m", s.sent[1].body, 1, true)
  end)

  it("survives a restart, and begins anew every day", function ()
    s:advance "5m"
    s:restart()
    s:at "18:06"
    assert.matches("sales: 4m", s.sent[1].body, 1, true)
    s:at "18:06"
    assert.matches("sales: 20s", s.sent[2].body, 1, true)
  end)
end)
