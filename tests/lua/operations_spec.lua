--- gw.agent_operations: which time, which type; once per closed quarter of an hour in a
--- rule, any time of the last day in a task.
local fake_core = require "lua.fake_core"

local HEAD <const> = 'local gw = require "gateway"\n'
local NOW <const> = 1763661900 -- 2025-11-20 18:05:00 UTC
local CLOSED <const> = 1763661600 -- 18:00, the end of the newest closed quarter

local function load(keys, more, now)
  local host = fake_core.load(HEAD .. string.format(
    'gw.rule "a" {\n  from = gw.agent_operations { agent = 1099, %s },\n  when = function() end, %s }', keys,
    more or ""), { now = (now or NOW) * 1000 })
  return host.rules.a, fake_core.lines(host)
end

describe("a rule on operations", function()
  local good = {
    { "", 900000, "what agent 1099 did once per closed quarter of an hour, beginning with the last 15m" },
    { 'last = "1h"', 3600000, "what agent 1099 did once per closed quarter of an hour, beginning with the last 1h" },
    { 'last = "23h45m"', 85500000,
      "what agent 1099 did once per closed quarter of an hour, beginning with the last 23h45m" },
    { 'since = "today"', 64800000,
      "what agent 1099 did once per closed quarter of an hour, beginning with the last 18h" },
  }
  for _, case in ipairs(good) do
    it("begins with " .. case[1], function()
      local rule, lines = load(case[1])
      assert.same({}, lines)
      assert.same({ { center = 0, query = "agent_operations", every_ms = 900000, ids = { 1099 }, last_ms = case[2] } },
        rule.wants)
      assert.equal("Asks for " .. case[3] .. ".", rule.about:match("^.-%."))
    end)
  end

  it("begins with a quarter when the day is young", function()
    assert.equal(900000, load('since = "today"', nil, NOW // 86400 * 86400 + 30).wants[1].last_ms)
  end)

  local types = { { '"busy"', 3, "busy" }, { "26", 26, "type 26" }, { '"sign_out"', 0, "sign_out" } }
  for _, case in ipairs(types) do
    it("judges one type: " .. case[1], function()
      local rule, lines = load("type = " .. case[1])
      assert.same({}, lines)
      assert.equal(case[2], rule.wants[1].type)
      assert.truthy(rule.about:find("what agent 1099 did (" .. case[3] .. ") once", 1, true))
    end)
  end

  it("joins several queries of one type, from the earliest", function()
    local host = fake_core.load(HEAD .. [[gw.rule "a" { when = function() end, from = {
      gw.agent_operations { agent = 2, last = "1h", type = 3 },
      gw.agent_operations { agent = { 0, 99999 }, last = "30m", type = 3 }, } }]])
    assert.same({}, fake_core.lines(host))
    assert.same({ { center = 0, query = "agent_operations", every_ms = 900000, ids = { 0, 2, 99999 },
      last_ms = 3600000, type = 3 } }, host.rules.a.wants)
  end)

  it("judges one type or all", function()
    local host = fake_core.load(HEAD .. [[gw.rule "a" { when = function() end, from = {
      gw.agent_operations { agent = 2, type = "busy" },
      gw.agent_operations { agent = 2 }, } }]])
    assert.same({ "4: rule 'a': from: operations of every type do not go with those of busy; leave type out and "
      .. [[compare "operation" in when]] }, fake_core.lines(host))
  end)

  it("may say how often it is asked, if that is how often", function()
    local _, lines = load("", 'every = "15m"')
    assert.same({}, lines)
    _, lines = load("", '\nevery = "1m"')
    assert.same({ "5: rule 'a': every: gw.agent_operations is asked once per closed quarter of an hour; "
      .. "leave every out" }, lines)
  end)

  it("is told what comes", function()
    local _, lines = load("\nfrom = 1763658000,\nto = 1763661600")
    assert.same({
      [[4: rule 'a': from: from: a rule is told what comes; say last = "1h" for what it begins with]],
      [[5: rule 'a': from: to: a rule is told what comes; say last = "1h" for what it begins with]],
    }, lines)
  end)

  local bad = {
    { 'last = "20m"', [[last: '20m' is not a whole number of quarters of an hour; write "30m"]] },
    { 'last = "0s"', [[last: '0s' is not a whole number of quarters of an hour; write "15m"]] },
    { 'last = "23h50m"', [[last: '23h50m' is longer than the centre keeps; the most is "23h45m"]] },
    { 'last = "24h"', [[last: '24h' is longer than the centre keeps; the most is "23h45m"]] },
    { "last = 15", [[last: 15 is not a duration; write "15s"]] },
    { 'last = "15 min"', [[last: '15 min' is not a duration; write "15m"]] },
    { 'since = "yesterday"',
      [[since: 'yesterday' is not known; since = "today" is since midnight UTC, last = "1h" the last hour]] },
    { 'since = "today", last = "1h"', "from and to, last, since: one of them says which time" },
    { "from = 1763658000", "'to' is missing: from and to go together" },
    { "to = 1763658000", "'from' is missing: from and to go together" },
    { "from = 1763658001, to = 1763661600", "from: 1763658001 is not on a quarter of an hour (UTC); "
      .. "the one before it is 1763658000, or t // 900 * 900" },
    { 'from = "10:00", to = 1763661600', "from: a time in seconds since the epoch is needed, such as "
      .. "gw.now() // 900 * 900 - 3600, not '10:00'" },
    { "from = 1763661600, to = 1763661600", "to: 1763661600 is not after from, 1763661600" },
    { "from = 1763574300, to = 1763661600", "to: from there are more than 24 hours; ask in pieces" },
    { 'type = "bussy"', "type: no operation 'bussy' (did you mean 'busy'?)" },
    { "type = -1", "type: a word such as \"busy\", or a number, is needed, not -1" },
    { "type = 2147483648", "type: a word such as \"busy\", or a number, is needed, not 2147483648" },
    { 'type = { "busy" }',
      'type: one type is asked for; leave type out and compare gw.one_of("operation", "busy", "rest")' },
    { "type = true", "type: a word such as \"busy\", or a number, is needed, not true" },
    { 'lst = "15m"', "unknown key 'lst' (did you mean 'last'?)" },
    { "agent = 100000", "agent: 100000 is not an agent: in edition 2023 gw.agent_operations takes agents 0 to 99999" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      local rule, lines = load(case[1])
      assert.equal("3: rule 'a': from: " .. case[2], lines[1])
      assert.is_nil(rule)
    end)
  end
end)

describe("a fetch of operations", function()
  local function run(keys, now)
    local host = fake_core.load(HEAD .. string.format(
      'gw.job "it" { every = "1m", run = function()\nprint(#gw.agent_operations { agent = 1099, %s }:fetch())\nend }',
      keys), { now = (now or NOW) * 1000 })
    assert.same({}, fake_core.lines(host))
    host.answer = { {}, {} }
    host:run "it"
    return host
  end

  local cases = {
    { "", CLOSED - 900, CLOSED },
    { 'last = "1h"', CLOSED - 3600, CLOSED },
    { 'since = "today"', 1763596800, CLOSED },
    { "from = 1763658000, to = 1763661600", 1763658000, 1763661600 },
    { "from = gw.now() // 900 * 900 - 3600, to = gw.now() // 900 * 900.0", CLOSED - 3600, CLOSED },
    { 'last = "15m", type = "rest"', CLOSED - 900, CLOSED, 26 },
  }
  for _, case in ipairs(cases) do
    it("asks for " .. case[1], function()
      local host = run(case[1])
      assert.same({ center = 0, query = "agent_operations", ids = { 1099 }, max_age_ms = 0,
        span = { begin = case[2], finish = case[3], type = case[4] } }, host.fetched)
      assert.equal("2", host.logs[1].text)
    end)
  end

  it("of a day that has just begun is empty", function()
    local host = run('since = "today"', 1763596800 + 30)
    assert.is_nil(host.fetched)
    assert.equal("0", host.logs[1].text)
  end)

  it("of what is no longer kept raises", function()
    local ok, mistake = pcall(run, "from = 1763496000, to = 1763499600")
    assert.is_false(ok)
    assert.equal("scripts/queue_wait.lua:3: query:fetch: the time that it asks for is older than 24 hours, which is "
      .. "as long as the centre keeps it", mistake)
  end)
end)
