--- Conditions over more than one sample, guards, and limits that move.
local fake_core = require "lua.fake_core"

local HEAD <const> = 'local gw = require "gateway"\n'
local PLACE <const> = "rule 'x': "

local QUERIES <const> = { queues = "gw.queues()", agents = "gw.agents { queue = 7 }" }

local function load(when, more, query)
  return fake_core.load(string.format('%sgw.rule "x" {\n  from = %s,\n  when = %s,\n%s\n}', HEAD,
    QUERIES[query or "queues"], when, more or ""))
end

local function rule_of(...)
  local host = load(...)
  assert.same({}, fake_core.lines(host))
  return host.rules.x, host
end

local CLEAR <const> = '  clear = gw.below("calls_waiting", 2),'

describe("a condition over time is bound:", function()
  local function of(kind, field, ms, under)
    return { kind = kind, field = field, under = under, ms = ms }
  end

  local cases = {
    { 'gw.average("calls_waiting", "5m"):above(3)',
      { op = "above", window = of("average", 15, 300000), limit = 3 },
      "average of calls_waiting over 5m above 3" },
    { 'gw.maximum("longest_wait_5m", "10m"):at_least("2m")',
      { op = "at_least", window = of("maximum", 16, 600000), limit = 120 },
      "maximum of longest_wait_5m over 10m at least 2m" },
    { 'gw.minimum("agents_available", "2m"):at_most(0)',
      { op = "at_most", window = of("minimum", 5, 120000), limit = 0 } },
    { 'gw.total("calls_offered_5m", "30m"):within(10, 20)',
      { op = "within", window = of("total", 19, 1800000), low = 10, high = 20 } },
    { 'gw.rate("calls_total", "5m"):below(0.5)',
      { op = "below", window = of("rate", 13, 300000), limit = 0.5 } },
    { 'gw.ratio("answered_20s_5m", "calls_offered_5m", "30m"):below("80%")',
      { op = "below", window = of("ratio", 20, 1800000, 19), limit = 0.8 },
      "ratio of answered_20s_5m to calls_offered_5m over 30m below 0.8" },
    { 'gw.average("service_level_5m", "15m"):outside("50%", "90%")',
      { op = "outside", window = of("average", 21, 900000), low = 0.5, high = 0.9 } },
    { 'gw.times(gw.above("calls_waiting", 5), 3, "10m")',
      { op = "times", { op = "above", field = 15, limit = 5 }, count = 3, ms = 600000 },
      "calls_waiting above 5 became true 3 times in 10m" },
    { 'gw.above("longest_wait_5m", "2m"):given(gw.above("calls_waiting", 0))',
      { op = "given", { op = "above", field = 16, limit = 120 }, { op = "above", field = 15, limit = 0 } },
      "longest_wait_5m above 2m given calls_waiting above 0" },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      local rule = rule_of(case[1])
      assert.same(case[2], rule.levels[1].when.tree)
      if case[3] then
        assert.truthy(rule.about:find("Raises when " .. case[3] .. ";", 1, true), rule.about)
      end
    end)
  end

  local changes = {
    { 'gw.changed("state", { from = "talking", to = "rest" })', { from = "talking", to = "rest" },
      "state changed from talking to rest" },
    { 'gw.changed("state", { to = "rest" })', { to = "rest" }, "state changed to rest" },
    { 'gw.changed "state"', {}, "state changed" },
  }
  for _, case in ipairs(changes) do
    it(case[1], function()
      local rule = rule_of(case[1], '  clear = gw.equal("state", "idle"),', "agents")
      assert.same({ op = "changed", field = 2, from = case[2].from, to = case[2].to },
        rule.levels[1].when.tree)
      assert.truthy(rule.about:find("Raises when " .. case[3] .. ";", 1, true), rule.about)
    end)
  end

  it("inside of others", function()
    local rule = rule_of [[gw.any { gw.total("calls_total", "1m"):equal(0),
      gw.none { gw.times(function() return true end, 1, "1m") } }]]
    assert.equal("total", rule.levels[1].when.tree[1].window.kind)
    assert.equal("call", rule.levels[1].when.tree[2][1][1].op)
  end)
end)

