--- Comparisons of one field: what may be compared how, and with what.
---
--- A comparison is { op, field, values = { n, … } }, as the script wrote it; `shown` where
--- it wrote something else that stands for it, `window` instead of the field where it is of
--- what happened over time (window.lua).
local core = require "gateway.core"
local field = require "gateway.field"
local limit = require "gateway.limit"
local window = require "gateway.window"
local wording = require "gateway.wording"

local comparison = {}

-- How each one is written; its values: one, two, or any number.
local EXAMPLES <const> = {
  equal = '("calls_waiting", 5)',
  one_of = '("state", "rest", "busy")',
  within = '("calls_waiting", 5, 10)',
  outside = '("calls_waiting", 5, 10)',
}

local EQUAL <const> = { equal = true, one_of = true }

-- What is not a number has fewer comparisons, and a sentence for the others.
local FEWER <const> = {
  word = { EQUAL, "'%s' is a word and has no order; gw.equal and gw.one_of compare it" },
  text = { EQUAL, "'%s' is text and has no order; gw.equal and gw.one_of compare it" },
  boolean = { { equal = true }, "'%s' is true or false; gw.equal compares it" },
  name = { {}, "'%s' is text and cannot be compared here; a function can" },
  media = { {}, "'%s' is a table and cannot be compared here; a function can" },
  skills = { {}, "'%s' is a table and cannot be compared here; a function can" },
}

-- ---- words ----

local function quoted(given)
  return type(given) == "string" and '"' .. given .. '"' or wording.show(given)
end

-- As the script says it: 'above("calls_waiting", 5)'.
local function written(inside)
  if inside.shown then
    return inside.shown
  end
  local words = {}
  for index = 1, math.max(inside.values.n, 1) do
    words[index] = quoted(inside.values[index])
  end
  if inside.window then
    return string.format("%s:%s(%s)", window.written(inside.window), inside.op,
      table.concat(words, ", "))
  end
  return string.format("%s(%s, %s)", inside.op, quoted(inside.field), table.concat(words, ", "))
end

-- What stands between two values: "within 5 to 10", "one of rest, busy".
local BETWEEN <const> = { within = " to ", outside = " to " }

--- As people say it behind the field: "above 5".
function comparison.phrase(inside)
  local words = {}
  for index = 1, inside.values.n do
    words[index] = tostring(inside.values[index])
  end
  return string.format("%s %s", string.gsub(inside.op, "_", " "),
    table.concat(words, BETWEEN[inside.op] or ", "))
end

-- ---- values: what is used, or nil and a sentence about the field ----

local readers = {}

function readers.boolean(given)
  if type(given) == "boolean" then
    return given
  end
  return nil, "is true or false; write true"
end

function readers.text(given)
  if type(given) == "string" then
    return given
  end
  return nil, string.format('is text and is compared with one; write "%s"',
    math.type(given) and wording.show(given) or "text")
end

function readers.time(given, described)
  if math.type(given) then
    return given
  end
  return nil, "is a time and is compared with a number of seconds since the epoch; how long ago "
    .. string.format("that is says a function: function(row, now) return now - row.%s > 3600 end",
      described.name)
end

local function contains(words, wanted)
  for _, word in ipairs(words) do
    if word == wanted then
      return true
    end
  end
  return false
end

local function sibling_words(query_name, name)
  local sibling = field.sibling(query_name)
  local known = sibling and field.find(sibling, name)
  return known and known.words or {}, sibling
end

