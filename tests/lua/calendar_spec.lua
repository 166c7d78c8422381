local fake_core = require "lua.fake_core"

-- The mistakes of a calendar whose keys begin in line 2.
local function mistakes(keys)
  return fake_core.lines(fake_core.load('local gw = require "gateway" local c = gw.calendar {\n' .. keys .. "}"))
end

describe("gw.calendar", function()
  it("is what its keys say", function()
    local host = fake_core.load [[
local gw = require "gateway"
local c = gw.calendar {
  zone = "America/New_York", days = "mon-fri", hours = "09:00-12:00,13:00-18:00",
  holidays = { "2026-10-29", "2026-12-25" }, except = { ["2026-10-28"] = "09:00-13:00" },
}
gw.job "a" { every = "1m", during = c, run = print }
gw.job "b" { every = "1m", during = gw.calendar {}, run = print }
gw.log.info(tostring(c))
gw.log.info(tostring(c:open(1000.5)))
]]
    assert.same({}, fake_core.lines(host))
    assert.same({
      text = "days=mon-fri\nhours=09:00-12:00,13:00-18:00\nholidays=2026-10-29,2026-12-25\n"
        .. "except.2026-10-28=09:00-13:00\n", zone = "America/New_York",
    }, host.jobs.a.during)
    assert.same({ text = "days=mon-sun\n", zone = "Europe/Istanbul" }, host.jobs.b.during)
    assert.equal("calendar mon-fri 09:00-12:00,13:00-18:00 (America/New_York)", host.logs[1].text)
    assert.equal("true", host.logs[2].text)
    assert.equal(1000, host.asked)
  end)

  it("is found by name", function()
    local host = fake_core.load('print(require "gateway".calendar "office":open())', { opening = { false, 5 } })
    assert.equal("false", host.logs[1].text)
    assert.equal(host.now // 1000, host.asked)
  end)

  it("says what comes next", function()
    local function described(opening)
      fake_core.host("", { opening = opening })
      local calendar = require "gateway.calendar"
      return calendar.describe(calendar.check("office", error))
    end
    local hours = "office: mon-fri 09:00-18:00 (Europe/Istanbul), "
    assert.equal(hours .. "closed now, opens 2025-11-21 18:05", described { false, 1763737500 })
    assert.equal(hours .. "open now, closes 2025-11-21 18:05", described { true, 1763737500 })
    assert.equal(hours .. "always open", described { true })
  end)

  local bad = {
    { 'hours = "9-18"', "2: gw.calendar: hours: '9-18' are no hours of a day, one after the other; write "
      .. '"09:00-18:00" or "09:00-12:00,13:00-18:00"' },
    { 'days = "Monday"', "2: gw.calendar: days: 'Monday' are no days of the week; write "
      .. '"mon-fri" or "mon,wed-fri"' },
    { '\nzone = "Europe/Istambul"', "3: gw.calendar: zone: 'Europe/Istambul' is no time zone of this machine "
      .. "(did you mean 'Europe/Istanbul'?)" },
    { 'holidays = {\n"29.10.2026" }', "3: gw.calendar: holidays: '29.10.2026' is no date; "
      .. 'write "2026-10-29"' },
    { 'holidays = { x = "2026-10-29" }', '2: gw.calendar: holidays: a list of dates such as { "2026-10-29" } is '
      .. "needed, without keys; hours of one day stand in except, not 'x'" },
    { 'except = { ["2026-10-28"] = "closed" }', "2: gw.calendar: except: 'closed' are no hours of a day, one "
      .. 'after the other; write "09:00-18:00" or "09:00-12:00,13:00-18:00"' },
    { 'except = { "2026-10-28" }', '2: gw.calendar: except: each day stands as ["2026-10-28"] = "09:00-13:00"' },
    { 'hour = "09:00-18:00"', "2: gw.calendar: unknown key 'hour' (did you mean 'hours'?)" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      assert.same({ case[2] }, mistakes(case[1]))
    end)
  end

  it("refuses a name that there is not", function()
    assert.same({ "1: gw.calendar: no calendar 'offise' in gateway.conf (did you mean 'office'?)" },
      fake_core.lines(fake_core.load 'require "gateway".calendar "offise"'))
  end)

  it("is asked for a time, with a colon", function()
    local source = 'local c = require "gateway".calendar "office"\nc'
    assert.same({ "2: calendar:open: open is called with a colon: office:open(now)" },
      fake_core.lines(fake_core.load(source .. ".open(5)")))
    assert.same({ "2: calendar:open: a time in seconds is needed, not 'now'" },
      fake_core.lines(fake_core.load(source .. ':open "now"')))
  end)
end)
