--- What is over is forgotten while a gateway runs, what is in use is not.
local harness = require "e2e.harness"

local SCRIPT <const> = [[
local gw = require "gateway"
local kept = gw.store()
gw.rule "load" {
  from = function () return { { id = "disk", load = %d }, { id = "net", load = %d } } end, every = "10s",
  fields = { load = "count" }, when = gw.above("load", 5), send = "floor-chat",
}
gw.job "keep" { every = "10s", run = function () kept.first = "kept" end }
]]

describe("a gateway that runs for months", function ()
  local world
  before_each(function ()
    world = harness.world()
    world:sink()
    world:conf()
  end)
  after_each(function () world:close() end)

  local function change(sql)
    local code, _, err = harness.execute("sqlite3", { world:path "var/state.db", sql })
    assert(code == 0, err)
  end

  it("forgets the alerts of long ago and what gone scripts had; no id is given twice", function ()
    world:script("rules", SCRIPT:format(9, 0))
    world:run { "--speed", "30" }
    world:wait_received(1, 20, harness.is_alert("raise", "load"))
    harness.wait(function () return #world:select "SELECT * FROM kept" == 1 end, 10, "a kept value")
    assert.equal(0, world.gateway:stop())
    change [[UPDATE alert SET raised = 0, opening = 7, ended_ms = 1; DELETE FROM key_state;
      INSERT INTO kept VALUES ('left', 'x', x'00', 1); INSERT INTO gone VALUES ('left', 1), ('rules', 1)]]
    world:script("rules", SCRIPT:format(0, 0))
    world:run { "--speed", "100" }
    harness.wait(function () return #world:select "SELECT * FROM alert" == 0 end, 20, "a sweep")
    assert.same({ "rules" }, world:select "SELECT script FROM kept")
    world:script("rules", SCRIPT:format(9, 9))
    world:reload "gateway  reloaded"
    local raises = world:wait_received(3, 20, harness.is_alert("raise", "load"))
    assert.matches("%-1$", raises[1].event.data.id)
    -- Also of a key that was never seen: who knows.
    assert.matches("%-8$", raises[2].event.data.id)
    assert.matches("%-8$", raises[3].event.data.id)
    assert.equal(0, world.gateway:stop())
  end)
end)
