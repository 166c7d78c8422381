--- gw.agents, gw.agent and gw.agent_calls: what they ask for, and what rules on them tell.
local fake_core = require "lua.fake_core"
local json = require "cjson"

local HEAD <const> = 'local gw = require "gateway"\n'

local function setup_of(edition)
  return {
    file = "scripts/x.lua", gateway = "ccgate", destinations = { { name = "floor-chat", kind = "webhook" } },
    centers = { { name = "main", default = true, edition = edition, agent_gateway = true,
      queues = fake_core.SETUP.centers[1].queues } },
  }
end

local function load(expression, edition, body)
  local host = fake_core.load(HEAD .. string.format(
    'gw.rule "a" {\n  %s,\n  from = %s }', body or "when = function() end", expression),
    { setup = setup_of(edition or 2023) })
  return host.rules.a, fake_core.lines(host), host
end

describe("a query of agents", function()
  local good = {
    { "gw.agents { queue = 7 }", "agents", { 7 }, "agents of queue 7 (chat)" },
    { 'gw.agents { queue = "sales" }', "agents", { 1 }, "agents of queue 1 (sales)" },
    { 'gw.agents { queues = { "sales", 9, 9 } }', "agents", { 1, 9 }, "agents of queues 1 (sales) and 9" },
    { 'gw.agents { queues = "all" }', "agents", { 1, 2, 7 }, "agents of queues 1 (sales), 2 (support) and 7 (chat)" },
    { 'gw.agents { queues = { tag = "night" } }', "agents", { 2 }, "agents of queue 2 (support)" },
    { "gw.agents { skill = 9 }", "agents", { 9 }, "agents of queue 9" },
    { 'gw.agents { skills = { 9, "chat" } }', "agents", { 7, 9 }, "agents of queues 7 (chat) and 9" },
    { "gw.agent { agent = 1099 }", "agent", { 1099 }, "agent 1099" },
    { "gw.agent { agent = { 1100, 1099.0, 1100 } }", "agent", { 1099, 1100 }, "agents 1099 and 1100" },
    { "gw.agent_calls { agent = 101 }", "agent_calls", { 101 }, "the calls of agent 101" },
    { "gw.agent_calls { agent = { 101, 59999 } }", "agent_calls", { 101, 59999 },
      "the calls of agents 101 and 59999" },
  }
  for _, case in ipairs(good) do
    it("asks for " .. case[1], function()
      local rule, lines = load(case[1])
      assert.same({}, lines)
      assert.same({ { center = 0, query = case[2], every_ms = 30000, ids = case[3] } }, rule.wants)
      assert.equal("Asks for " .. case[4] .. " every 30s.", rule.about:match("^.-s%."))
      for _, id in ipairs(rule.wants[1].ids) do
        assert.equal("integer", math.type(id))
      end
    end)
  end

  it("says who is expected", function()
    local rule, lines = load "gw.agents { queue = 7, expect = { 1100, 1099, 1100 } }"
    assert.same({}, lines)
    assert.same({ 1099, 1100 }, rule.wants[1].expect)
    assert.equal("Asks for agents of queue 7 (chat) every 30s and expects agents 1099 and 1100.",
      rule.about:match("^.-%."))
  end)

  it("joins several of them, and who is expected", function()
    local rule, lines = load [[{ gw.agents { queue = 7, expect = 1100 }, gw.agents { queue = 2, expect = 1099 },
      gw.agents { queues = { 1, 7 } } }]]
    assert.same({}, lines)
    assert.same({ { center = 0, query = "agents", every_ms = 30000, ids = { 1, 2, 7 }, expect = { 1099, 1100 } } },
      rule.wants)
  end)

  it("is asked of a centre by its name", function()
    local rule, lines = load 'gw.center "main".agent_calls { agent = 1099 }'
    assert.same({}, lines)
    assert.equal("agent_calls", rule.wants[1].query)
  end)

  it("has the ranges of the edition", function()
    for expression, ids in pairs {
      ["gw.agent { agent = 60000 }"] = { 60000 },
      ["gw.agent_calls { agent = { 70000, 999999 } }"] = { 70000, 999999 },
      ["gw.agents { queue = 10000, expect = 999999 }"] = { 10000 },
    } do
      local rule, lines = load(expression, 2025)
      assert.same({}, lines)
      assert.same(ids, rule.wants[1].ids)
    end
    local _, lines = load("gw.agent_calls { agent = 60000 }", 2025)
    assert.same({ "4: rule 'a': from: agent: 60000 is not an agent: in edition 2025 gw.agent_calls takes agents "
      .. "101 to 59999 and 70000 to 999999" }, lines)
  end)

  local bad = {
    { "gw.agents()", "a table is needed, such as gw.agents { queue = 7 }, not nothing" },
    { "gw.agents {}", "a table is needed, such as gw.agents { queue = 7 }, not an empty one" },
    { "gw.agents(7)", "a table is needed, such as gw.agents { queue = 7 }, not 7" },
    { "gw.agents { 7 }", "a list stands here without its key; write gw.agents { queue = 7 }" },
    { "gw.agents { 7, expect = 1099 }", "7 stands without a key; write key = value", "'queues' is missing: "
      .. [[write queue = 7, queues = { 7, "sales" } or queues = "all"]] },
    { "gw.agents { expect = 1099 }",
      [['queues' is missing: write queue = 7, queues = { 7, "sales" } or queues = "all"]] },
    { "gw.agents { queus = 7 }", "unknown key 'queus' (did you mean 'queues'?)" },
    { "gw.agents { queue = 7, skill = 9 }", "'queue' and 'skill' both say which queues; one of them is enough" },
    { 'gw.agents { queue = "sale" }', "queue: no queue 'sale' in gateway.conf (did you mean 'sales'?)" },
    { "gw.agents { queue = 2001 }", "queue: 2001 is not a queue: in edition 2023 queues are 1 to 2000" },
    { "gw.agents { queue = true }", "queue: a queue is a number or a name, not true" },
    { "gw.agents { queues = {} }",
      [[queues: an empty list asks for nothing; queues = "all" is every queue named in gateway.conf]] },
    { 'gw.agents { queue = 7, expect = "1099" }', "expect: an agent is a number such as 1099, not '1099'" },
    { "gw.agents { queue = 7, expect = { 99 } }",
      "expect: 99 is not an agent: in edition 2023 agents are 101 to 59999" },
    { "gw.agents { queue = 7, expected = 1099 }", "unknown key 'expected' (did you mean 'expect'?)" },
    { "gw:agents { queue = 7 }",
      [[agents is called with a dot: gw.agents { queue = 7 }, gw.center "main".agents { queue = 7 }]] },
    { "gw.agent(1099)", "a table is needed, such as gw.agent { agent = 1099 }, not 1099" },
    { "gw.agent { 1099 }", "a list stands here without its key; write gw.agent { agent = 1099 }" },
    { "gw.agent { agents = 1099 }", "unknown key 'agents' (did you mean 'agent'?)" },
    { "gw.agent { agent = {} }", "agent: an empty list asks for nothing" },
    { "gw.agent { agent = { x = 1099 } }", "agent: unknown key 'x'; a list stands without keys" },
    { "gw.agent { agent = 100 }", "agent: 100 is not an agent: in edition 2023 gw.agent takes agents 101 to 59999" },
    { 'gw.agent_calls { agent = "ayşe" }', "agent: an agent is a number, not 'ayşe'" },
    { "gw.agent_calls { agent = 7.5 }",
      "agent: 7.5 is not an agent: in edition 2023 gw.agent_calls takes agents 101 to 59999" },
    { "gw.agent_calls { agent = 1099, last = 5 }", "unknown key 'last'; known: agent" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      local rule, lines = load(case[1])
      local wanted = {}
      for index = 2, #case do
        wanted[index - 1] = "4: rule 'a': from: " .. case[index]
      end
      assert.same(wanted, lines)
      assert.is_nil(rule)
    end)
  end

  it("names the line of each element", function()
    local _, lines = load [[gw.agents {
    queues = {
      1,
      "sale",
    },
    expect = {
      1099, 5,
    },
  }]]
    assert.same({
      "7: rule 'a': from: queues: no queue 'sale' in gateway.conf (did you mean 'sales'?)",
      "10: rule 'a': from: expect: 5 is not an agent: in edition 2023 agents are 101 to 59999",
    }, lines)
  end)

  it("names itself when no rule uses it", function()
    local host = fake_core.load(HEAD .. "local unused = gw.agent { agent = 5 }")
    assert.same({ "2: gw.agent: agent: 5 is not an agent: in edition 2023 gw.agent takes agents 101 to 59999" },
      fake_core.lines(host))
  end)

  it("does not mix with others in one rule", function()
    local _, lines = load "{ gw.agents { queue = 7 },\n gw.agent { agent = 1099 } }"
    assert.same({ "5: rule 'a': from: 'agent' does not go with 'agents': a rule watches rows of one kind" }, lines)
  end)

  it("of one agent needs an agent gateway", function()
    local setup = setup_of(2023)
    setup.centers[1].agent_gateway = false
    local host = fake_core.load(HEAD .. "local one = gw.agent { agent = 1099 }", { setup = setup })
    assert.same({ "2: gw.agent: [center main] in gateway.conf has no agent_gateway, which gw.agent asks; give its "
      .. "address, operator and password there" }, fake_core.lines(host))
    host = fake_core.load(HEAD .. "local one = gw.agent_calls { agent = 1099 }", { setup = setup })
    assert.same({}, fake_core.lines(host))
  end)

  it("with every queue needs one in gateway.conf", function()
    local setup = setup_of(2023)
    setup.centers[1].queues = {}
    local host = fake_core.load(HEAD .. 'local all = gw.agents { queues = "all" }', { setup = setup })
    assert.same({ "2: gw.agents: queues: [center main] in gateway.conf names no queue; name one there, such as "
      .. "queue.7 = sales, or write queue = 7" }, fake_core.lines(host))
  end)
end)

describe("a rule on agents", function()
  it("tells of long rests, the example of the contract", function()
    local rule, lines, host = load('gw.agents { queues = "all" }', 2023, [[
      when = gw.in_state("rest", "15m"), send = "floor-chat",
      summary = "{name} has been resting for {state_age:duration}"]])
    assert.same({}, lines)
    assert.same({ op = "all", { op = "equal", field = 2, text = "rest" }, { op = "above", field = 11, limit = 900 } },
      rule.levels[1].when.tree)
    assert.equal("Asks for agents of queues 1 (sales), 2 (support) and 7 (chat) every 30s. Raises when state is rest "
      .. "longer than 15m; clears when that is no longer true. Tells floor-chat.", rule.about)
    for _, state in ipairs { { "rest", 900 }, { "rest", 960 }, { "busy", 1 } } do
      host:sample({ { id = 1099, name = "Ayşe", state = state[1], state_age = state[2] } }, 0, "agents")
    end
    assert.equal(2, #host.alerts)
    assert.equal("clear", host.alerts[2].kind)
    local event = json.decode(host.alerts[1].event)
    assert.equal("Ayşe has been resting for 16m", event.summary)
    assert.same({ rule = "a", script = "queue_wait", center = "main", query = "agents", key = "1099",
      severity = "warning", agent = "1099" }, event.labels)
  end)

  it("tells of nobody who is free, as far as there are keys", function()
    local _, lines, host = load("gw.queues()", 2023, [[
      when = gw.all { gw.above("calls_waiting", 0), gw.equal("agents_available", 0) },
      summary = "{name}: {calls_waiting} waiting and nobody available"]])
    assert.same({}, lines)
    host:sample { { id = 7, calls_waiting = 2, agents_available = 0 } }
    assert.equal("chat: 2 waiting and nobody available", json.decode(host.alerts[1].event).summary)
  end)

  local function told(query_name, expression, values, key)
    local rule, lines, host = load(expression)
    assert.same({}, lines)
    rule.on_transition("raise", nil, fake_core.row(values, query_name), key, 0, "so", false, { level = 1 })
    local event = json.decode(host.alerts[1].event)
    return event.summary, event.labels
  end

  it("names what a row is about without a summary", function()
    local cases = {
      { "agents", "gw.agents { queue = 7 }", { id = 1099, name = "Ayşe" }, "1099", "Ayşe: so", "1099" },
      { "agents", "gw.agents { queue = 7 }", { id = 1099 }, "1099", "agent 1099: so", "1099" },
      { "agent", "gw.agent { agent = 1099 }", { id = 1099 }, "1099", "agent 1099: so", "1099" },
      { "agent_calls", "gw.agent_calls { agent = 1099 }", { id = "16-1", agent = 1099 }, "16-1",
        "call 16-1 of agent 1099: so", "1099" },
      { "agent_calls", "gw.agent_calls { agent = 1099 }", { id = "16-1" }, "16-1", "call 16-1: so" },
      { "agent_operations", "gw.agent_operations { agent = 1099 }", { id = "9", agent = 1099 }, "9",
        "operation 9 of agent 1099: so", "1099" },
    }
    for _, case in ipairs(cases) do
      local summary, labels = told(case[1], case[2], case[3], case[4])
      assert.equal(case[5], summary)
      assert.equal(case[6], labels.agent)
      assert.equal(case[4], labels.key)
      assert.is_nil(labels.queue)
    end
  end)

  it("cannot show in a text what is a table or what only the other query knows", function()
    local function mistake(expression, text)
      local _, lines = load(expression, 2023, string.format("when = function() end, summary = %q", text))
      return lines
    end
    assert.same({ "3: rule 'a': summary: 'skills' comes from gw.agent only" },
      mistake("gw.agents { queue = 7 }", "{skills}"))
    assert.same({ "3: rule 'a': summary: 'media_type' comes from gw.agents only" },
      mistake("gw.agent { agent = 1099 }", "{media_type}"))
    for format, right in pairs {
      ["{signed_in_at:duration}"] = "{signed_in_at:time}", ["{state_age:time}"] = "{state_age:duration}",
      ["{state:duration}"] = "{state}", ["{id:percent}"] = "{id}", ["{in_conference:.1f}"] = "{in_conference}",
    } do
      assert.same({ string.format("3: rule 'a': summary: '%s': '%s' cannot be shown so; write %s", format,
        format:match "[%w_]+", right) }, mistake("gw.agent { agent = 1099 }", format))
    end
    assert.same({}, mistake("gw.agent { agent = 1099 }", "{state_age:.1f} {state_age} {id:.0f}"))
    assert.same({ "3: rule 'a': summary: 'skills' is a table and cannot be shown in a text; a function can say it" },
      mistake("gw.agent { agent = 1099 }", "{skills}"))
    assert.same({}, mistake("gw.agent { agent = 1099 }", "{state} {in_conference} {signed_in_at:time} {phone}"))
  end)

  it("shows words, truths and times", function()
    local rule, lines, host = load("gw.agent { agent = 1099 }", 2023,
      'when = function() end, summary = "{state} {in_conference} {signed_in_at:time} {phone}"')
    assert.same({}, lines)
    rule.on_transition("raise", nil, fake_core.row({ id = 1099, state = "pre_rest", in_conference = true,
      signed_in_at = 1763661900 }, "agent"), "1099", 0, "so", false, { level = 1 })
    assert.equal("pre_rest true 2025-11-20 21:05:00 –", json.decode(host.alerts[1].event).summary)
  end)
end)

describe("a fetch of agents", function()
  local function fetched(expression)
    local host = fake_core.load(HEAD .. string.format('gw.job "it" { every = "1m", run = function()\n%s\nend }',
      expression))
    assert.same({}, fake_core.lines(host))
    host.answer = {}
    host:run "it"
    return host.fetched
  end

  it("asks for them, and says who is expected", function()
    assert.same({ center = 0, query = "agents", ids = { 1, 2 }, max_age_ms = 5000, expect = { 1099 } },
      fetched 'gw.agents { queues = { 2, 1 }, expect = 1099 }:fetch { max_age = "5s" }')
    assert.same({ center = 0, query = "agent", ids = { 1099 }, max_age_ms = 0 },
      fetched "gw.agent { agent = 1099 }:fetch()")
    assert.same({ center = 0, query = "agent_calls", ids = { 101, 102 }, max_age_ms = 0 },
      fetched "gw.agent_calls { agent = { 102, 101 } }:fetch()")
  end)

  it("raises for a mistake", function()
    local ok, mistake = pcall(fetched, "gw.agent { agnet = 1099 }:fetch()")
    assert.is_false(ok)
    assert.equal("scripts/queue_wait.lua:3: gw.agent: unknown key 'agnet' (did you mean 'agent'?)", mistake)
  end)
end)
