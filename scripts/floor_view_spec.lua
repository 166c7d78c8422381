local json = require "cjson"
local sim = require "gateway.sim"

describe("floor-view", function ()
  local s

  before_each(function ()
    s = sim.load("scripts/floor_view.lua", { at = "2026-03-03 10:00", conf = "gateway.conf" })
  end)

  it("sends what a wallboard shows, as a text and as numbers", function ()
    s:queues { { id = "support", agents_available = 3 }, { id = "sales", calls_waiting = 7 } }
    s:advance "1m"
    assert.equal("wallboard", s.sent[1].to)
    local body = json.decode(s.sent[1].body).data.message
    assert.equal("support 0 waiting, 3 free · sales 7 waiting, 0 free", body.text)
    assert.same({ name = "sales", waiting = 7, available = 0 }, body.queues[2])
  end)

  it("sends nothing when the centre does not answer", function ()
    s:fail("queues", "timeout"):advance "5m"
    assert.equal(0, #s.sent)
  end)
end)
