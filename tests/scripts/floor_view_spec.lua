local fake_core = require "lua.fake_core"
local json = require "cjson"

describe("scripts/floor_view.lua", function()
  local host

  before_each(function()
    local file = assert(io.open "scripts/floor_view.lua")
    local setup = setmetatable({ destinations = { { name = "wallboard", kind = "webhook" } } },
      { __index = fake_core.SETUP })
    host = fake_core.load(file:read "a", { setup = setup })
    file:close()
    assert.same({}, fake_core.lines(host))
  end)

  it("sends what a wallboard shows, as a text and as numbers", function()
    host.answer = {
      fake_core.row { id = 1, name = "sales", calls_waiting = 7, agents_available = 0 },
      fake_core.row { id = 2, name = "support", calls_waiting = 0, agents_available = 3 },
    }
    host:run "floor-view"
    assert.equal("wallboard", host.sends[1].to)
    local message = json.decode(host.sends[1].message)
    assert.equal("sales 7 waiting, 0 free · support 0 waiting, 3 free", message.text)
    assert.same({ name = "sales", waiting = 7, available = 0 }, message.queues[1])
  end)

  it("sends nothing when the centre does not answer", function()
    host.failure = { kind = "timeout", code = "", message = "after 10s" }
    host:run "floor-view"
    assert.same({}, host.sends)
  end)
end)
