--- `ccgate test`: which specs it runs, what it prints, where it finds what it needs.
local cjson = require "cjson"
local harness = require "e2e.harness"

local GOOD <const> = [[
it("is good", function () assert.equal(1, 1) end)
]]

local BAD <const> = [[
it("is good", function () assert.equal(1, 1) end)
describe("that", function ()
  it("is bad", function () assert.equal("a", "b") end)
  pending "is late"
end)
]]

local world

local function write_conf()
  world:write("gateway.conf", [[
[gateway]
scripts = scripts
[center main]
url        = https://centre.example.com
cc_id      = 1
vdn        = 1
access_key = a
secret_key = b
[destination chat]
kind = webhook
url  = ${env:NOT_ON_THIS_MACHINE}
]])
end

local function test(arguments, env)
  local ccgate = io.popen("realpath " .. harness.ccgate):read "l"
  return harness.execute(ccgate, { "test", table.unpack(arguments) }, { cwd = world.folder, env = env })
end

local has = harness.has

before_each(function () world = harness.world() end)
after_each(function () world:close() end)

describe("ccgate test", function ()
  it("runs all specs of the configured folder", function ()
    write_conf()
    world:write("scripts/a_spec.lua", GOOD)
    world:write("scripts/b_spec.lua", GOOD)
    world:script("c", "this is no spec")
    local code, out, err = test {}
    assert.equal("", err)
    assert.equal(0, code)
    has(out, "scripts/a_spec.lua\n  ok      is good")
    has(out, "scripts/b_spec.lua\n  ok      is good")
    has(out, "\n2 passed, 0 failed\n")
  end)

  it("says what fails, and where", function ()
    world:write("scripts/a_spec.lua", BAD)
    local code, out = test { "scripts" }
    assert.equal(1, code)
    has(out, "  FAILED  that is bad")
    has(out, "scripts/a_spec.lua:3: Expected objects to be equal.")
    has(out, "\n1 passed, 1 failed, 1 pending\n")
  end)

  it("lists what was sent where a test looks for more", function ()
    write_conf()
    world:script("a", [[
local gw = require "gateway"
gw.job "tick" { every = "1m", run = function () gw.destination "other":send "tick" end }
]])
    world:write("scripts/a_spec.lua", [[
local sim = require "gateway.sim"
it("looks", function ()
  local s = sim.load "scripts/a.lua"
  s:advance "90s"
  assert.equal("tock", s.sent[2].summary)
end)
it("is no message", function () local list = {} ; return list[1].x end)
]])
    local code, out = test { "scripts" }
    assert.equal(1, code)
    has(out, "scripts/a_spec.lua:5: attempt to index a nil value (field 'integer index')\n          s.sent[2]: 1 sent\n"
      .. "          [1] 2026-03-03 10:01:00 message → other: \"tick\"\n")
    local _, count = out:gsub("s%.sent%[", "")
    assert.equal(1, count)
  end)

  it("says it to programs", function ()
    world:write("scripts/a_spec.lua", BAD)
    world:write("scripts/b_spec.lua", "x = = 1\n")
    local code, out = test { "-o", "json", "scripts" }
    assert.equal(1, code)
    local statuses = {}
    for index, record in ipairs(cjson.decode(out)) do
      statuses[index] = record.name .. " " .. record.status
    end
    assert.same({ "the file itself failed", "is good passed", "that is bad failed", "that is late pending" }, statuses)
    assert.equal(3, cjson.decode(out)[3].line)
  end)

  it("finds the spec of a script", function ()
    world:write("scripts/a_spec.lua", GOOD)
    world:script("a", "")
    local code, out = test { "scripts/a.lua" }
    assert.equal(0, code)
    has(out, "1 passed, 0 failed\n")
  end)

  it("says what there is not", function ()
    world:script("a", "")
    local cases = {
      [{ "nothing" }] = "nothing: there is no such file or folder\n",
      [{ "scripts" }] = "scripts: no *_spec.lua in it\n",
      [{ "scripts/a.lua" }] = "scripts/a.lua is no spec; tests of it stand in scripts/a_spec.lua\n",
    }
    for arguments, expected in pairs(cases) do
      local code, _, err = test(arguments)
      assert.equal(1, code)
      assert.equal(expected, err)
    end
    local code, _, err = test {}
    assert.equal(1, code)
    has(err, "gateway.conf: ")
    has(err, "name the specs or their folder: ccgate test scripts\n")
    assert.equal(2, (test { "--nothing" }))
    assert.equal(2, (test { "-o", "xml" }))
  end)

  it("names the package when there is no busted", function ()
    local code, _, err = test({ "scripts" }, { "LUA_PATH=/nowhere/?.lua", "LUA_PATH_5_4=/nowhere/?.lua" })
    assert.equal(1, code)
    has(err, "sudo apt-get install --no-install-recommends lua-busted")
  end)

  it("gives tests the configuration that is named", function ()
    write_conf()
    world:script("a", [[
local gw = require "gateway"
gw.job "tick" { every = "1m", run = function () gw.destination "other":send "tick" end }
]])
    world:write("scripts/a_spec.lua", [[
local sim = require "gateway.sim"
it("loads", function () sim.load "scripts/a.lua" end)
]])
    assert.equal(0, (test { "scripts" }))
    world:script("a", [[
local gw = require "gateway"
gw.rule "r" { from = gw.queues { 1 }, when = gw.above("calls_waiting", 5), send = "other" }
]])
    assert.equal(0, (test { "scripts" }))
    local code, out = test { "-c", "gateway.conf", "scripts" }
    assert.equal(1, code)
    has(out, "other")
  end)
end)

describe("make install", function ()
  it("brings what tests need, for ccgate test and for a plain busted", function ()
    if harness.is_sanitized then return end
    local build = harness.ccgate:match "^(.*)/"
    local code, _, err = harness.execute("make", {
      "--no-print-directory", "install", "BUILD=" .. build, "DESTDIR=" .. world.folder, "PREFIX=/usr" })
    assert.equal(0, code, err)
    local root = world:path "usr"
    local status, out = harness.execute(root .. "/bin/ccgate", { "test", "scripts/long_rest_spec.lua" })
    assert.equal(0, status, out)
    status, out = harness.execute("busted", { "--lua=/usr/bin/lua5.4", "scripts/long_rest_spec.lua" }, { env = {
      "PATH=/usr/bin:/bin", "LUA_PATH=" .. root .. "/share/lua/5.4/?.lua;;",
      "LUA_CPATH=" .. root .. "/lib/lua/5.4/?.so;;" } })
    assert.equal(0, status, out)
  end)
end)
