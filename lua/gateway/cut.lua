--- Texts that fit: cut between characters, by the unit that the destination counts in.

local cut = {}

local MORE <const> = "…"
local CHARACTER_MAX <const> = 4 -- bytes of UTF-8

--- The units: characters, or bytes of UTF-8.
function cut.characters(text)
  return utf8.len(text) or #text
end

function cut.bytes(text)
  return #text
end

--- The text, escaped, when it measures at most `most`; else as much of its beginning as
--- fits, with "…" behind it. `escape` works on each character by itself, so that no
--- escape is cut in two.
function cut.text(text, most, unit, escape)
  -- An escape shortens nothing: what is far too long is not escaped to its end.
  local whole = #text <= most * CHARACTER_MAX and escape(text)
  if whole and unit(whole) <= most then
    return whole
  end
  local parts, left = {}, most - unit(MORE)
  for character in text:gmatch(utf8.charpattern) do
    local escaped = escape(character)
    left = left - unit(escaped)
    if left < 0 then
      break
    end
    parts[#parts + 1] = escaped
  end
  return table.concat(parts) .. MORE
end

local SMALLEST <const> = 1 / 64

--- Builds a body of at most `most` bytes: build(share) is called with 1, then with half
--- of it, and so on, and cuts its texts and lists to that share of their limits.
function cut.fit(most, build)
  local share, body = 1, build(1)
  while #body > most and share > SMALLEST do
    share = share / 2
    body = build(share)
  end
  return body
end

return cut
