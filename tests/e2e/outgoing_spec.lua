--- gw.http and gw.secret: one request, to where it may go, with what it may carry.
local harness = require "e2e.harness"

local VALUE <const> = "s3cret-of-the-crm"

local SCRIPT <const> = [[
local gw = require "gateway"
local function say(word, answer, err)
  gw.log.info(table.concat({ word, answer and answer.status or "none", tostring(err) }, " "))
end
gw.job "ask" { every = "1h", run = function ()
%s
end }
]]

describe("gw.http", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate()
    world:sink()
  end)
  after_each(function () world:close() end)

  local function run(body, more)
    world:script("ask", SCRIPT:format(body:gsub("URL", (world.sink_url:gsub("%%", "%%%%")))))
    world:conf(more)
    world:run()
    world.gateway:wait_log "live: job ask"
    world:start_job "ask"
  end

  local ALLOWED <const> = "[script ask]\nallow_private = 127.0.0.0/8\n"

  local function secret(to)
    return "[secret crm]\nvalue = " .. VALUE .. "\nto = " .. to .. "\n" .. ALLOWED
  end

  it("goes out at once and gives the answer", function ()
    run([[
      say("went", gw.http { url = "URL/calls?x=1", json = { a = 1 }, headers = { ["X-Token"] = "yes" } })]], ALLOWED)
    world.gateway:wait_log "went 200"
    local request = world:wait_received(1)[1]
    assert.same({ "POST", "/calls", '{"a":1}' }, { request.method, request.path, request.body })
    assert.equal("yes", request.headers["x-token"])
    assert.equal("application/json", request.headers["content-type"])
  end)

  it("goes to the public internet alone unless the configuration says more", function ()
    run [[ say("went", gw.http { url = "URL/" }) ]]
    world.gateway:wait_log "went none limit 7: 127.0.0.1"
    assert.equal(0, #world:received())
  end)

  it("counts as a send of the script, and ends with its task", function ()
    world.receiver:kill "sigstop"
    run([[
      say("late", gw.http { url = "URL/", timeout = "300ms" })
      local _, mistake = pcall(gw.parallel, {
        function () gw.http { url = "URL/", timeout = "5m" } end,
        function () gw.sleep "100ms" error("enough", 0) end })
      say(mistake)
      say("more", gw.http { url = "URL/" })]], ALLOWED .. "sends = 2/min\n")
    world.gateway:wait_log "late none timeout"
    world.gateway:wait_log "enough none"
    world.gateway:wait_log "more none limit: more sends than the script may make"
    world.receiver:kill "sigcont"
  end)

  it("carries a secret that the host never has", function ()
    run([[
      local key = gw.secret "crm"
      say("went", gw.http { url = "URL/" .. key, json = { key = key }, headers = { Authorization = "Bearer " .. key } })
      gw.sleep "1h"]], secret(world.sink_url:match "^http://[^/]*"))
    world.gateway:wait_log "went 200"
    local request = world:wait_received(1)[1]
    assert.same({ "/" .. VALUE, '{"key":"' .. VALUE .. '"}', "Bearer " .. VALUE },
      { request.path, request.body, request.headers.authorization })
    assert.is_nil(world.gateway:said():find(VALUE, 1, true))
    assert.is_false(harness.memory_has(tonumber(world:wait_host "ask"), VALUE))
    assert.is_true(harness.memory_has(tonumber(world:wait_host "ask"), "<secret:"))
  end)

  it("keeps a secret from any other origin", function ()
    run([[
      local key = gw.secret "crm"
      say("went", gw.http { url = "URL/", headers = { Authorization = "Bearer " .. key } })
      say("url", gw.http { url = "URL/" .. key })
      say("said", gw.http { url = "URL/", body = "<secret:crm> <secret:00112233445566778899aabbccddeeff:crm>" })]],
      secret "https://crm.example.com")
    world.gateway:wait_log "went none limit: secret 'crm' goes to https://crm.example.com alone"
    world.gateway:wait_log "url none limit: secret 'crm' goes to https://crm.example.com alone"
    world.gateway:wait_log "said 200"
    local received = world:wait_received(1)
    assert.equal(1, #received)
    assert.equal("<secret:crm> <secret:00112233445566778899aabbccddeeff:crm>", received[1].body)
  end)
end)
