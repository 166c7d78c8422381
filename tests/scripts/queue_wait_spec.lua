local fake_core = require "lua.fake_core"
local json = require "cjson"

describe("scripts/queue_wait.lua", function()
  local host

  before_each(function()
    local file = assert(io.open "scripts/queue_wait.lua")
    host = fake_core.load(file:read "a")
    file:close()
    assert.same({}, fake_core.lines(host))
  end)

  local function sample(waiting, longest)
    host:sample { { id = 1, calls_waiting = waiting, longest_wait_5m = longest } }
  end

  it("watches the queues that it names", function()
    assert.same({ 1, 2 }, host.rules["queue-wait"].wants[1].ids)
  end)

  it("tells when somebody waits long, and once more when the waits are short", function()
    sample(0, 135)
    sample(7, 120)
    assert.equal(0, #host.alerts)
    sample(7, 135)
    sample(3, 60)
    assert.equal(1, #host.alerts)
    sample(3, 10)
    assert.equal(2, #host.alerts)
    local raise, clear = json.decode(host.alerts[1].event), json.decode(host.alerts[2].event)
    assert.equal("sales: 7 waiting, longest 2m15s", raise.summary)
    assert.same({ { to = "floor-chat" } }, raise.send)
    assert.equal("clear", host.alerts[2].kind)
    assert.equal("recovered", clear.reason)
  end)
end)
