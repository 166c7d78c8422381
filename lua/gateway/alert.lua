--- From a transition of a rule to the event that the core tells.
local center = require "gateway.center"
local core = require "gateway.core"
local json = require "gateway.json"
local template = require "gateway.template"
local wording = require "gateway.wording"

local alert = {}

local SEVERITY <const> = "warning"
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

-- What the rule's own summary says; nil and a sentence when it says nothing.
local function own_summary(rule, row)
  local ok, text
  if rule.parts then
    ok, text = pcall(template.render, rule.parts, row)
  else
    ok, text = pcall(rule.summary, row)
  end
  if ok and type(text) == "string" and text ~= "" then
    return text
  elseif ok then
    return nil, "it gave " .. (text == "" and "an empty text" or wording.show(text))
  end
  return nil, type(text) == "string" and text or "it raised " .. wording.show(text)
end

-- An alert is never lost to its text: what fails is replaced by what is known for sure.
local function summary_of(rule, name, row, why, is_own)
  local sure = name .. ": " .. why
  if not is_own or not (rule.parts or rule.summary) then
    return sure
  end
  local text, mistake = own_summary(rule, row)
  if text then
    return text
  end
  core.log("warn", "summary failed: " .. mistake)
  return string.format("%s (the summary failed: %s)", sure, mistake)
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

local function labels_of(rule, center_name, key, label)
  local labels = {
    { "rule", rule.name },
    { "script", core.script },
    { "center", center_name },
    { "query", rule.query },
    { "key", key },
    { "severity", SEVERITY },
  }
  labels[#labels + 1] = label[2] and label
  return json.object(labels)
end

local function send_of(rule)
  local send = {}
  for index, entry in ipairs(rule.send) do
    send[index] = json.object { { "to", entry.to } }
  end
  return json.array(send)
end

--- The on_transition of a rule { name, query, send = { { to } … }, and parts of a
--- template or a function as summary }. What a clear says is what was told last, so a
--- summary is made for a raise alone, and never when `plain`.
function alert.handler(rule)
  return function(kind, reason, row, key, center_index, why, plain)
    local center_name = center.name(center_index)
    local label, name = ABOUT[rule.query](center_index, row, key)
    local is_own = kind == "raise" and not plain
    core.alert(rule.name, center_name, key, kind, json.encode(json.object {
      { "severity", SEVERITY },
      { "labels", labels_of(rule, center_name, key, label) },
      { "summary", cut(summary_of(rule, name, row, why, is_own)) },
      { "details", nil },
      { "link", nil },
      { "why", cut(why) },
      { "reason", reason },
      { "row", json.raw(core.row_json(row)) },
      { "query", rule.query },
      { "send", send_of(rule) },
    }))
  end
end

return alert
