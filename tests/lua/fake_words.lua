--- Durations and guesses, as base/text.h reads and makes them.
local fake_words = {}

local UNITS <const> = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } }

local LONGEST_MS <const> = 3650 * 86400000

--- Milliseconds, nil for what is not a duration.
function fake_words.duration(text)
  local ms, at, unit = 0, 1, 0
  while at <= #text do
    local number, word, stop = string.match(text, "^(%d+)(%a+)()", at)
    repeat
      unit = unit + 1
    until not UNITS[unit] or UNITS[unit][1] == word
    if not number or not UNITS[unit] then
      return nil
    end
    ms, at = ms + tonumber(number) * UNITS[unit][2], stop
  end
  return text ~= "" and ms <= LONGEST_MS and ms or nil
end

--- "2m15s".
function fake_words.format_duration(ms)
  local parts = {}
  for _, unit in ipairs(UNITS) do
    local count = ms // unit[2]
    ms = ms % unit[2]
    parts[#parts + 1] = count > 0 and string.format("%d%s", count, unit[1]) or nil
  end
  return #parts > 0 and table.concat(parts) or "0s"
end

local function distance(a, b)
  local rows = { [0] = {} }
  for j = 0, #b do
    rows[0][j] = j
  end
  for i = 1, #a do
    rows[i] = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j) and 0 or 1
      rows[i][j] = math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + same)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        rows[i][j] = math.min(rows[i][j], rows[i - 2][j - 2] + 1)
      end
    end
  end
  return rows[#a][#b]
end

--- The candidate that was probably meant, or nil.
function fake_words.nearest(word, list)
  local best, best_distance
  for _, candidate in ipairs(list) do
    local d = distance(word:lower(), candidate:lower())
    if d <= math.max(2, math.max(#word, #candidate) // 3) and (not best or d < best_distance) then
      best, best_distance = candidate, d
    end
  end
  return best
end

return fake_words
