-- What the scripts cost the centre: as `ccgate plan` says, and as the centre counts; and
-- what one id costs the others that the centre does not want to hear of.
local harness = require "e2e.harness"
local cjson = require "cjson"

local QUEUES <const> = 2000
local SCRIPTS <const> = 20
local BATCHES <const> = 9 -- of 2,000 ids: [1,2,…] is 1,000 bytes long at most
local EVERY <const> = 3

--- A rule on the queues from `first` to `last`.
local function watch(name, first, last, every)
  return ([[
local gw = require "gateway"
local queues = {}
for id = %d, %d do queues[#queues + 1] = id end
gw.rule "%s" {
  from = gw.queues(queues), every = "%s", send = "floor-chat",
  when = gw.above("calls_waiting", 90000),
}
]]):format(first, last, name, every)
end

describe("ccgate plan", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate { "--skills", tostring(QUEUES) }
    world:sink()
    world:conf()
  end)
  after_each(function () world:close() end)

  --- The plan of the only centre.
  local function plan()
    local code, out, err = world:command { "plan", "-o", "json" }
    assert.equal("", err)
    assert.equal(0, code)
    return cjson.decode(out)[1]
  end

  it("names those whose questions are known only when they run", function ()
    world:script("watch", watch("watch", 1, 2, "30s"))
    local code, out = world:command { "plan" }
    assert.equal(0, code)
    assert.is_nil(out:find("not counted", 1, true), out)
    world:script("made", [[
local gw = require "gateway"
gw.rule "made" { from = function() return { { id = 1, name = "a" } } end, every = "20s",
  fields = { load = "ratio" }, when = function() return false end, summary = "x" }
gw.job "digest" { at = "18:05", zone = "Europe/Istanbul", run = function() gw.queues():fetch() end }
gw.job "sample" { every = "1m", run = function() gw.queues():fetch() end }
]])
    code, out = world:command { "plan" }
    assert.equal(0, code)
    assert.truthy(out:find("not counted above, for what they ask is known when they run:\n"
      .. "  rule made of made, every 20s\n  job digest of made, at '5 18 * * *' (Europe/Istanbul)\n"
      .. "  job sample of made, every 1m\n", 1, true), out)
    local _, json = world:command { "plan", "-o", "json" }
    local asks = cjson.decode(json)[2].asks_when_it_runs
    assert.same({ kind = "rule", name = "made", script = "made", when = "every 20s" }, asks[1])
    assert.equal(3, #asks)
  end)

  it("and the centre agree: many scripts cost as much as one", function ()
    for script = 1, SCRIPTS do
      local name = ("watch-%02d"):format(script)
      world:script(name:gsub("-", "_"), watch(name, 1, QUEUES, EVERY .. "s"))
    end
    local center = plan()
    assert.same({ BATCHES, 1 }, { center.queries[1].requests, #center.queries })
    assert.same({ QUEUES, SCRIPTS }, { center.queries[1].ids, #center.queries[1].scripts })
    assert.equal(BATCHES * 60 / EVERY, center.requests_per_minute)
    assert.equal(1, center.stretch)

    world:run()
    harness.wait(function () return world.gateway:count_log(" live: rule watch-") == SCRIPTS end, 60, "all scripts")
    harness.pass(EVERY * 1000)
    local before, from = world:count().requests, os.time()
    harness.pass(5 * EVERY * 1000)
    local asked, took = world:count().requests - before, os.time() - from
    assert.near(center.requests_per_minute * took / 60, asked, BATCHES)
  end)

  it("and the centre agree: what is wanted seldom rides with what is wanted often", function ()
    local quick <const>, slow <const>, agents <const> = 2, 7, 4
    world:script("quick", watch("quick", 1, 20, quick .. "s"))
    world:script("slow", watch("slow", 11, 60, slow .. "s"))
    world:script("agents", (watch("agents", 3, 3, agents .. "s")
      :gsub("gw%.queues%(queues%)", "gw.agents { queues = queues }")
      :gsub('gw%.above%("calls_waiting", 90000%)', 'gw.above("state_age", "23h")')))
    local center = plan()
    local riders
    for _, line in ipairs(center.queries) do
      if line.rides_with_every_ms then riders = line end
    end
    assert.same({ 40, slow * 1000, 0, quick * 1000 },
      { riders.ids, riders.every_ms, riders.requests, riders.rides_with_every_ms })
    assert.equal(60 / quick + 60 / agents, center.requests_per_minute)

    world:run()
    harness.wait(function () return world.gateway:count_log(" live: rule ") == 3 end, 20, "all scripts")
    harness.pass(quick * 1000)
    local before, from = world:count().requests, os.time()
    harness.pass(2 * slow * 1000)
    local asked, took = world:count().requests - before, os.time() - from
    assert.near(center.requests_per_minute * took / 60, asked, 2)
  end)

  it("tells who asks for what, and what the rate makes of it", function ()
    world:conf("[center far]\nurl = https://127.0.0.1:1\ncc_id = 1\nvdn = 1\naccess_key = key\n" ..
      "secret_key = secret\nrate = 30/min\n", { queues = "default = yes" })
    world:script("first", watch("first", 1, 3, "15s"))
    world:script("second", watch("second", 3, 4, "2m"))
    world:script("third", (watch("third", 3, 3, "1s"):gsub("gw%.queues", 'gw.center("far").queues')))
    local code, out, err = world:command { "plan" }
    assert.equal("", err)
    assert.equal(0, code)
    assert.equal([[
center main: 4 requests per minute, rate allows 60000
  query                    ids     every  requests  per minute  scripts
  queues                     3       15s         1           4  first, second
  queues                     1        2m         0           0  second; rides with every 15s
center far: 60 requests per minute, rate allows 30
  too many: all intervals become 2.00 times as long (rate = 1/s would do)
  query                    ids     every  requests  per minute  scripts
  queues                     1        1s         1          60  third
]], out)
  end)

  it("tells mistakes, and plans the rest", function ()
    world:script("bad", 'local gw = require "gateway"\ngw.rule "bad" { form = 1 }\n')
    world:script("good", watch("good", 1, 2, "1m"))
    local code, out, err = world:command { "plan" }
    assert.equal(1, code)
    assert.truthy(err:find("bad.lua:2: ", 1, true), err)
    assert.truthy(out:find("good\n", 1, true), out)
  end)
end)

describe("operations", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate()
    world:sink()
    world:conf()
  end)
  after_each(function () world:close() end)

  --- Runs until the centre was asked `requests` times by the rules on operations.
  local function run_until(requests)
    world:run()
    harness.wait(function () return world:count().requests >= requests end, 20, function ()
      return ("%d requests:\n%s"):format(requests, world.gateway:errors())
    end)
  end

  --- No more than `requests` came: but for those of a quarter of an hour that closed meanwhile.
  local function assert_requests(requests)
    local past = os.time() % 900 -- each id falls due between 60 and 120 seconds past
    harness.pass(1000)
    assert.near(requests, world:count().requests, (past < 30 or past > 120) and 0 or 2)
  end

  it("are asked for once, and once more after a kill -9", function ()
    for _, name in ipairs { "first", "second" } do
      world:script(name, ([[
local gw = require "gateway"
gw.rule "%s" {
  from = gw.agent_operations { agent = { 101, 102 }, last = "1h" }, send = "floor-chat",
  when = gw.above("duration", "23h"),
}
]]):format(name))
    end
    run_until(2)
    harness.wait(function () return #world:select("SELECT 1 FROM slot") == 2 end, 10, "the marks")
    assert_requests(2)
    local marks = world:select("SELECT center, query, argument, until % 900 FROM slot ORDER BY argument")
    assert.same({ "main|agent_operations|101|0", "main|agent_operations|102|0" }, marks)
    world.gateway:kill("sigkill")
    world.gateway:join()
    run_until(4)
    assert_requests(4)
  end)
end)

describe("a hundred scripts on one query", function ()
  local HUNDRED <const> = 100
  local world

  before_each(function ()
    world = harness.world()
    world:simulate { "--skills", "20" }
    world:sink()
    world:conf()
  end)
  after_each(function () world:close() end)

  it("cost one request, and each of them hears of its answer", function ()
    world:queue(7, { callWaitNums = 9 })
    for script = 1, HUNDRED do
      world:script(("watch_%03d"):format(script), ([[
local gw = require "gateway"
gw.rule "watch-%03d" {
  from = gw.queues { 7 }, every = "1h", send = "floor-chat", when = gw.above("calls_waiting", 4),
}
]]):format(script))
    end
    world:run()
    harness.wait(function () return world.gateway:count_log("raised  watch-") == HUNDRED end, 60, "all alerts")
    assert.equal(1, world:count().requests)
  end)
end)

describe("an id that the centre refuses", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate()
    world:sink()
    world:conf()
  end)
  after_each(function () world:close() end)

  local function rule(name, queues)
    return ([[
local gw = require "gateway"
gw.rule "%s" {
  from = gw.queues { %s }, every = "1s", send = "floor-chat",
  when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 2),
}
]]):format(name, queues)
  end

  it("harms only the script that asks for it, and clears nobody's alert", function ()
    for id = 1, 12 do world:queue(id, { callWaitNums = 0 }) end
    world:queue(9, { callWaitNums = 7 })
    world:script("good", rule("good", "1, 2, 3, 4, 5, 6, 7, 8"))
    world:script("bad", rule("bad", "8, 9, 10"))
    world:run()
    world:wait_received(1, 20, harness.is_alert("raise", "bad"))

    world:fault("api=0100002:id=9")
    world:queue(9, { callWaitNums = 0 })
    world.gateway:wait_log("queue 9 is refused: api 0100002", 20)
    assert.truthy(world.gateway:errors():find("wanted by bad:2; it is asked alone", 1, true))
    world:queue(1, { callWaitNums = 7 })
    world:wait_received(1, 20, harness.is_alert("raise", "good"))
    world:queue(10, { callWaitNums = 7 })
    world:wait_received(2, 20, harness.is_alert("raise", "bad"))
    assert.equal(1, world.gateway:count_log("queue 9 is refused"))
    assert.equal(0, #world:received(harness.is_alert("clear", "bad")))

    -- It is mended, and the operator says so.
    world:fault(nil)
    world:reload("reloaded")
    world:wait_received(1, 20, harness.is_alert("clear", "bad"))
  end)
end)
