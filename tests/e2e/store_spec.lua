--- What scripts keep: over restarts of the gateway, deaths of hosts and reloads.
local harness = require "e2e.harness"

local COUNTS <const> = [[
local gw = require "gateway"
local chat = gw.destination "floor-chat"
local kept = gw.store()
gw.job "count" {
  every = "1s",
  run = function ()
    kept.runs = (kept.runs or 0) + 1
    kept.last = { run = kept.runs, text = "%s" }
    chat:send(kept.last)
    if kept.runs == %d then
      kept.runs = 1000
      error "this run is dropped"
    end
  end,
}
]]

describe("what a script keeps", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate()
    world:sink()
    world:conf()
  end)
  after_each(function () world:close() end)

  -- Each message once: one whose answer was lost in a death comes again, with its id.
  local function runs()
    local seen, known = {}, {}
    for _, one in ipairs(world:received()) do
      local id = one.headers["webhook-id"]
      if not known[id] then
        seen[#seen + 1] = one.body:match '"run":(%d+)' .. one.body:match '"text":"(%a+)"'
      end
      known[id] = true
    end
    return seen
  end

  local function wait_run(text)
    harness.wait(function ()
      local seen = runs()
      return seen[#seen] == text
    end, 20, "run " .. text)
  end

  it("survives restart, death and reload, in step with what was sent", function ()
    world:script("count", COUNTS:format("old", 0))
    world:run()
    wait_run "2old"
    world.gateway:kill "sigkill"
    world.gateway:join(5)
    world:run()
    wait_run "4old"
    os.execute("kill -9 " .. world:wait_host "count")
    wait_run "6old"
    world:script("count", COUNTS:format("new", 9))
    world:reload "gateway  reloaded"
    wait_run "8new"
    -- The ninth raises each time: nothing of it is kept or told.
    world.gateway:wait_log "this run is dropped"
    assert.same({ "1old", "2old", "3old", "4old" }, { table.unpack(runs(), 1, 4) })
    assert.equal("8new", runs()[#runs()])
    assert.equal(0, world.gateway:stop())
    assert.same({ "2" }, world:select "SELECT count(*) FROM kept")
  end)
end)
