--- What scripts see of alerts, and say of them: gw.alerts, gw.raises, gw.ack, gw.silence.
local harness = require "e2e.harness"

local RULES <const> = [[
local gw = require "gateway"
for _, name in ipairs { "queue-wait", "queue-long" } do
  gw.rule(name) {
    from    = gw.queues { 1, 2 },
    every   = "1s",
    when    = gw.above("calls_waiting", 4),
    summary = "{name}: {calls_waiting} waiting",
    send    = "floor-chat",
  }
end
]]

local JOB <const> = [[
local gw = require "gateway"
gw.job "look" { every = "1s", run = function()
  %s
end }
]]

local world

local function start(body)
  world:simulate()
  world:sink()
  world:conf()
  world:script("rules", RULES)
  world:queue(1, { callWaitNums = 7 })
  world:queue(2, { callWaitNums = 0 })
  world:run()
  world:wait_received(2, 15, function(request) return request.event.data.kind == "raise" end)
  world:script("looks", JOB:format(body))
  world:reload "script looks live"
end

before_each(function() world = harness.world() end)
after_each(function() world:close() end)

describe("gw.alerts", function()
  it("gives what is raised, as far as it fits, and what was", function()
    start [[
      local all = gw.alerts()
      local one = gw.alerts {
        rule = "queue-wait", key = 1, queue = "sales", severity = "warning", acked = false, since = "1h" }
      local none = { gw.alerts { key = 2 }, gw.alerts { acked = true }, gw.alerts { ref = "OPS-1" },
        gw.alerts { status = "cleared" }, gw.alerts { since = gw.now() + 60 }, gw.alerts { center = "other" } }
      local sum = 0
      for _, list in ipairs(none) do sum = sum + #list end
      local alert = one[1]
      gw.log.info(("all %d one %d none %d: %s/%s %s %s %s raises %d %d"):format(#all, #one, sum, alert.rule,
        alert.key, alert.status, alert.summary, tostring(alert.ended_at), gw.raises {},
        gw.raises { rule = "queue-long" }))]]
    world.gateway:wait_log "all 2 one 1 none 0: queue-wait/1 raised sales: 7 waiting nil raises 2 1"
  end)

  it("counts raises over restarts", function()
    start [[
      local over = gw.alerts { status = "cleared" }
      gw.log.info("raised " .. gw.raises { rule = "queue-wait" } .. " cleared " .. #over)]]
    world.gateway:wait_log "raised 1 cleared 0"
    world:queue(1, { callWaitNums = 0 })
    world.gateway:wait_log "raised 1 cleared 2"
    world.gateway:kill "sigkill"
    world.gateway:join()
    world:queue(1, { callWaitNums = 7 })
    world:run()
    world.gateway:wait_log "raised 2 cleared 0"
  end)
end)

describe("gw.ack and gw.silence", function()
  it("do what people do", function()
    start [[
      local alert = gw.alerts { rule = "queue-wait", acked = false }[1]
      if not alert then return end
      gw.log.info("ack " .. tostring(gw.ack { id = alert.id, by = "ayse", note = "on it" }))
      gw.log.info("no ack: " .. tostring(select(2, gw.ack { id = "f00-1" })))
      gw.log.info("no ref: " .. tostring(select(2, gw.ack { ref = "OPS-1" })))
      local quiet = gw.silence { rule = "queue-long", labels = { queue = "sales" }, lasts = "2h", note = "drill" }
      gw.log.info("quiet " .. quiet.id .. " " .. (quiet.until_at - gw.now()) // 3600)]]
    world.gateway:wait_log "no ack: api: no raised alert has the id f00-1"
    world.gateway:wait_log "no ref: api: no raised alert has the ref OPS-1"
    world.gateway:wait_log "acked   queue-wait/1 by ayse: on it"
    local _, listed = world:command { "silence", "list" }
    assert.truthy(listed:find("rule=queue-long, labels=queue=sales", 1, true), listed)
    assert.truthy(listed:find("script looks", 1, true), listed)
    local _, alerts = world:command { "alerts" }
    assert.truthy(alerts:find("ayse", 1, true), alerts)
  end)

  it("say what is wrong with the question", function()
    start [[
      for _, ask in ipairs {
        function() gw.alerts { rulle = "x" } end,
        function() gw.alerts { status = "open" } end,
        function() gw.alerts { since = "2 hours" } end,
        function() gw.ack {} end,
        function() gw.silence { rule = "x" } end,
        function() gw.silence { lasts = "2h" } end,
        function() gw.silence { rule = "x", lasts = "1000d" } end,
      } do
        gw.log.info("wrong: " .. tostring(select(2, pcall(ask))))
      end]]
    for _, text in ipairs {
      "gw.alerts: unknown key 'rulle' (did you mean 'rule'?)",
      "gw.alerts: status: 'open' is not known; known: raised and cleared",
      "gw.alerts: since: '2 hours' is not a duration; write \"2h\"",
      'gw.ack: id = alert.id or ref = "OPS-7" says which alert',
      "gw.silence: 'lasts' is missing: a duration such as lasts",
      "gw.silence: rule, key or labels say what; there is no silence for all",
      "gw.silence: lasts: 1s to 366d are possible, not '1000d'",
    } do
      world.gateway:wait_log(text, 5)
    end
  end)
end)
