--- Rehearsals that nobody closes: tests just forget them.
local bench = require "sim.bench"
local uv = require "luv"

local RULE <const> = [[
gw.rule "wait" { from = gw.queues { 1 }, when = gw.above("calls_waiting", 5), send = "chat" }]]

local function count_hosts()
  local pipe <close> = assert(io.popen(("pgrep -c -P %d ccgate-script"):format(uv.os_getpid())))
  return pipe:read "n"
end

local function count_descriptors()
  local count = 0
  for _ in uv.fs_scandir_next, assert(uv.fs_scandir "/proc/self/fd") do count = count + 1 end
  return count
end

describe("rehearsals that are left open", function ()
  before_each(bench.begin)
  after_each(bench.remove)

  it("end when they are forgotten, and leave nothing", function ()
    collectgarbage()
    local before = count_descriptors()
    for _ = 1, 40 do bench.load(RULE):advance "1m" end
    assert(count_hosts() <= 17, count_hosts())
    collectgarbage()
    assert.equal(0, count_hosts())
    assert.equal(before, count_descriptors())
  end)

  it("live side by side, each on its own clock", function ()
    local first = bench.load(RULE, "2026-03-03 10:00")
    local second = bench.load(RULE, "2027-03-03 10:00")
    first:queues { { id = 1, calls_waiting = 9 } }:advance "1m"
    second:advance "1m"
    assert.same({ "raise chat" }, bench.told(first))
    assert.same({}, bench.told(second))
    assert.equal(365 * 86400, second.now - first.now)
  end)
end)