describe("a limit that moves", function()
  it("is what its function computes, in the unit of the field or as people write it", function()
    local rule = rule_of 'gw.above("longest_wait_5m", function(now) return now end)'
    local limit = rule.levels[1].when.tree.limit
    assert.equal(77, limit[1](77))
    assert.is_nil(limit[1](nil))
    rule = rule_of [[gw.above("longest_wait_5m", function(now) return now > 0 and "2m" or 2.5 end)]]
    limit = rule.levels[1].when.tree.limit
    assert.equal(120, limit[1](1))
    assert.equal(2.5, limit[1](0))
  end)

  it("raises for what is no limit, which the host takes for unknown", function()
    local rule = rule_of 'gw.above("longest_wait_5m", function() return "2 min" end)'
    local ok, mistake = pcall(rule.levels[1].when.tree.limit[1], 0)
    assert.is_false(ok)
    assert.equal("the limit's function gave '2 min', but 'longest_wait_5m' is in seconds and is "
      .. 'compared with a duration; write "2m"', mistake)
  end)

  it("follows the clock", function()
    local rule, host = rule_of(
      'gw.above("calls_waiting", gw.by_hour { ["12:00"] = 35, ["08:00"] = 20, ["23:59"] = 5 })')
    local limit = rule.levels[1].when.tree.limit
    assert.same({ { 480, 20 }, { 720, 35 }, { 1439, 5 } }, table.move(limit, 1, 3, 1, {}))
    assert.equal(485 + 180, limit.minute(86400 * 3 + 485 * 60 + 59)) -- in Istanbul
    assert.truthy(rule.about:find("calls_waiting above 20 from 08:00, 35 from 12:00, 5 from 23:59;", 1, true))
    local function raised_at(minute, waiting)
      host.now, host.raised = (minute - 180) * 60000, {}
      local before = #host.alerts
      host:sample { { id = 1, calls_waiting = waiting } }
      return #host.alerts > before
    end
    assert.is_true(raised_at(479, 6)) -- before the first entry the last one counts
    assert.is_false(raised_at(480, 6))
    assert.is_true(raised_at(480, 21))
    assert.is_false(raised_at(720, 35))
    assert.is_true(raised_at(1439, 6))
  end)

  it("follows the clock of the rule's calendar, or of its centre", function()
    local function minute_of(more)
      return rule_of('gw.above("calls_waiting", gw.by_hour { ["08:00"] = 20 })', more)
        .levels[1].when.tree.limit.minute(0)
    end
    assert.equal(180, minute_of "")
    assert.equal(0, minute_of '  during = gw.calendar { zone = "UTC" },')
    assert.equal(1440 - 300, minute_of '  during = gw.calendar { zone = "America/New_York" },')
  end)

  it("needs one clock", function()
    local function center(name, in_zone)
      return { name = name, zone = in_zone, default = name == "main", edition = 2023,
        queues = { { id = 7, name = "chat", tags = {} } } }
    end
    local function lines_of(in_zone)
      return fake_core.lines(fake_core.load(HEAD .. [[gw.rule "x" {
        from = { gw.queues(), gw.center "south".queues() },
        when = gw.above("calls_waiting", gw.by_hour { ["08:00"] = 20 }) }]],
        { setup = { file = "scripts/queue_wait.lua", gateway = "ccgate", destinations = {},
          centers = { center("main", "Europe/Istanbul"), center("south", in_zone) } } }))
    end
    assert.same({}, lines_of "Europe/Istanbul")
    assert.same({ "4: " .. PLACE .. "gw.by_hour: the centres are in several time zones; a calendar in during says "
      .. "which counts" }, lines_of "UTC")
  end)

  it("of a window", function()
    local rule = rule_of 'gw.average("longest_wait_5m", "5m"):above(gw.by_hour { ["08:00"] = "2m" })'
    assert.same({ 480, 120 }, rule.levels[1].when.tree.limit[1])
  end)
end)

