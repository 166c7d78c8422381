--- What people are shown of an event, before it takes the form of a destination.
--
-- card.of(event, severities of the gateway's own | nil) gives { title = text | nil, text =
-- text | nil, severity = word | nil, band = what that is of four words (band.lua) | nil,
-- is_cleared, state = "Cleared after 2m15s (recovered)" | nil, origin = "queue-wait/7 ·
-- main" | nil, fields = { { name, value }, … }, columns = { text, … }, rows = { { value
-- texts }, … }, link = text | nil, mention = { name, … }, raw = table | nil }.

local alert_text = require("gateway.alert_text")
local band = require("gateway.band")
local json = require("gateway.json")

local card = {}

local NOTHING <const> = "–"

local function given(value)
  if value ~= json.null then
    return value
  end
end

--- Any value of an event as a text.
function card.show(value)
  if value == nil or value == json.null then
    return NOTHING
  elseif type(value) == "table" then
    return json.encode(value)
  elseif math.type(value) == "float" then
    return ("%.14g"):format(value)
  end
  return tostring(value)
end

local function text_of(value)
  value = given(value)
  return value ~= nil and value ~= "" and card.show(value) or nil
end

-- ---- alerts ----

local function age(data)
  return alert_text.duration(given(data.duration) or 0)
end

local STATES <const> = {
  level = function(data)
    return ("Now %s, was %s"):format(card.show(data.severity), card.show(data.was))
  end,
  remind = function(data)
    return "Still raised after " .. age(data)
  end,
  clear = function(data)
    return ("Cleared after %s (%s)"):format(age(data), card.show(data.reason))
  end,
  test = function()
    return "A test: nothing is wrong"
  end,
}

local function origin_of(data)
  local parts = {}
  if text_of(data.rule) then
    parts[1] = ("%s/%s"):format(data.rule, card.show(data.key))
  end
  parts[#parts + 1] = text_of(data.center)
  return #parts > 0 and table.concat(parts, " · ") or nil
end

local function names_of(mention)
  mention = given(mention)
  return type(mention) == "table" and mention or { mention }
end

local function of_alert(data)
  local state = STATES[data.kind]
  local is_cleared = data.status == "cleared"
  return {
    title = is_cleared and text_of(data.cleared) or text_of(data.summary),
    text = text_of(data.details),
    severity = text_of(data.severity),
    is_cleared = is_cleared,
    state = state and state(data),
    origin = origin_of(data),
    fields = not is_cleared and text_of(data.why) and { { "Why", data.why } } or {},
    columns = {}, rows = {},
    link = text_of(data.link),
    mention = names_of(data.mention),
  }
end

-- ---- messages of scripts ----

local KEYS <const> = {
  title = true, text = true, severity = true, fields = true, table = true, link = true,
  mention = true, attachments = true, raw = true,
}

-- scripting.md §5; a table with anything else in it is somebody's own JSON.
local function is_neutral(message)
  if type(message) ~= "table" or next(message) == nil then
    return false
  end
  for key in pairs(message) do
    if not KEYS[key] then
      return false
    end
  end
  return true
end

local function list_of(value)
  return type(given(value)) == "table" and value or {}
end

local function read_fields(fields)
  local pairs_of = {}
  for i, field in ipairs(list_of(fields)) do
    local is_pair = type(field) == "table"
    pairs_of[i] = { card.show(is_pair and field[1] or ""), card.show(not is_pair and field or field[2]) }
  end
  return pairs_of
end

local function read_table(content)
  local columns, rows = {}, {}
  for i, name in ipairs(list_of(content.columns)) do
    columns[i] = card.show(name)
  end
  for i, row in ipairs(list_of(content.rows)) do
    rows[i] = {}
    for j, name in ipairs(columns) do
      local values = list_of(row)
      local value = values[j]
      if value == nil then
        value = values[name]
      end
      rows[i][j] = (card.show(value):gsub("%s+", " "))
    end
  end
  return columns, rows
end

local function of_message(data)
  local message = data.message
  if not is_neutral(message) then
    message = { text = card.show(message) }
  end
  local columns, rows = read_table(list_of(message.table))
  return {
    title = text_of(message.title),
    text = text_of(message.text),
    severity = text_of(message.severity),
    is_cleared = false,
    fields = read_fields(message.fields),
    columns = columns, rows = rows,
    link = text_of(message.link),
    mention = names_of(message.mention),
    raw = type(given(message.raw)) == "table" and message.raw or nil,
  }
end

function card.of(event, severities)
  local data = event.data
  local shown = (data.kind == "message" and of_message or of_alert)(data)
  shown.band = band.of(shown.severity, severities)
  return shown
end

--- One line for where there is only one: never empty.
function card.line(shown)
  return shown.title or shown.text or shown.state or "(a message without text)"
end

--- Puts what a script wrote for this very destination in the place of what was rendered,
--- key by key, except `kept`.
function card.put_raw(body, raw, kept)
  for key, value in pairs(raw or {}) do
    if type(key) == "string" and key ~= kept then
      body[key] = value
    end
  end
  return body
end

return card
