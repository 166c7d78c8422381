local classify = require "gateway.classify"
local json = require "gateway.json"
local log = require "gateway.destinations.log"
local networked = require "gateway.networked"
local webhook = require "gateway.destinations.webhook"

describe("classify", function()
  local CASES <const> = {
    { 200, 1, "done" }, { 202, 1, "done" }, { 204, 9, "done" },
    { 301, 1, "retry" }, { 302, 9, "retry" }, { 410, 1, "dead" },
    { 401, 1, "slow" }, { 403, 9, "slow" },
    { 408, 9, "retry" }, { 425, 9, "retry" }, { 429, 9, "retry" },
    { 500, 9, "retry" }, { 503, 1, "retry" }, { 599, 1, "retry" },
    { 400, 1, "retry" }, { 404, 2, "retry" }, { 404, 3, "dead" }, { 413, 3, "dead" },
    { 0, 1, "retry" }, { 100, 1, "retry" }, { 999, 3, "dead" },
  }
  for _, case in ipairs(CASES) do
    local status, refusals, verdict = table.unpack(case)
    it(("calls %d at refusal %d %s"):format(status, refusals, verdict), function()
      assert.equal(verdict, classify { status = status, refusals = refusals })
    end)
  end

  it("retries when no answer came, whatever the status", function()
    assert.equal("retry", classify { status = 200, error = "timeout" })
    assert.equal("retry", classify { error = "network" })
  end)
end)

describe("kinds", function()
  local WORDS <const> = { required = true, optional = true }
  for _, name in ipairs { "webhook", "log", "slack", "teams", "pagerduty", "jira", "email" } do
    local kind = require("gateway.destinations." .. name)
    it(("say what they are and what they take: %s"):format(name), function()
      assert.truthy(kind.doc:match("^%u.*%.$"))
      for key, word in pairs(kind.options) do
        assert.truthy(WORDS[word], key)
      end
      assert.equal(name ~= "log" and "optional" or nil, kind.options.allow_private)
    end)
  end

  it("are reached by a network with options of their own and those of all", function()
    assert.same({
      url = "required", ca_file = "optional", timeout = "optional", rate = "optional",
      allow_private = "optional",
    }, networked { url = "required" })
  end)
end)

describe("a webhook", function()
  it("sends the stored text, signed, as JSON", function()
    local request = webhook.render({}, { method = "PUT", shape = "event", message = '{"b":1,"a":2}' })
    assert.same({
      method = "PUT", body = '{"b":1,"a":2}', sign = "standard-webhooks",
      headers = { ["content-type"] = "application/json" },
    }, request)
    assert.equal(classify, webhook.classify)
  end)
end)

describe("the log", function()
  local data = {
    kind = "raise", rule = "queue-wait", key = "7", severity = "warning",
    summary = "Sales: 7 waiting", reason = "recovered", duration = 135,
  }

  local function line(changes)
    local copy = {}
    for key, value in pairs(data) do
      copy[key] = value
    end
    for key, value in pairs(changes) do
      copy[key] = value
    end
    return log.render({ data = copy }, {}).log
  end

  it("gets one line per event", function()
    assert.equal("raise queue-wait/7 (warning): Sales: 7 waiting", line {})
    assert.equal("clear queue-wait/7 (recovered) after 2m15s: Sales: 7 waiting", line { kind = "clear" })
    assert.equal("remind queue-wait/7 (warning): Sales: 7 waiting", line { kind = "remind" })
    assert.equal("hello", line { kind = "message", message = "hello" })
    assert.equal('{"a":1}', line { kind = "message", message = { a = 1 } })
    assert.equal("null", line { kind = "message", message = json.null })
  end)
end)
