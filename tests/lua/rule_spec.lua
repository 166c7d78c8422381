local fake_core = require "lua.fake_core"
local json = require "cjson"

local HEAD <const> = 'local gw = require "gateway"\n'

local function rule(body)
  return HEAD .. 'gw.rule "queue-wait" {\n' .. body .. "\n}"
end

-- What a rule that is otherwise right says about these lines, which begin in line 5.
local function mistakes(body)
  return fake_core.lines(fake_core.load(
    rule('  from = gw.queues(),\n  when = gw.above("calls_waiting", 4),\n' .. body)))
end

describe("a rule", function()
  local host

  local function load_good(body)
    host = fake_core.load(rule(body))
    assert.same({}, fake_core.lines(host))
    return host.rules["queue-wait"]
  end

  it("is registered with its wants, conditions and paragraph", function()
    local made = load_good [[
      from = gw.queues { 7, "sales", 1 }, every = "15s",
      when = gw.all { gw.above("calls_waiting", 0), gw.above("longest_wait_5m", "2m") },
      clear = gw.below("longest_wait_5m", "1m"),
      send = "floor-chat"]]
    assert.same({ { center = 0, query = "queues", every_ms = 15000, ids = { 1, 7 } } }, made.wants)
    assert.equal(2, made.line)
    assert.same({ op = "all", { op = "above", field = 15, limit = 0 },
      { op = "above", field = 16, limit = 120 } }, made.levels[1].when.tree)
    assert.same({ op = "below", field = 16, limit = 60 }, made.levels[1].clear.tree)
    assert.equal("Asks for queues 1 (sales) and 7 (chat) every 15s. Raises when "
      .. "calls_waiting above 0 and longest_wait_5m above 2m; clears when longest_wait_5m "
      .. "below 1m. Tells floor-chat.", made.about)
  end)

  it("has defaults", function()
    local made = load_good [[ from = gw.queues { 9 }, when = function() end ]]
    assert.equal(30000, made.wants[1].every_ms)
    assert.equal("call", made.levels[1].when.tree.op)
    assert.is_nil(made.levels[1].clear)
    assert.equal("Asks for queue 9 every 30s. Raises when its function says so; clears when that is no "
      .. "longer true. Tells nobody, for it has no send.", made.about)
  end)

  it("is called with the row when its condition is a function", function()
    load_good [[ from = gw.queues(),
      when = gw.any { gw.equal("id", 7), function(row) return row.calls_waiting > 4 end } ]]
    host:sample { { id = 1, calls_waiting = 5 }, { id = 2, calls_waiting = 4 }, { id = 7, calls_waiting = 0 } }
    assert.equal("1 7", host.alerts[1].key .. " " .. host.alerts[2].key)
    assert.equal(2, #host.alerts)
  end)

  it("hands over the whole event", function()
    load_good [[ from = gw.queues(), when = gw.above("calls_waiting", 4),
      summary = "{name}: {calls_waiting} waiting", send = { "floor-chat", { to = "book" } } ]]
    host:sample { { id = 7, calls_waiting = 5 } }
    local alert = host.alerts[1]
    assert.same({ "queue-wait", "main", "7", "raise" }, { alert.rule, alert.center, alert.key, alert.kind })
    assert.truthy(alert.event:find('"labels":{"rule":"queue-wait","script":"queue_wait","center":"main",'
      .. '"query":"queues","key":"7","severity":"warning","queue":"chat"}', 1, true))
    local event = json.decode(alert.event)
    assert.equal(5, event.row.calls_waiting)
    event.row, event.labels = nil, nil
    assert.same({
      severity = "warning", summary = "chat: 5 waiting", why = "calls_waiting above 4",
      details = json.null, link = json.null, reason = json.null, query = "queues", rose = json.null,
      mention = {}, cleared = json.null, remind = json.null,
      send = { { to = "floor-chat" }, { to = "book" } },
    }, event)
  end)

  it("clears between its two conditions only at the second", function()
    load_good [[ from = gw.queues(), when = gw.above("calls_waiting", 4),
      clear = gw.below("calls_waiting", 2) ]]
    for _, waiting in ipairs { 5, 3, 6, 1, 3 } do
      host:sample { { id = 7, calls_waiting = waiting } }
    end
    assert.equal(2, #host.alerts)
    assert.equal("clear", host.alerts[2].kind)
    assert.equal("recovered", json.decode(host.alerts[2].event).reason)
  end)

  it("tells of a row that is gone by its key and name", function()
    local made = load_good [[ from = gw.queues(), when = gw.above("calls_waiting", 4) ]]
    made.on_transition("clear", "gone", host:row { id = 2 }, "2", 0, "the row is gone", false, { level = 1 })
    local event = json.decode(host.alerts[1].event)
    assert.equal("gone", event.reason)
    assert.equal("support", event.row.name)
    assert.equal(json.null, event.row.calls_waiting)
    assert.equal("support: the row is gone", event.summary)
    assert.truthy(host.alerts[1].event:find('"send":[]', 1, true))
  end)

  it("cuts a reason that goes on and on, for no text may cost an alert", function()
    local made = load_good [[ from = gw.queues(), when = gw.above("calls_waiting", 4) ]]
    made.on_transition("raise", nil, host:row { id = 7 }, "7", 0, ("x"):rep(1000000), false, { level = 1 })
    assert.equal(("x"):rep(4000) .. "…", json.decode(host.alerts[1].event).why)
  end)

  describe("whose summary fails", function()
    local function summary_of(text, plain)
      local made = load_good(
        ' from = gw.queues(), when = gw.above("calls_waiting", 4), summary = ' .. text)
      made.on_transition("raise", nil, host:row { id = 7, calls_waiting = 5 }, "7", 0, "it is so", plain, { level = 1 })
      return json.decode(host.alerts[1].event).summary
    end

    local cases = {
      { 'function(row) return row.nme end',
        "chat: it is so (the summary failed: scripts/queue_wait.lua:3: Queue has no field 'nme')" },
      { "function() return nil end", "chat: it is so (the summary failed: it gave nothing)" },
      { "function() return '' end", "chat: it is so (the summary failed: it gave an empty text)" },
      { "function() error {} end", "chat: it is so (the summary failed: it raised a table)" },
      { 'function(row) return gw.template("{name:duration}", row) end',
        "chat: it is so (the summary failed: gw.template: 'chat' cannot be shown as a duration)" },
    }
    for _, case in ipairs(cases) do
      it("still tells: " .. case[1], function()
        assert.equal(case[2], summary_of(case[1]))
        assert.equal("warn", host.logs[1].level)
      end)
    end

    it("runs nothing of the script's when it must be plain", function()
      assert.equal("chat: it is so", summary_of("function() error 'never' end", true))
      assert.same({}, host.logs)
    end)

    it("cuts a text without end between two characters", function()
      local summary = summary_of [[function() return "x" .. ("ü"):rep(1000000) end]]
      assert.equal("x" .. ("ü"):rep(1999) .. "…", summary)
    end)
  end)

  it("of a script that changed the string library still tells", function()
    host = fake_core.load(HEAD .. [[for name in pairs(string) do string[name] = nil end
      gw.rule "queue-wait" { from = gw.queues(), when = gw.above("calls_waiting", 4),
        summary = "{calls_waiting:.1f}" }]])
    host:sample { { id = 7, calls_waiting = 5 } }
    assert.equal("5.0", json.decode(host.alerts[1].event).summary)
  end)
end)

describe("a rule on several queries", function()
  local SETUP <const> = {
    file = "scripts/queue_wait.lua", gateway = "ccgate", destinations = {},
    centers = {
      { name = "north", default = true, edition = 2023, queues = { { id = 7, name = "chat", tags = {} } } },
      { name = "south", default = false, edition = 2023, queues = { { id = 7, name = "phone", tags = {} } } },
    },
  }

  local function load(from)
    local host = fake_core.load(rule(string.format(
      'from = {\n%s\n}, when = gw.above("calls_waiting", 4), summary = "{name}: {calls_waiting}"', from)),
      { setup = SETUP })
    return host, fake_core.lines(host)
  end

  it("asks each centre once", function()
    local host, lines = load 'gw.queues { 9, 7 }, gw.center "south".queues(), gw.queues { 1, 7 }'
    assert.same({}, lines)
    local made = host.rules["queue-wait"]
    assert.same({
      { center = 0, query = "queues", every_ms = 30000, ids = { 1, 7, 9 } },
      { center = 1, query = "queues", every_ms = 30000, ids = { 7 } },
    }, made.wants)
    assert.equal("Asks for queues 1, 7 (chat) and 9 of north and queue 7 (phone) of south every 30s.",
      made.about:match("^.-s%."))
  end)

  it("keeps an alert for each centre under the same key", function()
    local host = load 'gw.queues { 7 }, gw.center "south".queues { 7 }'
    host:sample({ { id = 7, calls_waiting = 5 } }, 0)
    host:sample({ { id = 7, calls_waiting = 6 } }, 1)
    host:sample({ { id = 7, calls_waiting = 0 } }, 0)
    local told = {}
    for index, alert in ipairs(host.alerts) do
      local event = json.decode(alert.event)
      assert.equal(alert.center, event.labels.center)
      told[index] = table.concat({ alert.kind, alert.center, alert.key, event.labels.queue, event.summary }, " ")
    end
    assert.same({
      "raise north 7 chat chat: 5", "raise south 7 phone phone: 6",
      "clear north 7 chat chat: calls_waiting above 4",
    }, told)
  end)

  local cases = {
    { 'gw.queues { 7 },\n7,\n"sales"', {
      "5: rule 'queue-wait': from: a query such as gw.queues { 7 } is needed, not 7",
      "6: rule 'queue-wait': from: a query such as gw.queues { 7 } is needed, not 'sales'",
    } },
    { "nil, gw.queues { 7 }",
      { "4: rule 'queue-wait': from: a query such as gw.queues { 7 } is needed, not nothing" } },
    { "", { "3: rule 'queue-wait': from: an empty list asks for nothing; write a query such as gw.queues { 7 }" } },
    { "gw.queues { 7 },\nsouth = gw.queues { 7 }",
      { "5: rule 'queue-wait': from: unknown key 'south'; queries stand without keys" } },
    { 'gw.queues { 7 },\ngw.center "south".queues { "chat" }',
      { "5: rule 'queue-wait': from: no queue 'chat' in [center south] of gateway.conf; "
        .. [=[[center north] has it: gw.center "north"]=] } },
    { 'gw.queues { 7 },\ngw.center "soth".queues()',
      { "5: gw.center: no centre 'soth' in gateway.conf (did you mean 'south'?)" } },
  }
  for _, case in ipairs(cases) do
    it("refuses " .. case[1]:gsub("\n", " "), function()
      local host, lines = load(case[1])
      assert.same(case[2], lines)
      assert.same({}, host.rules)
    end)
  end

  it("watches one kind of rows", function()
    local host = fake_core.host "x"
    local gw, value = require "gateway", require "gateway.value"
    local agents = value.kind("query", {}, tostring) { name = "agents", ids = {}, mistakes = {} }
    gw.rule "mixed" { from = { gw.queues(), agents }, when = gw.above("calls_waiting", 4) }
    assert.same({ "0: rule 'mixed': from: 'agents' does not go with 'queues': a rule watches rows of one kind" },
      fake_core.lines(host))
  end)
end)

describe("a rule with a mistake", function()
  local cases = {
    { "an unknown key", 'evry = "15s"', "unknown key 'evry' (did you mean 'every'?)" },
    { "a key that nothing is near to", "quantity = 1",
      "unknown key 'quantity'; known: from, every, map, fields, key, when, clear, levels, hold, linger, "
        .. "cooldown, remind, stale_after, stale, gone, during, severity, labels, summary, details, link, "
        .. "cleared, mention, send, doc, on_raise, on_level, on_remind and on_clear" },
    { "a value without a key", '"15s"', "'15s' stands without a key; write key = value" },
    { "a duration with a blank", 'every = "15 sec"', [[every: '15 sec' is not a duration; write "15s"]] },
    { "a duration in words",
      'every = "2 Minutes"', [[every: '2 Minutes' is not a duration; write "2m"]] },
    { "a duration with a fraction", 'every = "1.5h"', [[every: '1.5h' is not a duration; write "1h30m"]] },
    { "a number as a duration", "every = 90", [[every: 90 is not a duration; write "1m30s"]] },
    { "a word as a duration", 'every = "often"',
      [[every: 'often' is not a duration; write "15s", "2m" or "1h30m"]] },
    { "a duration too short", 'every = "500ms"', [[every: '500ms' is too short; the least is "1s"]] },
    { "an unknown destination", 'send = "flor-chat"',
      "send: no destination 'flor-chat' in gateway.conf (did you mean 'floor-chat'?)" },
    { "a destination nothing is near to", 'send = "pager"',
      "send: no destination 'pager' in gateway.conf; known: floor-chat and book" },
    { "a destination in an entry", 'send = { { to = "bok" } }',
      "send: to: no destination 'bok' in gateway.conf (did you mean 'book'?)" },
    { "an unknown key of an entry", 'send = { { to = "book", affter = "10m" } }',
      "send: unknown key 'affter' (did you mean 'after'?)" },
    { "an entry without destination", "send = { {} }",
      [[send: 'to' is missing: a destination such as to = "floor-chat"]] },
    { "a destination of the wrong type", "send = 5", [[send: a destination is a name such as "floor-chat", not 5]] },
    { "a destination's value", 'send = gw.destination "book"',
      [[send: a destination is a name such as "floor-chat", not a destination]] },
    { "a hole in a list", 'send = { nil, "book" }',
      [[send: a destination is a name such as "floor-chat", not nothing]] },
    { "an unknown field", 'clear = gw.below("call_waiting", 2)',
      "Queue has no field 'call_waiting' (did you mean 'calls_waiting'?)" },
    { "a wire name", 'clear = gw.below("callWaitNums", 2)', "'callWaitNums' is 'calls_waiting' here" },
    { "a field that is text", 'clear = gw.equal("name", "sales")',
      "'name' is text and cannot be compared here; a function can" },
    { "no field", "clear = gw.below(2)",
      [[gw.below needs a field and a limit, such as gw.below("calls_waiting", 5)]] },
    { "a number for seconds", 'clear = gw.below("longest_wait_5m", 90)',
      [[below("longest_wait_5m", 90): 'longest_wait_5m' ]]
        .. [[is in seconds and is compared with a duration; write "1m30s"]] },
    { "a duration that is none", 'clear = gw.below("longest_wait_5m", "2 min")',
      [[below("longest_wait_5m", "2 min"): 'longest_wait_5m' ]]
        .. [[is in seconds and is compared with a duration; write "2m"]] },
    { "a duration for a count", 'clear = gw.below("calls_waiting", "2m")',
      [[below("calls_waiting", "2m"): 'calls_waiting' is a number and is compared with one; write 2]] },
    { "a fraction for a ratio", 'clear = gw.below("service_level_5m", 0.8)',
      [[below("service_level_5m", 0.8): 'service_level_5m' ]]
        .. [[is a ratio and is compared with a percentage up to 100; write "80%"]] },
    { "too much for a ratio", 'clear = gw.below("service_level_5m", "120%")',
      [[below("service_level_5m", "120%"): 'service_level_5m' ]]
        .. [[is a ratio and is compared with a percentage up to 100; write "80%"]] },
    { "no limit", 'clear = gw.below("calls_waiting")',
      [[below("calls_waiting", nothing): 'calls_waiting' is a number and is compared with one; write 5]] },
    { "not a number", 'clear = gw.below("calls_waiting", 0/0)',
      "'calls_waiting' is a number and is compared with one; write 5", true },
    { "a condition of the wrong type", 'clear = "never"',
      [[clear: a condition such as gw.above("calls_waiting", 5) or a function is needed, not 'never']] },
    { "a comparison that is not called", "clear = gw.below", "clear: gw.below stands here without what it compares" },
    { "an empty list of conditions", "clear = gw.all {}",
      [[gw.all: a list of conditions is needed, such as gw.all { gw.above("calls_waiting", 5) }]] },
    { "a hole among conditions", 'clear = gw.none { nil, gw.below("calls_waiting", 2) }',
      "gw.none: a condition or a function is needed, not nothing" },
    { "a key among conditions", 'clear = gw.any { function() end, x = gw.below("calls_waiting", 2) }',
      "gw.any: unknown key 'x'; conditions stand without keys" },
    { "an unknown field of a text", 'summary = "{call_waiting}"',
      "summary: Queue has no field 'call_waiting' (did you mean 'calls_waiting'?)" },
    { "an unknown format", 'summary = "{calls_waiting:durtion}"',
      "summary: '{calls_waiting:durtion}': unknown format 'durtion' (did you mean 'duration'?)" },
    { "an open brace", 'summary = "{calls_waiting"',
      "summary: '{calls_waiting' has no closing brace; a brace itself is written {{" },
    { "nothing in braces", 'summary = "{}"', "summary: '{}' does not name a field; a brace itself is written {{" },
    { "a summary of the wrong type", "summary = 5",
      [[summary: a text such as "{name}: {calls_waiting} waiting" or a function is needed, not 5]] },
  }
  for _, case in ipairs(cases) do
    it("names it: " .. case[1], function()
      local lines = mistakes("\n  " .. case[2] .. ",")
      assert.equal(1, #lines, table.concat(lines, "\n"))
      local wanted = "6: rule 'queue-wait': " .. case[3]
      if case[4] then
        assert.truthy(lines[1]:find(case[3], 1, true), lines[1])
      else
        assert.equal(wanted, lines[1])
      end
    end)
  end

  it("names every missing key at the rule", function()
    assert.same({
      [[2: rule 'queue-wait': 'from' is missing: a query such as gw.queues { 7 }]],
      [[2: rule 'queue-wait': 'when' is missing: a condition such as gw.above("calls_waiting", 5) or a function]],
    }, fake_core.lines(fake_core.load(rule "")))
  end)

  it("tells all at once, each with its own line", function()
    local lines = mistakes [[
  clear = gw.all {
    gw.below("calls_waiting", 2),
    gw.below("call_waiting",
      2),
    7,
  },
  evry = "15s",
  every = "15 sec",
  send = {
    "floor-chat",
    "flor-chat",
  },]]
    assert.same({
      "7: rule 'queue-wait': Queue has no field 'call_waiting' (did you mean 'calls_waiting'?)",
      "9: rule 'queue-wait': gw.all: a condition or a function is needed, not 7",
      "11: rule 'queue-wait': unknown key 'evry' (did you mean 'every'?)",
      [[12: rule 'queue-wait': every: '15 sec' is not a duration; write "15s"]],
      "15: rule 'queue-wait': send: no destination 'flor-chat' in gateway.conf (did you mean 'floor-chat'?)",
    }, lines)
  end)

  it("is not registered", function()
    local host = fake_core.load(rule 'from = gw.queues(), when = gw.above("calls_waiting", "x")')
    assert.same({}, host.rules)
  end)
end)

describe("when and clear", function()
  local cases = {
    { 'gw.above("longest_wait_5m", "1m")', 'gw.below("longest_wait_5m", "90s")',
      "clear (below 90s) overlaps when (above 1m): at 75s the alert would raise and clear in turn" },
    { 'gw.above("calls_waiting", 4)', 'gw.below("calls_waiting", 6)',
      "clear (below 6) overlaps when (above 4): at 5 the alert would raise and clear in turn" },
    { 'gw.above("calls_waiting", 4)', 'gw.below("calls_waiting", 5)' },
    { 'gw.above("calls_waiting", 4)', 'gw.at_most("calls_waiting", 5)',
      "clear (at most 5) overlaps when (above 4): at 5 the alert would raise and clear in turn" },
    { 'gw.at_least("calls_waiting", 5)', 'gw.below("calls_waiting", 5)' },
    { 'gw.above("calls_waiting", 4)', 'gw.above("calls_waiting", 2)',
      "clear (above 2) overlaps when (above 4): at 5 the alert would raise and clear in turn" },
    { 'gw.equal("calls_waiting", 0)', 'gw.above("calls_waiting", 0)' },
    { 'gw.equal("calls_waiting", 0)', 'gw.at_most("calls_waiting", 3)',
      "clear (at most 3) overlaps when (equal 0): at 0 the alert would raise and clear in turn" },
    { 'gw.below("service_level_5m", "80%")', 'gw.above("service_level_5m", "80%")' },
    { 'gw.at_most("service_level_5m", "80%")', 'gw.at_least("service_level_5m", "80%")',
      "clear (at least 80%) overlaps when (at most 80%): at 80% the alert would raise and clear in turn" },
    { 'gw.below("service_level_5m", "80%")', 'gw.above("service_level_5m", "70%")',
      "clear (above 70%) overlaps when (below 80%): at 75% the alert would raise and clear in turn" },
    { 'gw.above("longest_wait_5m", "1m")', 'gw.below("calls_waiting", 90)' },
    { 'gw.all { gw.above("calls_waiting", 4) }', 'gw.below("calls_waiting", 6)' },
  }
  for _, case in ipairs(cases) do
    it(string.format("%s, %s", case[1], case[2]), function()
      local lines = fake_core.lines(fake_core.load(rule(string.format(
        "from = gw.queues(),\nwhen = %s,\nclear = %s", case[1], case[2]))))
      assert.same({ case[3] and "5: rule 'queue-wait': " .. case[3] or nil }, lines)
    end)
  end
end)

describe("the name of a rule", function()
  local BODY <const> = ' { from = gw.queues(), when = gw.above("calls_waiting", 4) }\n'

  local function named(...)
    local text = HEAD
    for _, name in ipairs { ... } do
      text = text .. "gw.rule " .. name .. BODY
    end
    return fake_core.lines(fake_core.load(text))
  end

  local cases = {
    { '"Queue_Wait"', "rule 'Queue_Wait': a name has lower-case letters, digits and hyphens, such as 'queue-wait'" },
    { '"queueWait"', "rule 'queueWait': a name has lower-case letters, digits and hyphens, such as 'queue-wait'" },
    { '"long  rest!"', "rule 'long  rest!': a name has lower-case letters, digits and hyphens, such as 'long-rest'" },
    { '"a--b"', "rule 'a--b': a name has lower-case letters, digits and hyphens, such as 'a-b'" },
    { '""', "rule '': a name has lower-case letters, digits and hyphens, such as 'queue-wait'" },
    { '(("a"):rep(201))', "rule '" .. ("a"):rep(201) .. "': a name has at most 200 characters" },
    { '"ccgate-center"', "rule 'ccgate-center': names that begin with 'ccgate-' are the gateway's own" },
    { "(5)", 'gw.rule needs a name: gw.rule "queue-wait" { … }, not 5' },
  }
  for _, case in ipairs(cases) do
    it("is refused: " .. case[1], function()
      assert.same({ "2: " .. case[2] }, named(case[1]))
    end)
  end

  it("is used once, but a job may share it", function()
    assert.same({ "3: rule 'a': this name is used twice; the other rule is in line 2" }, named('"a"', '"a"'))
    assert.same({}, fake_core.lines(fake_core.load(HEAD .. 'gw.rule "a"' .. BODY
      .. 'gw.job "a" { every = "1m", run = function() end }')))
  end)

  it("is followed by one table", function()
    assert.same({ "2: rule 'a': its name is not followed by a table { … }" },
      fake_core.lines(fake_core.load(HEAD .. 'gw.rule "a"')))
    assert.same({ "2: rule 'a': a table { … } is needed, not 5" },
      fake_core.lines(fake_core.load(HEAD .. 'gw.rule "a" (5)')))
    for _, given in ipairs { '("a", {})', '("a", nil)', '("a", {}) {}' } do
      assert.same({ [[2: rule 'a': the table stands behind the parentheses: gw.rule("a") { … }]] },
        fake_core.lines(fake_core.load(HEAD .. "gw.rule" .. given)))
    end
  end)

  it("keeps its mistakes when the script raises later", function()
    assert.same({
      "2: rule 'B': a name has lower-case letters, digits and hyphens, such as 'b'",
      "4: gateway has no 'abov' (did you mean 'above'?)",
    }, fake_core.lines(fake_core.load(HEAD .. 'gw.rule "B"' .. BODY
      .. 'gw.rule "a" { from = gw.queues(),\n  when = gw.abov("calls_waiting", 4) }')))
  end)

  it("comes while the script loads", function()
    local host = fake_core.load(HEAD .. [[gw.job "late" { every = "1m", run = function()
      gw.rule "a" {}
    end }]])
    local _, mistake = pcall(host.run, host, "late")
    assert.equal("scripts/queue_wait.lua:3: gw.rule works only while the script loads: "
      .. "it stands outside of functions", mistake)
  end)
end)
