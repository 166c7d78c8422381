--- Many messages of alerts as one: for people, where each would be one too many.
---
--- It tells of all of them: how many, the first ones in words, the others by name, so that
--- what is raised and what is over is as plain as in messages of their own.

local band = require("gateway.band")
local json = require("gateway.json")

local digest = {}

-- Lines in words; and bytes of a line.
local WORDS_MOST <const>, LINE_MOST <const> = 10, 200

local WORDS <const> = {
  raise = "raised", level = "changed", remind = "still raised", clear = "cleared",
}
local ORDER <const> = { "raise", "level", "remind", "clear" }

local function given(value)
  if value ~= json.null then
    return value
  end
end

-- Not in the middle of a character.
local function shorten(text)
  text = text:gsub("%s+", " ")
  if #text <= LINE_MOST then
    return text
  end
  return text:sub(1, (utf8.offset(text, 0, LINE_MOST) or LINE_MOST) - 1) .. "…"
end

local function line_of(data)
  local text = given(data.cleared) or given(data.summary) or ""
  local severity = data.kind ~= "clear" and given(data.severity)
  return ("%s%s: %s"):format(WORDS[data.kind] or data.kind,
    severity and (" (%s)"):format(severity) or "", shorten(text))
end

local function name_of(data)
  return ("%s/%s %s"):format(data.rule, data.key, WORDS[data.kind] or data.kind)
end

local function text_of(all)
  local lines, names = {}, {}
  for index, data in ipairs(all) do
    if index <= WORDS_MOST then
      lines[index] = line_of(data)
    else
      names[#names + 1] = name_of(data)
    end
  end
  if #names > 0 then
    lines[#lines + 1] = ("and %d more: %s"):format(#names, table.concat(names, ", "))
  end
  return table.concat(lines, "\n")
end

-- "12 messages of alerts: 9 raised, 3 cleared".
local function summary_of(all)
  local counts, parts = {}, {}
  for _, data in ipairs(all) do
    counts[data.kind] = (counts[data.kind] or 0) + 1
  end
  for _, kind in ipairs(ORDER) do
    if counts[kind] then
      parts[#parts + 1] = ("%d %s"):format(counts[kind], WORDS[kind])
    end
  end
  return ("%d messages of alerts: %s"):format(#all, table.concat(parts, ", "))
end

-- The worst of what is not over; nil when all is.
local function severity_of(all, severities)
  local worst
  for _, data in ipairs(all) do
    local word = given(data.severity)
    if data.kind ~= "clear" and word
      and (not worst or band.rank(word, severities) > band.rank(worst, severities)) then
      worst = word
    end
  end
  return worst
end

local function mention_of(all)
  local names, known = json.array {}, {}
  for _, data in ipairs(all) do
    for _, name in ipairs(given(data.mention) or {}) do
      if not known[name] then
        known[name] = true
        names[#names + 1] = name
      end
    end
  end
  return names
end

--- The event (lifecycle.md §5, of kind "digest") that tells of these, a list of events of
--- alerts as JSON in the order in which they are to be told. `severities` are those of the
--- gateway's own, from the least to the worst, nil for none.
function digest.of(messages, severities)
  local all, timestamp = {}, nil
  for index, message in ipairs(messages) do
    local event = json.decode(message)
    all[index], timestamp = event.data, event.timestamp
  end
  local severity = severity_of(all, severities)
  return {
    type = "alert.digest",
    timestamp = timestamp,
    data = {
      kind = "digest",
      status = severity and "raised" or "cleared",
      severity = severity,
      summary = summary_of(all),
      details = text_of(all),
      mention = mention_of(all),
      n = #all,
    },
  }
end

return digest
