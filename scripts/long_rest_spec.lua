local sim = require "gateway.sim"

describe("long-rest", function ()
  local s

  before_each(function ()
    s = sim.load("scripts/long_rest.lua", { at = "2026-03-03 10:00", conf = "gateway.conf" })
  end)

  it("opens a ticket after 15 minutes, and closes it", function ()
    s:agents { { id = 1099, name = "Ayse", state = "rest", state_age = "14m" } }
    s:advance "1m"
    assert.equal(0, #s.sent)
    s:agents { { id = 1099, name = "Ayse", state = "rest", state_age = "15m20s" } }
    s:advance "1m"
    assert.equal("helpdesk", s.sent[1].to)
    assert.equal("Ayse has been resting for 15m20s", s.sent[1].summary)
    s:agents { { id = 1099, name = "Ayse", state = "idle" } }
    s:advance "1m"
    assert.equal("clear", s.sent[2].kind)
    assert.equal(s.sent[1].key, s.sent[2].key)
  end)

  it("closes it, too, when the agent signs out", function ()
    s:agents { { id = 1099, name = "Ayse", state = "rest", state_age = "20m" } }
    s:advance "1m"
    s:agents {}
    s:advance "1m"
    assert.equal("clear", s.sent[2].kind)
  end)
end)