-- The words that the rows of a subject can have; agents who are signed out are in a
-- list only when they are expected.
local function possible(described, subject)
  local words = {}
  for _, word in ipairs(described.words) do
    local is_of_expected = field.asked(subject.name) == "agents" and described.name == "state"
      and word == "signed_out"
    if not is_of_expected or subject.expects then
      words[#words + 1] = word
    end
  end
  return words
end

-- A word that the rows never have.
local function impossible(given, described, subject, words)
  local others, sibling = sibling_words(subject.name, described.name)
  if contains(described.words, given) then
    return nil, nil, string.format("gw.%s lists signed-in agents only: %s is never '%s' here; "
      .. "add expect = { … }", field.asked(subject.name), described.name, given)
  elseif contains(others, given) then
    return nil, nil, string.format("gw.%s never says that %s is '%s'; only gw.%s does",
      field.asked(subject.name), described.name, given, sibling)
  end
  return nil, string.format("is never '%s'%s", given, wording.guess_or_list(given, words))
end

function readers.word(given, described, subject)
  local words = possible(described, subject)
  if type(given) ~= "string" then
    return nil, "is a word and is compared with one; known: " .. wording.list(words)
  elseif contains(words, given) or math.tointeger(tonumber(string.match(given, "^code (%-?%d+)$"))) then
    return given
  end
  return impossible(given, described, subject, words)
end

-- The value as it is used; nil when something is wrong, which fail(sentence, line) hears.
local function read(given, described, inside, subject, fail)
  local reader = readers[described.kind]
  local result, mistake, whole
  if reader then
    result, mistake, whole = reader(given, described, subject)
  else
    result, mistake = limit.read(described, given, inside.op, subject.minute, fail)
  end
  if whole then
    fail(whole)
  elseif mistake then
    fail(string.format("%s: '%s' %s", written(inside), described.name, mistake))
  end
  return result
end

-- ---- trees ----

local makers = {}

local function one(inside, described, values)
  local is_text = described.kind == "word" or described.kind == "text"
  return { op = inside.op, [is_text and "text" or "limit"] = values[1] }
end

function makers.one_of(inside, described, values)
  local is_text = described.kind == "word" or described.kind == "text"
  return { op = inside.op, [is_text and "texts" or "limits"] = values }
end

local function range(inside, _, values)
  local low, high = table.unpack(values)
  if low > high then
    return nil, string.format("%s: the lower end comes first", written(inside))
  end
  return { op = inside.op, low = low, high = high }
end

makers.within, makers.outside = range, range

local COUNTS <const> = { within = 2, outside = 2 }

local function is_whole(inside)
  return (inside.window or type(inside.field) == "string")
    and (inside.op ~= "one_of" or inside.values.n > 0 and type(inside.values[1]) ~= "table")
end

-- The values in the form that is used; those of a mistake are told to fail(sentence), a
-- mistake that is made twice once.
local function read_all(inside, described, subject, fail)
  local values, told, is_good = {}, {}, true
  local function fail_once(text, ...)
    if not told[text] then
      told[text] = true
      fail(text, ...)
    end
  end
  for index = 1, inside.op == "one_of" and inside.values.n or COUNTS[inside.op] or 1 do
    values[index] = read(inside.values[index], described, inside, subject, fail_once)
    is_good = is_good and values[index] ~= nil
  end
  return is_good and values or nil
end

-- What is compared: its description, and the key and value that say it in a tree.
local function compared(inside, subject, fail)
  if inside.window then
    local made, described = window.bind(inside.window, subject, fail)
    return described, "window", made
  end
  local described, index = field.find(subject.name, inside.field)
  local fewer = described and FEWER[described.kind]
  if not described then
    return fail(index)
  elseif fewer and not fewer[1][inside.op] then
    return fail(string.format(fewer[2], inside.field))
  end
  return described, "field", index
end

--- The tree for core.condition; nil when something is wrong, which fail(sentence, line)
--- hears; the line is nil where it is that of the comparison. `subject` { name, expects,
--- every_ms, minute } says whose rows they are: the query, whether agents are expected, how
--- often it is asked, and what by_hour.bind wants.
function comparison.bind(inside, subject, fail)
  if not is_whole(inside) then
    return fail(string.format("gw.%s needs a field and %s, such as gw.%s%s", inside.op,
      COUNTS[inside.op] and "two limits" or inside.op == "one_of" and "values one after the other"
      or "a limit", inside.op, EXAMPLES[inside.op] or EXAMPLES.equal))
  end
  local described, key, place = compared(inside, subject, fail)
  local values = described and read_all(inside, described, subject, fail)
  if not values then
    return nil
  end
  local tree, mistake = (makers[inside.op] or one)(inside, described, values)
  if not tree then
    return fail(mistake)
  end
  tree[key] = place
  return tree
end

-- What a field that changed was or became; nothing is any value.
local function read_end(inside, key, described, subject, fail)
  local given = inside.given[key]
  if given ~= nil then
    local shown = { op = "changed", shown = string.format('changed("%s")', inside.field) }
    return read(given, described, shown, subject, function(text)
      fail(text, key)
    end)
  end
end

--- The tree of gw.changed, { field, given = { from, to } }; fail(sentence, key) hears what
--- is wrong.
function comparison.bind_changed(inside, subject, fail)
  local described, index = field.find(subject.name, inside.field)
  if not described then
    return fail(index)
  elseif FEWER[described.kind] and not FEWER[described.kind][1].equal then
    return fail(string.format(FEWER[described.kind][2], inside.field))
  end
  local from = read_end(inside, "from", described, subject, fail)
  local to = read_end(inside, "to", described, subject, fail)
  if from ~= nil and from == to then
    return fail("gw.changed: what goes from a value to the same does not change", "to")
  end
  return { op = "changed", field = index, from = from, to = to }
end

-- ---- overlaps ----

local function words_of(tree)
  return tree.texts or tree.text and { tree.text }
    or type(tree.limit) == "boolean" and { tostring(tree.limit) }
end

local function common_word(a, b)
  for _, word in ipairs(a) do
    if contains(b, word) then
      return word
    end
  end
end

--- A value, as text, for which both trees of one field are true, when they compare it; nil when there is none or
--- that is not known.
function comparison.common(query_name, a, b)
  local described = core.query(query_name).fields[a.field + 1]
  if words_of(a) then
    return common_word(words_of(a), words_of(b))
  end
  local number = limit.common(described, a, b)
  return number and limit.format(described, number)
end

return comparison
