--- How bad it is: words in order, those of gateway.conf, or three.
local core = require "gateway.core"
local wording = require "gateway.wording"

local severity = {}

local WORDS <const> = core.setup.severities or { "info", "warning", "critical" }

--- What an alert is that says nothing of it.
severity.DEFAULT = "warning"

local RANKS <const> = {}
for rank, word in ipairs(WORDS) do
  RANKS[word] = rank
end

--- 1 is the least; nil for what is no severity.
function severity.rank(word)
  return RANKS[word]
end

--- The severities from this one up.
function severity.from(word)
  return table.move(WORDS, RANKS[word], #WORDS, 1, {})
end

--- The word; nil and a sentence for what is none.
function severity.read(given)
  if RANKS[given] then
    return given
  elseif type(given) ~= "string" then
    return nil, string.format("a severity is one of %s, not %s", wording.list(WORDS),
      wording.show(given))
  end
  return nil, string.format("no severity '%s'%s", given, wording.guess_or_list(given, WORDS))
end

--- A check for shapes.
function severity.check(given, fail)
  local word, mistake = severity.read(given)
  return word or fail(mistake)
end

--- A check for shapes: one severity, or a list of them. Gives a list.
function severity.check_list(given, fail)
  if type(given) ~= "table" then
    given = { given }
  end
  local words = {}
  for index, word in ipairs(given) do
    words[#words + 1] = severity.check(word, function(text)
      fail(text, index)
    end)
  end
  if #given == 0 then
    return fail 'a list without a severity leaves nothing; write "critical"'
  end
  return #words > 0 and words or nil
end

return severity
