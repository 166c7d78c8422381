--- Mentions: names of [people] in gateway.conf, whom a destination calls in its own way.
local core = require "gateway.core"
local own = require "gateway.own"
local shape = require "gateway.shape"
local wording = require "gateway.wording"

local mention = {}

-- Why this is nobody; nil when it is somebody.
local function mistake_of(given)
  local names = core.setup.people
  if type(given) ~= "string" then
    return 'somebody is a name of [people], such as "ayse", not ' .. wording.show(given)
  end
  for _, name in ipairs(names) do
    if name == given then
      return nil
    end
  end
  return string.format("nobody is called '%s' in [people] of gateway.conf%s", given, #names > 0
    and wording.guess_or_list(given, names) or "; nobody stands there at all")
end

-- The names of a name or a list; what is none goes to fail(text, index).
local function read(given, fail)
  local list, names = type(given) == "table" and given or { given }, {}
  for index = 1, shape.length(list) do
    local mistake = mistake_of(list[index])
    if mistake then
      fail(mistake, type(given) == "table" and index or nil)
    else
      names[#names + 1] = list[index]
    end
  end
  return names
end

--- A check for shapes: a name, a list of names, or a function. Gives a list, or the function.
function mention.check(given, fail)
  if type(given) == "function" then
    return given
  end
  return read(given, fail)
end

-- A function may name nobody.
local function read_any(given)
  return given == nil and {} or given
end

--- Who is mentioned for this row. A name that is nobody's is logged and left out.
function mention.of(given, row)
  if type(given) ~= "function" then
    return given or {}
  end
  local made = own.call("mention", read_any, given, row)
  return made == nil and {} or read(made, function(text)
    core.log("warn", "mention failed: " .. text)
  end)
end

return mention
