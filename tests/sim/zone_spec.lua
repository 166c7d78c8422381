--- Times of day on clocks that are put forward and back, or never.
local bench = require "sim.bench"

before_each(bench.begin)
after_each(bench.remove)

local JOB <const> = [[
local chat = gw.destination "chat"
gw.job "tick" { %s, run = function () chat:send "tick" end }
]]

-- { zone, two days from this local midnight, when 02:30 is, in UTC }
local NIGHTS <const> = {
  { "Europe/Berlin", "2026-03-28 00:00", { "2026-03-28 01:30", "2026-03-29 01:00" } }, -- no 02:30: at 03:00
  { "Europe/Berlin", "2026-10-24 00:00", { "2026-10-24 00:30", "2026-10-25 00:30" } }, -- twice 02:30: once
  { "Europe/Istanbul", "2026-03-28 00:00", { "2026-03-27 23:30", "2026-03-28 23:30" } },
  { "Europe/Istanbul", "2026-10-24 00:00", { "2026-10-23 23:30", "2026-10-24 23:30" } },
  { "Asia/Shanghai", "2026-03-28 00:00", { "2026-03-27 18:30", "2026-03-28 18:30" } },
  { "Asia/Shanghai", "2026-10-24 00:00", { "2026-10-23 18:30", "2026-10-24 18:30" } },
}

for _, night in ipairs(NIGHTS) do
  local zone, start, expected = table.unpack(night)

  describe(zone .. ", two days from " .. start, function ()
    it("at", function ()
      local s = bench.load(JOB:format [[at = "02:30"]], start, zone)
      assert.same(expected, bench.times(s:advance "46h"))
    end)

    it("cron", function ()
      local s = bench.load(JOB:format [[cron = "30 2 * * *"]], start, zone)
      assert.same(expected, bench.times(s:advance "46h"))
    end)

    it("hours of a calendar", function ()
      local s = bench.load([[
        gw.rule "wait" {
          from = gw.queues { 1 }, every = "10m", when = gw.above("calls_waiting", 5), send = "chat",
          during = gw.calendar { hours = "02:30-12:00" },
        }]], start, zone)
      s:queues { { id = 1, calls_waiting = 9 } }
      s:advance "46h"
      local opened = bench.times(s)
      assert.same({ "raise chat", "clear chat", "raise chat", "clear chat" }, bench.told(s))
      assert.same(expected, { opened[1], opened[3] })
    end)
  end)
end

it("a job has its own zone", function ()
  local s = bench.load(JOB:format [[at = "09:00", zone = "Asia/Shanghai"]], "2026-03-28 00:00", "Europe/Berlin")
  assert.same({ "2026-03-28 01:00", "2026-03-29 01:00" }, bench.times(s:advance "46h"))
end)
