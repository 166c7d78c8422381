--- From a transition of a rule to the event that the core tells (lua/gateway/notify.lua).
local center = require "gateway.center"
local core = require "gateway.core"
local json = require "gateway.json"
local labels = require "gateway.labels"
local mention = require "gateway.mention"
local notice = require "gateway.notice"
local own = require "gateway.own"
local send = require "gateway.send"
local severity = require "gateway.severity"
local template = require "gateway.template"
local wording = require "gateway.wording"

local alert = {}

local TEXT_MAX <const> = 4000

local function cut(text)
  if #text <= TEXT_MAX then
    return text
  end
  local last = TEXT_MAX
  while last > 0 and string.find(string.sub(text, last + 1, last + 1), "[\128-\191]") do
    last = last - 1
  end
  return string.sub(text, 1, last) .. "…"
end

-- The agent whose call or operation it is; a row that is gone says no more than its key.
local function by_agent(noun)
  return function(_, row, key)
    local agent = row.agent and tostring(row.agent)
    return { "agent", agent }, noun .. " " .. key .. (agent and " of agent " .. agent or "")
  end
end

local function of_agent(_, row, key)
  return { "agent", key }, row.name or "agent " .. key
end

-- For each query: the label for what a row is about, and what people call it.
local ABOUT <const> = {
  queues = function(center_index, _, key)
    local name = center.queue_name(center_index, math.tointeger(tonumber(key)))
    return { "queue", name }, name
  end,
  agents = of_agent,
  agent = of_agent,
  agent_calls = by_agent "call",
  agent_operations = by_agent "operation",
}

-- A row that a rule made is called what it says itself.
local function of_made_queue(center_index, row, key)
  local name = row.name or row.id and center.queue_name(center_index, row.id)
  return { "queue", name }, name or key
end

local function of_made_agent(_, row, key)
  return { "agent", row.id and tostring(row.id) }, row.name or key
end

-- What a function found has the name that it was given, if it declares one.
local function of_found(_, row, key, rule)
  for _, field in ipairs(rule.fields or {}) do
    if field[1] == "name" and field[2] == "text" then
      return {}, row.name or key
    end
  end
  return {}, key
end

local ABOUT_MADE <const> = {
  ["function"] = of_found,
  queues = of_made_queue,
  agents = of_made_agent,
  agent = of_made_agent,
  agent_calls = ABOUT.agent_calls,
  agent_operations = ABOUT.agent_operations,
}

-- Its label, nil for none, and its name; of a source that gives nothing, that of the centre.
local function about(rule, event)
  if not event.row then
    return nil, event.center
  end
  local label, name = (rule.makes_rows and ABOUT_MADE or ABOUT)[rule.query](event.center_index, event.row, event.key,
    rule)
  return label[2] and label or nil, name
end

-- ---- texts ----

--- What of a text for a clear the core fills in: name → the only format it is shown in.
alert.LATER = { summary = true, age = "duration" }

-- What fails is replaced by what is known for sure.
local function summary_of(rule, event)
  local sure = event.name .. ": " .. event.why
  if not event.is_own or not rule.summary then
    return sure
  end
  local text, mistake = own.text("summary", rule.summary, event.row, event.notice)
  return text or string.format("%s (the summary failed: %s)", sure, mistake)
end

local function details_of(rule, event)
  if not event.is_own or not rule.details then
    return nil
  end
  local text, mistake = own.text("details", rule.details, event.row, event.notice)
  return cut(text or string.format("(the details failed: %s)", mistake))
end

local LINK_MAX <const> = 2000

--- Whether a text can be a link, or begin one.
function alert.is_link(text)
  return #text <= LINK_MAX and string.find(text, "^https?://[^%s%c]+$") ~= nil
end

local function read_link(given)
  if type(given) == "string" and alert.is_link(given) then
    return given
  end
  return nil, wording.show(given) .. " is no address that begins with https:// or http://"
end

-- One that is none is left out: half a link leads nowhere.
local function link_of(rule, event)
  return event.is_own and rule.link
    and own.text("link", rule.link, event.row, event.notice, read_link) or nil
end

