--- A letter as it travels (RFC 5322): a head whose lines no text can end, and a plain body.
---
--- letter.write { from, to = { address, … }, subject, date = seconds, id, thread = id | nil,
--- text } gives it. Everything that is not an address goes in base64, so that neither a name
--- of a queue nor a line of a text can be a header, a command or too long.

local letter = {}

local LINE <const> = 76
local WORD <const> = 45 -- bytes in an encoded word, which has 75 characters at most

local ALPHABET <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(bytes)
  local out = {}
  for at = 1, #bytes, 3 do
    local a, b, c = bytes:byte(at, at + 2)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    for shift = 18, 0, -6 do
      local place = (bits >> shift & 63) + 1
      out[#out + 1] = ALPHABET:sub(place, place)
    end
    if not c then
      out[#out] = "="
    end
    if not b then
      out[#out - 1] = "="
    end
  end
  return table.concat(out)
end

-- Not in the middle of a character: each word is read by itself.
local function pieces(text, most)
  local found, piece = {}, ""
  for character in text:gmatch(utf8.charpattern) do
    if #piece + #character > most then
      found[#found + 1], piece = piece, ""
    end
    piece = piece .. character
  end
  found[#found + 1] = piece
  return found
end

local function encoded(text)
  local words = pieces(text, WORD)
  for i, word in ipairs(words) do
    words[i] = ("=?UTF-8?B?%s?="):format(base64(word))
  end
  return table.concat(words, "\r\n ")
end

local DAYS <const> = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" } -- from 1970-01-01 on
local MONTHS <const> = {
  "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
}

--- "2026-11-20T18:05:00Z" as a letter dates it; nil when it is not that.
function letter.date(timestamp)
  local year, month, day, time = timestamp:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d:%d%d:%d%d)"
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if not MONTHS[month] then
    return nil
  end
  -- Days since 1970-01-01: years begin in March, so that the leap day is their last.
  local y = month <= 2 and year - 1 or year
  local of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  local days = 365 * y + y // 4 - y // 100 + y // 400 + of_year - 719468
  return ("%s, %02d %s %d %s +0000"):format(DAYS[days % 7 + 1], day, MONTHS[month], year, time)
end

function letter.write(given)
  local head = {
    "From: " .. given.from,
    "To: " .. table.concat(given.to, ",\r\n "),
    "Subject: " .. encoded(given.subject),
    "Message-ID: " .. given.id,
  }
  if given.thread then
    head[#head + 1] = "In-Reply-To: " .. given.thread
    head[#head + 1] = "References: " .. given.thread
  end
  head[#head + 1] = given.date and "Date: " .. given.date
  for _, line in ipairs {
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    "",
  } do
    head[#head + 1] = line
  end
  local body = base64(given.text):gsub(("."):rep(LINE), "%0\r\n")
  return table.concat(head, "\r\n") .. body .. "\r\n"
end

return letter
