--- The time that a query of operations is about: from and to, last, or since; and the
--- type of operation.
---
--- The contact centre counts in closed quarters of an hour, UTC, and keeps a day.
local core = require "gateway.core"
local duration = require "gateway.duration"
local field = require "gateway.field"
local wording = require "gateway.wording"

local span = {}

local QUARTER_S <const> = 900
local QUARTER_MS <const> = QUARTER_S * 1000
local DAY_S <const> = 86400
local LONGEST_MS <const> = (DAY_S - QUARTER_S) * 1000
-- A quarter is closed a minute after its end: before, the centre may still write to it.
local CLOSING_MS <const> = 60000

local TYPE_MAX <const> = 0x7fffffff

--- How often a rule asks.
span.EVERY_MS = QUARTER_MS

-- ---- the keys ----

local function read_last(given, fail)
  local ms, mistake = duration.read(given)
  if not ms then
    return fail(mistake)
  elseif ms > LONGEST_MS then
    return fail(string.format('%s is longer than the centre keeps; the most is "%s"',
      wording.show(given), core.format_duration(LONGEST_MS)))
  elseif ms % QUARTER_MS ~= 0 or ms == 0 then
    return fail(string.format('%s is not a whole number of quarters of an hour; write "%s"',
      wording.show(given), core.format_duration((ms // QUARTER_MS + 1) * QUARTER_MS)))
  end
  return ms
end

local function read_since(given, fail)
  if given ~= "today" then
    return fail(string.format(
      '%s is not known; since = "today" is since midnight UTC, last = "1h" the last hour',
      wording.show(given)))
  end
  return true
end

local function read_time(given, fail)
  local time = math.tointeger(given)
  if type(given) ~= "number" or not time then
    return fail("a time in seconds since the epoch is needed, such as "
      .. "gw.now() // 900 * 900 - 3600, not " .. wording.show(given))
  elseif time % QUARTER_S ~= 0 then
    return fail(string.format(
      "%d is not on a quarter of an hour (UTC); the one before it is %d, or t // 900 * 900", time,
      time - time % QUARTER_S))
  end
  return time
end

local function read_type(given, fail)
  local number = math.tointeger(given)
  local operation = field.find("agent_operations", "operation")
  if type(given) == "number" and number and number >= 0 and number <= TYPE_MAX then
    return { code = number, word = string.format("type %d", number) }
  elseif type(given) == "table" then
    return fail('one type is asked for; leave type out and compare gw.one_of("operation", "busy", "rest")')
  elseif type(given) ~= "string" then
    return fail('a word such as "busy", or a number, is needed, not ' .. wording.show(given))
  end
  for index, word in ipairs(operation.words) do
    if word == given then
      return { code = operation.codes[index], word = word }
    end
  end
  return fail(string.format("no operation '%s'%s", given,
    wording.guess_or_list(given, operation.words)))
end

--- What a shape needs for the keys of a span.
span.KEYS = {
  { "from", check = read_time },
  { "to", check = read_time },
  { "last", check = read_last },
  { "since", check = read_since },
  { "type", check = read_type },
}

-- ---- together ----

local function check_between(from, to, fail)
  if to <= from then
    fail(string.format("to: %d is not after from, %d", to, from), "to")
  elseif to - from > DAY_S then
    fail("to: from there are more than 24 hours; ask in pieces", "to")
  end
end

--- The span that `given` says in the keys that `checked` has read: { from, to }, {
--- last_ms } or { today = true }, and type = { code, word } | nil.
function span.read(given, checked, fail)
  local is_between = given.from ~= nil or given.to ~= nil
  local ways = (is_between and 1 or 0) + (given.last ~= nil and 1 or 0)
    + (given.since ~= nil and 1 or 0)
  if ways > 1 then
    fail "from and to, last, since: one of them says which time"
  elseif is_between and (given.from == nil or given.to == nil) then
    fail(string.format("'%s' is missing: from and to go together",
      given.from == nil and "from" or "to"))
  elseif checked.from and checked.to then
    check_between(checked.from, checked.to, fail)
  end
  return {
    from = checked.from, to = checked.to, today = checked.since,
    last_ms = ways == 0 and QUARTER_MS or checked.last, type = checked.type,
  }
end

--- How far back the first request of a rule reaches, in milliseconds.
function span.reach(of)
  if not of.today then
    return of.last_ms
  end
  local closed = (core.now() - CLOSING_MS) // QUARTER_MS * QUARTER_MS
  local since = closed - core.now() // (DAY_S * 1000) * (DAY_S * 1000)
  return math.max(since, QUARTER_MS)
end

--- What core.fetch wants, now; nil when no time has passed yet; nil and a sentence when
--- it cannot be asked for any more.
function span.now(of)
  local begin, other = core.span {
    from = of.from, to = of.to, last_ms = of.last_ms, today = of.today,
  }
  if begin then
    return { begin = begin, finish = other, type = of.type and of.type.code }
  elseif of.today then
    return nil
  end
  return nil, "the time that it asks for " .. other
end

return span
