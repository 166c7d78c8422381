local json = require "gateway.json"
local notify = require "gateway.notify"
local own = require "gateway.self"

local function event(changes)
  local trouble = {
    rule = "ccgate-center", name = "main", center = "main", script = "ccgate/core",
    text = "center main is not asked: 401", to = { "ops", "chat" },
  }
  for name, value in pairs(changes or {}) do
    trouble[name] = value
  end
  return own.event(trouble)
end

local function raise(text)
  return notify.transition {
    fingerprint = "f", opening = 1, center = "main", rule = "ccgate-center", key = "main",
    script = "ccgate/core", kind = "raise", event = text, now = 1000, timestamp = "t",
  }
end

describe("the gateway's own alert", function()
  it("is an event like any other", function()
    local plan = raise(event())
    assert.equal(2, #plan.messages)
    local data = json.decode(plan.messages[1].message).data
    assert.equal("center main is not asked: 401", data.summary)
    assert.equal("critical", data.severity)
    assert.equal("ccgate-center", data.labels.rule)
    assert.equal("main", data.labels.center)
    assert.equal("critical", data.labels.severity)
  end)

  it("is a warning when one rule of many is off, and has a centre only when it is about one", function()
    local given = json.decode(event { rule = "ccgate-rule", name = "a/b", center = "" })
    assert.equal("warning", given.severity)
    assert.is_nil(given.labels.center)
    assert.equal("a/b", given.labels.key)
  end)

  it("may have nobody to tell", function()
    assert.equal(0, #raise(event { to = {} }).messages)
  end)

  it("is cut between characters", function()
    local summary = json.decode(event { text = ("ü"):rep(900) }).summary
    assert.is_true(#summary < 1010)
    assert.truthy(utf8.len(summary))
  end)
end)
