--- A row that a job fetched: a table of its own, in which a misspelt field is told.
local bench = require "sim.bench"

before_each(bench.begin)
after_each(bench.remove)

describe("a row that a job fetched", function ()
  local function said(body)
    local s = bench.load(([[
gw.job "look" { every = "1h", run = function ()
  local row = gw.queues { 1 }:fetch()[1]
  %s
end }]]):format(body))
    s:queues { { id = 1, calls_waiting = 9 } }:job "look":advance "2s"
    return s.log[#s.log].text
  end

  local CASES <const> = {
    { "gw.log.info(row.calls_wating)", "Queue has no field 'calls_wating' (did you mean 'calls_waiting'?)" },
    { "gw.log.info(row.callWaitNums)", "'callWaitNums' is 'calls_waiting' here" },
    { "gw.log.info(tostring(row.service_level_5m))", "nil" },
    { "row.load = 3 gw.log.info(row.load + gw.copy(row).calls_waiting)", "12" },
    { "gw.log.info(tostring(gw.copy(row).load))", "nil" },
    { "gw.store().last = row gw.log.info(gw.store().last.calls_waiting)", "9" },
    { "gw.log.info(tostring(#gw.json.encode(row) > 9))", "true" },
  }
  for _, case in ipairs(CASES) do
    local body, expected = case[1], case[2]
    it("is strict and yours: " .. body, function ()
      local text = said(body)
      assert(text:find(expected, 1, true), text)
    end)
  end
end)
