--- How bad a severity is to those who know four words: info, warning, error and critical.
---
--- A severity of a gateway's own is known by its place among [gateway] severities, where
--- warning and critical always stand: what is less than a warning is info, what is between
--- the two an error, what is worse than critical is critical, too.

local band = {}

local RANKS <const> = { info = 1, warning = 2, error = 3, critical = 4 }

local function place_of(word, scale)
  for place, one in ipairs(scale or {}) do
    if one == word then
      return place
    end
  end
end

--- One of the four; nil for a word that is neither one of them nor in `scale`, a list of
--- severities from the least to the worst, nil for none.
function band.of(word, scale)
  local place = place_of(word, scale)
  if RANKS[word] or not place then
    return RANKS[word] and word
  elseif place < place_of("warning", scale) then
    return "info"
  end
  return place < place_of("critical", scale) and "error" or "critical"
end

--- A number that grows with it; 0 for a word that is not known.
function band.rank(word, scale)
  return place_of(word, scale) or not scale and RANKS[word] or 0
end

return band
