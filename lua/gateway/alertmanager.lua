--- The event as Prometheus's Alertmanager would send it (version 4), one alert a message:
--- dozens of receivers take that.
--
-- https://prometheus.io/docs/alerting/latest/configuration/#webhook_config

local card = require("gateway.card")
local json = require("gateway.json")
local moment = require("gateway.moment")

local alertmanager = {}

local NOT_OVER <const> = "0001-01-01T00:00:00Z" -- a zero time of Go

local function text_of(value)
  return type(value) == "string" and value or ""
end

-- Names are letters, digits and underscores, values texts.
local function labels_of(data, shown)
  local labels = {}
  for name, value in pairs(type(data.labels) == "table" and data.labels or {}) do
    if value ~= json.null then
      labels[(name:gsub("[^%w_]", "_"):gsub("^%d", "_%0"))] = card.show(value)
    end
  end
  labels.alertname = data.rule or "message"
  labels.severity = labels.severity or shown.severity
  labels.script = labels.script or data.script
  return labels
end

local function annotations_of(data, shown)
  return { summary = card.line(shown), details = shown.text or "", why = text_of(data.why) }
end

local function time_of(seconds, otherwise)
  return math.type(seconds) == "integer" and moment.text(seconds) or otherwise
end

--- The body. `options.name` is the receiver, `options.id` names a message without alert.
function alertmanager.body(event, options)
  local data, shown = event.data, card.of(event)
  local status = shown.is_cleared and "resolved" or "firing"
  local labels, annotations = labels_of(data, shown), annotations_of(data, shown)
  local fingerprint = data.fingerprint or options.id
  return json.encode {
    version = "4",
    groupKey = fingerprint,
    truncatedAlerts = 0,
    status = status,
    receiver = options.name,
    groupLabels = { alertname = labels.alertname },
    commonLabels = labels,
    commonAnnotations = annotations,
    externalURL = "",
    alerts = { {
      status = status,
      labels = labels,
      annotations = annotations,
      startsAt = time_of(data.started_at, event.timestamp),
      endsAt = time_of(data.ended_at, NOT_OVER),
      generatorURL = shown.link or "",
      fingerprint = fingerprint,
    } },
  }
end

return alertmanager
