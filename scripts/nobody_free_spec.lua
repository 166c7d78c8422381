local sim = require "gateway.sim"

local NOBODY <const> = { { id = "sales", calls_waiting = 3, agents_available = 0 } }

local function told(s)
  local list = {}
  for index, message in ipairs(s.sent) do
    list[index] = message.kind .. " " .. message.to
  end
  return list
end

describe("nobody-free", function ()
  local s

  before_each(function ()
    s = sim.load("scripts/nobody_free.lua", { at = "2026-03-03 17:50", conf = "gateway.conf" })
    s:queues(NOBODY)
  end)

  it("tells the floor, and after three minutes the pager", function ()
    s:advance "2m"
    assert.same({ "raise floor-chat" }, told(s))
    s:advance "3m"
    assert.same({ "raise floor-chat", "raise pager" }, told(s))
  end)

  it("pages nobody once somebody takes care", function ()
    s:advance "2m"
    s:ack("7", "ayse")
    s:advance "5m"
    assert.same({ "raise floor-chat" }, told(s))
  end)

  it("is over at closing time, and says so", function ()
    s:at "18:01"
    assert.same({ "raise floor-chat", "raise pager", "clear floor-chat", "clear pager" }, told(s))
    s:advance "12h"
    assert.equal(4, #s.sent)
  end)
end)
