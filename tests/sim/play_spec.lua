--- What a test can play, and what it can look at.
local bench = require "sim.bench"
local sim = require "gateway.sim"

local RULE <const> = [[
gw.rule "wait" { from = gw.queues { 1, 2 }, every = "10s", when = gw.above("calls_waiting", 5), send = "chat" }]]

local function keys(s)
  local list = {}
  for index, message in ipairs(s.sent) do list[index] = message.kind .. " " .. message.key end
  return list
end

before_each(bench.begin)
after_each(bench.remove)

describe("rows", function ()
  it("of queues go by number or by name, and may have names of their own", function ()
    local s = bench.load((RULE:gsub("send =", 'summary = "{name}: {calls_waiting}", %0')))
    s:queues { { id = "support", calls_waiting = 7 }, { id = 1, name = "Hotline", calls_waiting = 8 } }:advance "5s"
    local summaries = { s.sent[1].summary, s.sent[2].summary }
    table.sort(summaries)
    assert.same({ "Hotline: 8", "support: 7" }, summaries)
  end)

  it("of agents are idle unless they say otherwise", function ()
    local s = bench.load [[
local all = gw.agents { queues = "all" }
gw.rule "rest" { from = all, every = "10s", when = gw.in_state("rest", "15m"), send = "chat" }
gw.rule "idle" { from = all, every = "10s", when = gw.equal("state", "idle"), send = "pager" }]]
    s:agents { { id = 1098, name = "Ayse" }, { id = 1099, name = "Mehmet", state = "rest", state_age = "16m" } }
    s:advance "15s"
    assert.same({ "raise 1099", "raise 1098" }, { keys(s)[1], keys(s)[2] })
    assert.equal("chat", s.sent[1].to)
    assert.equal(2, #s.sent)
  end)

  it("of calls belong to their agents", function ()
    local s = bench.load [[
gw.rule "calls" {
  from = gw.agent_calls { agent = { 1098, 1099 } }, every = "10s", send = "chat", summary = "{agent} has {id}",
  when = function (row) return row.id ~= nil end,
}]]
    s:agent_calls { { id = "c-1", agent = 1099 } }:advance "15s"
    assert.equal("1099 has c-1", s.sent[1].summary)
    assert.equal(1, #s.sent)
  end)

  it("of operations are told for their quarter of an hour", function ()
    local s = bench.load([[
gw.rule "busy" { from = gw.agent_operations { agent = 1099 }, when = gw.equal("operation", "busy"), send = "chat" }]],
      "2026-03-03 10:07")
    s:agent_operations { { id = "o-1", agent = 1099, operation = "busy" } }:advance "30m"
    assert.same({ "raise o-1" }, { keys(s)[1] })
  end)

  it("that are gone clear what was raised", function ()
    local s = bench.load(RULE)
    s:queues { { id = 1, calls_waiting = 7 } }:advance "15s":queues {}:advance "15s"
    assert.same({ "raise 1", "clear 1" }, keys(s))
  end)
end)

describe("several centres", function ()
  it("have rows of their own", function ()
    local conf = bench.write("two.conf", [[
[center north]
url = https://north.example.com
cc_id = 1
vdn = 1
access_key = a
secret_key = b
default = yes
[center south]
url = https://south.example.com
cc_id = 1
vdn = 1
access_key = a
secret_key = b
queue.5 = claims
[destination chat]
kind = log
]])
    local script = bench.write("two.lua", [[
local gw = require "gateway"
gw.rule "wait" {
  from = { gw.queues { 5 }, gw.center "south".queues { 5 } }, every = "10s",
  when = gw.above("calls_waiting", 5), send = "chat",
}]])
    local s = sim.load(script, { conf = conf })
    s:queues { { id = 5 } }
    s:center "south":queues { { id = "claims", calls_waiting = 9 } }
    s:advance "15s"
    assert.equal(1, #s.sent)
    assert.equal("south", s.alerts[1].center)
    s:center "south":fail("queues", "http")
    s:queues { { id = 5, calls_waiting = 9 } }:advance "15s"
    assert.equal(2, #s.alerts)
  end)
end)

describe("scripts", function ()
  it("are loaded together, and know no more than in the gateway", function ()
    local first = bench.write("first.lua", 'local gw = require "gateway"\n' .. RULE)
    local second = bench.write("second.lua", 'local gw = require "gateway"\n' .. RULE:gsub('"wait"', '"other"'))
    local s = sim.load { first, second }
    s:queues { { id = 1, calls_waiting = 7 } }:advance "5s"
    assert.same({ "raise 1", "raise 1" }, keys(s))
    local good, message = pcall(sim.load, bench.write("third.lua", 'io.open "x"'))
    assert.is_false(good)
    assert.matches("third%.lua:1: .*io", message)
  end)

  it("write to a log that a test can read", function ()
    local s = bench.load([[gw.job "tick" { every = "1m", run = function () gw.log.warn("tick", { n = 5 }) end }]],
      "2026-03-03 10:00")
    s:advance "90s"
    local line = s.log[#s.log]
    assert.same({ script = "rule", level = "warn", text = "job tick: tick n=5", at = s.now - 30 }, line)
  end)

  it("run a job when a test wants it", function ()
    local s = bench.load [[
gw.job "tick" { at = "05:00", run = function () gw.destination "chat":send { title = "now" } end }]]
    s:job "tick":advance "1s"
    assert.equal("message", s.sent[1].kind)
    assert.matches("s:job: .*'tack'", select(2, pcall(s.job, s, "tack")))
  end)

  it("come back when their process dies", function ()
    local s = bench.load(RULE)
    s:queues { { id = 1, calls_waiting = 7 } }:advance "15s":kill_script "rule":advance "1m"
    s:queues { { id = 1 } }:advance "1m"
    assert.same({ "raise 1", "clear 1" }, keys(s))
  end)
end)

describe("a destination", function ()
  it("answers as it is told, and gets what it missed", function ()
    local s = bench.load(RULE)
    s:answer("chat", "timeout"):queues { { id = 1, calls_waiting = 7 } }:advance "15s"
    assert.equal(1, #s.sent)
    s:queues { { id = 1 } }:advance "1m"
    assert.equal(1, #s.sent)
    s:answer("chat", 200):advance "10m"
    assert.same({ "raise 1", "clear 1" }, keys(s))
  end)
end)

describe("the clock", function ()
  it("goes on to times of day, and to days", function ()
    local s = bench.load(RULE, "2026-03-03 10:00", "Asia/Shanghai")
    assert.equal("2026-03-03 02:00", os.date("!%Y-%m-%d %H:%M", s.now))
    assert.equal("2026-03-03 10:30", os.date("!%Y-%m-%d %H:%M", s:at "18:30".now))
    assert.equal("2026-03-04 10:30", os.date("!%Y-%m-%d %H:%M", s:at "18:30".now))
    assert.equal("2026-03-05 00:00", os.date("!%Y-%m-%d %H:%M", s:at "2026-03-05 08:00".now))
    assert.matches("^s:at: ", select(2, pcall(s.at, s, "2026-03-01 08:00")):gsub("^[^ ]+:%d+: ", ""))
  end)
end)
