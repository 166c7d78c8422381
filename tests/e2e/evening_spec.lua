--- The first evening of somebody new: mistakes that show only beside the rest of the world.
local harness = require "e2e.harness"

local RULE <const> = [[
local gw = require "gateway"
gw.rule "%s" { from = gw.queues(), when = gw.above("calls_waiting", 4), send = "floor-chat" }
]]

describe("the first evening", function ()
  local world

  before_each(function () world = harness.world() end)
  after_each(function () world:close() end)

  local function check(path) return world:command { "check", world:path(path) } end

  it("a rule has the name of one in the next file", function ()
    world:conf()
    world:script("old", RULE:format "busy")
    world:script("broken", "nothing")
    world:script("new", RULE:format "busy")
    local code, _, err = check "scripts/new.lua"
    assert.equal(1, code)
    assert.equal(("%s: rule 'busy': this name is used twice; the other rule is in %s\n1 mistake\n"):format(
      world:path "scripts/new.lua", world:path "scripts/old.lua"), err)
  end)

  it("both scripts of one name are asked for, or another one of it elsewhere", function ()
    world:conf()
    world:script("old", RULE:format "busy")
    world:script("new", RULE:format "busy")
    world:write("drafts/new.lua", RULE:format "busy")
    local said <const> = "%s: rule 'busy': this name is used twice; the other rule is in %s\n"
    local new <const>, old <const> = world:path "scripts/new.lua", world:path "scripts/old.lua"
    local draft <const> = world:path "drafts/new.lua"
    for _, asked in ipairs {
      { { new, old }, said:format(old, new) .. "1 mistake\n" },
      { { world:path "scripts" }, said:format(old, new) .. "1 mistake\n" },
      { { draft, new }, said:format(new, draft) .. said:format(new, old) .. "2 mistakes\n" },
    } do
      local _, _, err = world:command { "check", table.unpack(asked[1]) }
      assert.equal(asked[2], err)
    end
  end)

  it("a script is the only one of its name, or a draft outside of the folder", function ()
    world:conf()
    world:script("old", RULE:format "busy")
    world:script("new", RULE:format "calm")
    world:write("drafts/new.lua", RULE:format "busy")
    for _, path in ipairs { "scripts/old.lua", "scripts/new.lua", "drafts/new.lua" } do
      local code, out, err = check(path)
      assert.same({ 0, "" }, { code, err })
      assert.truthy(out:find("fine: 1 script, 1 rule, 0 jobs\n", 1, true), out)
    end
  end)

  it("the centre's authority is not named", function ()
    world:simulate()
    world:conf()
    world:script("busy", RULE:format "busy")
    local conf = assert(io.open(world:path "gateway.conf"))
    local text = conf:read "a"
    conf:close()
    world:write("gateway.conf", (text:gsub("ca_file = ca.pem\n", "")))
    world:run()
    world.gateway:wait_log "; does ca_file in its section name the authority of its certificate?"
  end)
end)
