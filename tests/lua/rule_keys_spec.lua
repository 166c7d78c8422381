--- What a rule may say beside its conditions: times, levels, who is told and how.
local fake_core = require "lua.fake_core"

local HEAD <const> = 'local gw = require "gateway"\n'
local WHEN <const> = 'when = gw.above("calls_waiting", 4),'

local function load(lines)
  return fake_core.load(string.format('%sgw.rule "x" {\n  from = gw.queues(), every = "10s",\n%s\n}', HEAD, lines))
end

local function rule_of(lines)
  local host = load(lines)
  assert.same({}, fake_core.lines(host))
  return host.rules.x, host
end

describe("the times of a rule", function()
  it("are handed to the core", function()
    local rule = rule_of(WHEN .. [[ hold = "30s", linger = "1m", cooldown = "5m", stale_after = "2m",
      stale = "raise", gone = "hold"]])
    assert.same({ 30000, 60000, 300000, 120000, "raise", "hold" }, { rule.hold_ms, rule.linger_ms,
      rule.cooldown_ms, rule.stale_after_ms, rule.stale, rule.gone })
  end)

  it("are the core's where nothing is said", function()
    local rule = rule_of(WHEN)
    for _, key in ipairs { "hold_ms", "linger_ms", "cooldown_ms", "stale_after_ms", "stale", "gone" } do
      assert.is_nil(rule[key])
    end
  end)
end)

describe("the calendar of a rule", function()
  it("says whether it is open", function()
    local rule, host = rule_of(WHEN .. 'during = gw.calendar { hours = "09:00-18:00" }')
    host.opening = { true, 1763964000 }
    assert.is_true(rule.open(1763961234))
    assert.equal(1763961234, host.asked)
    host.opening = { false, 1763964000 }
    assert.is_false(rule.open(1763961235))
  end)

  it("is not asked for where there is none", function()
    assert.is_nil(rule_of(WHEN).open)
  end)
end)

describe("levels", function()
  local LEVELS <const> = [[
  levels = {
    { "warning", when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 3) },
    { "critical", when = gw.above("calls_waiting", 9) },
  },]]

  it("are conditions in order", function()
    local rule = rule_of(LEVELS)
    assert.equal(2, #rule.levels)
    assert.equal(3, rule.levels[1].clear.tree.limit)
    assert.is_nil(rule.levels[2].clear)
    assert.equal("Asks for queues 1 (sales), 2 (support) and 7 (chat) every 10s. Raises warning when calls_waiting "
      .. "above 4; clears when calls_waiting below 3; raises critical when calls_waiting above 9; clears when that "
      .. "is no longer true. Tells nobody, for it has no send.", rule.about)
  end)
end)

