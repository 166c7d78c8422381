--- Scripts of several files: a rehearsal has the modules beside the script.
local bench = require "sim.bench"

local SCRIPT <const> = [[
local limits = require "lib.limits"
gw.rule "wait" {
  from = gw.queues { 1 }, when = gw.above("calls_waiting", limits.waiting), send = "chat",
}]]

before_each(bench.begin)
after_each(bench.remove)

describe("a script with a module", function ()
  it("is rehearsed with it", function ()
    bench.write("lib/limits.lua", "return { waiting = 5 }")
    local s = bench.load(SCRIPT)
    s:queues { { id = 1, calls_waiting = 6 } }:advance "1m"
    assert.same({ "raise chat" }, bench.told(s))
  end)

  it("lets its spec require that one, too", function ()
    bench.write("lib/limits.lua", "return { waiting = 5 }")
    local spec = bench.write("rule_spec.lua", 'return require "lib.limits".waiting')
    local inner = bench.write("lib/limits_spec.lua", 'return require "lib.limits".waiting')
    local broken = bench.write("broken_spec.lua", 'return require "lib.broken"')
    bench.write("lib/broken.lua", "return {")
    finally(function() package.loaded["lib.limits"] = nil end)
    assert.equal(5, dofile(spec))
    package.loaded["lib.limits"] = nil
    assert.equal(5, dofile(inner))
    local ok, mistake = pcall(dofile, broken)
    assert.is_false(ok)
    assert.truthy(mistake:find("lib/broken.lua:1: ", 1, true), mistake)
    assert.is_false((pcall(require, "lib.nowhere")))
    ok, mistake = pcall(require, "gateway")
    assert.is_false(ok)
    assert.truthy(mistake:find("gateway is there in scripts alone", 1, true), mistake)
  end)

  it("has another one from the next reload on", function ()
    bench.write("lib/limits.lua", "return { waiting = 7 }")
    local s = bench.load(SCRIPT)
    s:queues { { id = 1, calls_waiting = 6 } }:advance "1m"
    assert.same({}, bench.told(s))
    bench.write("lib/limits.lua", "return { waiting = 5 }")
    s:reload()
    s:advance "1m"
    assert.same({ "raise chat" }, bench.told(s))
  end)

  it("is told of the module's mistakes, at its line", function ()
    local path = bench.write("lib/limits.lua", "\nreturn { waiting = nothing.at_all }")
    local ok, mistake = pcall(bench.load, SCRIPT)
    assert.is_false(ok)
    assert.truthy(tostring(mistake):find(path .. ":2: attempt to index a nil value (global 'nothing')", 1, true))
  end)
end)
