--- Labels: what silences and receivers tell alerts apart by. Some are always there, and a
--- rule adds its own.
local core = require "gateway.core"
local own = require "gateway.own"
local wording = require "gateway.wording"

local labels = {}

local MOST <const> = 32
local TEXT_MAX <const> = 200

local RESERVED <const> = {
  rule = true, script = true, center = true, query = true, key = true, severity = true,
  queue = true, agent = true,
}

-- Why this is no label of a rule; nil when it is one.
local function mistake_of(name, given)
  if type(name) ~= "string" then
    return string.format("%s stands without a name; write name = \"…\"", wording.show(given))
  elseif not string.find(name, "^[%a_][%w_]*$") or #name > TEXT_MAX then
    return string.format("%s is no name; it has letters, digits and _", wording.show(name))
  elseif RESERVED[name] then
    return string.format("'%s' is always there, and is the gateway's own", name)
  elseif type(given) ~= "string" and not math.type(given) and type(given) ~= "boolean" then
    return string.format("%s is a text, a number or a boolean, not %s", name, wording.show(given))
  elseif #tostring(given) > TEXT_MAX then
    return string.format("%s has at most %d bytes", name, TEXT_MAX)
  end
end

-- The good ones as a list of { name, text }, in order; others go to fail(text, name).
local function read(given, fail)
  local list, bad = {}, {}
  for name, one in next, given do
    local mistake = mistake_of(name, one)
    if mistake then
      bad[#bad + 1] = { tostring(name), mistake, name }
    else
      list[#list + 1] = { name, tostring(one) }
    end
  end
  local function by_name(a, b)
    return a[1] < b[1]
  end
  table.sort(list, by_name)
  table.sort(bad, by_name)
  for _, one in ipairs(bad) do
    fail(one[2], one[3])
  end
  if #list > MOST then
    fail(string.format("there are %d; the most is %d", #list, MOST))
  end
  return table.move(list, 1, math.min(#list, MOST), 1, {})
end

--- A check for shapes: a table of labels, or a function. Gives a list of { name, text }, or
--- the function.
function labels.check(given, fail)
  if type(given) == "function" then
    return given
  end
  return read(given, fail)
end

local function read_table(given)
  if type(given) == "table" then
    return given
  end
  return nil, "it gave " .. wording.show(given)
end

--- The labels { { name, text }, … } of a rule for this row. One that cannot be used is
--- logged and left out.
function labels.of(given, row)
  if type(given) ~= "function" then
    return given or {}
  end
  local made = own.call("labels", read_table, given, row)
  return made and read(made, function(text)
    core.log("warn", "labels failed: " .. text)
  end) or {}
end

return labels