describe("a rule is read as people would say it:", function()
  local START <const> = "Asks for queues 1 (sales), 2 (support) and 7 (chat) every 10s. "
  local RAISES <const> = "Raises when calls_waiting above 4; clears when that is no longer true."
  local NOBODY <const> = " Tells nobody, for it has no send."
  local cases = {
    { 'hold = "30s"', RAISES .. " It must be true for 30s." .. NOBODY },
    { 'linger = "1m"', RAISES .. " It must be over for 1m." .. NOBODY },
    { 'hold = "30s", linger = "1m"', RAISES .. " It must be true for 30s and over for 1m." .. NOBODY },
    { 'hold = "0s", linger = "0s", cooldown = "0s"', RAISES .. NOBODY },
    { 'cooldown = "5m"', RAISES .. " It is not raised again within 5m of a clear." .. NOBODY },
    { 'stale_after = "2m"', RAISES .. " Where nothing usable came for 2m, a hold begins anew." .. NOBODY },
    { 'stale = "raise"', RAISES .. " Raises for the centre when nothing usable came for 30s." .. NOBODY },
    { 'stale = "clear", stale_after = "1m"', RAISES .. " Clears when nothing usable came for 1m." .. NOBODY },
    { 'gone = "hold"', RAISES .. " The alert of a row that is gone stays." .. NOBODY },
    { 'gone = "raise"', RAISES .. " A row that is gone raises." .. NOBODY },
    { 'gone = "clear"', RAISES .. NOBODY },
    { 'severity = "critical"', "Raises critical when calls_waiting above 4; clears when that is no longer true."
      .. NOBODY },
    { "severity = function() end", "Raises, as severe as its function says, when calls_waiting above 4; clears when "
      .. "that is no longer true." .. NOBODY },
    { 'labels = { team = "voice" }', RAISES .. " Adds the label team = voice." .. NOBODY },
    { 'labels = { team = "voice", floor = 2 }', RAISES .. " Adds the labels floor = 2 and team = voice." .. NOBODY },
    { "labels = function() end", RAISES .. " Adds the labels that its function gives." .. NOBODY },
    { 'mention = { "ayse", "mehmet" }', RAISES .. NOBODY .. " Mentions ayse and mehmet." },
    { "mention = function() end", RAISES .. NOBODY .. " Mentions whom its function names." },
    { 'send = { "book", { to = "floor-chat", after = "10m", unless = "acked", from = "warning", clears = false } }',
      RAISES .. " Tells book and floor-chat of warning or critical after 10m unless somebody has acknowledged it "
        .. "but not when it clears." },
    { 'send = "book", remind = "15m"', RAISES .. " Tells book. Reminds every 15m." },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      assert.equal(START .. case[2], rule_of(WHEN .. case[1]).about)
    end)
  end

  it("when it is open, and when next", function()
    local host = fake_core.load(HEAD .. [[gw.rule "x" { from = gw.queues(), when = gw.above("calls_waiting", 4),
      during = "office" }]], { opening = { false, 1763964000 } })
    assert.same({}, fake_core.lines(host))
    assert.truthy(host.rules.x.about:find(" Raises and stays raised only during office: mon-fri 09:00-18:00 "
      .. "(Europe/Istanbul), closed now, opens 2025-11-24 09:00. Tells", 1, true), host.rules.x.about)
  end)

  it("its own sentence first", function()
    local about = rule_of(WHEN .. 'doc = "Callers wait."').about
    assert.equal("Callers wait. Asks", about:sub(1, 18))
    about = rule_of(WHEN .. 'doc = "Callers wait"').about
    assert.equal("Callers wait. Asks", about:sub(1, 18))
  end)
end)

