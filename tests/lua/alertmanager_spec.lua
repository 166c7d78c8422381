local events = require "lua.events"
local webhook = require "gateway.destinations.webhook"

local function body_of(event)
  return (events.body(webhook, event, { shape = "alertmanager" }))
end

describe("the shape of Alertmanager", function()
  local LABELS <const> = {
    alertname = "queue-wait", severity = "critical", script = "queue_wait", queue = "sales", skill_group = "3",
  }
  local ANNOTATIONS <const> = { summary = "sales: 9 waiting", details = "", why = "calls_waiting is 9 (above 5)" }

  it("fires", function()
    assert.same({
      version = "4", groupKey = "f00", truncatedAlerts = 0, status = "firing", receiver = "floor",
      groupLabels = { alertname = "queue-wait" }, commonLabels = LABELS, commonAnnotations = ANNOTATIONS,
      externalURL = "",
      alerts = { {
        status = "firing", labels = LABELS, annotations = ANNOTATIONS, startsAt = "2025-11-20T18:05:00Z",
        endsAt = "0001-01-01T00:00:00Z", generatorURL = "", fingerprint = "f00",
      } },
    }, body_of(events.raise()))
  end)

  it("resolves", function()
    local body = body_of(events.clear { details = "more", link = "https://example.com/x" })
    assert.equal("resolved", body.status)
    local alert = body.alerts[1]
    assert.equal("resolved", alert.status)
    assert.equal("2025-11-20T18:05:00Z", alert.startsAt)
    assert.equal("2025-11-20T18:07:15Z", alert.endsAt)
    assert.equal("more", alert.annotations.details)
    assert.equal("https://example.com/x", alert.generatorURL)
  end)

  it("takes a message, too", function()
    local body = body_of(events.message { title = "Waits", text = "today" })
    assert.equal("msg_1", body.groupKey)
    assert.same({ alertname = "message", script = "digest" }, body.commonLabels)
    assert.same({ summary = "Waits", details = "today", why = "" }, body.commonAnnotations)
    assert.equal("2025-11-20T18:05:00Z", body.alerts[1].startsAt)
  end)

  it("is signed like any webhook", function()
    assert.equal("standard-webhooks", webhook.render(events.raise(), { shape = "alertmanager", name = "x" }).sign)
  end)
end)
