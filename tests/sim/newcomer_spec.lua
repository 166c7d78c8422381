--- Three rules that README does not foresee, as somebody new writes them first.
local bench = require "sim.bench"

before_each(bench.begin)
after_each(bench.remove)

describe("the longest wait, judged more mildly at lunch", function ()
  local LUNCH <const> = [[
gw.rule "lunch-wait" {
  from    = gw.queues { "sales" },
  every   = "15s",
  when    = gw.above("longest_wait_5m",
    gw.by_hour { ["08:00"] = "1m", ["12:00"] = "3m", ["13:30"] = "1m" }),
  during  = gw.calendar { days = "mon-fri", hours = "08:00-18:00" },
  summary = "{name}: somebody waited {longest_wait_5m:duration}",
  send    = "chat",
}]]
  local TWO_MINUTES <const> = { { id = "sales", longest_wait_5m = "2m" } }

  it("tells of two minutes in the morning", function ()
    local s = bench.load(LUNCH, "2026-03-03 11:00")
    s:queues(TWO_MINUTES):advance "20s"
    assert.equal("sales: somebody waited 2m", s.sent[1].summary)
  end)

  it("does not at lunch, but after it", function ()
    local s = bench.load(LUNCH, "2026-03-03 12:00")
    s:queues(TWO_MINUTES):at "13:29"
    assert.same({}, bench.told(s))
    s:at "13:31"
    assert.same({ "raise chat" }, bench.told(s))
  end)

  it("is over when the day is", function ()
    local s = bench.load(LUNCH, "2026-03-03 17:55")
    s:queues(TWO_MINUTES):advance "10m"
    assert.same({ "raise chat", "clear chat" }, bench.told(s))
  end)
end)

describe("nobody available for 45 seconds", function ()
  local NOBODY <const> = [[
gw.rule "nobody-there" {
  from  = gw.queues(),
  every = "15s",
  when  = gw.equal("agents_available", 0),
  hold  = "45s",
  send  = "chat",
}]]
  local EMPTY <const> = { { id = "sales" }, { id = "support", agents_available = 2 } }
  local STAFFED <const> = {
    { id = "sales", agents_available = 1 }, { id = "support", agents_available = 2 },
  }

  it("tells of the one queue, and that it is over", function ()
    local s = bench.load(NOBODY)
    s:queues(EMPTY):advance "40s"
    assert.same({}, bench.told(s))
    s:advance "20s":queues(STAFFED):advance "20s"
    assert.same({ "raise chat", "clear chat" }, bench.told(s))
    assert.equal("1", s.sent[1].key)
  end)

  it("begins anew when somebody was there meanwhile", function ()
    local s = bench.load(NOBODY)
    s:queues(EMPTY):advance "35s":queues(STAFFED):advance "20s":queues(EMPTY):advance "40s"
    assert.same({}, bench.told(s))
  end)
end)

describe("an agent at rest for more than 15 minutes", function ()
  local REST <const> = [[
gw.rule "rest-over" {
  from    = gw.agents { queue = "sales" },
  when    = gw.all { gw.equal("state", "rest"), gw.above("state_age", "15m") },
  summary = "{name} rests for {state_age:duration}",
  send    = "chat",
}]]

  local function ayse(state, age)
    return { { id = 1099, name = "Ayse", state = state, state_age = age } }
  end

  it("tells of that agent, until work goes on", function ()
    local s = bench.load(REST)
    s:agents(ayse("rest", "14m59s")):advance "1m"
    assert.same({}, bench.told(s))
    s:agents(ayse("rest", "15m30s")):advance "1m"
    assert.equal("Ayse rests for 15m30s", s.sent[1].summary)
    s:agents(ayse("talking", "5s")):advance "1m"
    assert.same({ "raise chat", "clear chat" }, bench.told(s))
  end)

  it("does not mind how long others talk", function ()
    local s = bench.load(REST)
    s:agents(ayse("talking", "40m")):advance "5m"
    assert.same({}, bench.told(s))
  end)
end)
