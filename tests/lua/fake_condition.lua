--- Conditions over rows, as core/script/condition.h has them: trees of core.condition.
local fake_words = require "lua.fake_words"

local fake_condition = {}

local compare = {
  above = function(a, b) return a > b end,
  below = function(a, b) return a < b end,
  at_least = function(a, b) return a >= b end,
  at_most = function(a, b) return a <= b end,
  equal = function(a, b) return a == b end,
}

local function is_one_of(value, list)
  for _, candidate in ipairs(list) do
    if value == candidate then
      return true
    end
  end
  return false
end

local function compare_leaf(tree, value)
  if tree.op == "one_of" then
    return is_one_of(value, tree.texts or tree.limits)
  elseif tree.op == "within" then
    return value >= tree.low and value <= tree.high
  elseif tree.op == "outside" then
    return value < tree.low or value > tree.high
  elseif tree.text then
    return value == tree.text
  end
  return compare[tree.op](value, tree.limit)
end

local function evaluate_any(query, tree, row, wanted)
  local unknown = false
  for _, part in ipairs(tree) do
    local truth = fake_condition.evaluate(query, part, row)
    if truth == wanted then
      return wanted
    end
    unknown = unknown or truth == nil
  end
  if not unknown then
    return not wanted
  end
end

--- True, false, nil for unknown.
function fake_condition.evaluate(query, tree, row)
  if tree.op == "call" then
    return tree[1](row, 0)
  elseif tree.op == "all" then
    return evaluate_any(query, tree, row, false)
  elseif tree.op == "any" then
    return evaluate_any(query, tree, row, true)
  elseif tree.op == "none" then
    local any = evaluate_any(query, tree, row, true)
    if any ~= nil then
      return not any
    end
    return nil
  end
  local value = row[query.fields[tree.field + 1].name]
  if value ~= nil then
    return compare_leaf(tree, value)
  end
end

local JOINTS <const> = { all = " and ", any = " or ", none = " nor " }

local function show_limit(described, limit)
  if type(limit) ~= "number" then
    return tostring(limit)
  end
  return described.unit == "seconds" and fake_words.format_duration(math.floor(limit * 1000))
    or string.format("%.14g", limit)
end

local function describe_leaf(query, tree)
  local described = query.fields[tree.field + 1]
  local limits = tree.texts or tree.limits or tree.low and { tree.low, tree.high }
    or { tree.text or tree.limit }
  if tree.text ~= nil or type(tree.limit) == "boolean" then
    return string.format("%s is %s", described.name, tostring(limits[1]))
  end
  local words = {}
  for index, limit in ipairs(limits) do
    words[index] = show_limit(described, limit)
  end
  return string.format("%s %s %s", described.name, (tree.op:gsub("_", " ")), table.concat(words, ", "))
end

--- What tostring() says of a condition.
function fake_condition.describe(query, tree)
  if tree.op == "call" then
    return "a function"
  elseif not JOINTS[tree.op] then
    return describe_leaf(query, tree)
  end
  local words = {}
  for index, part in ipairs(tree) do
    local text = fake_condition.describe(query, part)
    words[index] = JOINTS[part.op] and "(" .. text .. ")" or text
  end
  return table.concat(words, JOINTS[tree.op])
end

local INCOMPARABLE <const> = { name = true, media = true, skills = true, absent = true }

local function check_each(list, check)
  assert(#list > 0)
  for _, item in ipairs(list) do
    assert(check(item))
  end
end

local function check_leaf(described, tree)
  assert(not INCOMPARABLE[described.kind], described.kind)
  local is_text = described.kind == "word" or described.kind == "text"
  local function fits(limit)
    if described.kind == "word" then
      return is_one_of(limit, described.words) or string.find(limit, "^code %-?%d+$")
    end
    return is_text and type(limit) == "string"
      or described.kind == "boolean" and type(limit) == "boolean"
      or not is_text and math.type(limit) ~= nil
  end
  if tree.op == "one_of" then
    check_each(is_text and tree.texts or tree.limits, fits)
  elseif tree.op == "within" or tree.op == "outside" then
    assert(not is_text)
    check_each({ tree.low, tree.high }, fits)
  elseif is_text then
    assert(tree.op == "equal" and fits(tree.text))
  else
    assert(compare[tree.op] and fits(tree.limit))
  end
end

--- Raises where core.condition does.
function fake_condition.check(query, tree)
  if tree.op == "call" then
    assert(type(tree[1]) == "function")
  elseif JOINTS[tree.op] then
    assert(#tree > 0)
    for _, part in ipairs(tree) do
      fake_condition.check(query, part)
    end
  else
    check_leaf(query.fields[tree.field + 1], tree)
  end
end

return fake_condition
