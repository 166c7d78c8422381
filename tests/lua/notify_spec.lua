local alert_text = require "gateway.alert_text"
local json = require "gateway.json"
local notify = require "gateway.notify"

local function event(changes)
  local value = {
    severity = "warning", labels = { rule = "queue-wait", key = "7" },
    summary = "Sales: 7 waiting", details = json.null, link = json.null,
    why = "calls_waiting is 7 (above 5)", reason = json.null,
    row = { id = 7, calls_waiting = 7 }, query = "queues",
    send = { { to = "floor-chat" }, { to = "pager" } },
  }
  for key, change in pairs(changes or {}) do
    value[key] = change
  end
  return json.encode(value)
end

local function transition(changes)
  local value = {
    fingerprint = "0123456789abcdef", opening = 3, center = "main", rule = "queue-wait",
    key = "7", script = "queue_wait", kind = "raise", event = event(), now = 1763661900,
    timestamp = "2025-11-20T18:05:00Z",
  }
  for key, change in pairs(changes or {}) do
    value[key] = change
  end
  return value
end

describe("a raise", function()
  it("is the event of the contract, keys in order", function()
    local plan = notify.transition(transition())
    assert.equal(2, #plan.messages)
    assert.same({ "floor-chat", "raise", 1 },
      { plan.messages[1].destination, plan.messages[1].kind, plan.messages[1].n })
    assert.equal("pager", plan.messages[2].destination)
    assert.equal('{"type":"alert.raise","timestamp":"2025-11-20T18:05:00Z","data":{'
      .. '"id":"0123456789abcdef-3","fingerprint":"0123456789abcdef","kind":"raise",'
      .. '"status":"raised","severity":"warning","was":null,"rule":"queue-wait",'
      .. '"script":"queue_wait","center":"main","key":"7",'
      .. '"labels":{"key":"7","rule":"queue-wait"},"summary":"Sales: 7 waiting",'
      .. '"details":null,"link":null,"mention":[],"cleared":null,"why":"calls_waiting is 7 (above 5)","reason":null,'
      .. '"started_at":1763661900,"ended_at":null,"duration":0,"n":1,'
      .. '"row":{"calls_waiting":7,"id":7}}}', plan.messages[1].message)
    assert.equal("raised  queue-wait/7 (warning): Sales: 7 waiting", plan.log)
  end)

  it("names the people whom the rule mentions, as later messages do", function()
    local plan = notify.transition(transition { event = event { mention = { "ayse" } } })
    assert.same({ "ayse" }, json.decode(plan.messages[1].message).data.mention)
    plan = notify.transition(transition { kind = "clear", state = plan.state })
    assert.same({ "ayse" }, json.decode(plan.messages[1].message).data.mention)
  end)

  it("remembers who was told", function()
    local state = json.decode(notify.transition(transition()).state)
    assert.same({
      { to = "floor-chat", severity = "warning", clears = true },
      { to = "pager", severity = "warning", clears = true },
    }, state.told)
    assert.equal(1763661900, state.started_at)
    assert.equal("Sales: 7 waiting", state.summary)
  end)

  it("tells a destination once that is named twice", function()
    local plan = notify.transition(transition {
      event = event { send = { { to = "a" }, { to = "b" }, { to = "a" } } },
    })
    assert.equal(2, #plan.messages)
  end)

  it("may tell nobody", function()
    local plan = notify.transition(transition { event = event { send = json.array {} } })
    assert.equal(0, #plan.messages)
    assert.same({}, json.decode(plan.state).told)
  end)
end)

describe("a clear", function()
  local raised = notify.transition(transition { event = event { details = "look", link = "https://x" } }).state

  local function clear(changes)
    return notify.transition(transition {
      kind = "clear", state = raised, now = 1763661900 + 135, timestamp = "2025-11-20T18:07:15Z",
      event = event(changes),
    })
  end

  it("goes to all who were told, whatever the event says by now", function()
    local plan = clear { send = { { to = "elsewhere" } } }
    assert.equal(2, #plan.messages)
    assert.equal("floor-chat", plan.messages[1].destination)
    assert.equal("pager", plan.messages[2].destination)
  end)

  it("has the last told texts, the newest row and why", function()
    local plan = clear {
      summary = "Sales: 0 waiting", severity = "info", reason = "gone",
      row = { id = 7 }, why = "the row is gone",
    }
    local message = json.decode(plan.messages[1].message)
    assert.equal("alert.clear", message.type)
    local data = message.data
    assert.equal("Sales: 7 waiting", data.summary)
    assert.equal("warning", data.severity)
    assert.equal("look", data.details)
    assert.equal("https://x", data.link)
    assert.equal("gone", data.reason)
    assert.equal("cleared", data.status)
    assert.equal("the row is gone", data.why)
    assert.same({ id = 7 }, data.row)
    assert.equal(1763661900, data.started_at)
    assert.equal(1763662035, data.ended_at)
    assert.equal(135, data.duration)
    assert.equal("cleared queue-wait/7 after 2m15s (gone)", plan.log)
  end)

  it("has a reason when the host gave none", function()
    assert.equal("recovered", json.decode(clear().messages[1].message).data.reason)
  end)

  it("keeps absent texts null", function()
    local plain = notify.transition(transition()).state
    local plan = notify.transition(transition { kind = "clear", state = plain })
    assert.truthy(plan.messages[1].message:find('"details":null,"link":null', 1, true))
  end)

  it("never ends before it started", function()
    local plan = notify.transition(transition { kind = "clear", state = raised, now = 1763661000 })
    local data = json.decode(plan.messages[1].message).data
    assert.equal(0, data.duration)
    assert.equal(data.started_at, data.ended_at)
  end)
end)

describe("nonsense from a host", function()
  local CASES <const> = {
    { "no JSON", transition { event = "{" }, "" },
    { "no object", transition { event = "7" }, "not an object" },
    { "a summary that is no text", transition { event = event { summary = 7 } }, "summary is number" },
    { "no severity", transition { event = event { severity = json.null } }, "severity is nil" },
    { "a link that is a table", transition { event = event { link = {} } }, "link is table" },
    { "no row", transition { event = event { row = json.null } }, "row is nil" },
    { "an entry without a name", transition { event = event { send = { {} } } }, "send's to is nil" },
    { "an entry that is no table", transition { event = event { send = { "x" } } }, "send is not an object" },
    { "a time that is none", transition { event = event { send = { { to = "a", after = "10m" } } } },
      "after is string" },
    { "another kind", transition { kind = "elevate" }, "no transition 'elevate'" },
  }
  for _, case in ipairs(CASES) do
    it("is refused: " .. case[1], function()
      assert.error_matches(function()
        notify.transition(case[2])
      end, case[3])
    end)
  end
end)

describe("a message of a script", function()
  it("keeps its JSON as it was written", function()
    local text = notify.message('{"z":[],"a":1}', "digest", "2025-11-20T18:05:00Z")
    assert.equal('{"type":"message","timestamp":"2025-11-20T18:05:00Z","data":'
      .. '{"kind":"message","script":"digest","message":{"z":[],"a":1}}}', text)
  end)

  it("must be JSON", function()
    assert.has_error(function()
      notify.message("hello", "digest", "2025-11-20T18:05:00Z")
    end)
  end)
end)

describe("the log's words", function()
  it("name an event", function()
    local message = notify.transition(transition()).messages[1].message
    assert.equal("raise of queue-wait/7", notify.about(json.decode(message)))
    message = notify.message('"hi"', "digest", "2025-11-20T18:05:00Z")
    assert.equal("message of digest", notify.about(json.decode(message)))
  end)

  for seconds, text in pairs { [0] = "0s", [59] = "59s", [135] = "2m15s", [5400] = "1h30m", [86401] = "1d1s" } do
    it("say " .. text, function()
      assert.equal(text, alert_text.duration(seconds))
    end)
  end
end)

describe("what a clear says to people", function()
  local function cleared(changes)
    local state = notify.transition(transition()).state
    local plan = notify.transition(transition {
      kind = "clear", state = state, now = 1763661900 + 135, event = event(changes),
    })
    return json.decode(plan.messages[1].message).data
  end

  it("is what was told and for how long", function()
    assert.equal("Sales: 7 waiting — over after 2m15s", cleared { summary = "other" }.cleared)
  end)

  it("is what the rule says, with what the host cannot know", function()
    local data = cleared { cleared = { "0 left (", { "summary" }, ") in ", { "age" } } }
    assert.equal("0 left (Sales: 7 waiting) in 2m15s", data.cleared)
    assert.equal("Sales: 7 waiting", data.summary)
  end)
end)
