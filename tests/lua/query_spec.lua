local fake_core = require "lua.fake_core"

local HEAD <const> = 'local gw = require "gateway"\n'

-- The ids that a rule on this query asks for, and what is wrong with it.
local function ids_of(expression, setup)
  local host = fake_core.load(HEAD .. string.format(
    'gw.rule "a" {\n  when = function() end,\n  from = %s }', expression), { setup = setup })
  return host.rules.a and host.rules.a.wants[1].ids, fake_core.lines(host)
end

local function setup_with(center)
  return { file = "scripts/x.lua", gateway = "ccgate", destinations = {}, centers = { center } }
end

describe("gw.queues", function()
  local good = {
    { "gw.queues()", { 1, 2, 7 } },
    { "gw.queues { 7 }", { 7 } },
    { "gw.queues { 7.0, 1, 7, 2000 }", { 1, 7, 2000 } },
    { 'gw.queues { "sales", 2, "chat" }', { 1, 2, 7 } },
    { 'gw.queues { tag = "voice" }', { 1, 2 } },
    { 'gw.queues { tag = "night" }', { 2 } },
  }
  for _, case in ipairs(good) do
    it("asks for " .. case[1], function()
      local ids, lines = ids_of(case[1])
      assert.same({}, lines)
      assert.same(case[2], ids)
      for _, id in ipairs(ids) do
        assert.equal("integer", math.type(id))
      end
    end)
  end

  local bad = {
    { 'gw.queues { "sale" }', "no queue 'sale' in gateway.conf (did you mean 'sales'?)" },
    { 'gw.queues { "returns" }', "no queue 'returns' in gateway.conf; known: sales, support and chat" },
    { 'gw.queues { "7" }', "no queue '7' in gateway.conf; the number of a queue is written 7" },
    { "gw.queues { 0 }", "0 is not a queue: in edition 2023 queues are 1 to 2000" },
    { "gw.queues { 2001 }", "2001 is not a queue: in edition 2023 queues are 1 to 2000" },
    { "gw.queues { 7.5 }", "7.5 is not a queue: in edition 2023 queues are 1 to 2000" },
    { "gw.queues { true }", "a queue is a number or a name, not true" },
    { "gw.queues { nil, 7 }", "a queue is a number or a name, not nothing" },
    { "gw.queues {}", "an empty list asks for nothing; gw.queues() is every queue named in gateway.conf" },
    { "gw.queues(7)", "a list is needed, such as gw.queues { 7 }, not 7" },
    { 'gw.queues { tag = "vice" }', "no queue in gateway.conf has the tag 'vice' (did you mean 'voice'?)" },
    { "gw.queues { tag = 7 }", 'tag: a tag such as "voice" is needed, not 7' },
    { 'gw.queues { tag = "voice", tags = 1 }', "unknown key 'tags' (did you mean 'tag'?)" },
    { 'gw.queues { tag = "voice", 7 }', "7 stands without a key; write key = value" },
    { "gw:queues { 7 }", 'queues is called with a dot: gw.queues { 7 }, gw.center "main".queues { 7 }' },
    { 'gw.center "main":queues { 7 }',
      'queues is called with a dot: gw.queues { 7 }, gw.center "main".queues { 7 }' },
    { 'gw.center "main".queues { "sale" }', "no queue 'sale' in gateway.conf (did you mean 'sales'?)" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      local ids, lines = ids_of(case[1])
      assert.same({ "4: rule 'a': from: " .. case[2] }, lines)
      assert.is_nil(ids)
    end)
  end

  it("names the line of each element", function()
    local _, lines = ids_of '\n  gw.queues {\n    1,\n    "sale",\n    9999,\n  }'
    assert.same({
      "7: rule 'a': from: no queue 'sale' in gateway.conf (did you mean 'sales'?)",
      "8: rule 'a': from: 9999 is not a queue: in edition 2023 queues are 1 to 2000",
    }, lines)
  end)

  it("tells mistakes of a query that no rule uses, once", function()
    local host = fake_core.load(HEAD .. [[
      local sales = gw.queues { "sale" }
      local unused = gw.queues { 0 }
      for _, name in ipairs { "a", "b" } do
        gw.rule(name) { from = sales, when = function() end }
      end]])
    assert.same({
      "2: rule 'a': from: no queue 'sale' in gateway.conf (did you mean 'sales'?)",
      "3: gw.queues: 0 is not a queue: in edition 2023 queues are 1 to 2000",
    }, fake_core.lines(host))
  end)

  it("knows the ranges of the edition", function()
    local center = { name = "big", default = true, edition = 2025, queues = {} }
    local ids, lines = ids_of("gw.queues { 10000 }", setup_with(center))
    assert.same({}, lines)
    assert.same({ 10000 }, ids)
    lines = select(2, ids_of("gw.queues { 10001 }", setup_with(center)))
    assert.same({ "4: rule 'a': from: 10001 is not a queue: in edition 2025 queues are 1 to 10000" }, lines)
    lines = select(2, ids_of("gw.queues()", setup_with(center)))
    assert.same({ "4: rule 'a': from: [center big] in gateway.conf names no queue; name one there, such as "
      .. "queue.7 = sales, or write gw.queues { 7 }" }, lines)
  end)

  it("means the default centre, by its place in the set-up", function()
    local setup = setup_with { name = "first", default = false, edition = 2023, queues = {} }
    setup.centers[2] = { name = "second", default = true, edition = 2023,
      queues = { { id = 5, name = "vip", tags = {} } } }
    local host = fake_core.load(HEAD .. 'gw.rule "a" { from = gw.queues(), when = function() end }', { setup = setup })
    assert.same({}, fake_core.lines(host))
    assert.same({ { center = 1, query = "queues", every_ms = 30000, ids = { 5 } } }, host.rules.a.wants)
    host.rules.a.on_transition("raise", nil, host:row { id = 5 }, "5", 1, "so", false, { level = 1 })
    assert.equal("second", host.alerts[1].center)
  end)

  it("needs a centre", function()
    local setup = setup_with(nil)
    local _, lines = ids_of("gw.queues()", setup)
    assert.same({ "4: rule 'a': from: gateway.conf has no centre that could be asked; add a section [center main]" },
      lines)
  end)

  it("says what to write when no centre is the default", function()
    local setup = setup_with { name = "north", default = false, edition = 2023, queues = {} }
    setup.centers[2] = { name = "south", default = false, edition = 2023, queues = {} }
    local ids, lines = ids_of("gw.queues { 7 }", setup)
    assert.is_nil(ids)
    assert.same({ "4: rule 'a': from: gateway.conf has several centres and none is the default; write "
      .. 'gw.center "north".queues { … }, or default = yes in [center north]' }, lines)
  end)

  it("raises in a task", function()
    local host = fake_core.load(HEAD .. 'gw.job "a" { every = "1m",\nrun = function()\n  gw.queues { "sale" }\nend }')
    local _, mistake = pcall(host.run, host, "a")
    assert.equal("scripts/queue_wait.lua:4: gw.queues: no queue 'sale' in gateway.conf (did you mean 'sales'?)",
      mistake)
  end)
end)

describe("gw.center", function()
  local function setup()
    local of_north = { name = "north", default = false, edition = 2023,
      queues = { { id = 7, name = "chat", tags = { "night" } }, { id = 8, name = "mail", tags = {} } } }
    local of_south = { name = "south", default = true, edition = 2025,
      queues = { { id = 7, name = "phone", tags = {} } } }
    return { file = "scripts/x.lua", gateway = "ccgate", destinations = {}, centers = { of_north, of_south } }
  end

  local function load(expression)
    local host = fake_core.load(HEAD .. string.format(
      'gw.rule "a" {\n  when = function() end,\n  from = %s }', expression), { setup = setup() })
    return host.rules.a, fake_core.lines(host)
  end

  local good = {
    { 'gw.center "north".queues()', 0, { 7, 8 }, "queues 7 (chat) and 8 (mail) of north" },
    { 'gw.center "north".queues { "mail", 9 }', 0, { 8, 9 }, "queues 8 (mail) and 9 of north" },
    { 'gw.center "north".queues { tag = "night" }', 0, { 7 }, "queue 7 (chat) of north" },
    { 'gw.center "south".queues { 10000 }', 1, { 10000 }, "queue 10000 of south" },
    { "gw.queues()", 1, { 7 }, "queue 7 (phone) of south" },
  }
  for _, case in ipairs(good) do
    it("asks that centre: " .. case[1], function()
      local rule, lines = load(case[1])
      assert.same({}, lines)
      assert.same({ { center = case[2], query = "queues", every_ms = 30000, ids = case[3] } }, rule.wants)
      assert.equal("Asks for " .. case[4] .. " every 30s.", rule.about:match("^.-s%."))
    end)
  end

  local bad = {
    { 'gw.center "nort".queues()', "gw.center: no centre 'nort' in gateway.conf (did you mean 'north'?)" },
    { 'gw.center "hq".queues { "never" }', "gw.center: no centre 'hq' in gateway.conf; known: north and south" },
    { "gw.center(7).queues()", 'gw.center: a centre is a name such as "main", not 7' },
    { 'gw.center "north".queue()', "center 'north' has no 'queue' (did you mean 'queues'?)" },
    { 'gw.center "north".rule "b"',
      "center 'north' has no 'rule'; known: agent, agent_calls, agent_operations, agents and queues" },
    { 'gw.center "north"', "rule 'a': from: a query such as gw.queues { 7 } is needed, not a center 'north'" },
    { 'gw.center "north".queues { "phone" }',
      "rule 'a': from: no queue 'phone' in gateway.conf; known: chat and mail" },
    { 'gw.center "north".queues { 2001 }',
      "rule 'a': from: 2001 is not a queue: in edition 2023 queues are 1 to 2000" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      local rule, lines = load(case[1])
      assert.is_nil(rule)
      assert.equal("4: " .. case[2], lines[#lines])
    end)
  end

  it("gives a query that can be fetched", function()
    local host = fake_core.load(HEAD .. [[gw.job "look" { every = "1m", run = function()
      gw.center "north".queues { 8 }:fetch()
    end }]], { setup = setup() })
    assert.same({}, fake_core.lines(host))
    host.answer = {}
    host:run "look"
    assert.equal(0, host.fetched.center)
    assert.same({ 8 }, host.fetched.ids)
  end)
end)
