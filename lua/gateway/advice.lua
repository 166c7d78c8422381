--- What to do about an error that Lua words for people who know Lua.
local advice = {}

local WORDS <const> = {
  ["and"] = true, ["break"] = true, ["do"] = true, ["else"] = true, ["elseif"] = true,
  ["end"] = true, ["false"] = true, ["for"] = true, ["function"] = true, ["goto"] = true,
  ["if"] = true, ["in"] = true, ["local"] = true, ["nil"] = true, ["not"] = true,
  ["or"] = true, ["repeat"] = true, ["return"] = true, ["then"] = true, ["true"] = true,
  ["until"] = true, ["while"] = true,
}

-- What Lua says, and a function that makes a sentence, or nil, of what it says about.
local SYNTAX <const> = {
  { "'[})]' expected.* near '?([^']+)'?$", function(near)
    return near ~= "<eof>" and "is a comma missing before it?" or nil
  end },
  { "'(%a+)' expected %(to close .-at line (%d+)%)", function(close, line)
    return string.format("what line %s opens needs an '%s'", line, close)
  end },
  { "unfinished string", function()
    return "is the closing quote missing?"
  end },
  { "unexpected symbol near '[})%],]'$", function()
    return "is an 'end' or a value missing before it, or is it one too many?"
  end },
  { "unexpected symbol near '(%a+)'$", function(near)
    return WORDS[near]
      and string.format("'%s' is a word of Lua: it cannot be a key or a name", near) or nil
  end },
  { "malformed number near '(%d+%a+)'$", function(near)
    return string.format('a duration is a text: "%s"', near)
  end },
  { "near '!'$", function()
    return "not is written 'not', not equal '~='"
  end },
  { "near '<\\226>'$", function()
    return "quotes are written \" or '"
  end },
  { "near <eof>$", function()
    return "something that opens above is not closed"
  end },
}

--- The error of a script that is not Lua, with what to look for at its end.
function advice.syntax(text)
  for _, known in ipairs(SYNTAX) do
    local pattern, sentence = table.unpack(known)
    local first, second = string.match(text, pattern)
    local hint = first and sentence(first, second)
    if hint then
      return text .. "; " .. hint
    end
  end
  return text
end

return advice
