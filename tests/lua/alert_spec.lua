--- The events that rules hand over: what is taken at each transition, and what fails.
local fake_core = require "lua.fake_core"
local json = require "cjson"

local HEAD <const> = 'local gw = require "gateway"\n'

local function load(lines)
  local host = fake_core.load(string.format('%sgw.rule "x" {\n  from = gw.queues(),\n%s\n}', HEAD, lines))
  assert.same({}, fake_core.lines(host))
  return host
end

local function load_one(lines)
  return load('  when = gw.above("calls_waiting", 4),\n' .. lines)
end

local function events(host)
  local list = {}
  for index, alert in ipairs(host.alerts) do
    list[index] = json.decode(alert.event)
  end
  return list
end

local function raise(host, values)
  host:sample { values or { id = 7, calls_waiting = 5 } }
  return json.decode(host.alerts[#host.alerts].event)
end

local function warnings(host)
  local texts = {}
  for index, line in ipairs(host.logs) do
    assert.equal("warn", line.level)
    texts[index] = line.text
  end
  return texts
end

describe("the severity of an alert", function()
  it("is a word", function()
    local event = raise(load_one '  severity = "critical"')
    assert.equal("critical", event.severity)
    assert.equal("critical", event.labels.severity)
  end)

  it("is what a function says when it is raised", function()
    local host = load_one '  severity = function(row) return row.calls_waiting > 9 and "critical" or "info" end'
    assert.equal("info", raise(host).severity)
    assert.equal("critical", raise(host, { id = 1, calls_waiting = 10 }).severity)
  end)

  for said, warning in pairs {
    ['error "no"'] = "severity failed: scripts/queue_wait.lua:5: no",
    ['return "bad"'] = "severity failed: no severity 'bad'; known: info, warning and critical",
    ["return nil"] = "severity failed: a severity is one of info, warning and critical, not nothing",
  } do
    it("is a warning where the function fails: " .. said, function()
      local host = load_one("  severity = function() " .. said .. " end")
      assert.equal("warning", raise(host).severity)
      assert.same({ warning }, warnings(host))
    end)
  end

  it("is that of the level", function()
    local host = load [[
      levels = {
        { "warning", when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 3) },
        { "critical", when = gw.above("calls_waiting", 9) },
      },
      summary = function(row, alert)
        return alert.kind .. " " .. alert.level .. " " .. alert.severity .. " " .. tostring(alert.was)
      end]]
    for _, waiting in ipairs { 5, 10, 4, 2 } do
      host:sample { { id = 7, calls_waiting = waiting } }
    end
    local told = {}
    for index, event in ipairs(events(host)) do
      told[index] = { host.alerts[index].kind, event.severity, event.rose, event.labels.severity, event.summary }
    end
    assert.same({
      { "raise", "warning", json.null, "warning", "raise 1 warning nil" },
      { "level", "critical", true, "critical", "level 2 critical warning" },
      { "level", "warning", json.null, "warning", "level 1 warning critical" },
      { "clear", "warning", json.null, "warning", "chat: calls_waiting below 3" },
    }, told)
  end)
end)

describe("the labels of an alert", function()
  it("are its own behind those that are always there", function()
    local host = load_one '  labels = { team = "voice", floor = 2, night = false }'
    raise(host)
    assert.truthy(host.alerts[1].event:find('"severity":"warning","queue":"chat","floor":"2","night":"false",'
      .. '"team":"voice"}', 1, true))
  end)

  it("are what a function gives", function()
    assert.equal("chat team", raise(load_one '  labels = function(row) return { team = row.name .. " team" } end')
      .labels.team)
  end)

  it("lack those that cannot be", function()
    local host = load_one '  labels = function() return { queue = "x", team = {}, floor = 2 } end'
    local labels = raise(host).labels
    assert.same({ "chat", "2" }, { labels.queue, labels.floor })
    assert.is_nil(labels.team)
    assert.same({
      "labels failed: 'queue' is always there, and is the gateway's own",
      "labels failed: team is a text, a number or a boolean, not a table",
    }, warnings(host))
    host = load_one "  labels = function() return 5 end"
    assert.equal("chat", raise(host).labels.queue)
    assert.same({ "labels failed: it gave 5" }, warnings(host))
  end)

  it("are not without end", function()
    local host = load_one [[  labels = function()
      local many = {} for i = 1, 40 do many["l" .. i] = i end return many end]]
    local count = 0
    for _ in pairs(raise(host).labels) do count = count + 1 end
    assert.equal(32 + 7, count)
    assert.same({ "labels failed: there are 40; the most is 32" }, warnings(host))
  end)
end)

describe("the texts of an alert", function()
  it("are templates", function()
    local event = raise(load_one [[ summary = "{name}", details = "{calls_waiting} wait",
      link = "https://wall.example.com/{id}"]])
    assert.same({ "chat", "5 wait", "https://wall.example.com/7" }, { event.summary, event.details, event.link })
  end)

  it("are functions of the row and of the alert", function()
    local host = load_one [[ labels = { team = "voice" }, severity = "info",
      summary = function(row, alert) return alert.rule .. "/" .. alert.key .. " " .. tostring(alert.summary) end,
      details = function(row, alert) return alert.summary .. ", " .. alert.why .. ", " .. alert.labels.team end,
      link = function(row, alert) return "https://x/" .. alert.center .. "/" .. alert.script end]]
    local event = raise(host)
    assert.same({ "x/7 nil", "x/7 nil, calls_waiting above 4, voice", "https://x/main/queue_wait" },
      { event.summary, event.details, event.link })
  end)

  it("may look at everything that is known", function()
    local host = load_one [[ summary = function(_, alert)
      local words = {}
      for name, given in pairs(alert) do words[#words + 1] = name .. "=" .. tostring(given) end
      return table.concat(words, " ")
    end]]
    host.rules.x.on_transition("raise", nil, host:row { id = 7, calls_waiting = 5 }, "7", 0, "so", false,
      { level = 1, since = 30 })
    local text = json.decode(host.alerts[1].event).summary
    assert.equal("kind=raise status=raised severity=warning level=1 rule=x script=queue_wait center=main "
      .. "query=queues key=7 labels=table row=row why=so started_at=1763661870 age=30", text)
  end)

  for said, mistake in pairs {
    ["return alert.id"] = "an alert has no 'id' here",
    ["return alert.sumary"] = "an alert has no 'sumary' here (did you mean 'summary'?)",
    ["alert.note = 1"] = "an alert is read-only: 'note' cannot be set",
  } do
    it("hear of what an alert has not: " .. said, function()
      local host = load_one("  summary = function(row, alert) " .. said .. " end")
      local summary = raise(host).summary
      assert.equal("chat: calls_waiting above 4 (the summary failed: scripts/queue_wait.lua:5: " .. mistake,
        summary:sub(1, 75 + #mistake))
    end)
  end

  it("that fail leave what is known for sure", function()
    local host = load_one [[ details = function() error "no" end, link = function() return "wall" end]]
    local event = raise(host)
    assert.same({ "(the details failed: scripts/queue_wait.lua:5: no)", json.null }, { event.details, event.link })
    assert.same({ "details failed: scripts/queue_wait.lua:5: no",
      "link failed: 'wall' is no address that begins with https:// or http://" }, warnings(host))
  end)
end)

describe("what an alert brings", function()
  it("mentions people", function()
    assert.same({ "ayse" }, raise(load_one '  mention = "ayse"').mention)
    assert.same({ "mehmet" }, raise(load_one '  mention = function() return { "mehmet" } end').mention)
    assert.same({}, raise(load_one "  mention = function() end").mention)
    local host = load_one '  mention = function() return { "nobody", "ayse" } end'
    assert.same({ "ayse" }, raise(host).mention)
    assert.same({ "mention failed: nobody is called 'nobody' in [people] of gateway.conf; known: ayse and mehmet" },
      warnings(host))
  end)

  it("reminds in seconds", function()
    assert.equal(900, raise(load_one '  remind = "15m"').remind)
    assert.equal(1.5, raise(load_one '  remind = "1500ms"').remind)
  end)

  it("says with its clear what the row knows, and leaves the rest open", function()
    local host = load_one '  cleared = "{name}: {calls_waiting} left, was: {summary}, after {age:duration}"'
    assert.equal(json.null, raise(host).cleared)
    host:sample { { id = 7, calls_waiting = 1 } }
    assert.same({ "", "chat", ": ", "1", " left, was: ", { "summary" }, ", after ", { "age" }, "" },
      events(host)[2].cleared)
  end)

  it("runs nothing of the script's when it must be plain, and with its clear", function()
    local never = 'function() error "never" end'
    local host = load_one(string.format(
      "severity = %s, labels = %s, summary = %s, details = %s, link = %s, mention = %s, cleared = \"{name}\"",
      never, never, never, never, never, never))
    local made = host.rules.x
    made.on_transition("raise", nil, host:row { id = 7 }, "7", 0, "so", true, { level = 1, since = 0 })
    made.on_transition("clear", "recovered", host:row { id = 7 }, "7", 0, "over", true, { level = 1 })
    assert.same({}, host.logs)
    made.on_transition("clear", "recovered", host:row { id = 7 }, "7", 0, "over", false, { level = 1 })
    assert.same({}, host.logs)
    for _, event in ipairs(events(host)) do
      assert.same({ "warning", "chat" }, { event.severity, event.labels.queue })
    end
  end)

  it("is of the centre when it gives nothing", function()
    local host = load_one [[ severity = function() error "never" end, labels = { team = "voice" },
      summary = "{name}", details = "{name}", cleared = "{name}", stale = "raise"]]
    local made = host.rules.x
    made.on_transition("raise", nil, nil, "source", 0, "nothing usable for 1m30s", false, { level = 1 })
    made.on_transition("clear", "recovered", nil, "source", 0, "it gives rows again", false, { level = 1 })
    local told = events(host)
    assert.same({ "warning", "main: nothing usable for 1m30s", {}, "source", "voice" }, { told[1].severity,
      told[1].summary, told[1].row, told[1].labels.key, told[1].labels.team })
    assert.is_nil(told[1].labels.queue)
    assert.equal(json.null, told[2].cleared)
    assert.same({}, host.logs)
  end)
end)
