--- One checker for every table that a person writes.
---
--- A shape is a list of keys, in the order in which people are told of them:
---   { "every", kinds = { "string" }, needs = "a duration such as \"15s\"",
---     required = true, default = "30s", check = function(given, fail) … end }
--- `kinds` are the kinds of values allowed (none given: any), `needs` is the sentence for
--- both a missing key and a wrong kind, `check` turns what is given into what is used.
--- A check reports through fail(text, …), whose further arguments lead to an element.
local core = require "gateway.core"
local value = require "gateway.value"
local wording = require "gateway.wording"

local shape = {}

local function allows(described, given)
  if not described.kinds then
    return true
  end
  for _, kind in ipairs(described.kinds) do
    if value.kind_of(given) == kind then
      return true
    end
  end
  return false
end

local function key_names(described)
  local names = {}
  for index, key in ipairs(described) do
    names[index] = key[1]
  end
  return names
end

-- Unknown keys in a fixed order: positions, then words.
local function unknown_keys(described, given)
  local known, unknown = {}, {}
  for _, key in ipairs(described) do
    known[key[1]] = true
  end
  for key in next, given do
    if not known[key] then
      unknown[#unknown + 1] = key
    end
  end
  table.sort(unknown, function(a, b)
    if math.type(a) and math.type(b) then
      return a < b
    end
    return math.type(a) ~= nil or not math.type(b) and tostring(a) < tostring(b)
  end)
  return unknown
end

-- Gives the keys that were probably meant, so that nobody is told that they are missing.
local function report_unknown(described, given, report)
  local names, meant = key_names(described), {}
  for _, key in ipairs(unknown_keys(described, given)) do
    if type(key) == "string" then
      report(string.format("unknown key '%s'%s", key, wording.guess_or_list(key, names)), key)
      meant[core.nearest(key, names) or false] = true
    else
      report(string.format("%s stands without a key; write key = value",
        wording.show(given[key])), key)
    end
  end
  return meant
end

local function check_key(described, given, report, is_meant)
  local name = described[1]
  local function fail(text, ...)
    report(name .. ": " .. text, name, ...)
  end
  if given == nil then
    given = described.default
  end
  if given == nil then
    if described.required and not is_meant then
      report(string.format("'%s' is missing: %s", name, described.needs))
    end
  elseif not allows(described, given) then
    fail(string.format("%s is needed, not %s", described.needs, wording.show(given)))
  elseif described.check then
    return described.check(given, fail)
  else
    return given
  end
end

--- The highest position of a list: a nil in between is an element, and a mistake.
function shape.length(list)
  local length = 0
  for key in next, list do
    length = math.max(length, math.tointeger(key) or 0)
  end
  return length
end

--- What the table says, with defaults filled in and every value in the form that is
--- used; what is wrong goes to report(text, key, …) and is left out.
function shape.check(described, given, report)
  local checked = {}
  if value.kind_of(given) ~= "table" then
    report("a table { … } is needed, not " .. wording.show(given))
    return checked
  end
  local meant = report_unknown(described, given, report)
  for _, key in ipairs(described) do
    checked[key[1]] = check_key(key, given[key[1]], report, meant[key[1]])
  end
  return checked
end

return shape
