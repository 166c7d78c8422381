--- Texts with fields: "{name}: {calls_waiting} waiting, longest {longest_wait_5m:duration}".
local core = require "gateway.core"
local field = require "gateway.field"
local json = require "gateway.json"
local wording = require "gateway.wording"
local zone = require "gateway.zone"

local template = {}

local NOTHING <const> = "–"
local FORMATS <const> = { "duration", "percent", "time", ".1f" }

local function number_for(format, given)
  if not math.type(given) then
    error(string.format("%s cannot be shown as %s", wording.show(given), format), 0)
  end
  return given
end

local formats = {}

-- Fractions of a second say nothing about a time that is longer than one.
function formats.duration(given)
  local seconds = number_for("a duration", given)
  local ms = math.abs(seconds) >= 1 and (seconds + 0.5) // 1 * 1000 or seconds * 1000 // 1
  local text = core.format_duration(math.tointeger(math.abs(ms)))
  return ms < 0 and "-" .. text or text
end

function formats.percent(given)
  local percent = string.format("%.1f", number_for("a percentage", given) * 100)
  return string.gsub(percent, "%.0$", "") .. "%"
end

function formats.time(given, zone_name)
  return zone.date("%Y-%m-%d %H:%M:%S", number_for("a time", given) // 1 | 0, zone_name)
end

local function plain(given)
  if math.type(given) == "float" then
    return string.format("%.14g", given)
  elseif type(given) == "string" or type(given) == "boolean" or math.type(given) then
    return tostring(given)
  end
  error(wording.show(given) .. " cannot be shown in a text", 0)
end

-- The function that shows a value; nil for an unknown format.
local function formatter(format)
  if not format then
    return plain
  elseif string.find(format, "^%.%df$") then
    return function(given)
      return string.format("%" .. format, number_for("a number", given))
    end
  end
  return formats[format]
end

local function read_part(inside)
  local name, format = string.match(inside, "^([%a_][%w_]*):(.*)$")
  name = name or string.match(inside, "^[%a_][%w_]*$")
  if not name then
    return nil, string.format("'{%s}' does not name a field; a brace itself is written {{", inside)
  end
  local show = formatter(format)
  if not show then
    return nil, string.format("'{%s}': unknown format '%s'%s", inside, format,
      wording.guess_or_list(format, FORMATS))
  end
  return { name = name, show = show, format = format }
end

local TABLES <const> = { media = true, skills = true }

-- What a text may name beside the fields: name → the only format it is shown in, or true.
local function bad_extra(part, format)
  if part.format and part.format ~= format then
    return string.format("'{%s:%s}': write {%s}", part.name, part.format,
      format == true and part.name or part.name .. ":" .. format)
  end
end

local WORDS <const> = { name = true, text = true, word = true, boolean = true }

-- How what is counted in a unit is shown.
local SHOWN <const> = { seconds = "duration", ratio = "percent", time = "time" }

-- A field that would print nonsense in this format, or fail when the text is needed.
local function misfit(part, known)
  local right = SHOWN[known.kind == "time" and "time" or known.unit]
  local is_number = not WORDS[known.kind]
  if not part.format or part.format == right
    or is_number and string.find(part.format, "^%.%df$") then
    return nil
  end
  return string.format("'{%s:%s}': '%s' cannot be shown so; write {%s}", part.name, part.format,
    part.name, right and part.name .. ":" .. right or part.name)
end

local function bad_field(part, query_name)
  local known, mistake = field.find(query_name, part.name)
  if not known then
    return mistake
  elseif TABLES[known.kind] then
    return string.format("'%s' is a table and cannot be shown in a text; a function can say it",
      part.name)
  end
  return misfit(part, known)
end

local function check_part(part, query_name, extra)
  if extra and extra[part.name] then
    return bad_extra(part, extra[part.name])
  end
  return query_name and bad_field(part, query_name)
end

--- The parts of a text: texts and { name, show }; bad places go to fail(text). With a
--- query's name the fields must be those of its rows, or in `extra`: name → the only format
--- in which it can be shown, true for none. Times are shown on the clock of `zone_name`, nil:
--- that of the gateway.
function template.compile(text, query_name, fail, extra, zone_name)
  local parts, at = {}, 1
  while true do
    local open = string.find(text, "{", at, true) or #text + 1
    parts[#parts + 1] = string.sub(text, at, open - 1)
    local close = string.find(text, "}", open, true)
    if open > #text then
      return parts
    elseif string.sub(text, open + 1, open + 1) == "{" then
      parts[#parts + 1] = "{"
      at = open + 2
    elseif not close then
      fail(string.format("'%s' has no closing brace; a brace itself is written {{",
        string.sub(text, open)))
      return parts
    else
      local part, mistake = read_part(string.sub(text, open + 1, close - 1))
      mistake = mistake or check_part(part, query_name, extra) or nil
      if mistake then
        fail(mistake)
      end
      if part then
        part.zone = zone_name or zone.DEFAULT
      end
      parts[#parts + 1] = part
      at = close + 1
    end
  end
end

local function render_part(part, row)
  if type(part) == "string" then
    return part
  end
  local given = row[part.name]
  return (given == nil or given == json.null) and NOTHING or part.show(given, part.zone)
end

--- The text of a row. Raises when a value does not fit its format.
function template.render(parts, row)
  local out = {}
  for index, part in ipairs(parts) do
    out[index] = render_part(part, row)
  end
  return table.concat(out)
end

--- As render(), but what is in `extra` stays open: a list of texts and { name }.
function template.render_open(parts, row, extra)
  local out = {}
  for index, part in ipairs(parts) do
    local is_open = type(part) == "table" and extra[part.name]
    out[index] = is_open and { part.name } or render_part(part, row)
  end
  return out
end

return template
