local fake_core = require "lua.fake_core"

local FILE <const> = "scripts/queue_wait.lua"

local job <const>, mistake_of <const> = fake_core.job, fake_core.mistake_of

describe("gw.counter and gw.gauge", function()
  it("count, with labels in order", function()
    local host = job [[
      local lost = gw.counter("calls_lost_total", "Calls that were lost.")
      lost:add() lost:add(2.5, { queue = "sales", agent = 7, night = true })
      gw.gauge "load":set(-1)]]
    host:run "it"
    assert.same({
      { "counter", "calls_lost", "Calls that were lost.", {}, 1 },
      { "counter", "calls_lost", "Calls that were lost.",
        { "agent", "7", "night", "true", "queue", "sales" }, 2.5 },
      { "gauge", "load", "", {}, -1 },
    }, host.metrics)
  end)

  it("say what is not counted", function()
    local host = job [[ print(gw.counter "a":add()) ]]
    host.uncounted = "too many"
    host:run "it"
    assert.equal("nil\tlimit: too many", host.logs[1].text)
  end)

  local bad = {
    { 'gw.counter "a b"', "gw.counter: a name such as \"calls_lost\" is needed, not 'a b'" },
    { 'gw.gauge "ccgate_alerts"', "gw.gauge: names that begin with ccgate_ are the gateway's own" },
    { 'gw.gauge "a_total"', "gw.gauge: a name that ends in _total is a counter's" },
    { 'gw.gauge("a", 5)', "gw.gauge: help is one line of text, not 5" },
    { 'gw.counter "a":add(-1)', "counter:add: a number from 0 is needed, not -1" },
    { 'gw.gauge "a":set()', "gauge:set: a number is needed, not nothing" },
    { 'gw.gauge "a":set(0/0)', "gauge:set: a number is needed, not " .. tostring(0 / 0) },
    { 'gw.counter "a".add(1)', "add is called with a colon: counter:add(1)" },
    { 'gw.counter "a":set(1)', "counter has no 'set'; known: add" },
    { 'gw.counter "a":add(1, "x")', "counter:add: labels such as { queue = \"sales\" } are needed, not 'x'" },
    { 'gw.counter "a":add(1, { script = "x" })', "counter:add: label 'script' is the gateway's own label" },
    { 'gw.counter "a":add(1, { le = 5 })', "counter:add: label 'le' is a histogram's label" },
    { 'gw.gauge "a":set(1, { quantile = 5 })', "gauge:set: label 'quantile' is a summary's label" },
    { 'gw.counter "a":add(1, { __name__ = "b" })',
      "counter:add: label '__name__' begins with __, as labels of Prometheus's own do" },
    { 'gw.gauge "a_count"', "gw.gauge: a name that ends in _count is a summary's" },
    { 'gw.gauge "a_bucket"', "gw.gauge: a name that ends in _bucket is a histogram's" },
    { 'gw.counter("a", "\\xff")', "gw.counter: help is one line of text, not '\xff'" },
    { 'gw.counter "a":add(1, { a = "\\xff" })', "counter:add: label a: a text is needed, not '\xff'" },
    { 'gw.counter "a":add(1, { [("x"):rep(201)] = 1 })',
      "counter:add: label '" .. ("x"):rep(60) .. "…' is no name of a label" },
    { 'gw.counter "a":add(1, { "x" })',
      "counter:add: labels: 'x' stands without a name; write name = \"…\"" },
    { 'gw.counter "a":add(1, { a = {} })', "counter:add: label a: a text is needed, not a table" },
  }
  for _, case in ipairs(bad) do
    it("refuse " .. case[1], function()
      assert.equal(FILE .. ":3: " .. case[2], mistake_of(case[1]))
    end)
  end
end)