describe("a key of a rule with a mistake names it:", function()
  local cases = {
    { "hold = 30", [[hold: 30 is not a duration; write "30s"]] },
    { 'hold = "32d"', [[hold: '32d' is too long; the most is "31d"]] },
    { 'linger = "2 min"', [[linger: '2 min' is not a duration; write "2m"]] },
    { 'cooldown = "-5m"', [[cooldown: '-5m' is not a duration; write "15s", "2m" or "1h30m"]] },
    { 'remind = "100ms"', [[remind: '100ms' is too short; the least is "1s"]] },
    { 'stale_after = "5s"', "stale_after: 5s is shorter than every, 10s: every sample would be stale" },
    { 'stale = "rise"', "stale: 'rise' is not known (did you mean 'raise'?)" },
    { "stale = true", "stale: true is not known; known: hold, raise and clear" },
    { 'gone = "keep"', "gone: 'keep' is not known; known: clear, hold and raise" },
    { 'severity = "critcal"', "severity: no severity 'critcal' (did you mean 'critical'?)" },
    { 'severity = "fatal"', "severity: no severity 'fatal'; known: info, warning and critical" },
    { "severity = 2", "severity: a severity is one of info, warning and critical, not 2" },
    { 'labels = "voice"', "labels: a table such as { team = \"voice\" } or a function is needed, not 'voice'" },
    { 'labels = { queue = "x" }', "labels: 'queue' is always there, and is the gateway's own" },
    { 'labels = { "voice" }', [[labels: 'voice' stands without a name; write name = "…"]] },
    { 'labels = { ["a b"] = 1 }', "labels: 'a b' is no name; it has letters, digits and _" },
    { "labels = { team = {} }", "labels: team is a text, a number or a boolean, not a table" },
    { 'labels = { team = ("x"):rep(201) }', "labels: team has at most 200 bytes" },
    { 'details = "{call_waiting}"', "details: Queue has no field 'call_waiting' (did you mean 'calls_waiting'?)" },
    { "details = 5", [[details: a text such as "{name}: {calls_waiting} waiting" or a function is needed, not 5]] },
    { 'link = "https://x/{ids}"', "link: Queue has no field 'ids' (did you mean 'id'?)" },
    { 'link = "wall/{id}"', "link: 'wall/{id}' does not begin with https:// or http://, or has blanks" },
    { 'cleared = "{sumary}"', "cleared: Queue has no field 'sumary'; known: " , true },
    { 'cleared = "{age:percent}"', "cleared: '{age:percent}': write {age:duration}" },
    { 'cleared = "{summary:time}"', "cleared: '{summary:time}': write {summary}" },
    { "cleared = function() end",
      [[cleared: a text such as "{summary}, over after {age:duration}" is needed, not a function]] },
    { 'summary = "{age:duration}"', "summary: Queue has no field 'age'", true },
    { 'mention = "ayşe"', "mention: nobody is called 'ayşe' in [people] of gateway.conf (did you mean 'ayse'?)" },
    { 'mention = { "ayse", 5 }', [[mention: somebody is a name of [people], such as "ayse", not 5]] },
    { "mention = true", "mention: a name of [people] in gateway.conf, a list of names or a function is needed, "
      .. "not true" },
    { 'doc = ""', "doc: one sentence of up to 200 bytes is needed" },
    { 'doc = "a\\nb"', "doc: one sentence of up to 200 bytes is needed" },
    { 'during = "ofice"', "during: no calendar 'ofice' in gateway.conf (did you mean 'office'?)" },
    { 'during = "09:00-18:00"', "during: '09:00-18:00' is no name of a calendar; hours stand in one: "
      .. 'gw.calendar { hours = "09:00-18:00" }' },
    { 'during = "mon-fri 09:00-12:00,13:00-18:00"', "during: 'mon-fri 09:00-12:00,13:00-18:00' is no name of a "
      .. 'calendar; hours stand in one: gw.calendar { days = "mon-fri", hours = "09:00-12:00,13:00-18:00" }' },
    { "during = 9", [[during: a calendar is needed, such as "office" of gateway.conf or gw.calendar { … }, not 9]] },
    { "levels = {}", [[levels: a list is needed, such as { { "warning", when = gw.above("calls_waiting", 5) } }, ]]
      .. "not an empty one" },
    { "levels = 3", [[levels: a list is needed, such as { { "warning", when = gw.above("calls_waiting", 5) } }, ]]
      .. "not 3" },
    { 'levels = { "warning" }', [[levels: a level such as { "warning", when = gw.above("calls_waiting", 5) } is ]]
      .. "needed, not 'warning'" },
    { 'levels = { { "warning" } }', [[levels: 'when' is missing: a condition such as gw.above("calls_waiting", 5) ]]
      .. "or a function" },
    { "levels = { { when = function() end } }",
      "levels: a severity is one of info, warning and critical, not nothing" },
    { 'levels = { { "warning", when = function() end, hold = "1m" } }',
      "levels: unknown key 'hold'; known: when and clear" },
    { 'levels = { { "critical", when = function() end }, { "warning", when = function() end } }',
      "levels: 'warning' stands behind 'critical': levels go from the least to the worst" },
    { 'levels = { { "warning", when = function() end }, { "warning", when = function() end } }',
      "levels: 'warning' stands there twice; gw.any joins conditions" },
    { 'levels = { { "warning", when = gw.above("call_waiting", 5) } }',
      "Queue has no field 'call_waiting' (did you mean 'calls_waiting'?)" },
    { 'levels = { { "info", when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 6) } }',
      "clear (below 6) overlaps when (above 4): at 5 the alert would raise and clear in turn" },
    { 'levels = { { "info", when = gw.above } }', "when: gw.above stands here without what it compares" },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      local is_leveled = case[1]:find "^levels"
      local lines = fake_core.lines(load((is_leveled and "" or WHEN) .. "\n" .. case[1]))
      local wanted = case[2] and "5: rule 'x': " .. case[2]
      if case[3] then
        assert.equal(wanted, lines[1]:sub(1, #wanted))
      else
        assert.same({ wanted }, lines)
      end
    end)
  end

  it("levels beside what they say themselves", function()
    assert.same({
      "4: rule 'x': when: each of levels says its own; leave it out",
      "5: rule 'x': clear: each of levels says its own; leave it out",
      "6: rule 'x': severity: each of levels says its own; leave it out",
    }, fake_core.lines(load(WHEN .. [[

  clear = gw.below("calls_waiting", 2),
  severity = "critical",
  levels = { { "info", when = function() end } } ]])))
  end)

  it("each of several levels on its own line", function()
    assert.same({
      "6: rule 'x': gw.changed is true for one sample: write clear, too",
      "8: rule 'x': levels: clear: a condition such as gw.above(\"calls_waiting\", 5) or a function is needed, not 5",
    }, fake_core.lines(load [[
  levels = {
    { "info",
      when = gw.changed "calls_waiting" },
    { "warning", when = function() end,
      clear = 5 },
  } ]]))
  end)

  it("when, unless there are levels", function()
    assert.same({ [[2: rule 'x': 'when' is missing: a condition such as gw.above("calls_waiting", 5) or a function]] },
      fake_core.lines(load ""))
  end)
end)

describe("an entry of send", function()
  local function entries_of(send)
    local _, host = rule_of(WHEN .. "send = " .. send)
    host:sample { { id = 7, calls_waiting = 5 } }
    return require "cjson".decode(host.alerts[1].event).send
  end

  local cases = {
    { '"book"', { { to = "book" } } },
    { '{ to = "book", after = "10m" }', { { to = "book", after = 600 } } },
    { '{ { to = "book", after = "1500ms", unless = "acked" }, "floor-chat" }',
      { { to = "book", after = 1.5, unless = "acked" }, { to = "floor-chat" } } },
    { '{ { to = "book", only = "warning", clears = false } }',
      { { to = "book", only = { "warning" }, clears = false } } },
    { '{ { to = "book", only = { "info", "warning" }, clears = true } }',
      { { to = "book", only = { "info", "warning" }, clears = true } } },
    { '{ { to = "book", from = "warning" } }', { { to = "book", only = { "warning", "critical" } } } },
  }
  for _, case in ipairs(cases) do
    it("is told as " .. case[1], function()
      assert.same(case[2], entries_of(case[1]))
    end)
  end

  local mistakes = {
    { '{ to = "book", after = 10 }', [[send: after: 10 is not a duration; write "10s"]] },
    { '{ to = "book", unless = "ack" }', [[send: unless: 'ack' is not known; write unless = "acked"]] },
    { '{ to = "book", only = "critcal" }', "send: only: no severity 'critcal' (did you mean 'critical'?)" },
    { '{ to = "book", only = {} }', [[send: only: a list without a severity leaves nothing; write "critical"]] },
    { '{ to = "book", from = "bad" }', "send: from: no severity 'bad'; known: info, warning and critical" },
    { '{ to = "book", from = "info", only = "warning" }',
      "send: 'only' and 'from' both say which severities; one of them is enough" },
    { '{ to = "book", clears = "no" }', "send: clears: true or false is needed, not 'no'" },
    { '{ to = "book", priority = 3 }',
      "send: unknown key 'priority'; known: to, after, unless, only, from and clears" },
    { '{ "book", { to = "floor-chat", only = "critical" } }', "send: this rule is never critical; it is warning" },
    { '{ "book", { to = "book", after = "10m" } }',
      "send: 'book' has been told by then; this entry never tells anybody" },
    { '{ "book", "book" }', "send: 'book' has been told by then; this entry never tells anybody" },
  }
  for _, case in ipairs(mistakes) do
    it("is refused: " .. case[1], function()
      assert.same({ "5: rule 'x': " .. case[2] }, fake_core.lines(load(WHEN .. "\nsend = " .. case[1])))
    end)
  end

  it("may tell whom another entry may have told, of any severity that there can be", function()
    rule_of [[levels = { { "info", when = function() end }, { "critical", when = function() end } },
      send = { to = "book", only = "critical" } ]]
    rule_of [[levels = { { "info", when = function() end }, { "critical", when = function() end } },
      send = { { to = "book", only = "critical" }, { to = "book", after = "1h" } } ]]
    rule_of(WHEN .. 'send = { { to = "book", unless = "acked" }, { to = "book", after = "1h" } }')
    rule_of(WHEN .. 'severity = function() end, send = { to = "book", only = "critical" }')
    assert.same({ "5: rule 'x': send: this rule is never warning; it is critical or info" },
      fake_core.lines(load [[levels = { { "info", when = function() end }, { "critical", when = function() end } },
      send = { to = "book", only = "warning" } ]]))
  end)
end)
