--- Who is told when: entries with conditions, reminders, levels, acks and silences, as
--- lifecycle.md §3 has them. Time is an argument.
local json = require "gateway.json"
local notify = require "gateway.notify"

local START <const> = 1763661900

-- One alert over time: what is sent, to whom, and when something is due.
local function incident(send, changes)
  local self = { sent = {}, log = {} }
  local function event(more)
    local value = {
      severity = "warning", labels = { rule = "queue-wait" }, summary = "Sales: 7 waiting", why = "so",
      row = { id = 7 }, query = "queues", send = json.array(send),
    }
    for _, list in ipairs { changes or {}, more or {} } do
      for key, change in pairs(list) do value[key] = change end
    end
    return json.encode(value)
  end
  local function step(kind, at, text)
    notify.silence(self.quiet_until and {
      { matcher = json.encode(self.matcher or { rule = "queue-wait" }), until_at = START + self.quiet_until },
    } or {})
    local plan = notify.transition {
      fingerprint = "f", opening = 1, center = "main", rule = "queue-wait", key = "7", script = "s",
      kind = kind, event = text, state = self.state, now = START + at, timestamp = "T",
    }
    self.state, self.due = plan.state, plan.due and plan.due - START
    self.log[#self.log + 1] = plan.log
    for _, message in ipairs(plan.messages) do
      local data = json.decode(message.message).data
      self.last = data
      self.sent[#self.sent + 1] = string.format("%d %s %s%s", at, message.kind, message.destination,
        message.n > 1 and " " .. message.n or "")
    end
    return self
  end
  function self.raise(at) return step("raise", at, event()) end
  function self.level(at, severity, rose) return step("level", at, event { severity = severity, rose = rose }) end
  function self.tick(at) return step("tick", at) end
  function self.clear(at, more) return step("clear", at, event(more)) end
  function self.close(at, note) return step("close", at, json.encode { by = "ayse", note = note }) end
  function self.ack(at, note) return step("ack", at, json.encode { by = "ayse", note = note }) end
  return self
end

local function sent(one, ...)
  assert.same({ ... }, one.sent)
end

after_each(function() notify.silence {} end)

describe("an entry with after", function()
  it("is told when its time has come, with a raise", function()
    local one = incident { { to = "chat" }, { to = "pager", after = 600 } }
    one.raise(0)
    assert.equal(600, one.due)
    one.tick(599)
    assert.equal(600, one.due)
    one.tick(600)
    sent(one, "0 raise chat", "600 raise pager")
    assert.is_nil(one.due)
    assert.equal("raise", one.last.kind)
    assert.equal(600, one.last.duration)
    assert.equal("tells   queue-wait/7: pager, 10m after the raise", one.log[2])
  end)

  it("is told late when nobody looked in time", function()
    local one = incident { { to = "pager", after = 600 } }
    one.raise(0).tick(4000)
    sent(one, "4000 raise pager")
  end)

  it("hears nothing when the alert is over before", function()
    local one = incident { { to = "chat" }, { to = "pager", after = 600 } }
    one.raise(0).clear(599)
    sent(one, "0 raise chat", "599 clear chat")
    assert.is_nil(one.due)
  end)

  it("is not told once somebody has acknowledged, unless it does not ask", function()
    local one = incident { { to = "pager", after = 600, unless = "acked" }, { to = "boss", after = 600 } }
    one.raise(0).ack(60).tick(600)
    sent(one, "600 raise boss")
    assert.equal("acked   queue-wait/7 by ayse", one.log[2])
  end)

  it("for a destination that has been told already changes nothing", function()
    local one = incident { { to = "chat" }, { to = "chat", after = 60 } }
    one.raise(0)
    assert.is_nil(one.due)
    one.tick(60)
    sent(one, "0 raise chat")
  end)
end)

describe("reminders", function()
  it("go to all who were told, until it is over", function()
    local one = incident({ { to = "chat" }, { to = "pager", after = 600 } }, { remind = 900 })
    one.raise(0).tick(600).tick(900)
    assert.equal(1800, one.due)
    one.tick(1800).clear(1900)
    sent(one, "0 raise chat", "600 raise pager", "900 remind chat", "900 remind pager",
      "1800 remind chat 2", "1800 remind pager 2", "1900 clear chat", "1900 clear pager")
  end)

  it("that were missed come once", function()
    local one = incident({ { to = "chat" } }, { remind = 900 })
    one.raise(0).tick(10000)
    sent(one, "0 raise chat", "10000 remind chat")
    assert.equal(10900, one.due)
  end)

  it("stop with an ack and go on when the level rises", function()
    local one = incident({ { to = "chat" } }, { remind = 900 })
    one.raise(0).ack(100, "on it")
    assert.is_nil(one.due)
    one.tick(900).level(1000, "critical", true)
    sent(one, "0 raise chat", "1000 level chat", "1000 remind chat")
    assert.equal("acked   queue-wait/7 by ayse: on it", one.log[2])
  end)

  it("are not stopped by a level that falls", function()
    local one = incident({ { to = "chat" } }, { remind = 900, severity = "critical" })
    one.raise(0).ack(100).level(200, "warning", false)
    assert.is_nil(one.due)
  end)

  it("need somebody who was told", function()
    local one = incident({ { to = "pager", after = 600 } }, { remind = 60 })
    one.raise(0)
    assert.equal(600, one.due)
    one.tick(600)
    assert.equal(660, one.due)
  end)
end)

describe("levels", function()
  it("reach the told with what it was before", function()
    local one = incident { { to = "chat" } }
    one.raise(0).level(60, "critical", true)
    sent(one, "0 raise chat", "60 level chat")
    assert.equal("warning", one.last.was)
    assert.equal("critical", one.last.severity)
  end)

  it("begin and end for those who want some of them", function()
    local one = incident { { to = "chat" }, { to = "pager", only = { "critical" } } }
    one.raise(0).level(60, "critical", true).level(120, "warning", false)
    one.level(180, "critical", true).clear(240)
    sent(one, "0 raise chat", "60 level chat", "60 raise pager", "120 level chat 2", "120 clear pager",
      "180 level chat 3", "180 raise pager 2", "240 clear chat", "240 clear pager 2")
  end)

  it("that leave an entry are a clear with reason level", function()
    local one = incident({ { to = "pager", only = { "critical" } } }, { severity = "critical" })
    one.raise(0).level(60, "warning", false)
    sent(one, "0 raise pager", "60 clear pager")
    assert.equal("level", one.last.reason)
    assert.equal("cleared", one.last.status)
    one.clear(120)
    assert.equal(2, #one.sent)
  end)

  it("count after from the raise", function()
    local one = incident { { to = "pager", only = { "critical" }, after = 600 } }
    one.raise(0)
    assert.is_nil(one.due)
    one.level(300, "critical", true)
    assert.equal(600, one.due)
    one.tick(600)
    sent(one, "600 raise pager")
  end)
end)

describe("a silence", function()
  it("holds the raise back until it ends", function()
    local one = incident({ { to = "chat" } }, { remind = 900 })
    one.quiet_until = 3600
    one.raise(0)
    sent(one)
    assert.equal(3600, one.due)
    assert.equal("raised  queue-wait/7 (warning): Sales: 7 waiting", one.log[1])
    one.quiet_until = nil
    one.tick(3600)
    sent(one, "3600 raise chat")
    assert.equal(4500, one.due)
  end)

  it("spares everybody an alert that is over before it ends", function()
    local one = incident { { to = "chat" } }
    one.quiet_until = 3600
    one.raise(0).clear(60)
    sent(one)
  end)

  it("holds back reminders and levels, and not the clear", function()
    local one = incident({ { to = "chat" } }, { remind = 900 })
    one.raise(0)
    one.quiet_until = 3600
    one.tick(900).level(1000, "critical", true).clear(1100)
    sent(one, "0 raise chat", "1100 clear chat")
  end)

  it("lets the level be told when it ends", function()
    local one = incident { { to = "chat" } }
    one.raise(0)
    one.quiet_until = 3600
    one.level(1000, "critical", true)
    one.quiet_until = nil
    one.tick(3600)
    sent(one, "0 raise chat", "3600 level chat")
  end)
end)

describe("what a silence matches", function()
  local CASES <const> = {
    { "a rule", { rule = "queue-wait" }, true },
    { "another rule", { rule = "long-rest" }, false },
    { "a key of it", { rule = "queue-wait", key = "7" }, true },
    { "another key", { rule = "queue-wait", key = "8" }, false },
    { "a label", { labels = { team = "north" } }, true },
    { "a label that is another", { labels = { team = "south" } }, false },
    { "a label that it does not have", { labels = { floor = "2" } }, false },
    { "another centre", { center = "far" }, false },
    { "everything", {}, true },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      local one = incident({ { to = "chat" } }, { labels = { team = "north" } })
      one.quiet_until, one.matcher = 60, case[2]
      one.raise(0)
      assert.equal(case[3] and 0 or 1, #one.sent)
    end)
  end
end)

describe("a clear", function()
  it("is not for those who do not want it", function()
    local one = incident { { to = "chat", clears = false }, { to = "pager" } }
    one.raise(0).clear(60)
    sent(one, "0 raise chat", "0 raise pager", "60 clear pager")
  end)

  it("by hand reaches all who were told, and says who did it", function()
    local one = incident { { to = "chat" }, { to = "pager", after = 600 } }
    one.raise(0).close(60, "the file is gone")
    sent(one, "0 raise chat", "60 clear chat")
    assert.equal("operator", one.last.reason)
    assert.equal("ended by ayse: the file is gone", one.last.why)
    assert.equal(7, one.last.row.id)
    assert.equal("Sales: 7 waiting — over after 1m", one.last.cleared)
    assert.equal("cleared queue-wait/7 after 1m (operator by ayse: the file is gone)", one.log[2])
    assert.is_nil(one.due)
  end)

  it("reaches the told of a state that an older gateway wrote", function()
    local one = incident {}
    one.state = json.encode {
      started_at = START, severity = "warning", labels = {}, summary = "Sales", told = { "chat", "pager" },
    }
    one.clear(60)
    sent(one, "60 clear chat", "60 clear pager")
  end)
end)
