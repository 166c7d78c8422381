--- PagerDuty: Events API v2. A raise triggers, a clear resolves the same incident.

local card = require("gateway.card")
local classify = require("gateway.classify")
local cut = require("gateway.cut")
local json = require("gateway.json")
local markup = require("gateway.markup")
local networked = require("gateway.networked")

local URL <const> = "https://events.pagerduty.com/v2/enqueue"

-- 2026-11: https://github.com/PagerDuty/developer-docs, docs/events-API-v2. Characters,
-- the event in bytes.
local LIMITS <const> = {
  summary = 1024, dedup_key = 255, event = 512000,
  -- Our own: what is more is no detail any more.
  detail = 4000, rows = 200,
}

-- One that nobody knows is not to be slept through.
local OTHER <const> = "error"

local function fitted(text, most)
  return cut.text(text, math.max(most // 1 | 0, 1), cut.characters, markup.plain)
end

-- A message of a script belongs to no alert: its own id keeps repeats together.
local function dedup_key(data, options)
  local key = type(data.fingerprint) == "string" and data.fingerprint or options.id
  return fitted(key, LIMITS.dedup_key)
end

local function text_of(value)
  return type(value) == "string" and value ~= "" and value or nil
end

local ALERT_DETAILS <const> = { "rule", "key", "center", "script", "why", "labels", "row" }

local function rows_of(shown, share)
  local rows = json.array {}
  for i = 1, math.min(#shown.rows, LIMITS.rows * share // 1 | 0) do
    rows[i] = {}
    for j, name in ipairs(shown.columns) do
      rows[i][name] = fitted(shown.rows[i][j], LIMITS.detail * share)
    end
  end
  return rows
end

local function details_of(data, shown, share)
  local details = {}
  for _, name in ipairs(ALERT_DETAILS) do
    local value = data[name]
    details[name] = type(value) == "string" and fitted(value, LIMITS.detail * share) or value
  end
  for _, field in ipairs(shown.fields) do
    details[field[1]] = fitted(field[2], LIMITS.detail * share)
  end
  if shown.text then
    details.details = fitted(shown.text, LIMITS.detail * share)
  end
  if #shown.columns > 0 then
    details.rows = rows_of(shown, share)
  end
  return next(details) and details or nil
end

local function payload_of(event, shown, share)
  local data = event.data
  return {
    summary = fitted(card.line(shown), LIMITS.summary),
    source = text_of(data.center) or text_of(data.script) or "ccgate",
    severity = shown.severity and (shown.band or OTHER) or "info",
    timestamp = event.timestamp,
    component = text_of(data.key),
    group = text_of(data.script),
    class = text_of(data.rule),
    custom_details = details_of(data, shown, share),
  }
end

local function event_of(event, shown, options, share)
  local body = {
    routing_key = json.secret("routing_key"),
    event_action = shown.is_cleared and "resolve" or "trigger",
    dedup_key = dedup_key(event.data, options),
  }
  if shown.is_cleared then
    return body
  end
  local link = markup.link(shown.link)
  body.client = "ccgate"
  body.links = link and { { href = link, text = "Open" } } or nil
  body.payload = payload_of(event, shown, share)
  return card.put_raw(body, shown.raw, "routing_key")
end

return {
  doc = "Pages a service of PagerDuty: a raise triggers, its clear resolves.",

  options = networked {
    routing_key = "required",
    url = "optional",
  },

  -- 2026-11: about 120 a minute for an integration key, by
  -- https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/05-Rate-Limits.md
  rate = 120 / 60,

  render = function(event, options)
    local shown = card.of(event, options.severities)
    return {
      method = "POST",
      url = URL,
      headers = { ["content-type"] = "application/json" },
      fill = true,
      body = cut.fit(LIMITS.event, function(share)
        return json.encode(event_of(event, shown, options, share))
      end),
    }
  end,

  -- An event that is not understood now never is.
  classify = function(answer)
    if not answer.error and answer.status == 400 then
      return "dead"
    end
    return classify.of_service(answer)
  end,
}