describe("a condition over time with a mistake names it:", function()
  local cases = {
    { 'gw.average("calls_waiting"):above(3)', "gw.average needs a field and a duration, such as "
      .. 'gw.average("calls_waiting", "5m")' },
    { 'gw.ratio("answered_20s_5m", "30m"):below("80%")', "gw.ratio needs two fields and a duration, such as "
      .. 'gw.ratio("answered_20s_5m", "calls_offered_5m", "30m")' },
    { 'gw.average("call_waiting", "5m"):above(3)',
      "Queue has no field 'call_waiting' (did you mean 'calls_waiting'?)" },
    { 'gw.average("calls_waiting", "5 min"):above(3)',
      "gw.average: '5 min' is not a duration; write \"5m\"" },
    { 'gw.average("calls_waiting", 300):above(3)', "gw.average: 300 is not a duration; write \"5m\"" },
    { 'gw.average("calls_waiting", "20s"):above(3)',
      "gw.average: '20s' is shorter than every, 30s: no two samples are in it" },
    { 'gw.average("calls_waiting", "32d"):above(3)', "gw.average: '32d' is too long; the most is \"31d\"" },
    { 'gw.average("calls_waiting", "10ms"):above(3)', "gw.average: '10ms' is too short; the least is \"1s\"" },
    { 'gw.maximum("longest_wait_5m", "2m"):above("3m")', "gw.maximum: 'longest_wait_5m' covers five minutes by "
      .. "itself; '2m' is too short, the least is \"5m\"" },
    { 'gw.total("service_level_5m", "30m"):above("80%")', "gw.total: 'service_level_5m' is a ratio, and ratios do "
      .. "not add up; gw.average does" },
    { 'gw.average("name", "5m"):above(3)', "gw.average: 'name' is no quantity" },
    { 'gw.average("id", "5m"):above(3)', "gw.average: 'id' is no quantity" },
    { 'gw.ratio("calls_waiting", "calls_offered_5m", "30m"):below("80%")',
      "gw.ratio: 'calls_offered_5m' covers five minutes, 'calls_waiting' does not" },
    { 'gw.average("calls_waiting", "5m"):above("3")', [[average("calls_waiting", "5m"):above("3"): ]]
      .. [['average("calls_waiting", "5m")' is a number and is compared with one; write 3]] },
    { 'gw.average("longest_wait_5m", "5m"):above(120)', [[average("longest_wait_5m", "5m"):above(120): ]]
      .. [['average("longest_wait_5m", "5m")' is in seconds and is compared with a duration; write "2m"]] },
    { 'gw.ratio("answered_20s_5m", "calls_offered_5m", "30m"):below(0.8)', [[ratio("answered_20s_5m", ]]
      .. [["calls_offered_5m", "30m"):below(0.8): 'ratio("answered_20s_5m", "calls_offered_5m", "30m")' is a ]]
      .. [[ratio and is compared with a percentage up to 100; write "80%"]] },
    { 'gw.average("calls_waiting", "5m")',
      "when: gw.average stands here without a limit; write gw.average(…):above(5)" },
    { 'gw.all { gw.total("calls_total", "5m") }',
      "gw.all: gw.total stands here without a limit; write gw.total(…):above(5)" },
    { 'gw.times("calls_waiting", 3, "10m")',
      "gw.times: a condition or a function is needed, not 'calls_waiting'" },
    { 'gw.times(gw.above("calls_waiting", 5), "10m")', "gw.times: a condition, a number and a duration are needed, "
      .. 'such as gw.times(gw.above("calls_waiting", 5), 3, "10m")' },
    { 'gw.times(gw.above("calls_waiting", 5), 0, "10m")', "gw.times: it counts from 1 to 100 times, not 0" },
    { 'gw.times(gw.above("calls_waiting", 5), 2.5, "10m")', "gw.times: it counts from 1 to 100 times, not 2.5" },
    { 'gw.times(gw.above("calls_waiting", 5), 3, "10")', "gw.times: '10' is not a duration; write \"10s\"" },
    { 'gw.times(gw.above("calls_waiting", 5), 3, "1m")',
      "gw.times: within '1m' it cannot become true 3 times: it is judged every 30s" },
    { 'gw.above("calls_waiting", 5):given("x")',
      "condition:given: a condition or a function is needed, not 'x'" },
    { 'gw.above("calls_waiting", gw.by_hour {})',
      [[gw.by_hour needs a table of limits, such as gw.by_hour { ["08:00"] = 20, ["12:00"] = 35 }]] },
    { 'gw.above("calls_waiting", gw.by_hour { ["8:00"] = 20 })',
      [[gw.by_hour: '8:00' is no time of day; write ["08:00"] = …]] },
    { 'gw.above("calls_waiting", gw.by_hour { ["24:00"] = 20 })',
      [[gw.by_hour: '24:00' is no time of day; write ["08:00"] = …]] },
    { 'gw.above("calls_waiting", gw.by_hour { 20 })', [[gw.by_hour: 1 is no time of day; write ["08:00"] = …]] },
    { 'gw.above("calls_waiting", gw.by_hour { ["08:00"] = "20" })', [[gw.by_hour: ["08:00"]: 'calls_waiting' is a ]]
      .. "number and is compared with one; write 20" },
    { 'gw.equal("calls_waiting", function() return 5 end)', [[equal("calls_waiting", a function): 'calls_waiting' is ]]
      .. "compared by gw.equal, whose limits stand still; gw.above and gw.below take functions" },
    { 'gw.within("calls_waiting", 5, gw.by_hour { ["08:00"] = 20 })', [[within("calls_waiting", 5, a by_hour): ]]
      .. "'calls_waiting' is compared by gw.within, whose limits stand still; gw.above and gw.below take functions" },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      assert.same({ "4: " .. PLACE .. case[2] }, fake_core.lines(load(case[1])))
    end)
  end

  it("of several hours in the order of the day", function()
    local hours = {}
    for hour = 1, 9 do
      hours[hour] = ('["0%d:60"] = 5'):format(10 - hour)
    end
    local text = ('gw.above("calls_waiting", gw.by_hour { %s })'):format(table.concat(hours, ", "))
    for hour, line in ipairs(fake_core.lines(load(text))) do
      assert.equal(PLACE .. "gw.by_hour: '0" .. hour .. [[:60' is no time of day; write ["08:00"] = …]], line:sub(4))
    end
  end)

  local changes = {
    { 'gw.changed("state", { from = "talkin" })',
      [[changed("state"): 'state' is never 'talkin' (did you mean 'talking'?)]] },
    { 'gw.changed("state", { to = 8 })', [[changed("state"): 'state' is a word and is compared with one; known: ]]
      .. "unknown, error, busy, idle, wrap_up, talking and rest" },
    { 'gw.changed("state", { form = "rest" })', "gw.changed: unknown key 'form' (did you mean 'from'?)" },
    { 'gw.changed("state", { from = "rest", to = "rest" })',
      "gw.changed: what goes from a value to the same does not change" },
    { "gw.changed(5)", "gw.changed needs a field and may say from and to, such as "
      .. 'gw.changed("state", { from = "talking", to = "rest" })' },
    { 'gw.changed("stat")', "Agent has no field 'stat' (did you mean 'state'?)" },
  }
  for _, case in ipairs(changes) do
    it(case[1], function()
      assert.same({ "4: " .. PLACE .. case[2] },
        fake_core.lines(load(case[1], '  clear = gw.equal("state", "idle"),', "agents")))
    end)
  end

  it("a change that nothing clears, or that is held", function()
    assert.same({ "4: " .. PLACE .. "gw.changed is true for one sample: write clear, too" },
      fake_core.lines(load('gw.changed "calls_waiting"')))
    assert.same({ "6: " .. PLACE .. "hold: gw.changed is true for one sample and cannot be held; leave hold out" },
      fake_core.lines(load('gw.all { gw.changed "calls_waiting" }', CLEAR .. '\n  hold = "1m",')))
    rule_of('gw.changed "calls_waiting"', CLEAR .. '  hold = "0s",')
    rule_of('gw.times(gw.changed "calls_waiting", 2, "5m")', '  hold = "1m",')
  end)

  it("on the line of the entry that is wrong", function()
    assert.same({ "6: " .. PLACE .. [[gw.by_hour: 'noon' is no time of day; write ["08:00"] = …]] },
      fake_core.lines(load [[gw.above("calls_waiting", gw.by_hour {
    ["08:00"] = 20,
    noon = 35,
  })]]))
  end)

  it("a window that is compared with a dot", function()
    assert.same({ "4: gw.average and its kin are compared with a colon: "
      .. 'gw.average("calls_waiting", "5m"):above(5)' },
      fake_core.lines(load 'gw.average("calls_waiting", "5m").above(5)'))
  end)

  it("windows that are joined with Lua's own words", function()
    assert.same({ "4: gw.average: 'and' does not join conditions, it keeps the last one alone; "
      .. "write gw.all { …, … }" },
      fake_core.lines(load 'gw.average("calls_waiting", "5m"):above(5) and gw.above("calls_waiting", 3)'))
  end)
end)
