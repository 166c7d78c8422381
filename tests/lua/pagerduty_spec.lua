local events = require "lua.events"
local json = require "gateway.json"
local pagerduty = require "gateway.destinations.pagerduty"

local function body_of(event, options)
  return (events.body(pagerduty, event, options))
end

describe("pagerduty", function()
  it("triggers with the fingerprint as the key", function()
    assert.same({
      routing_key = "routing_key", event_action = "trigger", dedup_key = "f00", client = "ccgate",
      links = { { href = "https://example.com/x", text = "Open" } },
      payload = {
        summary = "sales: 9 waiting", source = "main", severity = "critical",
        timestamp = "2025-11-20T18:05:00Z", component = "7", group = "queue_wait", class = "queue-wait",
        custom_details = {
          rule = "queue-wait", key = "7", center = "main", script = "queue_wait",
          why = "calls_waiting is 9 (above 5)", Why = "calls_waiting is 9 (above 5)",
          labels = { queue = "sales", ["skill-group"] = 3 }, row = { id = 7, calls_waiting = 9 },
        },
      },
    }, body_of(events.raise { link = "https://example.com/x" }))
  end)

  it("has a place for the key that no text can take", function()
    local request = pagerduty.render(events.raise { summary = "\1routing_key\1" }, { id = "m", people = {} })
    assert.is_true(request.fill)
    assert.equal("https://events.pagerduty.com/v2/enqueue", request.url)
    local _, count = request.body:gsub("\1", "")
    assert.equal(2, count)
    assert.truthy(request.body:find('"routing_key":\1routing_key\1', 1, true))
  end)

  it("resolves what it triggered", function()
    assert.same({ routing_key = "routing_key", event_action = "resolve", dedup_key = "f00" }, body_of(events.clear()))
  end)

  it("triggers again for a reminder and a level", function()
    for _, kind in ipairs { "remind", "level" } do
      local body = body_of(events.raise { kind = kind, duration = 60, severity = "warning" })
      assert.equal("trigger", body.event_action)
      assert.equal("f00", body.dedup_key)
      assert.equal("warning", body.payload.severity)
    end
  end)

  it("maps severities, and does not sleep through one of one's own", function()
    for given, severity in pairs { critical = "critical", error = "error", info = "info", disaster = "error" } do
      assert.equal(severity, body_of(events.raise { severity = given }).payload.severity)
    end
  end)

  it("takes messages, each an incident of its own", function()
    local body = body_of(events.message {
      title = "Down", text = "all of it", fields = { { "Since", "9:00" } },
      table = { columns = { "a" }, rows = { { 1 } } }, raw = { client_url = "https://x", routing_key = "mine" },
    })
    assert.equal("msg_1", body.dedup_key)
    assert.equal("routing_key", body.routing_key)
    assert.equal("https://x", body.client_url)
    assert.same({
      summary = "Down", source = "digest", severity = "info", timestamp = "2025-11-20T18:05:00Z",
      group = "digest", custom_details = {
        details = "all of it", Since = "9:00", script = "digest", rows = { { a = "1" } },
      },
    }, body.payload)
  end)

  it("stays within the limits", function()
    local long = ("é"):rep(5000)
    local rows = {}
    for i = 1, 300 do
      rows[i] = { long }
    end
    local body = body_of(events.raise { summary = long, fingerprint = long })
    assert.equal(1024, utf8.len(body.payload.summary))
    assert.equal(255, utf8.len(body.dedup_key))
    local _, text = events.body(pagerduty, events.message { text = long, table = { columns = { "a" }, rows = rows } })
    assert(#text <= 512000)
    assert.truthy(json.encode(body))
  end)

  local ANSWERS <const> = {
    { 202, "{}", "done" }, { 400, "{}", "dead" }, { 429, "", "retry" }, { 403, "", "slow" }, { 500, "", "retry" },
    { 200, "<html>", "retry" }, { 404, "", "retry" }, { 410, "", "dead" },
  }
  for _, case in ipairs(ANSWERS) do
    local status, body, verdict = table.unpack(case)
    it(("calls %d %q %s"):format(status, body, verdict), function()
      assert.equal(verdict, pagerduty.classify { status = status, body = body, refusals = 1 })
    end)
  end
end)
