--- Conditions over rows, as core/script/bind.h has them: trees of core.condition. What
--- needs more than one sample (windows, changed, times) is unknown here.
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

local function limit_of(tree, now)
  local limit = tree.limit
  if type(limit) ~= "table" then
    return limit
  elseif not limit.minute then
    return limit[1](now)
  end
  local minute, found = limit.minute(now), limit[#limit][2]
  for _, entry in ipairs(limit) do
    found = entry[1] <= minute and entry[2] or found
  end
  return found
end

local function compare_leaf(tree, value, now)
  if tree.op == "one_of" then
    return is_one_of(value, tree.texts or tree.limits)
  elseif tree.op == "within" then
    return value >= tree.low and value <= tree.high
  elseif tree.op == "outside" then
    return value < tree.low or value > tree.high
  elseif tree.text then
    return value == tree.text
  end
  local limit = limit_of(tree, now)
  if limit ~= nil then
    return compare[tree.op](value, limit)
  end
end

local function evaluate_any(query, tree, row, wanted, now)
  local unknown = false
  for _, part in ipairs(tree) do
    local truth = fake_condition.evaluate(query, part, row, now)
    if truth == wanted then
      return wanted
    end
    unknown = unknown or truth == nil
  end
  if not unknown then
    return not wanted
  end
end

local combine = {
  all = function(query, tree, row, now) return evaluate_any(query, tree, row, false, now) end,
  any = function(query, tree, row, now) return evaluate_any(query, tree, row, true, now) end,
  call = function(_, tree, row, now) return tree[1](row, now) end,
}

function combine.none(query, tree, row, now)
  local any = evaluate_any(query, tree, row, true, now)
  if any ~= nil then
    return not any
  end
end

function combine.given(query, tree, row, now)
  if fake_condition.evaluate(query, tree[2], row, now) then
    return fake_condition.evaluate(query, tree[1], row, now)
  end
end

local OVER_TIME <const> = { changed = true, times = true }

--- True, false, nil for unknown; `now` in seconds.
function fake_condition.evaluate(query, tree, row, now)
  if combine[tree.op] then
    return combine[tree.op](query, tree, row, now or 0)
  elseif tree.window or OVER_TIME[tree.op] then
    return nil
  end
  local value = row[query.fields[tree.field + 1].name]
  if value ~= nil then
    return compare_leaf(tree, value, now or 0)
  end
end

local JOINTS <const> = { all = " and ", any = " or ", none = " nor ", given = " given " }

local show_limit
function show_limit(described, limit)
  if type(limit) == "table" then
    local words = {}
    for index, entry in ipairs(limit.minute and limit or {}) do
      words[index] = string.format("%s from %02d:%02d", show_limit(described, entry[2]),
        entry[1] // 60, entry[1] % 60)
    end
    return #words > 0 and table.concat(words, ", ") or "a function"
  elseif type(limit) ~= "number" then
    return tostring(limit)
  end
  return described.unit == "seconds" and fake_words.format_duration(math.floor(limit * 1000))
    or string.format("%.14g", limit)
end

-- What is compared: { name, unit }.
local function subject_of(query, tree)
  local window = tree.window
  local described = query.fields[(window and window.field or tree.field) + 1]
  if not window then
    return described
  end
  local name = window.under and described.name .. " to " .. query.fields[window.under + 1].name
    or described.name
  return {
    name = string.format("%s of %s over %s", window.kind, name, fake_words.format_duration(window.ms)),
    unit = window.kind == "ratio" and "ratio" or window.kind == "rate" and "" or described.unit,
  }
end

local function describe_changed(query, tree)
  local described = query.fields[tree.field + 1]
  return string.format("%s changed%s%s", described.name,
    tree.from ~= nil and " from " .. show_limit(described, tree.from) or "",
    tree.to ~= nil and " to " .. show_limit(described, tree.to) or "")
end

local function describe_leaf(query, tree)
  local described = subject_of(query, tree)
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
  elseif tree.op == "changed" then
    return describe_changed(query, tree)
  elseif tree.op == "times" then
    return string.format("%s became true %d times in %s", fake_condition.describe(query, tree[1]),
      tree.count, fake_words.format_duration(tree.ms))
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

-- A limit that moves: { fn }, or { minute = fn, { minute, number } … } in order.
local function check_moving(limit)
  if not limit.minute then
    assert(#limit == 1 and type(limit[1]) == "function")
    return
  end
  assert(type(limit.minute) == "function" and #limit > 0)
  for index, entry in ipairs(limit) do
    assert(math.type(entry[1]) == "integer" and math.type(entry[2]))
    assert(index == 1 or limit[index - 1][1] < entry[1])
  end
end

local WINDOWS <const> = {
  average = true, maximum = true, minimum = true, total = true, rate = true, ratio = true,
}
local MOVING <const> = { above = true, below = true, at_least = true, at_most = true }

local function check_window(query, tree)
  local window = tree.window
  assert(WINDOWS[window.kind] and not tree.field and query.fields[window.field + 1])
  assert((window.under ~= nil) == (window.kind == "ratio"))
  assert(math.type(window.ms) == "integer" and window.ms >= 1000 and window.ms <= 31 * 86400000)
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
  elseif is_text and tree.op ~= "changed" then
    assert(tree.op == "equal" and fits(tree.text))
  elseif tree.op == "changed" then
    assert(tree.from == nil or fits(tree.from))
    assert(tree.to == nil or fits(tree.to))
  elseif type(tree.limit) == "table" then
    assert(MOVING[tree.op])
    check_moving(tree.limit)
  else
    assert(compare[tree.op] and fits(tree.limit))
  end
end

--- Raises where core.condition does.
function fake_condition.check(query, tree)
  if tree.op == "call" then
    assert(type(tree[1]) == "function")
  elseif tree.op == "times" then
    assert(math.type(tree.count) == "integer" and math.type(tree.ms) == "integer")
    fake_condition.check(query, tree[1])
  elseif tree.window then
    check_window(query, tree)
    check_leaf({ kind = "duration" }, tree)
  elseif JOINTS[tree.op] then
    assert(#tree > 0 and (tree.op ~= "given" or #tree == 2))
    for _, part in ipairs(tree) do
      fake_condition.check(query, part)
    end
  else
    check_leaf(query.fields[tree.field + 1], tree)
  end
end

return fake_condition
