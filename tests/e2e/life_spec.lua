--- A gateway's life: stopped, started again, told to read everything anew, and its script
--- hosts killed under it. What was told is not told again, and nothing is lost.
local harness = require "e2e.harness"

local RELOADED <const> = "gateway  reloaded"

-- `more` are lines of the rule's table.
local function rule_of(name, more)
  return ([[
local gw = require "gateway"
gw.rule "%s" {
  from = gw.queues { 1 }, every = "1s", send = "floor-chat",
  when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 2),
  %s
}
]]):format(name, more or "")
end

local function job_of(name, body)
  return ([[
local gw = require "gateway"
local chat = gw.destination "floor-chat"
gw.job "%s" {
  every = "1s",
  run = function (now)
    %s
  end,
}
]]):format(name, body)
end

local function is_running(pid)
  local file = io.open("/proc/" .. pid .. "/status")
  local text = file and file:read "a"
  if file then file:close() end
  return text ~= nil and not text:find "State:%s*Z"
end

local raised, cleared = harness.is_alert("raise", "wait"), harness.is_alert("clear", "wait")

describe("a gateway", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate()
    world:sink()
    world:conf()
    world:queue(1, { callWaitNums = 0 })
    world:queue(2, { callWaitNums = 0 })
  end)
  after_each(function () world:close() end)

  local function raise(waiting)
    local before = #world:received(raised)
    world:queue(1, { callWaitNums = waiting or 9 })
    return world:wait_received(before + 1, 15, raised)[before + 1]
  end

  local function clear()
    local before = #world:received(cleared)
    world:queue(1, { callWaitNums = 0 })
    return world:wait_received(before + 1, 15, cleared)[before + 1]
  end

  --- Lets the centre answer twice, so that every rule has seen what there is.
  local function pass_samples()
    local before = world:count().requests
    harness.wait(function () return world:count().requests >= before + 2 end, 10, "two polls")
    harness.pass(50)
  end

  -- ---- stopping ----

  describe("that is stopped", function ()
    local function start_with_slow_receiver(delay)
      world.receiver:stop()
      world:sink { "--delay", delay }
      world:script("wait", rule_of "wait")
      world:run()
      raise()
      assert.same({ "1" }, world:select "SELECT count(*) FROM outbox WHERE state = 'in_flight'")
    end

    it("finishes what is in flight, and nothing is lost or repeated", function ()
      start_with_slow_receiver "1s"
      assert.equal(0, world.gateway:stop())
      assert.equal(1, world.gateway:count_log "sent    raise of wait/1")
      assert.same({ "done" }, world:select "SELECT state FROM outbox")

      world:run()
      world.gateway:wait_log "live: rule wait"
      pass_samples()
      clear()
      assert.equal(1, #world:received(raised))
    end)

    it("ends at once when it is told twice; what was in flight comes again", function ()
      start_with_slow_receiver "30s"
      world.gateway:kill "sigterm"
      world.gateway:wait_log "finishing what is in flight"
      harness.pass(100)
      assert.is_true(world.gateway:is_alive())
      world.gateway:kill "sigterm"
      assert.equal(0, world.gateway:join(2))
      assert.equal(0, world.gateway:count_log "sent    raise")

      world.receiver:stop "sigkill"
      world:sink()
      world:run()
      local both = world:wait_received(2, 15, raised)
      assert.equal(both[1].headers["webhook-id"], both[2].headers["webhook-id"])
      assert.equal(both[1].body, both[2].body)
      clear()
    end)

    it("keeps a second one away from its state", function ()
      world:script("wait", rule_of "wait")
      world:run()
      world.gateway:wait_log "live: rule wait"
      local code, _, err = world:command { "run" }
      assert.equal(1, code)
      assert.truthy(err:find("another gateway", 1, true), err)
      raise()
    end)
  end)

  -- ---- scripts read anew ----

  describe("with a script that changed", function ()
    before_each(function ()
      world:script("wait", rule_of("wait", 'summary = "old: {calls_waiting}",'))
      world:run()
      world.gateway:wait_log "live: rule wait"
    end)

    it("goes on with its alerts: no second raise, and the clear reaches who was told", function ()
      world:conf("[destination pager]\nkind = webhook\nurl = " .. world.sink_url .. "/pager\nallow_private = yes\n")
      world:reload(RELOADED)
      raise()
      world:script("wait", rule_of("wait", 'summary = "new: {calls_waiting}",'):gsub("floor%-chat", "pager"))
      world:reload(RELOADED)
      harness.wait(function () return world.gateway:count_log "live: rule wait" == 3 end)
      pass_samples()
      assert.equal(1, #world:received(raised))
      local over = clear()
      assert.equal("/", over.path)
      assert.equal("old: 9", over.event.data.summary)

      local again = raise(8)
      assert.equal("/pager", again.path)
      assert.equal("new: 8", again.event.data.summary)
    end)

    it("goes on with the old one when the new one is bad, and tells all mistakes", function ()
      local host = world:wait_host "wait"
      world:script("wait", rule_of("wait", 'evry = "1s", severity = "nonsense",'))
      world:reload "not loaded: what ran before goes on"
      world.gateway:wait_log "wait.lua:5: rule 'wait': unknown key 'evry' (did you mean 'every'?)"
      world.gateway:wait_log("wait.lua:5: rule 'wait': severity: no severity 'nonsense'; known: "
        .. "info, warning and critical")
      assert.equal(host, world:wait_host "wait")
      assert.equal("old: 9", raise().event.data.summary)
      clear()

      world:script("wait", "this is no Lua")
      world:reload "not loaded: what ran before goes on"
      world.gateway:wait_log "wait.lua:1: "
      assert.equal("old: 8", raise(8).event.data.summary)
    end)

    it("goes on with the old one when the new one never ends", function ()
      world:script("wait", 'while true do pcall(function () while true do end end) end')
      world:reload "not loaded: what ran before goes on"
      world.gateway:wait_log "wait.lua:1: cpu limit"
      assert.equal("old: 9", raise().event.data.summary)
    end)

    it("does not touch the others", function ()
      local host = world:wait_host "wait"
      world:script("more", rule_of "more")
      world:reload(RELOADED)
      world.gateway:wait_log "script more live: rule more"
      world:script("more", rule_of("more", 'summary = "two",'))
      world:reload(RELOADED)
      harness.wait(function () return world.gateway:count_log "script more live: rule more" == 2 end)
      assert.equal(host, world:wait_host "wait")
      raise()
      assert.equal("two", world:wait_received(1, 15, harness.is_alert("raise", "more"))[1].event.data.summary)
    end)
  end)

  it("holds the alerts of a file that is gone until it is there again", function ()
    world:script("wait", rule_of "wait")
    world:script("stays", rule_of "stays")
    world:run()
    raise()
    assert(os.remove(world:path "scripts/wait.lua"))
    world:reload(RELOADED)
    world.gateway:wait_log "script wait its file is gone: stopped, its alerts are held"
    harness.wait(function () return #world:hosts "wait" == 0 end)
    world:queue(1, { callWaitNums = 0 })
    world:wait_received(1, 15, harness.is_alert("clear", "stays"))
    pass_samples()
    assert.equal(0, #world:received(cleared))
    assert.same({ "1" }, world:select "SELECT raised FROM alert WHERE rule = 'wait'")

    world:script("wait", rule_of "wait")
    world:reload(RELOADED)
    assert.equal("recovered", world:wait_received(1, 15, cleared)[1].event.data.reason)
    assert.equal(1, #world:received(raised))
  end)

  it("clears the alerts of a rule that is gone from its script", function ()
    world:script("wait", rule_of "wait")
    world:run()
    raise()
    world:script("wait", rule_of "other")
    world:reload(RELOADED)
    local over = world:wait_received(1, 15, cleared)[1].event.data
    assert.equal("rule removed", over.reason)
    assert.equal("cleared", over.status)
    world:wait_received(1, 15, harness.is_alert("raise", "other"))
  end)

  it("keeps the alert of a rule that moves to another file", function ()
    world:script("wait", rule_of "wait")
    world:run()
    raise()
    world:script("wait", rule_of "other")
    world:script("moved", rule_of "wait")
    world:reload(RELOADED)
    world:wait_received(1, 15, harness.is_alert("raise", "other"))
    pass_samples()
    assert.equal(0, #world:received(cleared))
    assert.equal(1, #world:received(raised))
    assert.equal("recovered", clear().event.data.reason)
  end)

  -- ---- configuration read anew ----

  describe("with a configuration that changed", function ()
    before_each(function ()
      world:script("wait", rule_of("wait", 'summary = "{name}",'):gsub("{ 1 }", '{ "sales" }'))
      world:script("broken", "this is no Lua")
      world:run()
      world.gateway:wait_log "live: rule wait"
    end)

    it("takes it: names of queues, addresses of receivers", function ()
      assert.equal("/", raise().path)
      world:conf(nil, { path = "/new", queues = "queue.1 = sales\nqueue.2 = help" })
      world:script("help", rule_of("help", 'summary = "{name}",'):gsub("{ 1 }", '{ "help" }'))
      world:reload(RELOADED)
      assert.equal("/new", clear().path)
      world:queue(2, { callWaitNums = 9 })
      local help = world:wait_received(1, 15, harness.is_alert("raise", "help"))[1]
      assert.equal("help", help.event.data.summary)
      assert.equal("2", help.event.data.key)
      assert.equal(1, #world:received(raised))
    end)

    it("changes nothing when it has mistakes, and names them all", function ()
      world:conf("[destination pager]\nkind = webhok\ntimout = 5s\n", { path = "/new" })
      world:reload "has mistakes; nothing was changed"
      world.gateway:wait_log "did you mean 'webhook'?"
      world.gateway:wait_log "did you mean 'timeout'?"
      assert.equal("/", raise().path)
      world:conf()
      world:reload(RELOADED)
      assert.equal("/", clear().path)
    end)

    it("refuses it whole when a running script does not load with it", function ()
      local host = world:wait_host "wait"
      world:conf(nil, { path = "/new", queues = "queue.1 = verkauf" })
      world:reload "the new configuration is refused"
      world.gateway:wait_log "no queue 'sales' in gateway.conf"
      assert.equal(host, world:wait_host "wait")
      local alert = raise()
      assert.equal("/", alert.path)
      assert.equal("sales", alert.event.data.summary)
    end)

    it("is read again when a SIGHUP comes while one is at work", function ()
      local slow = "for i = 1, 3e6 do local _ = i end\n"
      for _, name in ipairs { "second", "third" } do
        world:script("late", slow .. 'require("gateway").job "' .. name .. '" { every = "1h", run = print }\n')
        world.gateway:kill "sighup"
        harness.pass(10)
      end
      world.gateway:wait_log "script late live: job third"
    end)
  end)

  -- ---- jobs ----

  it("runs jobs, which wait, ask and send; a message with a key comes once over a restart", function ()
    world:queue(1, { callWaitNums = 6 })
    world:script("day", job_of("report", [[
    local rows, err = gw.queues { 1 }:fetch { max_age = "0s" }
    if not rows then return gw.log.warn(err) end
    gw.sleep "100ms"
    chat:send(("%d waiting"):format(rows[1].calls_waiting), { key = "report-of-the-day" })
    gw.log.info("reported")]]))
    for _ = 1, 2 do
      world:run()
      harness.wait(function () return world.gateway:count_log "reported" >= 2 end)
      world:wait_received(1, 15, harness.is_message "6 waiting")
      assert.equal(0, world.gateway:stop())
    end
    assert.equal(1, #world:received(harness.is_message "6 waiting"))
    assert.same({ "1|done" }, world:select "SELECT count(*), state FROM outbox GROUP BY state")
  end)

  it("keeps a task that sleeps no time at all from being busy", function ()
    world:script("restless", job_of("nap", [[
    local naps, began = 0, gw.now()
    while gw.now() == began do
      gw.sleep(0)
      naps = naps + 1
    end
    gw.log.info(("%d naps"):format(naps))]]))
    world:run()
    local naps = harness.wait(function () return world.gateway:errors():match "(%d+) naps" end)
    assert.is_true(tonumber(naps) <= 105, naps .. " naps of 10 ms within a second")
  end)

  it("lets a task that waits finish when its script is replaced", function ()
    world:script("day", job_of("slow", [[print "begins" gw.sleep "2s" chat:send "from the old one"]]))
    world:run()
    world.gateway:wait_log "job slow: begins"
    world:script("day", job_of("fast", [[chat:send("from the new one", { key = "new" })]]))
    world:reload(RELOADED)
    world:wait_received(1, 15, harness.is_message "from the new one")
    world:wait_received(1, 15, harness.is_message "from the old one")
    harness.wait(function () return #world:hosts "day" == 1 end)
  end)

  -- ---- hosts that are killed ----

  it("starts a host again that was killed: nothing doubled, nothing lost, others untouched", function ()
    world:script("wait", rule_of "wait")
    world:script("other", rule_of "other")
    world:run()
    raise()
    local other = world:wait_host "other"
    for _ = 1, 3 do
      local host = world:wait_host "wait"
      os.execute("kill -9 " .. host)
      host = world:wait_host("wait", host)
      pass_samples()
      assert.equal(1, #world:received(raised))
      assert.equal(0, #world:received(cleared))
      assert.equal(host, world:wait_host "wait")
    end
    assert.equal(3, world.gateway:count_log "script wait its host was killed by signal 9")
    os.execute("kill -9 " .. world:wait_host "wait")
    clear()
    os.execute("kill -9 " .. world:wait_host "wait")
    raise(7)
    assert.equal(2, #world:received(raised))
    assert.equal(1, #world:received(cleared))
    assert.equal(other, world:wait_host "other")
    assert.equal(0, world.gateway:count_log "strike")
    assert.equal(0, world.gateway:stop())
  end)

  it("takes its hosts along when it is killed itself, whatever they are at", function ()
    world:conf "[script deaf]\ncpu = 9s\n"
    world:script("deaf", job_of("deaf", [[
    gw.log.info "now"
    gw.sleep "1ms"
    local _ = (("a"):rep(30000)):find((".-"):rep(20) .. "b")]]))
    world:run()
    local host = world:wait_host "deaf"
    world.gateway:wait_log "job deaf: now"
    harness.pass(300)
    world.gateway:stop "sigkill"
    harness.wait(function () return not is_running(host) end, 3, "the end of the host")
  end)

  it("starts it again whenever it was killed: every raise and every clear once, in order, on time", function ()
    math.randomseed(7)
    world:script("wait", rule_of "wait")
    world:run()
    world.gateway:wait_log "live: rule wait"
    local expected, told = {}, {}
    for opening = 1, 4 do
      for _, step in ipairs { { "raise", 9 }, { "clear", 0 } } do
        local kind, waiting = step[1], step[2]
        world:wait_host "wait"
        world:queue(1, { callWaitNums = waiting })
        harness.pass(math.random(0, 900))
        os.execute("kill -9 " .. world:wait_host "wait")
        expected[#expected + 1] = kind .. " " .. opening
        world:wait_received(#expected, 6)
      end
    end
    for index, request in ipairs(world:received()) do
      told[index] = request.event.data.kind .. " " .. request.event.data.id:match "%d+$"
    end
    assert.same(expected, told)
  end)
end)
