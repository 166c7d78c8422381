--- The module "gateway": all that a script sees.
---
--- What the host knows about the world comes as core.setup:
---   { "file": "scripts/queue_wait.lua", "gateway": "ccgate", "zone": "Europe/Istanbul",
---     "centers": [ { "name", "zone", "default": bool, "edition", "agent_gateway": bool,
---                    "queues": [ { "id", "name", "tags": [ … ] } ] } ],
---     "destinations": [ { "name", "kind" } ], "open": true or nil (all others are, too),
---     "people": [ name, … ], "notify": [ name of a destination, … ], "secrets": [ name, … ],
---     "severities": [ the least, … ] | nil,
---     "calendars": [ { "name", "zone", "text": as core/base/calendar.h reads it } ] }
local alerts = require "gateway.alerts"
local calendar = require "gateway.calendar"
local condition = require "gateway.condition"
local destination = require "gateway.destination"
local document = require "gateway.document"
local http = require "gateway.http"
local job = require "gateway.job"
local log = require "gateway.log"
local metric = require "gateway.metric"
local parallel = require "gateway.parallel"
local query = require "gateway.query"
local rule = require "gateway.rule"
local secret = require "gateway.secret"
local store = require "gateway.store"
local task = require "gateway.task"
local top = require "gateway.top"
local value = require "gateway.value"

local members = {
  rule = rule.declare,
  job = job.declare,
  destination = destination.named,
  alerts = alerts.alerts,
  raises = alerts.raises,
  ack = alerts.ack,
  silence = alerts.silence,
  log = log.members,
  sleep = task.sleep,
  http = http,
  counter = metric.counter,
  gauge = metric.gauge,
  secret = secret.named,
  parallel = parallel.parallel,
  map = parallel.map,
  now = task.now,
  duration = task.duration,
  date = task.date,
  day = task.day,
  calendar = calendar.declare,
  copy = task.copy,
  with = task.with,
  top = top,
  json = document.members,
  null = document.null,
  array = document.array,
  store = store.open,
  template = task.template,
}

for _, more in ipairs { query.members, condition.members } do
  for name, make in next, more do
    members[name] = make
  end
end

return value.module("gateway", members)
