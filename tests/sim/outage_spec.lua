--- A receiver that is away for half an hour: nothing is lost, order is kept, nobody else waits.
local bench = require "sim.bench"
local cjson = require "cjson"

local RULE <const> = [[
gw.rule "wait" { from = gw.queues { 1, 2 }, every = "10s", send = { "chat", "pager" },
  when = gw.above("calls_waiting", 5), clear = gw.below("calls_waiting", 2) }]]

-- Four incidents of the first queue and one of the second within half an hour, and then a
-- time in which all is tried again.
local function play(answer)
  local s = bench.load(RULE)
  s:answer("chat", answer)
  for _ = 1, 4 do
    s:queues { { id = 1, calls_waiting = 9 }, { id = 2, calls_waiting = 9 } }:advance "3m"
    s:queues { { id = 1 }, { id = 2, calls_waiting = 9 } }:advance "4m30s"
  end
  return s
end

-- What was tried at one destination of an alert: "raise-1" is that of its first opening.
-- A message is tried when the one before it has come to its end.
local function tried(s, to, key)
  local list = {}
  for _, message in ipairs(s.sent) do
    if message.to == to and message.key == key then
      list[#list + 1] = message.kind .. cjson.decode(message.body).data.id:match "%-%d+$"
    end
  end
  return table.concat(list, " ")
end

local ALL <const> = "raise-1 clear-1 raise-2 clear-2 raise-3 clear-3 raise-4 clear-4"

local function dead_letters(s)
  local count = 0
  for _, alert in ipairs(s.alerts) do
    if alert.rule == "ccgate-destination" then count = count + 1 end
  end
  return count
end

before_each(bench.begin)
after_each(bench.remove)

describe("a receiver that is away for half an hour", function ()
  for _, answer in ipairs { 500, 503, "timeout", "network" } do
    it(("(%s) gets all of it afterwards, in order, and once"):format(answer), function ()
      local s = play(answer)
      assert.equal("raise-1", tried(s, "chat", "1"))
      assert.equal(ALL, tried(s, "pager", "1"))
      assert.equal("raise-1", tried(s, "pager", "2"))
      -- The next steps of the schedule: 30 minutes, and 20 % of it.
      s:answer("chat", 200):advance "37m"
      assert.equal(ALL, tried(s, "chat", "1"))
      assert.equal("raise-1", tried(s, "chat", "2"))
      assert.equal(0, dead_letters(s))
    end)
  end

  it("gets it after a restart in the middle, too", function ()
    local s = play(500):restart():advance "1m"
    s:answer("chat", 200):restart():advance "37m"
    assert.equal(ALL, tried(s, "chat", "1"))
    assert.equal(0, dead_letters(s))
  end)
end)

describe("a receiver that refuses for good", function ()
  it("is told of once, however many letters are dead", function ()
    local s = play(410)
    assert.equal(1, dead_letters(s))
    assert.equal(ALL, tried(s, "pager", "1"))
  end)
end)
