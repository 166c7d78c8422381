--- The send of a rule: which destinations are told, when, and of what.
---
--- An entry is { to, after = seconds | nil, unless = "acked" | nil, only = { severity, … } |
--- nil, clears = boolean | nil }, as lua/gateway/notify.lua reads it in an event, and `path`,
--- where it stands in the rule.
local core = require "gateway.core"
local destination = require "gateway.destination"
local duration = require "gateway.duration"
local json = require "gateway.json"
local own = require "gateway.own"
local severity = require "gateway.severity"
local shape = require "gateway.shape"
local value = require "gateway.value"
local wording = require "gateway.wording"

local send = {}

local function check_unless(given, fail)
  if given ~= "acked" then
    return fail(string.format('%s is not known; write unless = "acked"', wording.show(given)))
  end
  return given
end

local SHAPE <const> = {
  {
    "to", needs = 'a destination such as to = "floor-chat"', required = true,
    check = destination.check,
  },
  { "after", check = duration.check "1s" },
  { "unless", check = check_unless },
  { "only", check = severity.check_list },
  { "from", check = severity.check },
  { "clears", kinds = { "boolean" }, needs = "true or false" },
}

local function read_entry(given, fail, path)
  if value.kind_of(given) ~= "table" then
    return { to = destination.check(given, fail), path = path }
  end
  local checked = shape.check(SHAPE, given, fail)
  if given.only ~= nil and given.from ~= nil then
    fail("'only' and 'from' both say which severities; one of them is enough", "from")
  end
  return {
    to = checked.to,
    after = checked.after and (math.tointeger(checked.after / 1000) or checked.after / 1000),
    unless = checked.unless,
    only = checked.only or checked.from and severity.from(checked.from),
    clears = checked.clears,
    path = path,
  }
end

-- A name, an entry, or a list of them, as a list of entries.
local function read(given, fail)
  if value.kind_of(given) ~= "table" or given.to ~= nil then
    return { read_entry(given, fail, { "send" }) }
  end
  local entries = {}
  for _, key in ipairs(wording.keys(given)) do
    fail(string.format("unknown key '%s'%s", key, wording.guess_or_list(key, { "to" })), key)
  end
  for index = 1, shape.length(given) do
    entries[index] = read_entry(given[index], function(text, ...)
      fail(text, index, ...)
    end, { "send", index })
  end
  return entries
end

--- A check for shapes: a name, an entry, or a list of them, or a function that gives one.
--- Gives a list of entries, or the function.
function send.check(given, fail)
  return type(given) == "function" and given or read(given, fail)
end

-- ---- entries that nobody would ever hear of ----

local function contains_any(words, possible)
  for _, word in ipairs(words) do
    if possible[word] then
      return true
    end
  end
  return false
end

-- Whether whoever `entry` tells has been told by then, whatever happens.
local function is_told_before(entry, other, is_earlier)
  local after, other_after = entry.after or 0, other.after or 0
  return entry.to == other.to and not other.only and not other.unless
    and (other_after < after or other_after == after and is_earlier)
end

local function told_before(entries, index)
  for place, other in ipairs(entries) do
    if place ~= index and is_told_before(entries[index], other, place < index) then
      return true
    end
  end
  return false
end

--- Tells fail(text, path) of entries that never tell anybody. `possible` are the severities
--- of the rule, word → true; nil when they are not known. What a function gives is checked
--- when it is there.
function send.check_all(entries, possible, fail)
  for index, entry in ipairs(type(entries) == "function" and {} or entries) do
    if entry.to and told_before(entries, index) then
      fail(string.format("send: '%s' has been told by then; this entry never tells anybody",
        entry.to), entry.path)
    elseif entry.only and possible and not contains_any(entry.only, possible) then
      fail(string.format("send: this rule is never %s; it is %s", table.concat(entry.only, " or "),
        table.concat(wording.keys(possible), " or ")), entry.path)
    end
  end
end

-- ---- words ----

local function describe_entry(entry)
  local words = { entry.to }
  if entry.only then
    words[#words + 1] = "of " .. table.concat(entry.only, " or ")
  end
  if entry.after then
    words[#words + 1] = "after " .. core.format_duration(math.tointeger(entry.after * 1000))
  end
  if entry.unless then
    words[#words + 1] = "unless somebody has acknowledged it"
  end
  if entry.clears == false then
    words[#words + 1] = "but not when it clears"
  end
  return table.concat(words, " ")
end

--- "floor-chat, and pager after 10m unless somebody has acknowledged it".
function send.describe(entries)
  if type(entries) == "function" then
    return "whom its function names"
  end
  local words = {}
  for index, entry in ipairs(entries) do
    words[index] = describe_entry(entry)
  end
  return #words > 0 and wording.list(words) or "nobody, for it has no send"
end

-- ---- events ----

-- The entries as they stand in an event; nil is left out.
local function encode(entries)
  local list = {}
  for index, entry in ipairs(entries) do
    local members = { { "to", entry.to } }
    for _, name in ipairs { "after", "unless", "only", "clears" } do
      if entry[name] ~= nil then
        members[#members + 1] = { name, entry[name] }
      end
    end
    list[index] = json.object(members)
  end
  return json.array(list)
end

-- Whom the function names. A mistake in it is one of the whole list: half a list tells
-- the wrong people.
local function named(fn, event)
  return own.call("send", function(given)
    local mistake
    local entries = read(given, function(text, index)
      local place = math.type(index) and string.format("entry %d: ", index) or ""
      mistake = mistake or place .. text
    end)
    return not mistake and entries or nil, mistake
  end, fn, event)
end

-- So that the alert is not lost: those who hear of what is wrong with the gateway.
local function everybody()
  local entries = {}
  for index, name in ipairs(core.setup.notify) do
    entries[index] = { to = name }
  end
  return entries
end

--- The entries for an event, as they stand in it: those that were checked, or what a
--- function makes of `event` (nil: nothing of the script's may run). When that cannot be
--- used, which is logged, the destinations of [gateway] notify.
function send.of(entries, event)
  if type(entries) == "function" then
    entries = event and named(entries, event) or everybody()
  end
  return encode(entries)
end

return send
