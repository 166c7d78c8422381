--- Rules that wait, climb, remind and escalate, against a centre whose queues stand as they
--- are told.
local harness = require "e2e.harness"

local HEAD <const> = 'local gw = require "gateway"\n'

local PAGER <const> = "[destination pager]\nkind = webhook\nurl = %s/pager\nallow_private = yes\n"

describe("a rule", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate { "--seed", "1" }
    world:sink()
  end)

  after_each(function () world:close() end)

  local function start(rule)
    world:conf(PAGER:format(world.sink_url))
    world:script("rules", HEAD .. rule)
    world:run()
  end

  local function alerts(kind) return harness.is_alert(kind, "x") end

  local function told(count, seconds)
    local list = {}
    local function is_told(request) return request.event and request.event.data.rule == "x" end
    for index, request in ipairs(world:wait_received(count, seconds or 20, is_told)) do
      local data = request.event.data
      list[index] = { kind = data.kind, severity = data.severity, path = request.path, data = data }
    end
    return list
  end

  local function kinds(list)
    local words = {}
    for index, one in ipairs(list) do words[index] = one.kind .. " " .. one.severity end
    return words
  end

  it("waits out its hold over a restart of the gateway, which does not begin it anew", function ()
    world:queue(1, { callWaitNums = 9 })
    start [[gw.rule "x" {
      from = gw.queues { 1 }, every = "1s", stale_after = "1m", hold = "6s",
      when = gw.above("calls_waiting", 5), send = "floor-chat",
      details = function(_, alert) return tostring(alert.age) end,
    }]]
    world.gateway:wait_log "script rules live"
    harness.wait(function () return #world:select "SELECT * FROM key_state WHERE rule = 'x'" == 1 end, 10, "pending")
    harness.pass(2500)
    assert.same({}, world:received(alerts "raise"))
    world.gateway:kill "sigkill"
    world.gateway:join()
    world:run()
    local raise = told(1)[1]
    assert.equal("raise", raise.kind)
    assert.is_true(tonumber(raise.data.details) >= 6 and tonumber(raise.data.details) < 30, raise.data.details)
  end)

  it("reminds, tells a second one later, and says with its clear what it is told", function ()
    world:queue(1, { callWaitNums = 9 })
    start [[gw.rule "x" {
      from = gw.queues { 1 }, every = "1s", when = gw.above("calls_waiting", 5), remind = "2s",
      send = { "floor-chat", { to = "pager", after = "3s", clears = false } },
      summary = "{calls_waiting} wait", cleared = "{calls_waiting} wait, it was: {summary}",
    }]]
    harness.wait(function ()
      local list = told(0)
      local raises, reminds = 0, 0
      for _, one in ipairs(list) do
        raises = raises + (one.kind == "raise" and 1 or 0)
        reminds = reminds + (one.kind == "remind" and 1 or 0)
      end
      return raises == 2 and reminds >= 2
    end, 20, "two raises and reminders")
    local list = told(1)
    assert.equal("raise", list[1].kind)
    assert.equal("/", list[1].path)
    world:queue(1, { callWaitNums = 2 })
    local clear = world:wait_received(1, 20, alerts "clear")[1]
    assert.equal("/", clear.path)
    assert.equal("9 wait", clear.event.data.summary)
    assert.equal("2 wait, it was: 9 wait", clear.event.data.cleared)
    harness.pass(300)
    assert.equal(1, #world:received(alerts "clear"))
  end)

  it("climbs its levels and comes down again in one alert", function ()
    world:queue(1, { callWaitNums = 6 })
    start [[gw.rule "x" {
      from = gw.queues { 1 }, every = "1s",
      levels = {
        { "warning", when = gw.above("calls_waiting", 5), clear = gw.below("calls_waiting", 3) },
        { "critical", when = gw.above("calls_waiting", 9), clear = gw.below("calls_waiting", 8) },
      },
      send = { "floor-chat", { to = "pager", from = "critical" } },
      summary = function(row, alert) return row.calls_waiting .. " " .. alert.severity end,
    }]]
    assert.same({ "raise warning" }, kinds(told(1)))
    world:queue(1, { callWaitNums = 12 })
    told(3)
    world:queue(1, { callWaitNums = 4 })
    told(5)
    world:queue(1, { callWaitNums = 1 })
    local floor, pager = {}, {}
    for _, one in ipairs(told(6)) do
      local into = one.path == "/pager" and pager or floor
      into[#into + 1] = ("%s %s: %s"):format(one.kind, one.severity, one.data.summary)
    end
    assert.same({
      "raise warning: 6 warning", "level critical: 12 critical", "level warning: 4 warning",
      "clear warning: 4 warning",
    }, floor)
    -- Of the level that it is not told of, the pager hears no more than that it is over.
    assert.same({ "raise critical: 12 critical", "clear warning: 4 warning" }, pager)
  end)

  it("keeps, clears or raises for a row that is gone, as it says", function ()
    world:queue(1, { callWaitNums = 9 })
    start [[
      local function rule(name, gone, least)
        gw.rule(name) { from = gw.queues { 1 }, every = "1s", gone = gone, send = "floor-chat",
          when = gw.above("calls_waiting", least) }
      end
      rule("x", "hold", 5)
      rule("y", "clear", 5)
      rule("z", "raise", 50)
    ]]
    world:wait_received(1, 20, alerts "raise")
    world:wait_received(1, 20, harness.is_alert("raise", "y"))
    world:fault "null-list"
    assert.equal("gone", world:wait_received(1, 20, harness.is_alert("clear", "y"))[1].event.data.reason)
    assert.equal("1", world:wait_received(1, 20, harness.is_alert("raise", "z"))[1].event.data.key)
    world:queue(1, { callWaitNums = 0 })
    world:fault()
    assert.equal("recovered", world:wait_received(1, 20, alerts "clear")[1].event.data.reason)
    assert.equal("recovered", world:wait_received(1, 20, harness.is_alert("clear", "z"))[1].event.data.reason)
    assert.equal(1, #world:received(alerts "raise"))
  end)

  it("raises for the centre that gives nothing, and clears when it does again", function ()
    start [[gw.rule "x" {
      from = gw.queues { 1 }, every = "1s", stale_after = "2s", stale = "raise", send = "floor-chat",
      when = gw.above("calls_waiting", 5000), summary = "{name}",
    }]]
    world.gateway:wait_log "script rules live"
    world:fault "html"
    local raise = told(1, 30)[1]
    assert.equal("source", raise.data.key)
    assert.truthy(raise.data.summary:find("^main: "), raise.data.summary)
    world:fault()
    assert.equal("clear", told(2, 30)[2].kind)
  end)

  it("sees what changes between two samples, and what they come to", function ()
    world:queue(1, { callWaitNums = 0 })
    start [[
      gw.rule "x" { from = gw.queues { 1 }, every = "1s", send = "floor-chat",
        when = gw.changed("calls_waiting", { from = 0, to = 9 }), clear = gw.equal("calls_waiting", 1) }
      gw.rule "y" { from = gw.queues { 1 }, every = "1s", send = "floor-chat",
        when = gw.minimum("calls_waiting", "3s"):at_least(function() return 9 end) }
    ]]
    harness.wait(function () return world:count().requests >= 2 end, 10, "two samples")
    world:queue(1, { callWaitNums = 9 })
    assert.equal("calls_waiting is 9 (changed from 0 to 9)", told(1)[1].data.why)
    world:wait_received(1, 20, harness.is_alert("raise", "y"))
    world:queue(1, { callWaitNums = 1 })
    assert.equal("clear", told(2)[2].kind)
    world:wait_received(1, 20, harness.is_alert("clear", "y"))
  end)

  it("is raised during its calendar alone", function ()
    world:queue(1, { callWaitNums = 9 })
    local now = os.time()
    local function day(seconds) return os.date("!%Y-%m-%d", seconds) end
    world:conf("[calendar closed]\nzone = UTC\nhours = 00:00-24:00\nholidays = "
      .. day(now - 86400) .. ", " .. day(now) .. ", " .. day(now + 86400) .. "\n")
    world:script("rules", HEAD .. [[
      local function rule(name, during)
        gw.rule(name) { from = gw.queues { 1 }, every = "1s", send = "floor-chat", during = during,
          when = gw.above("calls_waiting", 5) }
      end
      rule("x", gw.calendar { zone = "UTC" })
      rule("y", "closed")
    ]])
    world:run()
    world:wait_received(1, 20, alerts "raise")
    world:conf "[calendar none]\nhours = 09:00-18:00\n"
    world:script("rules", HEAD .. ([[
      gw.rule "x" { from = gw.queues { 1 }, every = "1s", send = "floor-chat", when = gw.above("calls_waiting", 5),
        during = gw.calendar { zone = "UTC", holidays = { "%s", "%s", "%s" } } }
    ]]):format(day(now - 86400), day(now), day(now + 86400)))
    world.gateway:kill "sighup"
    assert.equal("hours", world:wait_received(1, 20, alerts "clear")[1].event.data.reason)
    assert.same({}, world:received(harness.is_alert("raise", "y")))
  end)

  it("says how severe it is by a function, and who is meant", function ()
    world:queue(1, { callWaitNums = 9 })
    world:queue(2, { callWaitNums = 99 })
    world:conf("[people]\nayse = slack:U024BE7LH\n")
    world:script("rules", HEAD .. [[gw.rule "x" {
      from = gw.queues(), every = "1s", when = gw.above("calls_waiting", 5), send = "floor-chat",
      severity = function(row) return row.calls_waiting > 50 and "critical" or "info" end,
      labels = function(row) return { team = row.name .. "-team" } end,
      mention = "ayse", link = "https://wall.example.com/{id}",
    }]])
    world:run()
    local severities = {}
    for _, one in ipairs(told(2)) do
      severities[one.data.key] = one.severity .. " " .. one.data.labels.team .. " " .. one.data.link
        .. " " .. one.data.mention[1]
    end
    assert.same({ ["1"] = "info sales-team https://wall.example.com/1 ayse",
      ["2"] = "critical support-team https://wall.example.com/2 ayse" }, severities)
  end)
end)
