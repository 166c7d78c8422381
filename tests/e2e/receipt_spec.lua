--- receipt:wait: what became of a message, whoever was first.
local harness = require "e2e.harness"

local SCRIPT <const> = [[
local gw = require "gateway"
local chat = gw.destination "floor-chat"
local function say(word, answer, err)
  gw.log.info(word, { status = answer and answer.status or "none", body = answer and answer.body or "none",
    id = answer and answer.headers["webhook-id"] or "none", err = err and tostring(err) or "none" })
end
gw.job "ask" { every = "1h", run = function ()
%s
end }
]]

describe("receipt:wait", function ()
  local world

  before_each(function ()
    world = harness.world()
    world:simulate()
  end)
  after_each(function () world:close() end)

  local function run(body, options)
    world:script("ask", SCRIPT:format(body))
    world:conf("[destination book]\nkind = log", options)
    world:run()
    world.gateway:wait_log "live: job ask"
    world:start_job "ask"
  end

  it("gives what the receiver said, also of what was over before", function ()
    world:sink()
    run [[
      local sent = chat:send "one"
      gw.log.info("id " .. sent.id .. " is " .. tostring(sent))
      say("first", sent:wait())
      say("again", sent:wait "10s")
      say("book", gw.destination "book":send "two":wait "10s")]]
    world.gateway:wait_log "first body=\"\" err=none id=none status=200"
    world.gateway:wait_log "again body=\"\" err=none id=none status=200"
    world.gateway:wait_log "book body=\"\" err=none id=none status=none"
    local id = world:select("SELECT id FROM outbox WHERE destination = 'floor-chat'")[1]
    world.gateway:wait_log("id " .. id .. " is message " .. id .. " to floor-chat")
  end)

  it("gives what a receiver said who refused it", function ()
    world:sink { "--status", "410" }
    run [[
      local sent = chat:send "one"
      say("first", sent:wait())
      say("again", sent:wait())]]
    world.gateway:wait_log 'first body=none err="http 410: '
    world.gateway:wait_log 'again body=none err="http 410: '
  end)

  it("ends in time, and when somebody drops the message", function ()
    world.sink_url = "http://127.0.0.1:1"
    run [[
      local sent = chat:send "one"
      say("late", sent:wait "200ms")
      say("dropped", sent:wait "1m")]]
    world.gateway:wait_log 'late body=none err="timeout: not delivered yet; it is tried on"'
    local id = world:select("SELECT id FROM outbox")[1]
    assert.equal(0, (world:command { "outbox", "drop", id }))
    world.gateway:wait_log 'dropped body=none err="cancelled: somebody has dropped the message"'
  end)

  it("tells nobody of what others sent", function ()
    world:sink()
    world:script("other", [[
local gw = require "gateway"
gw.job "other" { every = "1h", run = function ()
  gw.log.info(tostring(gw.destination "floor-chat":send("x", { key = "k" }):wait "10s")) end }]])
    run [[ say("theirs", chat:send("x", { key = "k" }):wait "10s") ]]
    world.gateway:wait_log "theirs body=\"\" err=none"
    world:command { "job", "other" }
    world.gateway:wait_log "nil\n"
  end)

  -- What nobody waits for would keep the old version of a script alive for ten seconds.
  it("is cancelled with its task", function ()
    world.sink_url = "http://127.0.0.1:1"
    local body = [[
      local _, mistake = pcall(gw.parallel, {
        function () chat:send "one":wait "1h" end,
        function () gw.sleep "1h" end,
        function () gw.sleep "100ms" error("enough", 0) end })
      say(mistake)]]
    run(body)
    world.gateway:wait_log "enough"
    local host = world:wait_host "ask"
    world:script("ask", SCRIPT:format(body .. " -- new"))
    world:reload "live: job ask"
    harness.wait(function () return harness.status(tonumber(host), "PPid") == nil end, 5, "the end of the old host")
  end)
end)