-- The text of the clear, less what the core fills in; nil: it has a text of its own.
local function cleared_of(rule, event)
  if event.kind ~= "clear" or event.is_plain or not event.row or not rule.cleared then
    return nil
  end
  return json.array(template.render_open(rule.cleared.parts, event.row, alert.LATER))
end

-- ---- the event ----

-- Of a level its own. What a function says is taken when the alert is raised.
local function severity_of(rule, event)
  local level = rule.levels[event.facts.level]
  if level and level.severity then
    return level.severity
  elseif type(rule.severity) ~= "function" then
    return rule.severity
  end
  return event.is_own and own.call("severity", severity.read, rule.severity, event.row)
    or severity.DEFAULT
end

local function labels_of(rule, event, label)
  local list = {
    { "rule", rule.name },
    { "script", core.script },
    { "center", event.center },
    { "query", rule.query },
    { "key", event.key },
    { "severity", event.severity },
  }
  list[#list + 1] = label
  local is_fixed = type(rule.labels) ~= "function"
  local added = (is_fixed or event.is_own) and labels.of(rule.labels, event.row) or {}
  return table.move(added, 1, #added, #list + 1, list)
end

local function as_table(list)
  local made = {}
  for _, label in ipairs(list) do
    made[label[1]] = label[2]
  end
  return made
end

-- What functions of the script may look at; its summary is there once it is made.
local function members_of(rule, event)
  local since = event.facts.since
  return {
    kind = event.kind, status = "raised", severity = event.severity,
    level = event.facts.level, was = event.facts.was and rule.levels[event.facts.was].severity,
    rule = rule.name, script = core.script, center = event.center, query = rule.query,
    key = event.key, labels = as_table(event.labels), row = event.row, why = event.why,
    started_at = since and core.now() // 1000 - since, age = since,
  }
end

-- The plan is that of the raise: a function is asked then alone.
local function send_of(rule, event)
  if type(rule.send) == "function" and event.kind ~= "raise" then
    return json.array {}
  end
  return send.of(rule.send, event.is_own and event.notice or nil)
end

local function is_rise(event)
  return event.kind == "level" and event.facts.level > event.facts.was or nil
end

local function encode(rule, event)
  return json.encode(json.object {
    { "severity", event.severity },
    { "rose", is_rise(event) },
    { "labels", json.object(event.labels) },
    { "summary", event.summary },
    { "details", details_of(rule, event) },
    { "link", link_of(rule, event) },
    { "mention", event.is_own and json.array(mention.of(rule.mention, event.row)) or nil },
    { "cleared", cleared_of(rule, event) },
    { "why", cut(event.why) },
    { "reason", event.reason },
    { "row", event.row and json.raw(core.row_json(event.row)) or json.object {} },
    { "query", rule.query },
    { "remind", rule.remind },
    { "send", send_of(rule, event) },
    rule.handlers and { "handlers", json.array(rule.handlers) } or nil,
  })
end

--- The on_transition of a rule { name, query = that which is asked | "function", makes_rows, fields, levels = {
--- { severity | nil } … }, severity = word | function, send = entries | function, handlers
--- = kinds | nil, remind = seconds | nil, labels, mention } and its texts summary, details,
--- link and cleared: { parts } of a template or { fn }, nil for none. A summary is made for
--- a raise and a level, for a clear says what was told last; and nothing of the script's
--- runs when `plain`, or when there is no row.
function alert.handler(rule)
  return function(kind, reason, row, key, center_index, why, plain, facts)
    local event = {
      kind = kind, reason = reason, row = row, key = key, why = why, facts = facts,
      center = center.name(center_index), center_index = center_index, is_plain = plain,
      is_own = kind ~= "clear" and not plain and row ~= nil,
    }
    local label
    label, event.name = about(rule, event)
    event.severity = severity_of(rule, event)
    event.labels = labels_of(rule, event, label)
    local members = members_of(rule, event)
    event.notice = notice.new(members)
    event.summary = cut(summary_of(rule, event))
    members.summary = event.summary
    core.alert(rule.name, event.center, key, kind, encode(rule, event))
  end
end

return alert
