--- What rules and jobs have in common: a name, then a table, registered when the script
--- has loaded.
---
--- Nothing is registered before that, so that a script with mistakes registers nothing
--- and all its mistakes are told.
local problem = require "gateway.problem"
local source = require "gateway.source"
local wording = require "gateway.wording"

local entry = {}

local NAME_MAX <const> = 200
local RESERVED <const> = "^ccgate%-"

local function is_kebab(name)
  return string.find(name, "^%l[-%l%d]*$") and not string.find(name .. "-", "--", 1, true)
end

local function to_kebab(name)
  local words = string.gsub(string.gsub(name, "(%l)(%u)", "%1-%2"), "[^%w]+", "-")
  local right = string.lower(string.gsub(string.gsub(words, "^%-", ""), "%-$", ""))
  return is_kebab(right) and right or "queue-wait"
end

local function bad_name(kind, name, taken)
  if not is_kebab(name) then
    return string.format("a name has lower-case letters, digits and hyphens, such as '%s'",
      to_kebab(name))
  elseif #name > NAME_MAX then
    return string.format("a name has at most %d characters", NAME_MAX)
  elseif string.find(name, RESERVED) then
    return "names that begin with 'ccgate-' are the gateway's own"
  elseif taken[name] then
    return string.format("this name is used twice; the other %s is in %s", kind, source.named(taken[name]))
  end
end

-- Reports about one entry: by the path of a key, or by a line.
local function reporter(kind, name, line)
  local reports = { count = 0, line = line }

  -- A table that is there but was not given: the script raised while it was made.
  function reports.at_end()
    if not line or not source.has_table(line, kind, name) then
      reports.at "its name is not followed by a table { … }"
    end
  end

  function reports.at(text, place)
    reports.count = reports.count + 1
    problem.report(string.format("%s '%s': %s", kind, name, text), place or line)
  end
  function reports.key(text, ...)
    reports.at(text, line and source.line(line, kind, { ... }, name))
  end
  return reports
end

--- Makes gw.rule or gw.job. `read(name, given, reports)` checks the table and returns a
--- function that registers it. Returns the function for gw and the one that ends loading.
function entry.kind(kind, read)
  local taken, open, good = {}, {}, {}

  local function declare(name, ...)
    problem.only_loading("gw." .. kind)
    local line = source.caller()
    if type(name) ~= "string" then
      problem.report(string.format('gw.%s needs a name: gw.%s "queue-wait" { … }, not %s',
        kind, kind, wording.show(name)), line)
      return function() end
    end
    local reports = reporter(kind, name, line)
    local mistake = bad_name(kind, name, taken)
    if mistake then
      reports.at(mistake)
    end
    taken[name] = taken[name] or line or 0
    if select("#", ...) > 0 then
      reports.at(string.format('the table stands behind the parentheses: gw.%s("%s") { … }',
        kind, name))
      return function() end
    end
    local number = #open + 1
    open[number] = reports
    return function(given)
      problem.only_loading("gw." .. kind)
      if not open[number] then
        return reports.at "is followed by two tables"
      end
      open[number] = false
      local register = read(name, given, reports)
      good[#good + 1] = reports.count == 0 and register or nil
    end
  end

  local function finish()
    for _, reports in ipairs(open) do
      if reports then
        reports.at_end()
      end
    end
    for _, register in ipairs(good) do
      register()
    end
  end

  return declare, finish
end

return entry
