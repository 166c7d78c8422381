--- One rule that tells every kind of destination, against services as strict as the real
--- ones; and where a destination may not be.
local cjson = require "cjson"
local harness = require "e2e.harness"

local RULE <const> = [[
local gw = require "gateway"
gw.rule "queue-wait" {
  from    = gw.queues { 1 },
  every   = "1s",
  when    = gw.above("calls_waiting", 4),
  clear   = gw.below("calls_waiting", 2),
  summary = "{name}: {calls_waiting} waiting <!channel> & *more*",
  send    = { %s },
}
]]

local MESSAGE <const> = [[
local gw = require "gateway"
local rows = {}
for i = 1, 200 do rows[i] = { "queue & " .. i, i, ("客"):rep(30) } end
gw.job "tell" {
  every = "1s",
  run = function()
    for _, name in ipairs { "floor", "team", "pager" } do
      gw.destination(name):send({
        title = ("Waits <today> "):rep(100), text = ("more *and* more\n"):rep(500), severity = "info",
        fields = { { "Waiting", 7 }, { "Mean", "1m" } }, mention = "ayse", link = "https://example.com/a?b=c&d",
        table = { columns = { "queue", "calls", "note" }, rows = rows },
      }, { key = "once" })
    end
  end,
}
]]

local KINDS <const> = [[
[destination floor]
kind = slack
url = SINK/services/T0/B0/hiddenhook
allow_private = 127.0.0.0/8
[destination team]
kind = teams
url = SINK/workflows/hiddenflow/triggers/manual/paths/invoke?sig=hidden
allow_private = yes
[destination pager]
kind = pagerduty
url = SINK/v2/enqueue
routing_key = ${file:routing}
allow_private = yes
[destination old]
kind = webhook
shape = alertmanager
url = SINK/alerts
allow_private = yes
[destination book]
kind = log
[people]
ayse = slack:U024BE7LH, teams:ayse@example.com
]]

local ROUTING_KEY <const> = 'r0uting"key0123456789'

local world

-- A gateway whose rule tells `send`, and who says what is new at the sink.
local function start(send, more)
  world:simulate()
  world:sink()
  world:write("routing", ROUTING_KEY .. "\n")
  os.execute("chmod 600 " .. world:path "routing")
  world:conf(((KINDS .. (more or "")):gsub("SINK", world.sink_url)))
  world:script("queue_wait", RULE:format(send))
  world:queue(1, { callWaitNums = 7 })
  world:run()
end

-- What a service got, in order; refused by nobody.
local function bodies(service, count)
  local requests = world:wait_received(count, 15, function(request)
    assert.is_nil(request.refused, request.body)
    return request.service == service or (service == "old" and request.path == "/alerts")
  end)
  local found = {}
  for i, request in ipairs(requests) do
    found[i] = cjson.decode(request.body)
  end
  return found
end

before_each(function() world = harness.world() end)
after_each(function() world:close() end)

describe("every kind of destination", function()
  local ALL <const> = '"floor", "team", "pager", "old", "book"'

  it("gets the raise and the clear", function()
    start(ALL)
    bodies("slack", 1)
    world:queue(1, { callWaitNums = 0 })

    local slack = bodies("slack", 2)
    assert.equal("🟠 sales: 7 waiting &lt;!channel&gt; &amp; *more*", slack[1].text)
    assert.truthy(slack[2].text:find("^🟢 sales: 7 waiting .* — Cleared after %d+s %(recovered%)$"))

    local teams = bodies("teams", 2)
    assert.equal("Warning", teams[1].attachments[1].content.body[1].color)
    assert.equal("Good", teams[2].attachments[1].content.body[1].color)
    local over = teams[2].attachments[1].content.body[1].text
    assert.equal("sales: 7 waiting \\<!channel\\> & \\*more\\* — over after Ns", (over:gsub("%d+s$", "Ns")))

    local pager = bodies("pagerduty", 2)
    assert.same({ "trigger", "resolve" }, { pager[1].event_action, pager[2].event_action })
    assert.equal(pager[1].dedup_key, pager[2].dedup_key)
    assert.same({ ROUTING_KEY, ROUTING_KEY }, { pager[1].routing_key, pager[2].routing_key })
    assert.equal("warning", pager[1].payload.severity)

    local old = bodies("old", 2)
    assert.same({ "firing", "resolved" }, { old[1].status, old[2].status })
    assert.equal("old", old[1].receiver)
    assert.equal(old[1].alerts[1].startsAt, old[2].alerts[1].startsAt)
    assert.equal(pager[1].dedup_key, old[1].groupKey)

    for _, line in ipairs { "raise of queue-wait/1 to floor (200", "clear of queue-wait/1 to team (202",
      "clear of queue-wait/1 to pager (202", "clear of queue-wait/1 to old (200" } do
      world.gateway:wait_log("sent    " .. line)
    end
    world.gateway:wait_log "clear queue-wait/1 (recovered)"
    assert.equal(0, world.gateway:stop())
  end)

  it("keeps its secrets out of the log and the store", function()
    start(ALL)
    bodies("pagerduty", 1)
    world.gateway:wait_log "to pager (202"
    world.gateway:stop()
    local kept = world.gateway:errors() .. table.concat(world:select
      "SELECT coalesce(body, '') || message FROM outbox UNION ALL SELECT answer FROM attempt", "\n")
    for _, secret in ipairs { "hidden", "r0uting" } do
      assert.falsy(kept:find(secret, 1, true), secret)
    end
  end)

  it("takes a message with everything in it", function()
    world:script("teller", MESSAGE)
    start '"book"'
    local slack, teams, pager = bodies("slack", 1)[1], bodies("teams", 1)[1], bodies("pagerduty", 1)[1]
    assert.equal("header", slack.blocks[1].type)
    assert.truthy(cjson.encode(slack):find("<@U024BE7LH>", 1, true))
    assert.truthy(cjson.encode(teams):find("ayse@example.com", 1, true))
    assert.equal("trigger", pager.event_action)
    assert.equal("https://example.com/a?b=c&d", pager.links[1].href)
  end)
end)

describe("a destination on a private address", function()
  local INSIDE <const> = "[destination inside]\nkind = webhook\nurl = SINK/inside\n"

  local function is_inside(request)
    return request.path == "/inside"
  end

  it("is refused unless it says so, and the log says how", function()
    start('"inside"', INSIDE)
    world.gateway:wait_log("inside: raise of queue-wait/1 failed: " .. world.sink_address
      .. ": 127.0.0.1 is a private address; allow_private = yes in its section of gateway.conf allows it; attempt 1")
    world:conf((INSIDE:gsub("SINK", world.sink_url)) .. "allow_private = yes")
    world:reload "reloaded"
    assert.equal(1, #world:wait_received(1, 20, is_inside))
  end)
end)
