--- How somebody answers as a test writes it, s:answer("pager", 503), read into what the
--- core takes. What is wrong raises a sentence without a place.
local wording = require "gateway.wording"

local sim_answer = {}

--- The words of failures: what there is instead of an answer.
sim_answer.FAILURES = { "network", "timeout", "tls", "http", "api", "decode", "auth" }

local function fail(text, ...)
  error(string.format(text, ...), 0)
end

--- The word, which must be one of these.
function sim_answer.check_word(word, words, what)
  for _, known in ipairs(words) do
    if known == word then
      return word
    end
  end
  fail("no %s %s%s", what, wording.show(word),
    wording.guess_or_list(type(word) == "string" and word or "", words))
end

local function check_reply(status, body)
  if type(status) == "string" then
    sim_answer.check_word(status, sim_answer.FAILURES, "failure")
  elseif math.type(status) ~= "integer" or status < 100 or status > 599 then
    fail('a status such as 503, or a failure such as "timeout", is needed, not %s', wording.show(status))
  end
  if body ~= nil and type(body) ~= "string" then
    fail("a body is a text, not %s", wording.show(body))
  end
end

-- A list without holes, and nothing beside it.
local function check_list(given, most, needs)
  local length, count = #given, 0
  for key in next, given do
    if math.type(key) ~= "integer" or key < 1 or key > length then
      fail("%s, not %s", needs, wording.show(key))
    end
    count = count + 1
  end
  if length == 0 or length > most or count < length then
    fail("%s", needs)
  end
end

local function read_pair(given)
  local pair = { given }
  if type(given) == "table" then
    check_list(given, 2, 'an answer is 503 or { 503, "body" }')
    pair = given
  end
  check_reply(pair[1], pair[2])
  return pair
end

local function read_list(given)
  check_list(given, math.huge, 'a list of answers is needed, one for each request: { 503, { 200, "ok" }, "timeout" }')
  local list = {}
  for index, pair in ipairs(given) do
    list[index] = read_pair(pair)
  end
  return list
end

--- Tells the core. `destinations` are the names that there are, nil when any will do.
function sim_answer.say(handle, destinations, who, status, body)
  if type(who) ~= "string" then
    fail('the name of a destination, or a server such as "https://crm.example.com", is needed, not %s',
      wording.show(who))
  elseif destinations and not who:find("://", 1, true) then
    sim_answer.check_word(who, destinations, "destination")
  end
  if type(status) == "table" then
    return handle:answer_next(who, read_list(status))
  elseif status ~= nil then
    check_reply(status, body)
  end
  handle:answer(who, status, body)
end

return sim_answer
