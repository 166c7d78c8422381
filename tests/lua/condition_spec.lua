--- Conditions on words, texts and truths, lists of values, ranges and the age of a state.
local fake_core = require "lua.fake_core"

local HEAD <const> = 'local gw = require "gateway"\n'

local function load(from, when, clear)
  local host = fake_core.load(HEAD .. string.format('gw.rule "a" {\n  from = %s,\n  when = %s,\n  clear = %s }', from,
    when, clear or "nil"))
  return host.rules.a, fake_core.lines(host), host
end

local AGENTS <const> = "gw.agents { queue = 7 }"
local EXPECTED <const> = "gw.agents { queue = 7, expect = 1099 }"
local AGENT <const> = "gw.agent { agent = 1099 }"
local CALLS <const> = "gw.agent_calls { agent = 1099 }"
local OPERATIONS <const> = "gw.agent_operations { agent = 1099 }"
local QUEUES <const> = "gw.queues { 7 }"

describe("a condition", function()
  local good = {
    { AGENTS, 'gw.equal("state", "rest")', { op = "equal", field = 2, text = "rest" } },
    { AGENTS, 'gw.equal("state", "code 11")', { op = "equal", field = 2, text = "code 11" } },
    { AGENTS, 'gw.equal("cti_state", "signed_out")', { op = "equal", field = 4, text = "signed_out" } },
    { AGENTS, 'gw.one_of("state", "rest", "busy")', { op = "one_of", field = 2, texts = { "rest", "busy" } } },
    { AGENTS, 'gw.one_of("id", 1099, 1100)', { op = "one_of", field = 0, limits = { 1099, 1100 } } },
    { AGENTS, 'gw.equal("phone", "7001")', { op = "equal", field = 10, text = "7001" } },
    { AGENTS, 'gw.above("signed_in_at", 1763661900)', { op = "above", field = 12, limit = 1763661900 } },
    { AGENTS, 'gw.within("state_age", "1m", "5m")', { op = "within", field = 11, low = 60, high = 300 } },
    { QUEUES, 'gw.outside("calls_waiting", 2, 5)', { op = "outside", field = 15, low = 2, high = 5 } },
    { QUEUES, 'gw.one_of("service_level_5m", "0%", "100%")', { op = "one_of", field = 21, limits = { 0, 1 } } },
    { EXPECTED, 'gw.equal("state", "signed_out")', { op = "equal", field = 2, text = "signed_out" } },
    { AGENT, 'gw.one_of("state", "pre_rest", "signed_out")',
      { op = "one_of", field = 2, texts = { "pre_rest", "signed_out" } } },
    { AGENT, 'gw.equal("in_conference", true)', { op = "equal", field = 14, limit = true } },
    { OPERATIONS, 'gw.equal("interim", false)', { op = "equal", field = 12, limit = false } },
    { OPERATIONS, 'gw.above("duration", "1h")', { op = "above", field = 7, limit = 3600 } },
    { OPERATIONS, 'gw.equal("cause_text", "rest")', { op = "equal", field = 11, text = "rest" } },
    { CALLS, 'gw.equal("id", "16-1")', { op = "equal", field = 0, text = "16-1" } },
    { AGENT, 'gw.in_state("signed_out", "10m")', { op = "all", { op = "equal", field = 2, text = "signed_out" },
      { op = "above", field = 11, limit = 600 } } },
  }
  for _, case in ipairs(good) do
    it("is bound: " .. case[2], function()
      local rule, lines = load(case[1], case[2])
      assert.same({}, lines)
      assert.same(case[3], rule.levels[1].when.tree)
    end)
  end

  local bad = {
    { AGENTS, 'gw.equal("state", "restt")', [[equal("state", "restt"): 'state' is never 'restt' ]]
      .. "(did you mean 'rest'?)" },
    { AGENTS, 'gw.equal("state", "zzzzzzzzz")', [[equal("state", "zzzzzzzzz"): 'state' is never 'zzzzzzzzz'; known: ]]
      .. "unknown, error, busy, idle, wrap_up, talking and rest" },
    { AGENTS, 'gw.equal("state", 8)', [[equal("state", 8): 'state' is a word and is compared with one; known: ]]
      .. "unknown, error, busy, idle, wrap_up, talking and rest" },
    { AGENTS, 'gw.equal("state", "signed_out")',
      "gw.agents lists signed-in agents only: state is never 'signed_out' here; add expect = { … }" },
    { AGENTS, 'gw.one_of("state", "rest", "signed_out")',
      "gw.agents lists signed-in agents only: state is never 'signed_out' here; add expect = { … }" },
    { AGENTS, 'gw.in_state("signed_out", "5m")',
      "gw.agents lists signed-in agents only: state is never 'signed_out' here; add expect = { … }" },
    { EXPECTED, 'gw.in_state("signed_out", "5m")', "gw.in_state: nobody knows how long an agent has been signed out; "
      .. [[write gw.equal("state", "signed_out")]] },
    { AGENTS, 'gw.equal("state", "pre_rest")', "gw.agents never says that state is 'pre_rest'; only gw.agent does" },
    { AGENT, 'gw.equal("state", "error")', "gw.agent never says that state is 'error'; only gw.agents does" },
    { AGENTS, 'gw.above("state", "rest")', "'state' is a word and has no order; gw.equal and gw.one_of compare it" },
    { AGENTS, 'gw.below("phone", "7")', "'phone' is text and has no order; gw.equal and gw.one_of compare it" },
    { AGENTS, 'gw.within("phone", "7", "8")', "'phone' is text and has no order; gw.equal and gw.one_of compare it" },
    { AGENTS, 'gw.equal("phone", 7001)',
      [[equal("phone", 7001): 'phone' is text and is compared with one; write "7001"]] },
    { AGENTS, 'gw.above("signed_in_at", "1h")', [[above("signed_in_at", "1h"): 'signed_in_at' is a time and is ]]
      .. "compared with a number of seconds since the epoch" },
    { AGENTS, 'gw.above("state_age", 900)', [[above("state_age", 900): 'state_age' is in seconds and is compared ]]
      .. [[with a duration; write "15m"]] },
    { AGENTS, 'gw.equal("skills", 7)', "'skills' comes from gw.agent only" },
    { AGENTS, 'gw.equal("in_conference", true)', "'in_conference' comes from gw.agent only" },
    { AGENTS, 'gw.equal("status", 8)', "'status' is 'state_code' here" },
    { AGENTS, 'gw.equal("stat", "rest")', "Agent has no field 'stat' (did you mean 'state'?)" },
    { AGENT, 'gw.equal("media_type", 5)', "'media_type' comes from gw.agents only" },
    { AGENT, 'gw.equal("media", "cti")', "'media' is a table and cannot be compared here; a function can" },
    { AGENT, 'gw.equal("skills", 7)', "'skills' is a table and cannot be compared here; a function can" },
    { AGENT, 'gw.equal("in_conference", "yes")', [[equal("in_conference", "yes"): 'in_conference' is true or false; ]]
      .. "write true" },
    { AGENT, 'gw.above("in_conference", 0)', "'in_conference' is true or false; gw.equal compares it" },
    { QUEUES, 'gw.one_of("name", "sales")', "'name' is text and cannot be compared here; a function can" },
    { QUEUES, 'gw.one_of("calls_waiting")',
      [[gw.one_of needs a field and values one after the other, such as gw.one_of("state", "rest", "busy")]] },
    { QUEUES, 'gw.one_of("calls_waiting", { 1, 2 })',
      [[gw.one_of needs a field and values one after the other, such as gw.one_of("state", "rest", "busy")]] },
    { QUEUES, "gw.within(1, 5)",
      [[gw.within needs a field and two limits, such as gw.within("calls_waiting", 5, 10)]] },
    { QUEUES, 'gw.within("calls_waiting", 5)', [[within("calls_waiting", 5): 'calls_waiting' is a number and is ]]
      .. "compared with one; write 5" },
    { QUEUES, 'gw.outside("calls_waiting", 5, 2)', [[outside("calls_waiting", 5, 2): the lower end comes first]] },
    { QUEUES, 'gw.in_state("rest", "15m")', "Queue has no field 'state'", true },
    { AGENTS, "gw.in_state()",
      [[gw.in_state: a state and a duration are needed, such as gw.in_state("rest", "15m")]] },
    { AGENTS, 'gw.in_state("rest", 900)', [[gw.in_state: 900 is not a duration; write "15m"]] },
    { AGENTS, 'gw.in_state("ret", "15m")', [[in_state("ret", "15m"): 'state' is never 'ret' ]]
      .. "(did you mean 'rest'?)" },
    { AGENTS, "gw.in_state", "when: gw.in_state stands here without what it compares" },
  }
  for _, case in ipairs(bad) do
    it("is refused: " .. case[2], function()
      local rule, lines = load(case[1], case[2])
      assert.equal(1, #lines)
      local wanted = "4: rule 'a': " .. case[3]
      assert.equal(wanted, case[4] and lines[1]:sub(1, #wanted) or lines[1])
      assert.is_nil(rule)
    end)
  end

  it("names every value that is wrong", function()
    local _, lines = load(AGENTS, 'gw.one_of("state", "rst", 8)')
    assert.equal(2, #lines)
    _, lines = load(QUEUES, 'gw.within("longest_wait_5m", 60, 120)')
    assert.equal(2, #lines)
  end)

  it("names the line of the part that is wrong", function()
    local _, lines = load(AGENTS, 'gw.all {\n    gw.in_state("rest", "15m"),\n    gw.in_state("rst", "15m") }')
    assert.same({ [[6: rule 'a': in_state("rst", "15m"): 'state' is never 'rst' (did you mean 'rest'?)]] },
      lines)
  end)

  it("knows that one of several queries expects agents", function()
    local rule, lines = load("{ gw.agents { queue = 2 }, gw.agents { queue = 7, expect = 1099 } }",
      'gw.equal("state", "signed_out")')
    assert.same({}, lines)
    assert.same({ 1099 }, rule.wants[1].expect)
  end)

  it("says itself in the paragraph", function()
    local cases = {
      { 'gw.in_state("rest", "15m")', "state is rest longer than 15m" },
      { 'gw.any { gw.in_state("rest", "15m"), gw.equal("state", "busy") }',
        "(state is rest longer than 15m) or state is busy" },
      { 'gw.equal("state", "rest")', "state is rest" },
      { 'gw.above("state_age", "15m")', "state_age above 15m" },
    }
    for _, case in ipairs(cases) do
      local rule = load(AGENTS, case[1])
      assert.truthy(rule.about:find("Raises when " .. case[2] .. "; clears", 1, true), rule.about)
    end
  end)

  it("joined by Lua's own words is refused", function()
    local _, lines = load(AGENTS, 'gw.equal("state", "rest") or gw.in_state("busy", "15m")')
    assert.same({ "4: gw.equal: 'or' does not join conditions, it keeps the first one alone; write gw.any { …, … }" },
      lines)
  end)
end)

describe("when and clear", function()
  local cases = {
    { AGENTS, 'gw.equal("state", "rest")', 'gw.one_of("state", "idle", "rest")',
      "clear (one of idle, rest) overlaps when (equal rest): at rest the alert would raise and clear in turn" },
    { AGENTS, 'gw.equal("state", "rest")', 'gw.one_of("state", "idle", "busy")' },
    { AGENT, 'gw.equal("in_conference", true)', 'gw.equal("in_conference", true)',
      "clear (equal true) overlaps when (equal true): at true the alert would raise and clear in turn" },
    { AGENT, 'gw.equal("in_conference", true)', 'gw.equal("in_conference", false)' },
    { QUEUES, 'gw.within("calls_waiting", 5, 10)', 'gw.below("calls_waiting", 6)',
      "clear (below 6) overlaps when (within 5 to 10): at 5 the alert would raise and clear in turn" },
    { QUEUES, 'gw.within("calls_waiting", 5, 10)', 'gw.below("calls_waiting", 5)' },
    { QUEUES, 'gw.outside("calls_waiting", 5, 10)', 'gw.within("calls_waiting", 5, 10)' },
    { QUEUES, 'gw.one_of("calls_waiting", 5, 10)', 'gw.below("calls_waiting", 5)' },
    { AGENTS, 'gw.in_state("rest", "15m")', 'gw.equal("state", "idle")' },
  }
  for _, case in ipairs(cases) do
    it(string.format("%s, %s", case[2], case[3]), function()
      local _, lines = load(case[1], case[2], case[3])
      assert.same({ case[4] and "5: rule 'a': " .. case[4] or nil }, lines)
    end)
  end
end)

describe("a name without quotes", function()
  it("that is a field is compared as its kind is", function()
    local _, lines = load(AGENTS, 'gw.equal(cti_state, "rest")')
    assert.same({ [[4: 'cti_state' is a field of a row; write gw.equal("cti_state", …), or row.cti_state in a ]]
      .. "function of the row" }, lines)
    _, lines = load(AGENTS, 'gw.above(state_age, "1m")')
    assert.same({ [[4: 'state_age' is a field of a row; write gw.above("state_age", …), or row.state_age in a ]]
      .. "function of the row" }, lines)
  end)
end)
