--- What is wrong with the gateway itself is an alert like any other.
local cjson = require "cjson"
local harness = require "e2e.harness"

local RULE <const> = [[
local gw = require "gateway"

gw.rule "waiting" {
  from    = gw.queues { 1 },
  every   = "1s",
  when    = gw.above("calls_waiting", 4),
  summary = "{name}: {calls_waiting} waiting",
  send    = "floor-chat",
}
]]

local DEADLY <const> = 'string.find(("a"):rep(3000), (".-"):rep(20) .. "b")\n'

-- Told in the log, where no receiver can be at fault.
local NOTIFY <const> = { gateway = "notify = ops, floor-chat" }
local OPS <const> = "[destination ops]\nkind = log\n"

local world

local function conf(more)
  local options = { gateway = NOTIFY.gateway }
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  world:conf(OPS, options)
end

-- The raised alerts of a reserved rule, as people see them.
local function raised(rule)
  local code, out = world:command { "alerts", "-o", "json" }
  assert.equal(0, code)
  local found = {}
  for _, alert in ipairs(cjson.decode(out)) do
    if alert.rule == rule then
      found[#found + 1] = alert
    end
  end
  return found
end

before_each(function()
  world = harness.world()
  world:simulate()
end)
after_each(function() world:close() end)

describe("the gateway", function()
  it("tells of a centre that refuses its key, also over a restart, until it answers", function()
    world:sink()
    conf { secret_key = "wrong" }
    world:script("waiting", RULE)
    world:run()
    world.gateway:wait_log "raise ccgate-center/main (critical): center main is not asked: "
    local sent = world:wait_received(1, 10, harness.is_alert("raise", "ccgate-center"))
    assert.equal("main", cjson.decode(sent[1].body).data.labels.center)
    assert.equal(1, #raised "ccgate-center")
    world.gateway:stop "sigkill"
    conf()
    world:run()
    world.gateway:wait_log "clear ccgate-center/main (recovered)"
    world:wait_received(1, 10, harness.is_alert("clear", "ccgate-center"))
    assert.equal(0, #raised "ccgate-center")
  end)

  describe("whose centre fails", function()
    local RAISED <const> = "raise ccgate-center/main/queues (critical): center main: no good answer to queues since "

    before_each(function()
      world:sink()
      world:script("waiting", (RULE:gsub('"1s"', '"10s"')))
      world:fault "status=503"
      conf()
      world:run { "--speed", "60" }
      world.gateway:wait_log(RAISED)
    end)

    it("tells of each query after a while, once, until it is answered again", function()
      local told = world:wait_received(1, 10, harness.is_alert("raise", "ccgate-center"))[1]
      assert.matches(", the newest is http 503: HTTP 503; alerts are held$", told.event.data.summary)
      assert.equal(0, world.gateway:stop())
      world:run { "--speed", "60" }
      world.gateway:wait_log "center main: no good answer to queues since "
      assert.equal(0, world.gateway:count_log(RAISED))
      assert.equal(1, #raised "ccgate-center")
      world:fault()
      world.gateway:wait_log "clear ccgate-center/main/queues (recovered)"
      local sent = world:wait_received(2, 10, function(request) return request.event ~= nil end)
      local kinds = {}
      for index, request in ipairs(sent) do
        kinds[index] = request.event.data.kind .. " " .. request.event.data.key
      end
      assert.same({ "raise main/queues", "clear main/queues" }, kinds)
    end)

    it("forgets it with the centre", function()
      local file <close> = assert(io.open(world:path "gateway.conf"))
      world:write("gateway.conf", (file:read "a":gsub("%[center main%]", "[center other]")))
      world.gateway:kill "sighup"
      world.gateway:wait_log "clear ccgate-center/main/queues"
    end)
  end)

  it("tells of a script in quarantine until it is mended", function()
    world:sink()
    conf()
    world:script("waiting", DEADLY)
    world:run()
    world.gateway:wait_log("raise ccgate-script/waiting (critical): ", 20)
    local _, out = world:command { "rules", "-o", "json" }
    local script = cjson.decode(out)[1]
    assert.same({ "script", "waiting", "quarantined" }, { script.kind, script.script, script.state })
    assert(script.trouble:find("cpu limit", 1, true), script.trouble)
    _, out = world:command { "status" }
    assert(out:find(script.trouble, 1, true), out)
    assert(out:find("all rules and jobs are on\n", 1, true), out)
    world:script("waiting", RULE)
    world:reload "live: rule waiting"
    world.gateway:wait_log "clear ccgate-script/waiting"
  end)

  it("tells of a rule whose code fails again and again until it is mended", function()
    world:sink()
    conf()
    world:script("waiting", (RULE:gsub('gw.above%b()', "function (row) return row.calls_waiting > limit end")))
    world:run()
    local place <const> = world:path "scripts/waiting.lua" .. ":6"
    world.gateway:wait_log("raise ccgate-rule/waiting/waiting/errors (warning): rule waiting fails again and again, " ..
      ("the last time: %s: attempt to compare nil with number; "):format(place) ..
      "alerts of rows that it cannot judge are held")
    local sent = world:wait_received(1, 10, harness.is_alert("raise", "ccgate-rule"))
    assert.equal("waiting/waiting/errors", cjson.decode(sent[1].body).data.key)
    world:script("waiting", RULE)
    world:reload "live: rule waiting"
    world.gateway:wait_log "clear ccgate-rule/waiting/waiting/errors"
  end)

  it("tells of dead letters, but not who has them, until somebody deals with them", function()
    world:sink { "--status", "410" }
    conf()
    world:script("waiting", RULE)
    world:queue(1, { callWaitNums = 7 })
    world:run()
    world.gateway:wait_log "raise ccgate-destination/floor-chat (critical): floor-chat: raise of waiting/1"
    assert.equal(1, #world:received())
    local code, out = world:command { "outbox", "list", "-o", "json" }
    assert.equal(0, code)
    for _, message in ipairs(cjson.decode(out)) do
      if message.state == "dead" then
        assert.equal(0, (world:command { "outbox", "drop", message.id }))
      end
    end
    world.gateway:wait_log "clear ccgate-destination/floor-chat"
  end)

  it("forgets what is gone", function()
    world:sink()
    conf()
    world:script("waiting", DEADLY)
    world:run()
    world.gateway:wait_log("raise ccgate-script/waiting", 20)
    world.gateway:stop()
    os.remove(world:path "scripts/waiting.lua")
    world:script("other", RULE)
    world:run()
    world.gateway:wait_log "clear ccgate-script/waiting"
  end)

  -- The disk was mended while the gateway stopped: the alert was written, its end was not.
  it("knows at its start that it can write again", function()
    local fingerprint <const> = "12a0e588063f0739" -- ccgate, "", ccgate-store, store
    conf()
    world:script("waiting", RULE)
    world:run()
    world.gateway:wait_log "live: rule waiting"
    world.gateway:stop()
    local code, _, problem = harness.execute("sqlite3", { world:path "var/state.db", ([[
      INSERT INTO alert (fingerprint, center, rule, key, script, raised, opening, state)
        VALUES ('%s', '', 'ccgate-store', 'store', 'ccgate/core', 1, 1,
        '{"started_at":1,"severity":"critical","labels":{},"summary":"full","told":[]}')
    ]]):format(fingerprint) })
    assert.equal(0, code, problem)
    world:run()
    world.gateway:wait_log "cleared ccgate-store/store"
    assert.equal(0, #raised "ccgate-store")
  end)

  it("says at its start that nobody is to hear of it", function()
    world:conf()
    world:script("waiting", RULE)
    world:run()
    world.gateway:wait_log "has no notify in [gateway]: nobody will hear of the gateway's own troubles"
  end)
end)
