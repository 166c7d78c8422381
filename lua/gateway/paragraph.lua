--- What a rule was understood to be, in one paragraph, for `ccgate check`.
local calendar = require "gateway.calendar"
local condition = require "gateway.condition"
local core = require "gateway.core"
local handler = require "gateway.handler"
local query = require "gateway.query"
local send = require "gateway.send"
local wording = require "gateway.wording"

local paragraph = {}

-- "every 30s and expects agent 1099"; what has a time is asked for as it passes.
local function describe_rhythm(rule)
  local expected, reach = {}, nil
  for _, one in ipairs(rule.asked) do
    expected[#expected + 1] = query.describe_expected(one)
    reach = one.span and math.max(reach or 0, one.span.last_ms or 0)
  end
  if reach then
    return "once per closed quarter of an hour, beginning with the last "
      .. core.format_duration(reach)
  end
  return "every " .. core.format_duration(rule.every_ms)
    .. (#expected > 0 and " and expects " .. wording.list(expected) or "")
end

local function asks(rule, checked)
  if checked.look then
    return string.format("Judges the rows that its function finds every %s%s.",
      core.format_duration(rule.every_ms), checked.map and " and its map makes of them" or "")
  end
  local words = {}
  for index, one in ipairs(rule.asked) do
    words[index] = query.describe(one)
  end
  return string.format("Asks for %s %s.", wording.list(words), describe_rhythm(rule))
end

-- "when calls_waiting above 4; clears when that is no longer true"
local function describe_level(level, made)
  return string.format("when %s; clears when %s", condition.describe(level.when, made.when),
    made.clear and condition.describe(level.clear, made.clear) or "that is no longer true")
end

local function raises(rule, checked)
  if not checked.levels then
    local how = type(checked.severity) == "function" and ", as severe as its function says,"
      or checked.severity and " " .. checked.severity or ""
    return string.format("Raises%s %s.", how, describe_level(rule.levels[1], rule.made[1]))
  end
  local words = {}
  for index, level in ipairs(rule.levels) do
    words[index] = level.severity .. " " .. describe_level(level, rule.made[index])
  end
  return "Raises " .. table.concat(words, "; raises ") .. "."
end

local function lasts(ms, format)
  return ms and ms > 0 and string.format(format, core.format_duration(ms)) or nil
end

local function holds(_, checked)
  local hold, linger = lasts(checked.hold, "true for %s"), lasts(checked.linger, "over for %s")
  local both = hold and linger and hold .. " and " .. linger or hold or linger
  return both and "It must be " .. both .. "."
end

local function cools(_, checked)
  return lasts(checked.cooldown, "It is not raised again within %s of a clear.")
end

local STALE <const> = {
  hold = "Where nothing usable came for %s, a hold begins anew.",
  raise = "Raises for the centre when nothing usable came for %s.",
  clear = "Clears when nothing usable came for %s.",
}

local function stales(rule, checked)
  if checked.stale or checked.stale_after then
    return string.format(STALE[checked.stale or "hold"],
      core.format_duration(checked.stale_after or 3 * rule.every_ms))
  end
end

local GONE <const> = {
  hold = "The alert of a row that is gone stays.",
  raise = "A row that is gone raises.",
}

local function gone(_, checked)
  return GONE[checked.gone]
end

local function opens(_, checked)
  return checked.during and string.format("Raises and stays raised only during %s.",
    calendar.describe(checked.during))
end

local function describe_fields(checked)
  local names = {}
  for index, field in ipairs(checked.fields or {}) do
    names[index] = string.format("%s (%s)", field[1], field[2])
  end
  return #names > 0
    and (#names > 1 and "with the fields " or "with the field ") .. wording.list(names) or nil
end

-- What is judged in place of the rows that come.
local function makes(_, checked)
  local words = {}
  words[1] = checked.map and not checked.look
    and "Judges the rows that its map makes of the whole answer" or nil
  words[#words + 1] = describe_fields(checked)
  if checked.key then
    words[#words + 1] = #words > 0 and "told apart by its key" or "Rows are told apart by its key"
  end
  local text = table.concat(words, ", ")
  return text ~= "" and string.upper(string.sub(text, 1, 1)) .. string.sub(text, 2) .. "."
end

local function labelled(_, checked)
  local labels = checked.labels
  if type(labels) == "function" then
    return "Adds the labels that its function gives."
  elseif labels and #labels > 0 then
    local names = {}
    for index, label in ipairs(labels) do
      names[index] = label[1] .. " = " .. label[2]
    end
    return string.format("Adds the label%s %s.", #names > 1 and "s" or "", wording.list(names))
  end
end

local function tells(_, checked)
  return string.format("Tells %s.", send.describe(checked.send or {}))
end

local function mentions(_, checked)
  local names = checked.mention
  if type(names) == "function" then
    return "Mentions whom its function names."
  elseif names and #names > 0 then
    return string.format("Mentions %s.", wording.list(names))
  end
end

local function reminds(_, checked)
  return checked.remind and string.format("Reminds every %s.",
    core.format_duration(checked.remind))
end

local function runs(_, checked)
  local names = {}
  for index, kind in ipairs(handler.kinds(checked) or {}) do
    names[index] = "on_" .. kind
  end
  return #names > 0 and string.format("Runs %s.", wording.list(names))
end

local function doc(_, checked)
  return checked.doc and string.gsub(checked.doc, "%.?$", ".", 1)
end

local SENTENCES <const> = {
  doc, asks, makes, raises, holds, cools, stales, gone, opens, labelled, tells, mentions,
  reminds, runs,
}

--- The paragraph of a rule { asked, every_ms, levels, made = { { when, clear } … } of
--- core.condition } and its table as it was checked.
function paragraph.of(rule, checked)
  local words = {}
  for _, sentence in ipairs(SENTENCES) do
    words[#words + 1] = sentence(rule, checked) or nil
  end
  return table.concat(words, " ")
end

return paragraph
